// What a patch can see: the mask of a variant of attention on the picture and as a matrix, and its cost over resolution.
import { decodePicture } from "../../kit/picture/canvas.js";
import { chart } from "../../kit/charts/chart.js";
import { choiceOf, rangeOf } from "../../kit/controls.js";
import { el, everyFrame } from "../../kit/dom.js";
import { cellInside, stepToken, tokenName } from "../../kit/grid.js";
import { store } from "../../kit/store.js";
import { figureMenu, patchRows } from "../../kit/take/take.js";
import { answersTable, commitPlace, inkStyle, practicePlace } from "../place.js";
import { drawMatrix, drawScene, showCurves } from "./draw.js";
import { seesToken } from "./math.js";
import { showNumbers } from "./numbers.js";
import { colsOf, countOf, frontOf, KINDS, queryOf, sizeOf } from "./state.js";

const SIZE_NAMES = { windows: "Window, patches a side", neighbourhood: "Reach, patches each way", strided: "Every how manieth patch" };

export function sightView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null,
    image: null,
    setting: null, // {kind, sizes: {windows, neighbourhood, strided}, layers}: follows the sliders
    hovered: null,
    kept: el("canvas"), // the matrix, a pixel a pair
    matrixOf: "", // what it was painted for
    curvesOf: "", // what the lines were drawn for
  };
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, elements(view));
  const node = layOut(view);
  listenToCanvases(view);
  listenToSliders(view);
  return {
    node,
    async arrive(next) {
      view.image = await decodePicture(next.arrays.picture);
      view.data = next;
      view.setting = settingOf(next.header);
      view.redraw();
    },
    draw: view.redraw,
    dress: () => showCurves(view, true),
    destroy: view.plot.destroy,
  };
}

function elements(view) {
  return {
    scene: el("canvas", { class: "scene", tabindex: 0, role: "img" }),
    matrix: el("canvas", { class: "matrix", role: "img" }),
    plot: chart({ pick: (kind, how) => kind && how === "click" && choose(view, kind) }),
    kinds: choiceOf("Attention", KINDS, (kind) => choose(view, kind)),
    size: rangeOf("Size", { min: 1, step: 1 }),
    layers: rangeOf("Layers that attend so, from the first", { min: 1, step: 1 }),
    facts: el("dl", { class: "facts" }),
    costs: el("dl", { class: "facts" }),
    answers: answersTable(),
  };
}

function menuOf(view, shown) {
  return figureMenu({
    name: "what a patch sees",
    root: view.root,
    nodes: () => [shown],
    title: () => `${tokenName(view.data.header, queryOf(view))} in ${KINDS[view.setting.kind]} attention, and the mask`,
    rows: () => {
      const sees = (key) => seesToken(view.setting.kind, sizeOf(view), colsOf(view), frontOf(view), queryOf(view), key);
      const { grid } = view.data.header;
      return patchRows(grid, { seen: Array.from({ length: grid[0] * grid[1] }, (_, i) => Number(sees(frontOf(view) + i))) });
    },
  });
}

function layOut(view) {
  const { scene, matrix, plot, kinds, size, layers, facts, costs, answers } = view;
  const figure = (text, canvas) => el("figure", {}, el("figcaption", { class: "small muted", text }), canvas);
  const card = (text, node) => el("section", { class: "card" }, el("h2", { text }), node);
  const shown = el(
    "div",
    { class: "pair" },
    figure("what this patch sees", scene),
    figure("the mask: rows are queries, columns keys", matrix),
  );
  return el(
    "div",
    {},
    el("div", { class: "bar" }, kinds.node, menuOf(view, shown)),
    el(
      "div",
      { class: "practice" },
      el("div", {}, shown, el("div", { class: "two" }, size.node, layers.node)),
      el(
        "div",
        { class: "rail" },
        card("Under the pointer", facts),
        card("One layer’s attention", costs),
        card("This picture", answers.node),
      ),
    ),
    el("h2", { text: "One layer’s attention: multiply-accumulates over resolution" }),
    plot.node,
  );
}

/** What the link says, or what is usual for this grid. */
function settingOf(header) {
  const longest = Math.max(...header.grid);
  const place = practicePlace(header);
  const usual = { windows: Math.max(1, Math.floor((longest + 1) / 2)), neighbourhood: Math.max(1, Math.floor(longest / 4)), strided: 2 };
  const sizes = Object.fromEntries(Object.entries(header.keys).map(([kind, key]) => [kind, place[key] ?? Math.min(longest, usual[kind])]));
  return { kind: place.k, sizes, layers: place.l ?? header.depth };
}

function choose(view, kind) {
  change(view, { kind });
  release(view);
}

function change(view, changes) {
  view.setting = { ...view.setting, ...changes };
  view.redraw();
}

function release({ data, setting }) {
  const sizes = Object.fromEntries(Object.entries(data.header.keys).map(([kind, key]) => [key, setting.sizes[kind]]));
  commitPlace({ k: setting.kind, l: setting.layers, ...sizes });
}

function draw(view) {
  const began = performance.now();
  const style = inkStyle(view.root);
  drawScene(view, style);
  drawMatrix(view, style);
  showControls(view);
  showNumbers(view);
  showCurves(view);
  globalThis.__vitTimes?.push(performance.now() - began);
}

function showControls(view) {
  const { setting, size, layers } = view;
  const { grid, depth } = view.data.header;
  view.kinds.show(setting.kind);
  const sized = setting.kind in setting.sizes;
  const name = SIZE_NAMES[setting.kind] ?? "Size";
  size.node.style.visibility = sized ? "visible" : "hidden";
  size.input.max = Math.max(...grid);
  size.input.value = sizeOf(view);
  size.node.querySelector("span span").textContent = name;
  size.input.setAttribute("aria-label", name);
  size.value.textContent = `${sizeOf(view)}`;
  layers.input.max = depth;
  layers.input.value = setting.layers;
  layers.value.textContent = setting.layers === depth ? `all ${setting.layers}` : `${setting.layers} of ${depth}`;
}

function listenToCanvases(view) {
  const { scene, matrix } = view;
  for (const kind of ["pointermove", "pointerdown"]) {
    scene.addEventListener(kind, (event) => {
      const cell = view.data && cellInside(event, scene, view.data.header.grid);
      if (cell) ((view.hovered = frontOf(view) + cell[0] * colsOf(view) + cell[1]), view.redraw());
    });
    matrix.addEventListener(kind, (event) => {
      const cell = view.data && cellInside(event, matrix, [countOf(view), countOf(view)]);
      if (cell) ((view.hovered = cell[0]), view.redraw());
    });
  }
  for (const canvas of [scene, matrix]) {
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((view.hovered = null), view.redraw()));
    canvas.addEventListener("click", () => view.hovered !== null && store.commit({ token: view.hovered }));
  }
  scene.addEventListener("keydown", (event) => {
    const next = view.data && stepToken(view.data.header, queryOf(view), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    view.hovered = next;
    view.redraw();
  });
}

function listenToSliders(view) {
  const { size, layers } = view;
  size.input.addEventListener("input", () => {
    const { sizes, kind } = view.setting;
    change(view, { sizes: { ...sizes, [kind]: +size.input.value } });
  });
  layers.input.addEventListener("input", () => change(view, { layers: +layers.input.value }));
  for (const { input } of [size, layers]) input.addEventListener("change", () => release(view));
}
