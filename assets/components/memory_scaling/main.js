import { chart } from "../kit/charts/chart.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame, speaker } from "../kit/dom.js";
import { foldOf } from "../kit/fold.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { memoryControls } from "./controls.js";
import { countParameters, largestBatch, largestSize, macParts, memoryOf, parameterParts, peakMoments } from "./math.js";
import { paint } from "./paint.js";
import { partRow } from "./part-rows.js";
import { LARGEST_SIZE, modelOf, readMemoryPlace, settingOf, settle } from "./place.js";
import { currentPlace, setPlace } from "./state.js";
import { PART_COLOURS, PART_NAMES, termsOf } from "./words.js";

const NARROW = 500; // CSS pixels

// The calculator: what a setting holds in memory, part by part, and how it grows with the resolution. All of it follows a drag.
export default mounts((root) => {
  const view = {
    root,
    models: null,
    place: null,
    opened: null, // the part whose formula is shown
    pointed: null, // resolution under the pointer on the chart
    figures: null,
    looks: null,
    curvesOf: "", // what the drawn curves belong to
    narrow: false, // there is room for few words in the curves
    controls: null,
    scales: null,
    dragging: false,
    told: "",
  };
  let sent = null;
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.place && paint(view));
  listen(view);

  const unsubscribe = store.subscribe(() => {
    if (!view.models) return;
    view.place = readMemoryPlace(view.models);
    for (const { key, choice } of view.scales) choice.show(view.place[key]);
    view.draw();
  });
  const resized = new ResizeObserver(() => {
    view.narrow = view.plot.place.clientWidth < NARROW; // asked for during a drag, it would have the browser lay out the page at each step
    view.draw();
  });
  resized.observe(view.root);

  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id !== sent) {
        sent = header.id;
        Object.assign(view, { models: header.models, figures: header.figures, looks: header.looks });
        build(view);
        store.preview({});
        view.root.calculator = calculator(view);
        view.root.dataset.ready = header.id;
      }
      view.curvesOf = ""; // or the theme is another
      view.draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
      view.plot.destroy();
    },
  };
});

function makeElements(view) {
  view.title = el("p", { class: "total" });
  view.verdict = el("p", { class: "verdict" });
  view.segments = Object.fromEntries(Object.keys(PART_NAMES).map((part) => [part, el("i", { style: `background:${PART_COLOURS[part]}` })]));
  view.limit = el("span", { class: "limit" });
  view.bar = el("div", { class: "stack", "aria-hidden": "true" }, ...Object.values(view.segments), view.limit);
  view.rows = Object.fromEntries(Object.keys(PART_NAMES).map((part) => [part, partRow(view, part)]));
  view.parts = el("div", { class: "parts" }, ...Object.values(view.rows).map((row) => row.node));
  view.plot = chart({ slider: "the resolution" });
  view.chart = el("div", { class: "curves" }, view.plot.node);
  view.axes = el("div", { class: "choices" });
  view.facts = el("dl", { class: "facts" });
  view.compute = el("dl", { class: "facts" });
  view.challenge = el("section", { class: "challenge" });
}

function layOut(view) {
  const cards = el(
    "div",
    { class: "cards" },
    el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), view.facts),
    el("section", { class: "card" }, el("h2", { text: "Compute" }), view.compute),
  );
  const main = el("div", { class: "main" }, view.title, view.verdict, view.bar, view.parts, view.axes, view.chart, cards);
  view.rail = el("div", { class: "rail beside" });
  view.root.append(el("div", { class: "memory" }, main, view.rail), view.challenge);
  view.tell = speaker(view.root);
}

function listen(view) {
  const { place } = view.plot;
  const over = (event) => event.target.closest?.(".nsewdrag") && view.plot.axes();
  place.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !over(event)) return;
    Object.assign(view, { dragging: true, pointed: null });
    place.setPointerCapture(event.pointerId);
    setPlace(view, { r: sizeAt(view, event) }, true);
  });
  place.addEventListener("pointermove", (event) => {
    if (view.dragging) return setPlace(view, { r: sizeAt(view, event) }, true);
    view.pointed = over(event) ? sizeAt(view, event) : null;
    view.draw();
  });
  place.addEventListener("pointerup", () => release(view));
  place.addEventListener("pointercancel", () => release(view));
  place.addEventListener("pointerleave", () => ((view.pointed = null), view.draw()));
  place.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 8, PageDown: -8 }[event.key];
    if (!step) return;
    event.preventDefault();
    setPlace(view, { r: within(view, view.place.r + step * view.place.p) }, true);
  });
  place.addEventListener("keyup", (event) => /^(Arrow|Page)/.test(event.key) && setPlace(view, {}));
}

const within = ({ place }, size) => Math.min(Math.floor(LARGEST_SIZE / place.p) * place.p, Math.max(place.p, size));

function sizeAt(view, event) {
  const value = view.plot.axes().x.value(event.clientX - view.plot.place.getBoundingClientRect().left);
  return within(view, Math.round(value / view.place.p) * view.place.p);
}

const release = (view) => view.dragging && ((view.dragging = false), (view.pointed = null), setPlace(view, {}));

function build(view) {
  view.controls = memoryControls(
    view.models,
    () => currentPlace(view),
    (changes, quietly) => setPlace(view, changes, quietly),
  );
  const scale = (name, key, options) => ({ key, choice: choiceOf(name, options, (value) => setPlace(view, { [key]: value })) });
  view.scales = [
    scale("Axes", "x", { log: "log axes", linear: "linear axes" }),
    scale("Curves", "y", { bytes: "memory", macs: "compute" }),
  ];
  view.axes.replaceChildren(el("h2", { text: "As the picture grows" }), ...view.scales.map(({ choice }) => choice.node));
  view.rail.replaceChildren(foldOf(view.controls.node), view.controls.node);
}

/** The closed forms of this page, for a test to compare with `vit_core.cost`. */
function calculator(view) {
  return {
    memoryOf,
    macParts,
    parameterParts,
    countParameters,
    largestBatch,
    largestSize,
    peakMoments,
    termsOf,
    modelOf,
    settingOf,
    settle,
    models: view.models,
  };
}
