import assert from "node:assert/strict";
import { test } from "node:test";
import { fieldOf, layersFor } from "../../assets/components/walkthrough/steps/start.js";

test("a corner sees the whole of 224 pixels after 223 layers, the centre after 112", () => {
  assert.equal(layersFor(2 * 224 - 1, false), 223);
  assert.ok((fieldOf(223, false) - 1) / 2 >= 223 && (fieldOf(222, false) - 1) / 2 < 223);
  assert.equal(layersFor(224, false), 112);
});
