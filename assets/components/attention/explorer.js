// The explorer's elements, and how they are laid out.
import { gradient } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { SCALES, setOptions } from "./options.js";

/** All elements, appended to the root of the view; `save` is called by the button for a picture. */
export function explorer(view, save) {
  const parts = {
    ...pictureParts(view.tables.map),
    ...wallParts(),
    layer: rangeOf("Layer", { min: 1, step: 1 }),
    head: rangeOf("Head", { min: 1, step: 1 }),
    overlay: rangeOf("Overlay", { min: 0, max: 100, step: 5 }),
    keep: rangeOf("Keep of the mass", { min: 5, max: 100, step: 5 }),
    ways: choiceOf("Direction", { row: "looks at", column: "looked at by" }, (way) => setOptions(view, { way })),
    scales: choiceOf("Colour scale", SCALES, (scale) => setOptions(view, { scale })),
    pointer: el("dl", { class: "facts" }),
    thisHead: el("dl", { class: "facts" }),
    tabs: el("div", { class: "tabs", role: "tablist" }),
    panel: el("div", { role: "tabpanel" }),
  };
  const kept = [left(parts, save), middle(parts)]; // what a saved picture shows
  view.root.append(el("div", { class: "explorer" }, ...kept, rail(parts)), parts.tabs, parts.panel);
  return { ...parts, kept };
}

function pictureParts(table) {
  const mapLow = document.createTextNode("0");
  const mapTop = el("strong");
  return {
    base: el("canvas", { tabindex: 0, role: "img" }),
    map: el("canvas", { class: "map" }),
    marks: el("canvas", { class: "marks" }),
    prefix: el("div", { class: "prefix" }),
    prefixButtons: [],
    hint: el("span", { class: "small muted" }),
    mapTitle: el("span"),
    mapLow,
    mapTop,
    sink: el("p", { class: "sink small muted" }),
    mapBar: el("span", { class: "colourbar small" }, mapLow, el("i", { style: `background:${gradient(table)}` }), mapTop),
  };
}

function wallParts() {
  return {
    wall: el("canvas", { tabindex: 0, role: "img" }),
    chosenBox: el("div", { class: "chosen" }),
    hoveringBox: el("div", { class: "hovering", hidden: true }),
    down: el("div", { class: "down", "aria-hidden": "true" }),
    across: el("div", { class: "across", "aria-hidden": "true" }),
    wallTitle: el("span"),
    wallBar: el("span", { class: "colourbar small" }),
  };
}

function left({ mapTitle, mapBar, prefix, sink, base, map, marks, layer, head, ways, scales, overlay, keep }, save) {
  return el(
    "div",
    {},
    el("div", { class: "head-line" }, mapTitle, mapBar),
    prefix,
    el("div", { class: "scene" }, base, map, marks),
    sink,
    el(
      "div",
      { class: "controls" },
      layer.node,
      head.node,
      el("div", { class: "choices" }, ways.node, scales.node),
      el("div", { class: "two" }, overlay.node, keep.node),
      el("div", {}, el("button", { type: "button", text: "Save this view (PNG)", onclick: save })),
    ),
  );
}

function middle({ wallTitle, wallBar, down, across, wall, chosenBox, hoveringBox }) {
  const frame = el("div", { class: "frame" }, wall, chosenBox, hoveringBox);
  const axes = el("div", { class: "wall" }, down, frame, el("span"), across);
  return el("div", {}, el("div", { class: "head-line" }, wallTitle, wallBar), axes);
}

function rail({ pointer, thisHead }) {
  return el(
    "div",
    { class: "rail" },
    el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), pointer),
    el("section", { class: "card" }, el("h2", { text: "This head" }), thisHead),
  );
}
