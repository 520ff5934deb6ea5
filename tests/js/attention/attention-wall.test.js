import assert from "node:assert/strict";
import { test } from "node:test";
import { placeBox, wallOf } from "../../../assets/components/attention/draw.js";
import { strengthOf } from "../../../assets/components/attention/options.js";
import { middleOf } from "../../../assets/components/kit/grid.js";
import { clampView } from "../../../assets/components/kit/view.js";

test("all heads lie by layer and head; one layer's in even rows that fit", () => {
  const model = { depth: 12, heads: 12, grid: [14, 14] };
  assert.deepEqual(wallOf(model, "all", 5, false), { first: 0, count: 144, columns: 12, rows: 12 });
  assert.deepEqual(wallOf(model, "layer", 5, false), { first: 60, count: 12, columns: 6, rows: 2 });
  assert.deepEqual(wallOf(model, "layer", 0, true), { first: 0, count: 12, columns: 4, rows: 3 });
  for (const heads of [1, 2, 3, 5, 6, 7, 11, 16, 25])
    for (const narrow of [false, true]) {
      const wall = wallOf({ depth: 2, heads }, "layer", 1, narrow);
      assert.equal(wall.first, heads);
      assert.ok(wall.columns * wall.rows >= heads && wall.columns * (wall.rows - 1) < heads, `${heads}`);
      assert.ok(wall.columns <= (narrow ? 4 : 6));
    }
});

test("a frame lies where its map is, and nowhere for a head of another layer", () => {
  const frame = { style: { cssText: "" }, hidden: false };
  const wall = wallOf({ depth: 12, heads: 12 }, "layer", 5, false);
  placeBox(frame, { grid: [14, 14] }, wall, 7); // second row, second column; a gap of one pixel
  assert.equal(frame.hidden, false);
  assert.ok(frame.style.cssText.startsWith(`left:${(100 * 15) / 89}%;top:${(100 * 15) / 29}%`));
  placeBox(frame, { grid: [14, 14] }, wall, 12);
  assert.equal(frame.hidden, true);
  placeBox(frame, { grid: [14, 14] }, wall, -1);
  assert.equal(frame.hidden, true);
});

test("the overlay is the light unless the link says otherwise; each has its usual strength", () => {
  const of = (values) => clampView("attention", values);
  assert.equal(of({}).colours, "spotlight");
  assert.equal(of({ colours: "viridis" }).colours, "viridis");
  assert.equal(of({ colours: "rainbow" }).colours, "spotlight");
  assert.equal(of({ wall: "everything" }).wall, "layer");
  assert.equal(strengthOf(of({})), 100);
  assert.equal(strengthOf(of({ colours: "viridis" })), 70);
  assert.equal(strengthOf(of({ overlay: 45 })), 45);
  assert.equal(strengthOf(of({ overlay: 700 })), 100); // outside its limits: as if not said
});

test("the middle of a token's patch; a token in front has none", () => {
  const header = { prefix: ["[CLS]"], grid: [2, 4] };
  assert.equal(middleOf(header, 0), null);
  assert.deepEqual(middleOf(header, 1), [0.25, 0.125]);
  assert.deepEqual(middleOf(header, 8), [0.75, 0.875]);
});
