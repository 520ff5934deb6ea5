import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, clearOf, placeOf } from "../../assets/components/memory_scaling/labels.js";

const sides = [
  { x: 106, align: "left" },
  { x: 94, align: "right" },
];

test("words stand at their first place where that is clear", () => {
  assert.deepEqual(placeOf(60, sides, 20, [], []), { x: 106, align: "left", y: 20, box: [103, 6, 169, 22] });
  assert.deepEqual(boxOf(60, 94, 20, "right"), [31, 6, 97, 22]);
});

test("words that a line would cross go to the other side of their own; words in the way send them a line down", () => {
  const own = [98, 0, 102, 300];
  const other = [130, 0, 134, 300]; // as on a phone, where two marks lie close together
  const found = placeOf(60, sides, 20, [], [own, other]);
  assert.deepEqual([found.align, found.y], ["right", 20]);
  assert.ok(clearOf(found.box, [own, other]));
  const second = placeOf(60, sides, 20, [found.box], [own, other]);
  assert.deepEqual([second.align, second.y], ["right", 36]);
});

test("where lines are on both sides, words keep clear of words; where nothing is clear, they stand at their first place", () => {
  const lines = [
    [130, 0, 134, 300],
    [60, 0, 64, 300],
  ];
  assert.equal(placeOf(60, sides, 20, [[100, 6, 170, 22]], lines).y, 36);
  assert.equal(placeOf(60, sides, 20, [[-1e3, -1e3, 1e3, 1e3]], []).y, 20);
});
