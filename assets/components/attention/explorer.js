// The explorer's elements, and how they are laid out: the picture stays, beside it the heads, one weight step by step, and the numbers.
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { store } from "../kit/store.js";
import { withView } from "../kit/view.js";
import { OVERLAYS, SCALES, setOptions } from "./options.js";
import { menusOf } from "./take.js";
import { zoomsOf } from "./zooms.js";

/** All elements, appended to the root of the view. */
export function explorer(view) {
  const set = (name) => (value) => setOptions(view, { [name]: value });
  /** @type {any} */
  const parts = {
    ...pictureParts(),
    ...wallParts(),
    layer: rangeOf("Layer", { min: 1, step: 1 }),
    head: rangeOf("Head", { min: 1, step: 1 }),
    overlay: rangeOf("Strength of the overlay", { min: 0, max: 100, step: 5 }),
    keep: rangeOf("Keep of the mass", { min: 5, max: 100, step: 5 }),
    ways: choiceOf("Direction", { row: "looks at", column: "looked at by" }, set("way")),
    scales: choiceOf("Colour scale", SCALES, set("scale")),
    overs: choiceOf("Overlay", OVERLAYS, set("colours")),
    walls: choiceOf("Heads shown", { layer: "one layer", all: "all heads" }, set("wall")),
    openings: openings(view),
    pointer: el("dl", { class: "facts" }),
    thisHead: el("dl", { class: "facts" }),
    tabs: el("div", { class: "tabs", role: "tablist" }),
    panel: el("div", { role: "tabpanel" }),
  };
  parts.scene = el("div", { class: "scene" }, parts.base, parts.map, parts.marks);
  const frame = el("div", { class: "frame" }, parts.wall, parts.badges, parts.chosenBox, parts.hoveringBox);
  parts.axes = el("div", { class: "wall" }, parts.down, frame, el("span"), parts.across);
  parts.zooms = zoomsOf(view, parts);
  parts.menus = menusOf(view, () => kept);
  const kept = [see(parts), heads(parts)]; // what a saved picture shows
  const steps = el("div", { class: "steps" }, parts.tabs, parts.panel);
  const act = el("div", { class: "act" }, controls(parts), kept[1], steps, numbers(parts), display(parts));
  view.root.append(el("div", { class: "explorer" }, kept[0], act));
  return parts;
}

function pictureParts() {
  const mapLow = document.createTextNode("0");
  const [mapTop, strip] = [el("strong"), el("i")];
  return {
    base: el("canvas", { tabindex: 0, role: "img" }),
    map: el("canvas", { class: "map" }),
    marks: el("canvas", { class: "marks" }),
    prefix: el("div", { class: "prefix" }),
    prefixButtons: [],
    hint: el("span", { class: "hint small muted" }),
    mapTitle: el("span"),
    mapLow,
    mapTop,
    strip,
    shownHead: el("span", { class: "small muted" }),
    pair: el("span", { class: "small" }),
    times: el("strong"),
    sink: el("p", { class: "sink small muted" }),
    mapBar: el("span", { class: "colourbar small" }, mapLow, strip, mapTop),
  };
}

function wallParts() {
  return {
    wall: el("canvas", { tabindex: 0, role: "img" }),
    chosenBox: el("div", { class: "chosen" }),
    hoveringBox: el("div", { class: "hovering", hidden: true }),
    badges: el("div", { class: "badges", "aria-hidden": "true" }),
    down: el("div", { class: "down", "aria-hidden": "true" }),
    across: el("div", { class: "across", "aria-hidden": "true" }),
    wallTitle: el("span", { class: "small" }),
    wallBar: el("span", { class: "colourbar small muted" }),
  };
}

/** The picture, which stays in sight while what is beside it is read. */
function see({ mapTitle, mapBar, shownHead, prefix, sink, pair, times, scene, zooms, menus }) {
  return el(
    "div",
    { class: "see" },
    el("div", { class: "head-line" }, mapTitle, el("span", { class: "tools" }, zooms.map.button, menus.view)),
    el("div", { class: "under-title" }, mapBar, shownHead),
    prefix,
    scene,
    el("p", { class: "pair" }, pair, times),
    sink,
  );
}

/** Heads to begin with: the one found for the picture, the mean of the layer's, and the one of the text. */
function openings(view) {
  const button = (text, title, onclick) => el("button", { type: "button", text, title, onclick });
  const open = (name) => {
    const [layer, head] = view.data.header[name];
    store.commit({ layer, head, view: withView("attention", { ...view.options, average: false }) });
  };
  const found = button("", "The late head whose map is most like an object here: much contrast, little spread", () => open("opening"));
  const mean = button("mean of the heads", "The mean of the layer’s heads", () => setOptions(view, { average: !view.options.average }));
  const text = button("as in the text: 6/3", "Layer 6, head 3: the example of the text that this app follows", () => open("text"));
  return {
    found,
    mean,
    text,
    node: el("div", { class: "openings", role: "group", "aria-label": "Heads to begin with" }, found, mean, text),
  };
}

function controls({ openings: { node }, layer, head, ways }) {
  return el("div", {}, el("div", { class: "controls three" }, layer.node, head.node, ways.node), node);
}

function heads({ walls, wallTitle, wallBar, axes, zooms, menus }) {
  const line = el("div", { class: "head-line" }, walls.node, el("span", { class: "tools" }, zooms.wall.button, menus.wall));
  return el("div", { class: "heads-shown" }, line, el("div", { class: "under-title" }, wallTitle, wallBar), axes);
}

function numbers({ pointer, thisHead }) {
  return el(
    "div",
    { class: "rail" },
    el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), pointer),
    el("section", { class: "card" }, el("h2", { text: "This head" }), thisHead),
  );
}

/** What is set once and rarely: folded. */
function display({ scales, overs, overlay, keep }) {
  const row = (...nodes) => el("div", { class: "choices" }, ...nodes);
  const group = el(
    "details",
    { class: "display" },
    el("summary", { text: "Display" }),
    row(el("span", { text: "Overlay" }), overs.node),
    row(el("span", { text: "Scale" }), scales.node),
    el("div", { class: "two" }, overlay.node, keep.node),
  );
  return el("div", { class: "last" }, group);
}
