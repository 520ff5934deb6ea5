import assert from "node:assert/strict";
import { test } from "node:test";
import { meansOf } from "../../assets/components/experiments/gallery.js";

const ORDERS = ["one", "other", "centre prior", "random, mean"];

test("means over the pictures that are done, the best methods, and how often the centre is beaten", () => {
  const first = [0.2, 0.4, 0.3, 0.5, 0.7, 0.9, 0.6, 0.5];
  const second = [0.4, 0.2, 0.5, 0.3, 0.5, 0.7, 0.6, 0.1];
  const found = meansOf(ORDERS, Float64Array.from([...first, ...second, ...Array(8).fill(NaN)]));
  assert.deepEqual([found.done, found.all], [2, 3]);
  assert.deepEqual(
    found.removed.map((value) => +value.toFixed(9)),
    [0.3, 0.3, 0.4, 0.4],
  );
  assert.deepEqual(
    found.added.map((value) => +value.toFixed(9)),
    [0.6, 0.8, 0.6, 0.3],
  );
  assert.equal(found.best.added, 1);
  assert.deepEqual(found.better, { removed: [2, 1, 0, 1], added: [1, 2, 0, 0] });
});

test("before the first picture is done nothing is known", () => {
  assert.equal(meansOf(ORDERS, new Float32Array(8).fill(NaN)).done, 0);
});
