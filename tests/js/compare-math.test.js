import assert from "node:assert/strict";
import { test } from "node:test";
import { AttentionSide, StreamSide, dotOf, patchesBeside, similarPlaces, tokenBeside } from "../../assets/components/compare/math.js";

test("each patch stands beside the one in which its centre lies", () => {
  assert.deepEqual([...patchesBeside([1, 4], [1, 2])], [0, 0, 1, 1]);
  assert.deepEqual([...patchesBeside([1, 2], [1, 4])], [1, 3]); // centres at 1/4 and 3/4 open patches 1 and 3
  assert.deepEqual([...patchesBeside([2, 2], [2, 2])], [0, 1, 2, 3]);
});

test("tokens before the patches stand beside those of their name", () => {
  const from = { prefix: ["[CLS]", "[DIST]"], grid: [1, 2] };
  const to = { prefix: ["[CLS]", "register 1"], grid: [1, 4] };
  assert.equal(tokenBeside(from, to, 0), 0);
  assert.equal(tokenBeside(from, to, 1), null);
  assert.equal(tokenBeside(from, to, 3), 2 + 3);
});

test("the mean over heads of what a token looks at", () => {
  const facts = { heads: 2, dim: 2, prefix: [], grid: [1, 2] };
  // Head 0 is even; head 1 has scores 0 and ln 3 for the first token.
  const side = new AttentionSide(facts, Float32Array.of(0, 1, 0, 1), Float32Array.of(0, 0, 0, Math.log(3)));
  assert.deepEqual([...side.row(0, 0)], [0.5, 0.5]);
  [0.25, 0.75].forEach((weight, i) => assert.ok(Math.abs(side.row(0, 1)[i] - weight) < 1e-6));
  [0.375, 0.625].forEach((weight, i) => assert.ok(Math.abs(side.row(0, null)[i] - weight) < 1e-6));
});

test("rows of the stream are compared by direction; a row of zeros is like nothing", () => {
  const facts = { dim: 2, prefix: [], grid: [1, 3] };
  const left = new StreamSide(facts, Float32Array.of(3, 4, 0, 2, 0, 0));
  const right = new StreamSide(facts, Float32Array.of(6, 8, 5, 0, 1, 1));
  const found = [...left.row(0, 0)];
  [1, 0.8, 0].forEach((cosine, i) => assert.ok(Math.abs(found[i] - cosine) < 1e-6));
  [1, 0, 0].forEach((cosine, i) => assert.ok(Math.abs(similarPlaces(left, right, 0)[i] - cosine) < 1e-6));
  assert.equal(dotOf([1, 2], [3, 4]), 11);
});
