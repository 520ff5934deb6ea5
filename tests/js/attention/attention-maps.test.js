import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnOn, normsOf } from "../../../assets/components/attention_maps/words.js";

const header = { prefix: ["[CLS]"], grid: [1, 2] };

test("a token draws most on whatever it draws most on, itself among it", () => {
  const facts = new Map(drawnOn(header, 0, Float32Array.of(0.5, 0.2, 0.3)));
  assert.equal(facts.get("draws most on"), "[CLS]");
  assert.equal(facts.get("share"), "0.5000 · 1.50× even");
  assert.equal(new Map(drawnOn(header, 1, Float32Array.of(0.25, 0.125, 0.625))).get("share"), "0.6250 · 1.88× even");
});

test("the median patch of an even number lies between the two in the middle", () => {
  const facts = new Map(normsOf(header, 1, Float32Array.of(9, 2, 3), Float32Array.of(2, 3), 0));
  assert.equal(facts.get("median patch"), "2.500");
  assert.equal(facts.get("longest patch"), "3.000");
});
