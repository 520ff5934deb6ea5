import assert from "node:assert/strict";
import { test } from "node:test";
import {
  aboveOf,
  ceilingOf,
  cellColours,
  colourTable,
  cssColour,
  gradient,
  OVER,
  sinkNote,
} from "../../../assets/components/kit/picture/colours.js";

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

test("the scale ends at the largest weight, or above all but one patch in fifty where few stand far above", () => {
  const even = Float32Array.from({ length: 196 }, (_, i) => 0.004 + i / 1e5);
  assert.equal(ceilingOf(even), even[195]);
  const sinks = Float32Array.from(even);
  [sinks[0], sinks[13], sinks[182], sinks[195]] = [0.3, 0.2, 0.1, 0.4]; // four of 196 may lie above
  assert.equal(ceilingOf(sinks), 1.5 * sinks[194]);
  assert.deepEqual(aboveOf(sinks, 1).count, 0);
  const above = aboveOf(sinks, ceilingOf(sinks));
  assert.equal(above.count, 4);
  assert.equal(above.most, sinks[195]);
  assert.ok(above.share > 0.3 && above.share < 0.6);
  assert.equal(ceilingOf(Float32Array.of(9, 0.25, 0.375, 0.5), 1), 0.5); // prefix tokens do not count
  assert.equal(ceilingOf(new Float32Array(20)), 1e-12);
  assert.equal(ceilingOf(Float32Array.of(0, 0, 0, 1)), 1); // nothing else to see
});

test("what lies above the scale has a colour of its own and a sentence; without one, it is as bright as the scale's end", () => {
  const table = colourTable("viridis");
  assert.deepEqual([...cellColours([0, 1, 2], table, 0, 1, OVER)], [table[0], table[255], OVER >>> 0]);
  assert.deepEqual([...cellColours([2], table, 0, 1)], [table[255]]);
  assert.equal(cssColour(OVER), "rgb(255,77,157)");
  assert.equal(sinkNote({ count: 0, most: 0, share: 0 }), "");
  assert.match(
    sinkNote({ count: 1, most: 0.25, share: 0.5 }),
    /^One patch, in pink, lies above .* and holds 50.0% .* up to 0.2500\. .* attention sink\.$/,
  );
  assert.match(sinkNote({ count: 3, most: 0.25, share: 0.5 }), /^3 patches, in pink, lie above .* and hold 50.0% /);
});
