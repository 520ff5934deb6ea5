import assert from "node:assert/strict";
import { test } from "node:test";
import { Columns } from "../../../assets/components/kit/numbers/columns.js";
import { othersOf, toLengthOne } from "../../../assets/components/kit/numbers/likeness.js";
import { halfToFloat } from "../../../assets/components/kit/payload.js";

const dot = (rows, width, i, j) => {
  let sum = 0;
  for (let c = 0; c < width; c++) sum += rows[i * width + c] * rows[j * width + c];
  return sum;
};

test("of rows of length 1 that came in half precision, cosines to three decimals", () => {
  const half = (value) => {
    const [exponent, sign] = [Math.floor(Math.log2(Math.abs(value))), value < 0 ? 0x8000 : 0];
    return sign | ((exponent + 15) << 10) | Math.min(1023, Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024));
  };
  const width = 64;
  const exact = Float64Array.from({ length: 2 * width }, (_, i) => Math.sin(i * 2.3) + 0.4);
  for (const from of [0, width]) {
    const length = Math.hypot(...exact.subarray(from, from + width));
    for (let c = from; c < from + width; c++) exact[c] /= length;
  }
  const out = new Float32Array(2);
  new Columns(toLengthOne(halfToFloat(Uint16Array.from(exact, half)), width), { count: 2 }).dotsWith(0, 0, out);
  assert.ok(Math.abs(out[1] - dot(exact, width, 0, 1)) < 2e-4);
  assert.equal(out[0].toFixed(3), "1.000");
});

test("the most and the least alike, without the row itself", () => {
  assert.deepEqual(othersOf([0.5, 1, -0.25, 0.25], 1), { most: 0, least: 2, mean: 0.5 / 3 });
  assert.deepEqual(othersOf([0.5, 1], -1), { most: 1, least: 0, mean: 0.75 });
  assert.deepEqual(othersOf([1], 0), { most: null, least: null, mean: null });
});

test("rows at length 1; one of zeros stays", () => {
  assert.deepEqual(
    [...toLengthOne(Float32Array.of(3, 4, 0, 0), 2)].map((value) => +value.toFixed(6)),
    [0.6, 0.8, 0, 0],
  );
});
