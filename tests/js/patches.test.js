import assert from "node:assert/strict";
import { test } from "node:test";
import { PatchKernel, normalised } from "../../assets/components/patch_embedding/kernel.js";
import { countsOf, flattened, nearestSize, placement, shapeOf, sizeRange } from "../../assets/components/patch_grid/cut.js";

const LIMITS = { sizes: [32, 512], grids: [2, 64] };

test("sizes that patches divide, within what the model takes", () => {
  assert.deepEqual(sizeRange(16, LIMITS), [32, 512]);
  assert.deepEqual(sizeRange(14, LIMITS), [42, 504]);
  assert.deepEqual(sizeRange(4, LIMITS), [32, 256]); // 64 patches a side at most
  assert.equal(nearestSize(224, 14, LIMITS), 224);
  assert.equal(nearestSize(230, 16, LIMITS), 224);
  assert.equal(nearestSize(9999, 16, LIMITS), 512);
});

test("only a picture that keeps its proportions is other than square", () => {
  const setting = { size: 224, patch: 16 };
  assert.deepEqual(shapeOf({ ...setting, fit: "crop" }, [300, 600], LIMITS.grids), [224, 224]);
  assert.deepEqual(shapeOf({ ...setting, fit: "keep" }, [300, 600], LIMITS.grids), [112, 224]);
  assert.deepEqual(shapeOf({ ...setting, fit: "keep" }, [600, 10], LIMITS.grids), [224, 32]); // two patches at least
});

test("counts of a cut", () => {
  const counts = countsOf([112, 224], 16, 3, 1);
  assert.deepEqual(counts.grid, [7, 14]);
  assert.deepEqual([counts.patches, counts.pixels, counts.values, counts.tokens], [98, 256, 768, 99]);
});

test("a crop takes the middle, padding leaves a margin", () => {
  assert.deepEqual(placement("crop", [100, 100], [100, 300]), { from: [100, 0, 100, 100], to: [0, 0, 100, 100] });
  assert.deepEqual(placement("pad", [100, 100], [50, 100]), { from: [0, 0, 100, 50], to: [0, 25, 100, 50] });
});

test("a patch is flattened by rows, pixels, channels", () => {
  const pixels = Uint8Array.from({ length: 4 * 4 * 3 }, (_, i) => i);
  assert.deepEqual([...flattened(pixels, 4, 3, 1, 1, 2)], [30, 31, 32, 33, 34, 35, 42, 43, 44, 45, 46, 47]);
  assert.deepEqual([...flattened(pixels, 4, 3, 1, 1, 2, 1)], [30, 33, 42, 45]); // a model of one channel reads the first
});

test("levels as the model reads them", () => {
  assert.deepEqual([...normalised([0, 255], [0.5], [0.25])], [-2, 2]);
});

test("an embedding is the dot product with the weights, also where the kernel is resized", () => {
  const shape = { dim: 2, chans: 1, side: 1, patchSize: 2 };
  const kernel = new PatchKernel(
    { kernel: Float32Array.of(2, -1), resize: Float32Array.of(0.5, 0.5), bias: Float32Array.of(10, 0) },
    shape,
  );
  assert.deepEqual([...kernel.weights(0)], [0.5, 0.5, 0.5, 0.5]); // 2 · ½ · ½
  assert.deepEqual([...kernel.embed([1, 2, 3, 4])], [15, -2.5]);
});
