import assert from "node:assert/strict";
import { test } from "node:test";
import { cellColours, colourTable, cssColour, gradient } from "../../assets/components/kit/colours.js";

test("a colour map has 256 opaque pixels; viridis goes from dark violet to yellow", () => {
  const table = colourTable("viridis");
  assert.equal(table.length, 256);
  assert.ok(table.every((pixel) => pixel >>> 24 === 255));
  assert.equal(cssColour(table[0]), "rgb(68,1,84)");
  assert.equal(cssColour(table[255]), "rgb(253,231,37)");
  assert.ok(gradient(table).startsWith("linear-gradient(to right, rgb(68,1,84), "));
});

test("values become the nearest colour between two ends; what is unknown is clear", () => {
  const table = Uint32Array.from({ length: 256 }, (_, i) => i + 1);
  assert.deepEqual([...cellColours([-5, 0, 0.5, 1, 9], table, 0, 1)], [1, 1, 129, 256, 256]);
  assert.deepEqual([...cellColours([NaN, 3], table, 3, 3)], [0, 1]); // ends that are one do not divide by zero
});
