// The curve of the MLP step: the values on it, and the room for the chosen neuron's dot at its ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { drawCurve, reachOf, valueAt } from "../../assets/components/walkthrough/steps/mlp-draw.js";

test("the smallest and the largest neuron have room for a dot of 6.5 pixels", () => {
  const pre = [-5.5, 0.25, 3.8];
  assert.equal(valueAt(reachOf(pre), 7, 414), -5.5);
  assert.ok(Math.abs(valueAt(reachOf(pre), 414 - 7, 414) - 3.8) < 1e-12);
  assert.ok(valueAt(reachOf(pre), 6.5, 414) < -5.5 && valueAt(reachOf(pre), 414 - 6.5, 414) > 3.8);
});

test("values between lie in proportion, and a narrow range is widened", () => {
  assert.ok(Math.abs(valueAt(reachOf([-4, 3]), 7 + 200, 414) + 0.5) < 1e-12);
  assert.equal(valueAt(reachOf([0, 1]), 7, 100), -4);
});

test("the curve looks at the neurons a few times, and not once more for each of its points", () => {
  let looks = 0;
  const pre = new Proxy(new Float32Array(768), {
    get(values, key) {
      if (typeof key === "string" && key !== "length") looks++;
      const found = Reflect.get(values, key);
      return typeof found === "function" ? found.bind(values) : found;
    },
  });
  const ink = new Proxy({}, { get: () => () => {}, set: () => true });
  const parts = { ctx: { style: { getPropertyValue: () => "" } }, curve: { setAttribute: () => {} }, neuron: 0 };
  drawCurve({ ...parts, fitCurve: () => ({ ink, width: 600, height: 200 }) }, pre, (v) => v, "GELU");
  assert.ok(looks < 10 * pre.length, `${looks}`);
});
