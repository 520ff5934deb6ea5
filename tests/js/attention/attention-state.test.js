// Which heads are computed in a frame: those that are seen, the big picture's first, and no more than there is time for.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { compute } from "../../../assets/components/attention/state.js";
import { store } from "../../../assets/components/kit/store.js";

const DEPTH = 6;
let now = 0;
globalThis.performance = /** @type {any} */ ({ now: () => now });

/** A view whose layers take `cost` milliseconds each; `computed` lists which of them were, for which token. */
function viewOf(options, cost = 0) {
  const found = [];
  const heads = { scale: 1, layer: (layer, token) => (found.push([layer, token]), (now += cost)) };
  const header = { depth: DEPTH, heads: 3, prefix: ["[CLS]"], grid: [2, 2] };
  /** @type {any} */
  const view = { options: { way: "row", scale: "head", wall: "layer", ...options }, data: { header, heads }, found };
  Object.assign(view, { hovered: 2, thumb: null, cell: null, known: new Uint8Array(DEPTH), latest: 0, computed: "", asked: 0 });
  view.teach = { scaled: true, temperature: 1 };
  view.draw = () => (view.asked += 1);
  return view;
}

beforeEach(() => Object.assign(store, { selection: { ...store.selection, layer: 4, head: 0, token: 0 } }));

test("where one layer's heads are shown, no other is computed, and none twice", () => {
  const view = viewOf({});
  compute(view);
  compute(view);
  assert.deepEqual(view.found, [[4, 2]]);
  view.hovered = 3;
  compute(view);
  assert.deepEqual(view.found.at(-1), [4, 3]);
  view.options.way = "column";
  compute(view);
  assert.equal(view.found.length, 3);
});

test("all are computed where the wall shows them, or where the scale is common to all", () => {
  for (const options of [{ wall: "all" }, { scale: "shared" }, { scale: "log" }]) {
    const view = viewOf(options);
    compute(view);
    assert.equal(view.found[0][0], 4);
    assert.deepEqual(view.found.map(([layer]) => layer).sort(), [0, 1, 2, 3, 4, 5]);
    assert.equal(view.asked, 0);
  }
});

test("what takes too long goes on in the next frames, and no layer is passed over while the pointer moves", () => {
  const view = viewOf({ wall: "all" }, 4);
  compute(view);
  assert.ok(view.found.length < DEPTH && view.asked === 1);
  while (view.asked) ((view.asked = 0), compute(view));
  assert.deepEqual(view.found.map(([layer]) => layer).sort(), [0, 1, 2, 3, 4, 5]);
  view.found.length = 0;
  for (let frame = 0; frame < 2 * DEPTH; frame++) ((view.hovered = 1 + (frame % 4)), compute(view));
  assert.deepEqual(new Set(view.found.map(([layer]) => layer)), new Set([0, 1, 2, 3, 4, 5]));
  assert.equal(view.found.filter(([layer]) => layer === 4).length >= 2 * DEPTH, true); // the big picture never waits
});
