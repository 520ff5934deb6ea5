// The curve of the MLP step: the values on it, and the room for the chosen neuron's dot at its ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { valueAt } from "../../assets/components/walkthrough/steps/mlp-draw.js";

test("the smallest and the largest neuron have room for a dot of 6.5 pixels", () => {
  const pre = [-5.5, 0.25, 3.8];
  assert.equal(valueAt(pre, 7, 414), -5.5);
  assert.ok(Math.abs(valueAt(pre, 414 - 7, 414) - 3.8) < 1e-12);
  assert.ok(valueAt(pre, 6.5, 414) < -5.5 && valueAt(pre, 414 - 6.5, 414) > 3.8);
});

test("values between lie in proportion, and a narrow range is widened", () => {
  assert.ok(Math.abs(valueAt([-4, 3], 7 + 200, 414) + 0.5) < 1e-12);
  assert.equal(valueAt([0, 1], 7, 100), -4);
});
