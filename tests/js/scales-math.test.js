// Answers at several sizes: their mean, and the first that is sure enough.
import assert from "node:assert/strict";
import { test } from "node:test";
import { answersOf, bestOf, countedOf, meanOf, spentOf, sureOf } from "../../assets/components/practice_scales/math.js";

test("answers are softmaxes at the temperature, by size and picture", () => {
  const found = answersOf([0, 2, 1, 1, 3, 0, 0, 0], [2, 2, 2], 2);
  assert.ok(Math.abs(found[0][0][1] - 1 / (1 + Math.exp(-1))) < 1e-15);
  assert.deepEqual([...found[0][1]], [0.5, 0.5]);
  assert.equal(bestOf(found[1][0]), 0);
});

test("a mean counts every size alike, and the mask says which", () => {
  const mean = meanOf([
    [0.2, 0.8],
    [0.6, 0.4],
  ]);
  assert.ok(Math.abs(mean[0] - 0.4) < 1e-15 && Math.abs(mean[1] - 0.6) < 1e-15);
  assert.deepEqual(countedOf(5, 3), [0, 2]);
  assert.deepEqual(countedOf(8, 3), [0, 1, 2]);
});

test("the first size that is sure is kept, and every try is paid for", () => {
  assert.equal(sureOf([0.4, 0.7, 0.9], 0.6), 1);
  assert.equal(sureOf([0.4, 0.7, 0.9], 0.95), 2);
  assert.equal(sureOf([0.4, 0.7, 0.9], 0), 0);
  assert.equal(spentOf([1, 2, 4], 1), 3);
});
