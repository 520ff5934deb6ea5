import assert from "node:assert/strict";
import { test } from "node:test";
import { areaOf, rangeFrom, tokensOf, tokensText } from "../../assets/components/experiments/tokens_choice.js";

test("tokens are written as single numbers and runs", () => {
  assert.equal(tokensText(new Set([8, 3, 5, 6, 7])), "3.5-8");
  assert.equal(tokensText(new Set()), "");
});

test("what is written is read again", () => {
  assert.deepEqual([...tokensOf("3.5-8", 197)], [3, 5, 6, 7, 8]);
  assert.deepEqual([...tokensOf("", 197)], []);
});

test("what is not there, or cannot be read, is left out", () => {
  assert.deepEqual([...tokensOf("1.x.195-500", 197)], [1, 195, 196]);
});

test("the area between two patches, whichever came first", () => {
  const header = { prefix: ["[CLS]"], grid: [4, 4] };
  assert.deepEqual(areaOf(header, 0, 5), [1, 2, 5, 6]);
  assert.deepEqual(areaOf(header, 5, 0), [1, 2, 5, 6]);
  assert.deepEqual(areaOf(header, 3, 4), [1, 2, 3, 4, 5, 6, 7, 8]); // a corner each: two whole rows
});

test("a range ends before its second number", () => {
  assert.deepEqual(rangeFrom(2, 5), [2, 3, 4]);
  assert.deepEqual(rangeFrom(5, 2), []);
});
