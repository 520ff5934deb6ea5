// Fewer bits: one matrix of the model, rounded as the slider moves; a row of it as a staircase.
import { chart } from "../../kit/charts/chart.js";
import { colourTable } from "../../kit/picture/colours.js";
import { choiceOf, rangeOf } from "../../kit/controls.js";
import { el, everyFrame } from "../../kit/dom.js";
import { showFacts } from "../../kit/facts.js";
import { bytesText, four, grouped } from "../../kit/numbers/format.js";
import { cellInside } from "../../kit/grid.js";
import { SCHEMA } from "../../kit/schema.js";
import { figureMenu } from "../../kit/take/take.js";
import { drawMap, matrixRows, showStairs, SHOWN } from "./draw.js";
import { rowOf, scaleOf, stepsOf, topOf } from "./math.js";
import { commitPlace, inkStyle, practicePlace } from "../place.js";

const { low: FEWEST, high: MOST } = SCHEMA.view.practice.keys.pr.keys.b;

export function bitsView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    table: colourTable("diverging"),
    data: null,
    shape: [0, 0], // rows (outputs), columns (inputs)
    setting: { bits: 4, row: 0 },
    shown: "rounded",
    hovered: null, // [row, column]
    kept: el("canvas"), // the map, a pixel a weight
    painted: "", // what it was painted for
    stairsOf: "", // what the staircase was drawn for
    measured: { key: "", error: 0, norm: 1, most: 1 },
    scales: { key: "", values: null },
    choice: null, // of the matrix; made when its names are known
  };
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, elements(view));
  const node = layOut(view);
  listenToMap(view);
  listenToControls(view);
  return {
    node,
    async arrive(next) {
      view.data = next;
      view.shape = next.header.arrays.weight.shape;
      const place = practicePlace(next.header);
      view.setting = { bits: place.b, row: Math.min(place.o, view.shape[0] - 1) };
      if (view.hovered && (view.hovered[0] >= view.shape[0] || view.hovered[1] >= view.shape[1])) view.hovered = null;
      view.redraw();
    },
    draw: view.redraw,
    dress: () => showStairs(view, true),
    destroy: view.plot.destroy,
  };
}

/** The weight whose dot is pointed at is told. */
function pick(view, input) {
  view.hovered = input === null ? null : [view.setting.row, input];
  view.redraw();
}

function elements(view) {
  return {
    map: el("canvas", { class: "weights", tabindex: 0, role: "img" }),
    plot: chart({ pick: (input) => view.data && pick(view, input) }),
    layer: rangeOf("Layer", { min: 1, step: 1 }),
    bits: rangeOf("Bits a weight", { min: FEWEST, max: MOST, step: 1 }),
    row: rangeOf("Row of the matrix (one output)", { min: 1, step: 1 }),
    shows: choiceOf("Show", SHOWN, (name) => ((view.shown = name), view.redraw())),
    matrices: el("div"),
    scale: el("span", { class: "small colourbar" }),
    facts: el("dl", { class: "facts" }),
    whole: el("dl", { class: "facts" }),
  };
}

function menuOf(view) {
  return figureMenu({
    name: "the matrix",
    root: view.root,
    nodes: () => [view.scale, view.map],
    title: () => {
      const { names, matrix, layer } = view.data.header;
      return `${names[matrix]}, layer ${layer + 1}, ${view.setting.bits} bits: ${SHOWN[view.shown]}, inputs down, outputs across`;
    },
    rows: () => matrixRows(view),
  });
}

function layOut(view) {
  const { map, plot, layer, bits, row, shows, matrices, scale, facts, whole } = view;
  return el(
    "div",
    {},
    el("div", { class: "bar" }, matrices, shows.node, menuOf(view)),
    el(
      "div",
      { class: "practice" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, el("span", { class: "small muted", text: "one matrix: inputs down, outputs across" }), scale),
        map,
        el("div", { class: "three" }, layer.node, bits.node, row.node),
        el("p", { class: "small muted", text: "the chosen row: each dot a weight, across as it was trained, up as it is rounded" }),
        plot.node,
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h2", { text: "This matrix" }), whole),
      ),
    ),
  );
}

function draw(view) {
  const began = performance.now();
  const style = inkStyle(view.root);
  drawMap(view, style);
  showStairs(view);
  showControls(view);
  showNumbers(view);
  globalThis.__vitTimes?.push(performance.now() - began);
}

function showControls(view) {
  const { root, shape, setting, layer, bits, row } = view;
  const { header } = view.data;
  if (!view.choice) {
    view.choice = choiceOf("Matrix", Object.fromEntries(header.names.map((name, i) => [`m${i}`, name])), (name) =>
      commitPlace({ x: +name.slice(1) }),
    );
    view.matrices.replaceChildren(view.choice.node);
  }
  view.choice.show(`m${header.matrix}`);
  view.shows.show(view.shown);
  layer.input.max = header.depth;
  if (document.activeElement !== layer.input && root.getRootNode().activeElement !== layer.input) layer.input.value = header.layer + 1;
  layer.value.textContent = `${layer.input.value} of ${header.depth}`;
  bits.input.value = setting.bits;
  bits.value.textContent = `${setting.bits}: ${2 * topOf(view) + 1} values`;
  row.input.max = shape[0];
  row.input.value = setting.row + 1;
  row.value.textContent = `${setting.row + 1} of ${shape[0]}`;
}

function showNumbers(view) {
  const { shape, setting, measured } = view;
  const { header } = view.data;
  const [r, c] = view.hovered ?? [setting.row, 0];
  const weight = rowOf(view, r)[c];
  const s = scaleOf(view, r);
  const q = stepsOf(weight, s);
  const count = shape[0] * shape[1];
  const bytes = Math.ceil((count * setting.bits) / 8) + 4 * shape[0];
  const relative = Math.sqrt(measured.error / measured.norm);
  const share = `${(100 * relative).toPrecision(3)}%`;
  showFacts(view.facts, [
    ["output, input", `${r + 1}, ${c + 1}`],
    ["weight", four(weight), `${weight}`],
    ["scale of its row", four(s), `${s}`],
    ["stored integer", `${q}`],
    ["rounded weight", four(q * s), `${q * s}`],
    ["error", four(q * s - weight), `${q * s - weight}`],
  ]);
  showFacts(view.whole, [
    ["weights", grouped(count)],
    ["fp32", bytesText(4 * count), `${4 * count} bytes`],
    [`${setting.bits} bits, scales`, bytesText(bytes), `${bytes} bytes`],
    ["error over weights", share, `‖Ŵ − W‖ / ‖W‖ = ${relative}`],
  ]);
  const where = `${header.names[header.matrix]}, layer ${header.layer + 1}, ${setting.bits} bits`;
  view.root.sayPractice(`${where}: the weights move by ${share} of their length.`);
  view.root.practice = { bits: setting.bits, row: r, column: c, weight, step: q, scale: s, relative, bytes };
}

function listenToMap(view) {
  const { map } = view;
  for (const kind of ["pointermove", "pointerdown"]) {
    map.addEventListener(kind, (event) => {
      const cell = view.data && cellInside(event, map, [view.shape[1], view.shape[0]]);
      if (!cell) return;
      view.hovered = [cell[1], cell[0]];
      if (kind === "pointerdown") view.setting = { ...view.setting, row: cell[1] };
      view.redraw();
    });
  }
  map.addEventListener("click", () => view.data && commitPlace({ o: view.setting.row }));
  map.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((view.hovered = null), view.redraw()));
  map.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step || !view.data) return;
    event.preventDefault();
    const [r, c] = view.hovered ?? [view.setting.row, 0];
    const [rows, cols] = view.shape;
    view.hovered = [Math.min(rows - 1, Math.max(0, r + step[0])), Math.min(cols - 1, Math.max(0, c + step[1]))];
    view.setting = { ...view.setting, row: view.hovered[0] };
    view.redraw();
  });
}

function listenToControls(view) {
  const { bits, row, layer } = view;
  const set = (changes) => {
    view.setting = { ...view.setting, ...changes };
    view.redraw();
  };
  bits.input.addEventListener("input", () => set({ bits: +bits.input.value }));
  bits.input.addEventListener("change", () => commitPlace({ b: view.setting.bits }));
  row.input.addEventListener("input", () => ((view.hovered = null), set({ row: +row.input.value - 1 })));
  row.input.addEventListener("change", () => commitPlace({ o: view.setting.row }));
  layer.input.addEventListener("input", () => (layer.value.textContent = `${layer.input.value} of ${view.data.header.depth}`));
  layer.input.addEventListener("change", () => commitPlace({ y: +layer.input.value - 1 }));
}
