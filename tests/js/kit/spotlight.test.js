import assert from "node:assert/strict";
import { test } from "node:test";
import { cssColour, levelOf } from "../../../assets/components/kit/picture/colours.js";
import { evenText } from "../../../assets/components/kit/numbers/format.js";
import { lightsOf, lightTable } from "../../../assets/components/kit/picture/spotlight.js";

test("the light is of one hue: opaque, and brighter with every step in all three of its parts", () => {
  const table = lightTable();
  assert.equal(table.length, 256);
  for (let i = 0; i < 256; i++) {
    assert.equal(table[i] >>> 24, 255);
    if (i) for (const shift of [0, 8, 16]) assert.ok(((table[i] >>> shift) & 255) >= ((table[i - 1] >>> shift) & 255), `${i}`);
  }
  assert.notEqual(cssColour(table[0]), cssColour(table[255]));
});

test("patches are lit in proportion to their weight; what lies above the scale is told apart, masked ones stay dark", () => {
  const plain = lightsOf([0, 0.1, 0.2], 0.2);
  assert.deepEqual([...plain.levels], [0, 127, 255]);
  assert.equal(plain.over, null);
  const above = lightsOf([0, 0.1, 0.4], 0.2);
  assert.deepEqual([...above.levels], [0, 127, 0]);
  assert.deepEqual([...above.over], [0, 0, 255]);
  const masked = lightsOf([0.2, 0.1, 0.4], 0.2, { mask: [0, 1, 0] });
  assert.deepEqual([...masked.levels], [0, 127, 0]);
  assert.equal(masked.over, null);
});

test("by the logarithm there is room for all, down to 0.00001", () => {
  const { levels, over } = lightsOf([0, 1e-5, 1e-3, 0.1, 0.5], 0.1, { log: true });
  assert.deepEqual([...levels], [0, 0, 127, 255, 255]);
  assert.equal(over, null);
  assert.equal(levelOf(1e-3, 0.1, true), 127); // half of the way from 1e-5 to 1e-1
});

test("how many times the even share a weight is, with no more than three digits", () => {
  assert.equal(evenText(0.0563, 197), "11.1× even");
  assert.equal(evenText(1 / 197, 197), "1.00× even");
  assert.equal(evenText(0.5, 1025), "513× even");
  assert.equal(evenText(0.999, 101), "101× even");
  assert.equal(evenText(0.001797, 197), "0.354× even");
  assert.equal(evenText(1e-7, 197), "<0.001× even");
  assert.equal(evenText(0, 197), "0× even");
});
