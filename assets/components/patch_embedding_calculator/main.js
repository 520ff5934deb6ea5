import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { grouped } from "../kit/numbers/format.js";
import { mounts } from "../kit/mount.js";
import { SCHEMA } from "../kit/schema.js";
import { store } from "../kit/store.js";
import { figureMenu, tableRows } from "../kit/take/take.js";
import { withView } from "../kit/view.js";
import { countsOf, nearestSize, sizeRange } from "../patch_grid/cut.js";
import { showBytes, showResults } from "./results.js";

const [SIZES, , , WIDTHS] = SCHEMA.view.patch_embedding_calculator.keys.calc.of;
const LIMITS = { sizes: [SIZES.low, SIZES.high], grids: [1, 256] };

// The embedding calculator: every result with its formula and the numbers put in, for any sizes; published models set them.
export default mounts((root) => {
  const view = {
    root,
    data: null, // {presets, patches, start}
    values: null, // {size, patch, chans, dim, prefix, bias}
    wanted: 384,
  };
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  listen(view);

  return {
    update(next) {
      if (!view.data)
        view.preset.replaceChildren(
          el("option", { value: "", text: "your own sizes" }),
          ...next.presets.map((row) => el("option", { value: row.name, text: `${row.name}, ${row.size} px` })),
        );
      view.data = next;
      view.patch.input.max = view.data.patches.length - 1;
      if (!view.values) {
        const [s, p, c, d, prefix, bias] = view.data.now;
        view.wanted = s;
        view.values = { size: s, patch: p, chans: c, dim: d, prefix, bias, name: "" };
      }
      view.root.dataset.ready = "calculator";
      view.draw();
    },
  };
});

function makeElements(view) {
  view.preset = el("select", { "aria-label": "Published model" });
  view.size = rangeOf("Resolution ");
  view.patch = rangeOf("Patch ", { min: 0, step: 1 });
  view.dim = rangeOf("Width D", { min: WIDTHS.low, max: WIDTHS.high, step: 64 });
  view.chans = choiceOf("Channels", { 1: "1 grey", 3: "3 RGB", 4: "4" }, (name) => changeValues(view, { chans: +name }, true));
  view.table = el("table", { class: "results" });
  view.bytes = el("table", { class: "results bytes" });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
}

function layOut(view) {
  const title = "Embedding calculator";
  const menu = figureMenu({
    name: "the calculation",
    root: view.root,
    nodes: () => [view.table, view.bytes],
    title: () => title,
    rows: () => tableRows(view.table, view.bytes),
  });
  view.root.append(
    el("div", { class: "title-line" }, el("h2", { text: title }), menu),
    el(
      "div",
      { class: "calculator" },
      el(
        "div",
        { class: "inputs" },
        el("label", {}, el("span", { class: "muted", text: "Start from " }), view.preset),
        view.size.node,
        view.patch.node,
        view.dim.node,
        el("div", {}, el("span", { class: "muted", text: "Channels " }), view.chans.node),
      ),
      el("div", { class: "scroll", tabindex: 0 }, view.table),
      el("div", { class: "scroll", tabindex: 0 }, view.bytes),
    ),
    view.summary,
  );
}

function listen(view) {
  view.preset.addEventListener("change", () => {
    const found = view.data.presets.find((row) => row.name === view.preset.value);
    if (found) changeValues(view, { ...found }, true);
  });
  for (const [control, read] of [
    [view.size, (v) => ({ size: v })],
    [view.patch, (v) => ({ patch: view.data.patches[v] })],
    [view.dim, (v) => ({ dim: v })],
  ]) {
    control.input.addEventListener("input", () => view.data && changeValues(view, read(+control.input.value)));
    control.input.addEventListener("change", () => view.data && keepValues(view));
  }
}

function changeValues(view, changes, done = false) {
  if (changes.size) view.wanted = changes.size;
  const next = { ...view.values, ...changes };
  view.values = { ...next, size: nearestSize(view.wanted, next.patch, LIMITS) };
  if (!("name" in changes)) view.values.name = "";
  if (done) keepValues(view);
  view.draw();
}

function keepValues(view) {
  const { size: s, patch: p, chans: c, dim: d, prefix, bias } = view.values;
  const text = [s, p, c, d, prefix, bias];
  store.commit({ view: withView("patch_embedding_calculator", { calc: text }) });
}

function drawAll(view) {
  const began = performance.now();
  const { size: s, patch: p, chans: c, dim: d, prefix, bias } = view.values;
  const n = countsOf([s, s], p, c, prefix);
  const macs = n.patches * n.values * d;
  const weights = n.values * d + bias * d;
  showResults(view, n, macs, weights);
  showBytes(view, n);
  showControls(view);
  view.chans.show(String(c));
  view.preset.value = view.values.name;
  view.summary.textContent = `${n.patches} patches, ${weights} parameters, ${macs} multiply-accumulates, ${n.tokens} tokens.`;
  globalThis.__vitCalculatorTimes?.push(performance.now() - began);
}

function showControls(view) {
  const { size: s, patch: p, dim: d } = view.values;
  const [low, high] = sizeRange(p, LIMITS);
  for (const [key, value] of [
    ["min", low],
    ["max", high],
    ["step", p],
  ])
    if (+view.size.input[key] !== value) view.size.input[key] = value;
  for (const [control, value, text] of [
    [view.size, s, `${s} px`],
    [view.patch, view.data.patches.indexOf(p), `${p} px`],
    [view.dim, d, grouped(d)],
  ]) {
    if (+control.input.value !== value) control.input.value = value;
    control.value.textContent = text;
    control.input.setAttribute("aria-valuetext", text);
  }
}
