// Patches removed from the picture, and added to the covered one, in three orders: curves, areas, and the pictures themselves.
import { watched } from "../kit/picture/canvas.js";
import { chart } from "../kit/charts/chart.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";
import { clamp } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { followedName, followedNote, pictureKeeper } from "./parts.js";

const CURVE_COLOURS = { attention: "#d55e00", occlusion: "#0072b2", random: "#999999" };
const KINDS = Object.keys(CURVE_COLOURS);
const COLUMNS = ["order", "at this share", "area, removed", "at this share", "area, added"];

export function curvesView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, say: speaker(root), data: null, point: null, drawnOrder: "" };
  const keep = pictureKeeper();
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, elements(view));
  layOut(view);
  listen(view);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    async update(header, arrays) {
      view.data = { header, arrays, bitmap: await keep(header, arrays) };
      view.drawnOrder = ""; // or the theme is another
      draw(view);
    },
    redraw: view.redraw,
    destroy() {
      unsubscribe();
      for (const { plot } of view.charts) plot.destroy();
    },
  };
}

function elements(view) {
  const commit = (changes) => store.commit({ view: withView("experiments", changes) });
  return {
    charts: [figureOf(view, "deletion", "Removed, one share after the other"), figureOf(view, "insertion", "Added to the covered picture")],
    share: rangeOf("Share of the patches", { min: 0, step: 1 }),
    orders: choiceOf("Order", { attention: "attention", occlusion: "occlusion", random: "random" }, (order) => commit({ order })),
    ways: choiceOf("Attention", { layer: "one layer", rollout: "rollout" }, (map) => commit({ map })),
    layer: rangeOf("Attention of layer", { min: 1, step: 1 }),
    rows: el("tbody"),
    note: el("p", { class: "aside" }),
  };
}

/** A chart over the picture that belongs to the chosen share. */
function figureOf(view, name, title) {
  const step = (by) => view.data && move(view, clamp(shareHere(view) + by, 0, last(view)));
  const found = {
    name,
    plot: chart({ slider: "the share of the patches", step, pick: (share, how) => pick(view, share, how) }),
    picture: el("canvas", { class: "picture", role: "img" }),
  };
  found.fitPicture = watched(found.picture, view.redraw);
  found.node = el("figure", {}, el("figcaption", {}, el("strong", { text: title })), found.plot.node, found.picture);
  return found;
}

/** The share under the pointer is shown; one that is clicked stays in the link. */
function pick(view, share, how) {
  if (share === null) return;
  move(view, share);
  if (how === "click") store.commit({ view: withView("experiments", { share }) });
}

function layOut({ root, charts, orders, share, ways, layer, rows, note }) {
  const rail = el(
    "div",
    { class: "rail" },
    el("section", { class: "card" }, el("h2", { text: "The pictures, in order of" }), orders.node, share.node),
    el("section", { class: "card" }, el("h2", { text: "Attention of" }), ways.node, layer.node),
  );
  const head = el("thead", {}, el("tr", {}, ...COLUMNS.map((text) => el("th", { text }))));
  root.append(
    el("div", { class: "curves" }, ...charts.map(({ node }) => node), rail),
    el("div", { class: "wide" }, el("table", { class: "numbers" }, head, rows)),
    note,
  );
}

// ---- state ------------------------------------------------------------------------------------------------------------------------

const last = ({ data }) => data.arrays.shares.length - 1;
const rolled = () => fromView("experiments", "map") === "rollout";

const orderHere = () => fromView("experiments", "order");

/** The share under the pointer, or the one that the link keeps. */
function shareHere(view) {
  return view.point ?? fromView("experiments", "share", { shares: last(view) }) ?? Math.round(last(view) / 3);
}

function move(view, point) {
  view.point = point;
  view.redraw();
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------------

function draw(view) {
  const { header, arrays } = view.data;
  const shown = { at: shareHere(view), order: orderHere() };
  for (const found of view.charts) {
    drawChart(view, found, shown);
    drawPicture(found, view.data, shown);
  }
  view.drawnOrder = shown.order;
  showControls(view, shown);
  const names = {
    attention: `by attention, ${header.source}`,
    occlusion: "by occlusion",
    random: `at random, mean of ${header.seeds}`,
  };
  showTable(view, shown.at, names);
  put(view.note, noteOf(header));
  const share = `${Math.round(100 * arrays.shares[shown.at])}%`;
  const value = (name, kind) => known(curveOf(view.data, name, kind)[shown.at]);
  const said = KINDS.map(
    (kind) => `${names[kind]}: ${value("deletion", kind)} with ${share} removed, ${value("insertion", kind)} with ${share} added`,
  );
  view.say(`${followedName(header)}. ${said.join("; ")}.`);
}

const known = (value) => (value === null || Number.isNaN(value) ? "—" : four(value));

/** One order's values; of the random ones the mean. */
function curveOf({ header, arrays }, name, kind) {
  const points = arrays.shares.length;
  const of = (i) => arrays[name].subarray(i * points, (i + 1) * points);
  if (kind !== "random") return of(kind === "attention" ? 0 : 1);
  const all = Array.from({ length: header.seeds }, (_, i) => of(2 + i));
  return Float32Array.from({ length: points }, (_, i) => all.reduce((sum, values) => sum + values[i], 0) / all.length);
}

/** The curves, drawn again where they or the order in front have changed; the share that is shown, over them. */
function drawChart({ data: { header }, drawnOrder }, { name, plot }, { at, order }) {
  plot.stand(at);
  if (order === drawnOrder) return;
  const { data, layout } = header.figures[name];
  const thick = (trace) => (trace.name === order ? { ...trace, line: { ...trace.line, width: 4 } } : trace);
  plot.show({ data: data.map(thick), layout }, header.looks);
}

function showControls(view, { at, order }) {
  const { share, layer } = view;
  const { header, arrays } = view.data;
  share.input.max = last(view);
  if (+share.input.value !== at) share.input.value = at;
  put(share.value, `${Math.round(100 * arrays.shares[at])}%`);
  view.orders.show(order);
  view.ways.show(rolled() ? "rollout" : "layer");
  layer.node.hidden = rolled();
  layer.input.max = header.depth;
  const own = selected(header).layer + 1;
  if (+layer.input.value !== own) layer.input.value = own;
  put(layer.value, `${own}/${header.depth}`);
}

function showTable({ data, rows }, at, names) {
  rows.replaceChildren(
    ...KINDS.map((kind) =>
      el(
        "tr",
        {},
        el("td", {}, el("i", { class: "key", style: `background:${CURVE_COLOURS[kind]}` }), names[kind]),
        el("td", { text: known(curveOf(data, "deletion", kind)[at]) }),
        el("td", { text: areaText(data.header.areas[0], kind) }),
        el("td", { text: known(curveOf(data, "insertion", kind)[at]) }),
        el("td", { text: areaText(data.header.areas[1], kind) }),
      ),
    ),
  );
}

/** The area under a curve; for random orders their mean, and from where to where they lie. */
function areaText(areas, kind) {
  if (kind !== "random") return known(areas[kind === "attention" ? 0 : 1]);
  const some = areas.slice(2);
  if (some.includes(null)) return "—";
  return `${known(some.reduce((a, b) => a + b) / some.length)} (${known(Math.min(...some))} to ${known(Math.max(...some))})`;
}

function noteOf(header) {
  return (
    "An order that finds what the answer rests on falls early when patches are removed (small area) and rises early when they are added " +
    `(large area). Removed patches take the picture’s mean colour. ${followedNote(header)}`
  );
}

/** The picture of a share: what is removed, or not yet added, in the mean colour. */
function drawPicture({ name, picture, fitPicture }, { header, arrays, bitmap }, { at, order }) {
  const { ink, width, height } = fitPicture();
  const [rows, cols] = header.grid;
  const size = rows * cols;
  const which = KINDS.indexOf(order);
  const ranking = arrays.orders.subarray(which * size, (which + 1) * size);
  const count = Math.round(arrays.shares[at] * size);
  const edge = (i, total, whole) => Math.round((i * whole) / total);
  ink.drawImage(bitmap, 0, 0, width, height);
  ink.fillStyle = `rgb(${header.mean.join(",")})`;
  for (const patch of name === "deletion" ? ranking.subarray(0, count) : ranking.subarray(count)) {
    const [row, col] = [Math.floor(patch / cols), patch % cols];
    const [x, y] = [edge(col, cols, width), edge(row, rows, height)];
    ink.fillRect(x, y, edge(col + 1, cols, width) - x, edge(row + 1, rows, height) - y);
  }
  const said = `The picture with ${count} of ${size} patches ${name === "deletion" ? "removed" : "added"}, ${order}.`;
  mark(picture, "aria-label", ranking.length ? said : "The picture; the orders are not known yet.");
}

function listen(view) {
  const { share, layer } = view;
  share.input.addEventListener("input", () => move(view, +share.input.value));
  share.input.addEventListener("change", () => store.commit({ view: withView("experiments", { share: +share.input.value }) }));
  layer.input.addEventListener("input", () => put(layer.value, `${layer.input.value}/${view.data.header.depth}`));
  layer.input.addEventListener("change", () => store.commit({ layer: layer.input.value - 1 }));
}
