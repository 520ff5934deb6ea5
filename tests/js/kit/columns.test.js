import assert from "node:assert/strict";
import { test } from "node:test";
import { Columns } from "../../../assets/components/kit/numbers/columns.js";
import { kernelOver } from "../../../assets/components/kit/numbers/kernel.js";

const plain = () => null;
const WAYS = { kernel: kernelOver, plain };
const numbers = (length, seed) => Float32Array.from({ length }, (_, i) => Math.sin(seed + 1.7 * i) * 3);
const close = (found, wanted, error) =>
  found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) <= error, `${i}: ${value} where ${wanted[i]} is expected`));

test("there is a kernel, and without WebAssembly there is none", () => {
  assert.ok(kernelOver(1000));
  const { WebAssembly } = globalThis;
  delete globalThis.WebAssembly;
  assert.equal(kernelOver(1000), null);
  globalThis.WebAssembly = WebAssembly;
});

for (const [name, made] of Object.entries(WAYS))
  for (const [layers, count, heads, dims] of [
    [1, 1, 1, 1],
    [1, 5, 1, 3],
    [2, 32, 2, 8],
    [3, 197, 3, 64],
    [1, 1025, 1, 20],
  ])
    test(`${name}: products, softmax and powers of ${layers}×${count}×${heads}×${dims}`, () => {
      const rows = numbers(layers * count * heads * dims, 1);
      const columns = new Columns(rows, { layers, count, heads }, made);
      assert.equal(Boolean(columns.kernel), name === "kernel");
      const [vectors, minus] = [numbers(dims + 2, 5), numbers(count + 1, 9)];
      for (const [layer, head] of [
        [0, 0],
        [layers - 1, heads - 1],
      ]) {
        const factor = 0.7 / Math.sqrt(dims);
        const scores = Array.from({ length: count }, (_, t) => {
          let dot = 0;
          for (let d = 0; d < dims; d++) dot += rows[((layer * count + t) * heads + head) * dims + d] * vectors[2 + d];
          return dot * factor;
        });
        const out = new Float32Array(count);
        const group = layer * heads + head;
        columns.dots(group, vectors, 2, out, factor);
        close(out, scores, 1e-5);
        const top = Math.max(...scores);
        const sum = scores.reduce((total, score) => total + Math.exp(score - top), 0);
        const lse = columns.softmax(group, vectors, 2, out, factor);
        close([lse], [top + Math.log(sum)], 1e-5);
        close(
          out,
          scores.map((score) => Math.exp(score - lse)),
          1e-6,
        );
        close([out.reduce((a, b) => a + b, 0)], [1], 1e-5);
        const shifted = minus.map((value) => value + 12);
        columns.powers(group, vectors, 2, shifted, 1, out, factor);
        out.forEach((value, j) => {
          const wanted = Math.exp(scores[j] - shifted[1 + j]);
          assert.ok(Math.abs(value - wanted) <= 1e-5 * wanted, `${value} where ${wanted} is expected`);
        });
      }
    });

for (const [name, made] of Object.entries(WAYS))
  for (const width of [1, 3, 4, 7, 192])
    test(`${name}: products of each with all, ${width} numbers a vector`, () => {
      const rows = numbers(40 * width, 2);
      const columns = new Columns(rows, { count: 40 }, made);
      const out = new Float32Array(40);
      for (const t of [0, 31, 32, 39]) {
        columns.dotsWith(0, t, out);
        const wanted = Array.from(out, (_, i) => {
          let dot = 0;
          for (let d = 0; d < width; d++) dot += rows[t * width + d] * rows[i * width + d];
          return dot;
        });
        close(out, wanted, 1e-5 * width);
      }
    });

test("the kernel's powers are within a few units of single precision, and nothing far below", () => {
  const exponents = Float32Array.from({ length: 4000 }, (_, i) => -0.0217 * i);
  const columns = new Columns(exponents, { count: exponents.length });
  const out = new Float32Array(exponents.length);
  columns.powers(0, Float32Array.of(1), 0, new Float32Array(exponents.length), 0, out);
  let worst = 0;
  exponents.forEach((x, i) => {
    if (x >= -87) worst = Math.max(worst, Math.abs(out[i] / Math.exp(x) - 1));
  });
  assert.ok(worst < 4e-7, `${worst}`);
  const far = new Columns(Float32Array.of(0, -50, -200), { count: 3 });
  const weights = new Float32Array(3);
  far.softmax(0, Float32Array.of(1), 0, weights);
  assert.deepEqual([weights[0], weights[2]], [1, 0]);
  assert.ok(weights[1] > 1e-22);
});
