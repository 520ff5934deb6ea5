// Step 6: one head of one layer, matrix by matrix, and the shape mistake that makes heads attend to heads.
import { choiceOf, rangeOf } from "../../kit/controls.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { store } from "../../kit/store.js";
import { selected } from "../../kit/view.js";
import { cellOf } from "./attention-cells.js";
import { headsMeetHeads, oneHead, weightMap } from "../math.js";
import { matrixView } from "../matrix.js";
import { fillFacts, productCard } from "../parts.js";
import { patchPicker } from "../picker.js";

/** The matrices of the pipeline by what leads to them. */
/** @type {[string, string[]][]} What leads to a stop, and the matrices there. */
const STOPS = [
  ["the stream", ["x"]],
  ["LayerNorm →", ["norm"]],
  ["× W + b →", ["q", "k", "v"]],
  ["q · k →", ["dots"]],
  ["÷ √d →", ["scaled"]],
  ["softmax →", ["weights"]],
  ["× v →", ["mixed"]],
  ["side by side →", ["concat"]],
  ["× W + b →", ["update"]],
  ["+ x →", ["sum"]],
];

export function attentionStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = {
    ctx,
    opened: "cell",
    told: "", // of the cell laid open
    byHand: false, // whether the cell was chosen by hand
    from: null, // the array and the head that `found` was computed for
    number: -1,
    found: null, // the numbers of the head
    sums: null, // what leaves: the stream and what attention adds
    last: null, // [name, row, column] of the cell laid open
  };
  Object.assign(view, elements(view));
  const node = layOut(view);
  open(view, "cell");
  listen(view);
  return { node, draw: (part) => draw(view, part) };
}

function elements(view) {
  const { ctx } = view;
  const chooseOf = (name) => (row, col) => {
    view.byHand = true;
    openCell(view, name, row, col);
    open(view, "cell");
    ctx.redraw();
  };
  const picker = patchPicker(ctx, "Pick the query");
  const names = STOPS.flatMap(([, inside]) => inside);
  const views = Object.fromEntries(names.map((name) => [name, matrixView(ctx, { onCell: chooseOf(name), picker })]));
  for (const name of ["q", "k", "v"]) views[name].node.classList.add(`is-${name}`);
  const tabNames = { cell: "A cell laid open", pit: "A common mistake" };
  return {
    picker,
    layer: rangeOf("Layer", { min: 1 }),
    head: rangeOf("Head", { min: 1 }),
    facts: el("dl", { class: "facts" }),
    terms: productCard(ctx, "A cell laid open", ""),
    views,
    pit: matrixView(ctx),
    pitText: el("p", { class: "small" }),
    tabs: choiceOf("What is laid open", tabNames, (name) => (open(view, name), ctx.redraw())),
  };
}

function layOut(view) {
  const { picker, layer, head, facts, terms, views, pit, pitText, tabs } = view;
  const pipeline = el(
    "div",
    { class: "pipeline", role: "group", "aria-label": "One head from left to right" },
    ...STOPS.map(([arrow, inside]) =>
      el("div", { class: "stop" }, el("span", { class: "arrow small muted", text: arrow }), ...inside.map((name) => views[name].node)),
    ),
  );
  view.panels = {
    cell: terms.node,
    pit: el(
      "section",
      { class: "card pitfall" },
      pit.node,
      el("div", {}, el("h3", { text: "A common mistake in pseudocode: heads that attend to heads" }), pitText),
    ),
  };
  return el(
    "div",
    { class: "cols lean" },
    el("div", { class: "stack tight" }, picker.node, el("div", { class: "pair" }, layer.node, head.node), facts),
    el("div", { class: "stack" }, pipeline, el("div", { class: "tabbed" }, tabs.node, ...Object.values(view.panels))),
  );
}

function open(view, name) {
  view.opened = name;
  view.tabs.show(name);
  for (const [key, panel] of Object.entries(view.panels)) panel.hidden = key !== name;
}

/** Lays the products behind a cell open; a cell of all heads side by side is one of the mix of its head, which becomes the chosen one. */
function openCell(view, name, row, col) {
  view.last = [name, row, col];
  if (name === "concat") {
    const { size } = view.found;
    view.ctx.openHead(Math.floor(col / size));
    return openCell(view, "mixed", row, col % size);
  }
  view.told = view.terms.show(cellOf(view, name, row, col));
}

function listen({ ctx, layer, head }) {
  layer.input.addEventListener("input", () => (layer.value.textContent = `${layer.input.value}/${ctx.header.depth}`));
  layer.input.addEventListener("change", () => store.commit({ layer: +layer.input.value - 1 }));
  head.input.addEventListener("input", () => store.preview({ head: +head.input.value - 1 }));
  head.input.addEventListener("change", () => store.commit({ head: +head.input.value - 1 }));
}

function draw(view, part) {
  const { header } = part;
  const h = selected(header).head;
  compute(view, part, h);
  const token = view.ctx.token();
  const { total, weights } = view.found;
  showControls(view, header, h);
  const row = weights.subarray(token * total, (token + 1) * total);
  const map = row.subarray(header.prefix.length);
  view.picker.draw(part, { ...weightMap(map), caption: `What ${tokenName(header, token)} reads` });
  const best = row.reduce((b, w, i) => (w > row[b] ? i : b), 0);
  if (!view.byHand) openCell(view, "weights", token, best);
  showNumbers(view, header, { h, token, best, row });
  setMatrices(view, part, h, token);
  setPitfall(view, part, token);
  const said = `${tokenName(header, token)} reads most from ${tokenName(header, best)}, weight ${four(row[best])}`;
  return `Layer ${header.layer + 1}, head ${h + 1}: ${said}. ${view.opened === "pit" ? view.pitText.textContent : view.told}`;
}

/** The numbers of the head, computed anew where the part or the head has changed. */
function compute(view, part, h) {
  const { arrays } = part;
  if (view.from === arrays.q && view.number === h) return;
  view.found = oneHead(part, h);
  if (view.from !== arrays.q) view.sums = arrays.resid.map((v, i) => v + arrays.update[i]);
  [view.from, view.number] = [arrays.q, h];
  if (view.last) openCell(view, ...view.last);
}

function showControls({ ctx, layer, head }, header, h) {
  [layer.input.max, head.input.max] = [header.depth, header.heads];
  if (ctx.root.getRootNode().activeElement !== layer.input)
    ((layer.input.value = header.layer + 1), (layer.value.textContent = `${header.layer + 1}/${header.depth}`));
  head.input.value = h + 1;
  head.value.textContent = `${h + 1}/${header.heads}`;
}

function showNumbers({ facts, found }, header, { h, token, best, row }) {
  const { total, size, dots, scaled } = found;
  const key = `${header.layer}:${h}:${token}`;
  fillFacts(facts, [
    ["query", tokenName(header, token)],
    ["reads most", tokenName(header, best)],
    ["score", dots[token * total + best], `dots:${key}:${best}`],
    ["after ÷ √" + size, scaled[token * total + best], `scaled:${key}:${best}`],
    ["weight", row[best], `weights:${key}:${best}`],
    ...header.prefix.slice(0, 1).map((name, i) => [`weight of ${name}`, row[i], `weights:${key}:${i}`]),
    ["sum of the row", row.reduce((a, b) => a + b, 0), "one"],
  ]);
}

function setMatrices({ views, found, sums }, { header, arrays }, h, token) {
  const { total, size } = found;
  const l = header.layer;
  const name = (i) => tokenName(header, i);
  const big = { tokens: 0, rows: total, cols: header.dim, row: token, rowName: name, colName: (i) => `number ${i + 1}` };
  const small = { tokens: 0, rows: total, cols: size, row: token, rowName: name, colName: (i) => `number ${i + 1}` };
  const pairs = { tokens: 0, square: true, rows: total, cols: total, row: token, rowName: name, colName: name };
  views.x.set({ ...big, values: arrays.resid, title: "x", key: `resid:${l}` });
  views.norm.set({ ...big, values: arrays.norm, title: "normalised", key: `norm1:${l}` });
  for (const which of ["q", "k", "v"]) views[which].set({ ...small, values: found[which], title: which, key: `${which}:${l}:${h}` });
  views.dots.set({ ...pairs, values: found.dots, title: "scores", key: `dots:${l}:${h}` });
  views.scaled.set({ ...pairs, values: found.scaled, title: "scaled", key: `scaled:${l}:${h}` });
  views.weights.set({ ...pairs, values: found.weights, shares: true, title: "weights", key: `weights:${l}:${h}` });
  views.mixed.set({ ...small, values: found.out, title: "mix", key: `headOut:${l}:${h}` });
  views.concat.set({ ...big, values: arrays.headOut, title: "all heads" });
  views.update.set({ ...big, values: arrays.update, title: "update", key: `attnUpdate:${l}` });
  views.sum.set({ ...big, values: sums, title: "x + update", key: `residMid:${l}` });
}

/** The shape mistake on the chosen token. */
function setPitfall({ pit, pitText, found }, part, token) {
  const { header } = part;
  const { heads } = header;
  const { total, size } = found;
  pit.set({
    values: headsMeetHeads(part, token),
    rows: heads,
    cols: heads,
    title: "without the swap",
    rowName: (i) => `head ${i + 1}`,
    colName: (i) => `head ${i + 1}`,
    key: `pit:${header.layer}:${token}`,
  });
  pitText.textContent = [
    `With q and k of shape ${total} × ${heads} × ${size}, “Q @ K.transpose(-1, -2)” multiplies within each token:`,
    `${heads} × ${heads} numbers, one head against another, and no token meets another token. Here are those of`,
    `${tokenName(header, token)}. The heads must come first: ${heads} × ${total} × ${size}, which gives ${heads} × ${total} × ${total}.`,
  ].join(" ");
}
