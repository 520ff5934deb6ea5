import assert from "node:assert/strict";
import { test } from "node:test";
import { between, decimalsOf, endsOf, keptBy, rainbow } from "../../../assets/components/features_components/rainbow.js";

const WHERE = Float32Array.of(-1, 0, 2, 0.5, 4, 2, 1, 2, 2);
const pixel = (r, g, b) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;

test("each component from its smallest to its largest; one that does not vary is in the middle", () => {
  assert.deepEqual([...rainbow(WHERE, "none")], [pixel(0, 0, 128), pixel(191, 255, 128), pixel(255, 128, 128)]);
});

test("a mask keeps one side of the mean and scales to what it keeps", () => {
  assert.deepEqual(endsOf(WHERE, "above"), [
    [0.5, 1],
    [2, 4],
    [2, 2],
  ]);
  assert.deepEqual([keptBy(WHERE, "none"), keptBy(WHERE, "above"), keptBy(WHERE, "below")], [3, 2, 1]);
  const [out, second, third] = rainbow(WHERE, "above");
  assert.deepEqual([second, third], [pixel(0, 255, 128), pixel(255, 0, 128)]);
  assert.equal(out >>> 24, 255);
  assert.deepEqual(endsOf(Float32Array.of(0, 0, 0), "below"), [
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
});

test("as many decimals as the largest has, of four digits", () => {
  assert.deepEqual(
    [[-31.4, 2], [0.5], [1234.5, 3], [0]].map((where) => decimalsOf(where)),
    [2, 4, 0, 0],
  );
});

test("colours on the way from one layer to the next are between those of both", () => {
  const [one, other] = [Uint32Array.of(pixel(0, 100, 255)), Uint32Array.of(pixel(255, 0, 255))];
  assert.equal(between(one, other, 0), one);
  assert.deepEqual([...between(one, other, 1)], [...other]);
  assert.deepEqual([...between(one, other, 0.5)], [pixel(128, 50, 255)]);
});
