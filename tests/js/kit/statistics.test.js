import assert from "node:assert/strict";
import { test } from "node:test";
import { magnitudeAt, median } from "../../../assets/components/kit/numbers/statistics.js";

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

test("the magnitude at a place is that of the ordered magnitudes", () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i * i) * 10 ** ((i % 9) - 4));
  for (let i = 0; i < values.length; i += 7) values[i] = values[0]; // many alike
  const ordered = Float32Array.from(values, Math.abs).sort();
  for (const place of [0, 1, 713, 2500, 4975, 4999]) assert.equal(magnitudeAt(values, place), ordered[place]);
  assert.equal(magnitudeAt(Float32Array.of(-0, 0), 1), 0);
});
