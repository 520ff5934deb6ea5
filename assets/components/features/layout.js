// The elements of the similarity, and how they are laid out: the picture under its map, and beside it layer, numbers and words.
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { namesOn, zoomOf } from "../kit/picture/zoom.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { rowChoices, set } from "./choices.js";

export function elements() {
  return {
    base: el("canvas", { tabindex: 0, role: "img" }),
    map: el("canvas", { class: "map" }),
    marks: el("canvas", { class: "marks" }),
    title: el("strong"),
    bar: el("span", { class: "colourbar small" }),
    waits: el("span", { class: "small muted" }),
    prefix: el("div", { class: "prefix" }),
    prefixButtons: [],
    hint: el("span", { class: "small muted", text: "a click keeps a patch" }),
    facts: el("dl", { class: "facts" }),
    note: el("p", { class: "muted note" }),
    layer: rangeOf("Layer", { min: 1, step: 1 }),
    choices: rowChoices(),
    spans: choiceOf("Colour range", { own: "own range", full: "−1 to 1" }, (span) => set({ span })),
  };
}

export function layOut(view) {
  const { root, base, map, marks, title, bar, waits, prefix, facts, note, layer, choices, spans } = view;
  const scene = el("div", { class: "scene" }, base, map, marks);
  view.zoom = zoomOf(scene, { name: "Similarity", canvas: base, names: (width, height) => namesOn(view.data.header, width, height) });
  const menu = figureMenu({
    name: "the similarity",
    root,
    nodes: () => [bar, scene],
    title: () => title.textContent,
    rows: () => patchRows(view.data.header.grid, { cosine: view.likeness.subarray(view.data.header.prefix.length) }),
  });
  root.append(
    el("div", { class: "choices" }, ...choices.nodes, spans.node),
    el(
      "div",
      { class: "likeness" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, title, el("span", { class: "tools" }, view.zoom.button, menu)),
        el("div", { class: "under-title" }, bar, waits),
        prefix,
        scene,
      ),
      el("div", { class: "side" }, layer.node, el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts), note),
    ),
  );
}
