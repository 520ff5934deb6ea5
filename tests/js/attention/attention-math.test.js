import assert from "node:assert/strict";
import { test } from "node:test";
import { AllHeads, entropy, massMask, meanDistance } from "../../../assets/components/attention/math.js";

const close = (found, wanted, error = 1e-6) => assert.ok(Math.abs(found - wanted) <= error, `${found} where ${wanted} is expected`);

// One layer, one head of width 1, tokens [CLS] and two patches. Scores are q·k.
const header = { depth: 1, heads: 1, dim: 1, prefix: ["[CLS]"], grid: [1, 2], patchSize: 16 };
const LN2 = Math.log(2);
const q = Float32Array.of(1, 0, 2);
const k = Float32Array.of(0, LN2, 2 * LN2);
// Rows of softmax: query 0 has scores 0, ln 2, ln 4, so 1 : 2 : 4; query 1 is even; query 2 has 1 : 4 : 16.
const lse = Float32Array.of(Math.log(7), Math.log(3), Math.log(21));
const heads = new AllHeads(header, q, k, lse);

test("a row is the softmax of scaled scores", () => {
  const out = new Float32Array(3);
  close(heads.row(0, 0, 0, out), Math.log(7));
  [1 / 7, 2 / 7, 4 / 7].forEach((weight, i) => close(out[i], weight));
});

test("a column is read with the denominators of the rows", () => {
  const out = new Float32Array(3);
  heads.column(0, 0, 2, out);
  [4 / 7, 1 / 3, 16 / 21].forEach((weight, i) => close(out[i], weight));
});

test("at another temperature the denominators are made anew", () => {
  const out = new Float32Array(3);
  heads.column(0, 0, 2, out, 0.5); // scores halved: 1 : √2 : 2
  close(out[0], 2 / (3 + Math.SQRT2));
  close(out[1], 1 / 3);
});

test("the matrix has a row a query, and one weight goes step by step", () => {
  const matrix = heads.matrix(0, 0);
  [0, 1, 2].forEach((row) =>
    close(
      matrix.subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b, 0),
      1,
    ),
  );
  const steps = heads.steps(0, 0, 2, 1);
  close(steps.dot, 2 * LN2);
  close(steps.weight, 4 / 21);
});

test("eight dimensions at once give what one at a time gives", () => {
  const wide = { depth: 1, heads: 2, dim: 20, prefix: [], grid: [1, 3], patchSize: 16 };
  const numbers = (seed) => Float32Array.from({ length: 60 }, (_, i) => Math.sin(seed + 1.7 * i));
  const [rows, keys] = [numbers(1), numbers(2)];
  const found = new AllHeads(wide, rows, keys, new Float32Array(6));
  for (const head of [0, 1])
    for (const query of [0, 1, 2]) {
      const scores = [0, 1, 2].map((key) => {
        let dot = 0;
        for (let d = 0; d < 10; d++) dot += rows[query * 20 + head * 10 + d] * keys[key * 20 + head * 10 + d];
        return Math.exp(dot / Math.sqrt(10));
      });
      const out = new Float32Array(3);
      found.row(0, head, query, out);
      const sum = scores.reduce((a, b) => a + b, 0);
      scores.forEach((score, i) => close(out[i], score / sum, 1e-5));
    }
});

test("the heads of a layer at once, with the end of each map's scale", () => {
  const [out, tops] = [new Float32Array(3), new Float32Array(1)];
  heads.layer(0, 0, false, out, tops);
  close(tops[0], (1.5 * 2) / 7); // of two patches one may lie above it
  heads.layer(0, 0, true, out, tops); // who looks at [CLS]: the second patch with an even 1/3, the first with 1/21
  close(tops[0], 1.5 / 21);
});

test("entropy in bits", () => {
  assert.equal(entropy([0.25, 0.25, 0.25, 0.25]), 2);
  assert.equal(entropy([1, 0]), 0);
});

test("mean distance in pixels, over patches alone", () => {
  const layout = { prefix: ["[CLS]"], grid: [2, 2], patchSize: 16 };
  assert.equal(meanDistance(layout, 0, [1, 0, 0, 0, 0]), null); // [CLS] has no place
  assert.equal(meanDistance(layout, 1, [0.5, 0.25, 0.25, 0, 0]), 8); // half of the patches' mass is one patch away
  close(meanDistance(layout, 1, [0, 0, 0, 0, 1]), 16 * Math.SQRT2);
});

test("the patches that hold most of the mass", () => {
  assert.deepEqual([...massMask([0.1, 0.5, 0.4], 0.5)], [0, 1, 0]);
  assert.deepEqual([...massMask([0.1, 0.5, 0.4], 0.6)], [0, 1, 1]);
  assert.deepEqual([...massMask([0.1, 0.5, 0.4], 1)], [1, 1, 1]);
});
