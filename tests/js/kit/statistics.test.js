import assert from "node:assert/strict";
import { test } from "node:test";
import { median } from "../../../assets/components/kit/statistics.js";

test("the median of an even count is the mean of the two in the middle", () => {
  assert.equal(median([53.29, 1, 52.73, 90]), (53.29 + 52.73) / 2);
  assert.equal(median(Float32Array.of(4, 1, 2, 3)), 2.5);
});

test("the median of an odd count is the one in the middle, and the values keep their order", () => {
  const values = [9, 1, 5];
  assert.equal(median(values), 5);
  assert.deepEqual(values, [9, 1, 5]);
  assert.equal(median([7]), 7);
});
