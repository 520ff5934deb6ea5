import assert from "node:assert/strict";
import { test } from "node:test";
import { TINTS, bordersOf, countsOf, tintOf, tinted, toTint } from "../../../assets/components/features_groups/tints.js";

test("lines lie between neighbours of different kinds alone", () => {
  const kinds = [0, 0, 1, 0, 2, 1];
  assert.deepEqual(bordersOf(kinds, [2, 3]), [
    [0, 2, 1, 2],
    [1, 1, 1, 2],
    [1, 1, 2, 1],
    [1, 2, 2, 2],
  ]);
  assert.deepEqual(bordersOf([3, 3, 3, 3], [2, 2]), []);
});

test("kinds are counted, most first, and what is not known is left out", () => {
  assert.deepEqual(countsOf([2, 1, 1, -1, 2, 5]), [
    [1, 2],
    [2, 2],
    [5, 1],
  ]);
});

test("a kind has its colour, what comes after the last is grey, and what is not known is clear", () => {
  assert.deepEqual([...tinted([-1, 0])], [0, 0xffb27200]);
  assert.equal(new Set(TINTS).size, TINTS.length);
  assert.equal(tintOf(TINTS.length), tintOf(99));
  assert.deepEqual([0, 11, 12, 99].map(toTint), [0, 11, 12, 12]);
});
