import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countMacs,
  countParameters,
  largestBatch,
  largestSize,
  macParts,
  memoryOf,
  optimizerStates,
  parameterParts,
  sequenceOf,
  tokensWhereHalf,
} from "../../assets/components/memory_scaling/math.js";

// ViT-B/16 as published: 224 pixels, 1000 classes, [CLS].
const base = {
  ...{ dim: 768, hidden: 3072, depth: 12, heads: 12, classes: 1000, channels: 3, kernel: 16, registers: 0 },
  ...{ classToken: true, distillToken: false, maskToken: false, posPrefix: 1, posGrid: [14, 14], patchBias: true, preNorm: false },
  ...{ qkvBias: true, gated: false, layerScale: false, headBias: true, act: "gelu", normAfterPool: false },
  ...{ readHeads: "one", readVectors: 1, readsPatches: false },
};
const setting = { size: 224, patch: 16, batch: 1, element: 4, mode: "training", attention: "explicit", optimizer: "adam" };

test("196 patches and [CLS] are 197 tokens", () => {
  assert.deepEqual(sequenceOf(base, 224, 16), { grid: 14, patches: 196, prefix: 1, tokens: 197 });
  assert.equal(sequenceOf({ ...base, registers: 4 }, 230, 16).tokens, 196 + 5); // what does not fill a patch is left out
});

test("made for 384 px, with 24 × 24 places, ViT-B/16 has 86,859,496", () => {
  assert.equal(countParameters({ ...base, posGrid: [24, 24] }), 86_859_496);
});

test("ViT-B/16 has 86,567,656 parameters", () => {
  assert.equal(countParameters(base), 86_567_656);
  const parts = parameterParts(base);
  assert.equal(parts.patch, 768 * (16 * 16 * 3) + 768);
  assert.equal(parts.positions, 197 * 768);
  assert.equal(parts.head, 1000 * 768 + 1000);
  assert.equal(
    Object.values(parts).reduce((a, b) => a + b, 0),
    86_567_656,
  );
});

test("17.56 billion multiply-accumulates at 224 pixels, by part", () => {
  const parts = macParts(base, 224, 16);
  assert.equal(parts.resize, 0);
  assert.equal(parts.patch, 196 * 768 * 768);
  assert.equal(parts.core, 12 * 2 * 197 * 197 * 768);
  assert.equal(parts.head, 768_000);
  assert.equal(countMacs(base, 224, 16), 115_605_504 + 12 * 197 * (12 * 768 * 768 + 2 * 197 * 768) + 768_000);
});

test("attention is half of a layer where 2nD equals the rest", () => {
  assert.equal(tokensWhereHalf(base), (4 * 768 + 2 * 3072) / 2);
});

test("Adam keeps two float32 a parameter, SGD none", () => {
  assert.equal(optimizerStates(base, "adam"), 8 * 86_567_656);
  assert.equal(optimizerStates(base, "sgd"), 0);
});

test("training holds weights, gradients and states beside what autograd saves", () => {
  const found = memoryOf(base, setting);
  assert.equal(found.weights, 4 * 86_567_656);
  assert.equal(found.gradients, found.weights);
  assert.equal(found.inputs, 4 * 3 * 224 * 224);
  assert.equal(found.matrices, 12 * 12 * 197 * 197 * 4);
  const { total, ...parts } = found;
  assert.equal(
    total,
    Object.values(parts).reduce((a, b) => a + b, 0),
  );
});

test("the largest batch and size fit, the next ones do not", () => {
  const [bytes, held] = [8e9, { ...setting, mode: "inference" }];
  const batch = largestBatch(base, bytes, held);
  assert.ok(memoryOf(base, { ...held, batch }).total <= bytes);
  assert.ok(memoryOf(base, { ...held, batch: batch + 1 }).total > bytes);
  const size = largestSize(base, bytes, held);
  assert.equal(size % 16, 0);
  assert.ok(memoryOf(base, { ...held, size }).total <= bytes);
  assert.ok(memoryOf(base, { ...held, size: size + 16 }).total > bytes);
  assert.equal(largestBatch(base, 1, held), 0);
});
