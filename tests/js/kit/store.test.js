import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { store } from "../../../assets/components/kit/store.js";

const sent = [];

beforeEach(() => {
  Object.assign(store, { selection: {}, settled: {}, visit: null, at: 0, unsent: {}, send: (change) => sent.push(change) });
  sent.length = 0;
  store.adopt({ picture: "coffee", view: "a" }, 0);
});

test("what the server repeats leaves a preview as it is", () => {
  store.commit({ view: "b" });
  store.preview({ view: "bc" }); // typed while the answer is on its way
  store.adopt({ picture: "coffee", view: "b" }, 1);
  assert.equal(store.selection.view, "bc");
  assert.deepEqual(store.unsent, {});
});

test("what the server changed is taken, and only that", () => {
  store.preview({ view: "typed" });
  store.adopt({ picture: "rocket", view: "a" }, 0);
  assert.deepEqual(store.selection, { picture: "rocket", view: "typed" });
  store.adopt({ picture: "rocket", view: "c" }, 0);
  assert.equal(store.selection.view, "c");
});

test("what the server made of a change is taken", () => {
  store.commit({ view: "too long" });
  store.adopt({ picture: "coffee", view: "a" }, 1);
  assert.equal(store.selection.view, "a");
});

test("an answer older than a change is left out", () => {
  store.commit({ view: "b" });
  store.commit({ view: "c" });
  store.adopt({ picture: "coffee", view: "b" }, 1);
  assert.equal(store.selection.view, "c");
  assert.deepEqual(sent.at(-1), { at: 2, values: { view: "c" } });
});
