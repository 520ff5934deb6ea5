// Step 7: the MLP of one layer for one token: its neurons on the curve of the activation, and what drives one of them. In a gated MLP
// (SwiGLU) a neuron is a gate, which stands on the curve, times a value.
import { watched } from "../../kit/picture/canvas.js";
import { choiceOf, rangeOf } from "../../kit/controls.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { store } from "../../kit/store.js";
import { neuronsOf, ofToken } from "../math.js";
import { drawCurve, drawDrivers, reachOf, valueAt } from "./mlp-draw.js";
import { fillChoices, fillFacts, numeral, productCard, vectorRow } from "../parts.js";
import { patchPicker } from "../picker.js";

const BEND_NAMES = { gelu: "GELU", gelu_tanh: "GELU", quick_gelu: "QuickGELU", silu: "SiLU" };

export function mlpStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = { ctx, neuron: 0, place: 0, opened: "in", chosen: false, images: new Map() };
  Object.assign(view, elements(view));
  view.fitCurve = watched(view.curve, ctx.redraw);
  const node = layOut(view);
  open(view, "in");
  listen(view);
  return { node, draw: (part) => draw(view, part) };
}

function elements(view) {
  const { ctx } = view;
  const openAnd = (name) => (open(view, name), ctx.redraw());
  return {
    picker: patchPicker(ctx, "Pick a token"),
    layer: rangeOf("Layer", { min: 1 }),
    curve: el("canvas", { class: "curve", tabindex: 0, role: "img" }),
    list: el("div", { class: "neurons", role: "listbox", "aria-label": "The most active neurons" }),
    drivers: el("div", { class: "crops drivers" }),
    curveTitle: el("span"),
    driversTitle: el("p", { class: "small" }),
    facts: el("dl", { class: "facts" }),
    rows: [vectorRow(ctx, "#56b4e9"), vectorRow(ctx, "#e69f00"), vectorRow(ctx, "accent", (i) => ((view.place = i), openAnd("out")))],
    cards: {
      in: productCard(ctx, "A neuron", ""),
      value: productCard(ctx, "Its value", ""),
      out: productCard(ctx, "One number of what is added", ""),
    },
    tabs: choiceOf("What is laid open", { in: "Into the neuron", value: "Its value", out: "Out of the MLP" }, openAnd),
  };
}

function layOut({ picker, layer, facts, curveTitle, curve, list, driversTitle, drivers, rows, tabs, cards }) {
  return el(
    "div",
    { class: "cols lean" },
    el("div", { class: "stack tight" }, picker.node, layer.node, facts),
    el(
      "div",
      { class: "stack" },
      el(
        "div",
        { class: "cols halves" },
        el("div", {}, el("div", { class: "caption" }, curveTitle), curve),
        el(
          "div",
          { class: "stack tight" },
          el("div", { class: "caption" }, el("span", { text: "Most active neurons of this token" })),
          list,
          driversTitle,
          drivers,
        ),
      ),
      el("div", { class: "cols thirds" }, ...rows.map((r) => r.node)),
      el("div", { class: "tabbed" }, tabs.node, ...Object.values(cards).map((card) => card.node)),
    ),
  );
}

function open(view, name) {
  view.opened = name;
  view.tabs.show(name);
  for (const [key, card] of Object.entries(view.cards)) card.node.hidden = key !== name;
}

function listen(view) {
  const { ctx, layer, curve } = view;
  layer.input.addEventListener("input", () => (layer.value.textContent = `${layer.input.value}/${ctx.header.depth}`));
  layer.input.addEventListener("change", () => store.commit({ layer: +layer.input.value - 1 }));
  curve.addEventListener("pointermove", (event) => ctx.part && pickNearest(view, event));
  curve.addEventListener("click", (event) => ctx.part && pickNearest(view, event));
  curve.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !ctx.part) return;
    event.preventDefault();
    event.stopPropagation();
    const pre = ofToken(ctx.part, ctx.token());
    const order = Array.from(pre.keys()).sort((a, b) => pre[a] - pre[b]);
    pick(view, order[Math.max(0, Math.min(order.length - 1, order.indexOf(view.neuron) + step))]);
  });
}

/** The neuron whose value before the bend is nearest to the pointer. */
function pickNearest(view, event) {
  const box = view.curve.getBoundingClientRect();
  const pre = ofToken(view.ctx.part, view.ctx.token());
  const x = valueAt(reachOf(pre), event.clientX - box.left, box.width);
  pick(
    view,
    pre.reduce((best, v, i) => (Math.abs(v - x) < Math.abs(pre[best] - x) ? i : best), 0),
  );
}

function pick(view, next) {
  view.neuron = next;
  view.chosen = true;
  if (view.opened === "out") open(view, "in");
  view.ctx.redraw();
}

function draw(view, part) {
  const { header } = part;
  const { hidden, layer: l } = header;
  const token = view.ctx.token();
  const found = neuronsOf(part, token);
  const { gated, pre, post, order } = found;
  if (!view.chosen || view.neuron >= hidden) view.neuron = order[0];
  view.place = Math.min(view.place, header.dim - 1);
  const bend = BEND_NAMES[found.bend];
  showControls(view, part, gated);
  drawMap(view, part, found);
  view.curveTitle.textContent = `${bend}, the bend, and this token’s ${hidden} ${gated ? "gates" : "neurons"} on it`;
  drawCurve(view, pre, found.act, bend);
  fillChoices(
    view.list,
    order.slice(0, 8).map((i) => ({
      id: String(i),
      chosen: i === view.neuron,
      choose: () => pick(view, i),
      parts: [el("span", { class: "muted", text: `${i + 1}` }), " ", numeral(post[i], `post:${l}:${token}:${i}`)],
    })),
  );
  const told = view.opened === "out" ? layOpenOutput(view, part, found) : layOpenNeuron(view, part, found, bend);
  const alive = post.reduce((n, v) => n + ((gated ? Math.abs(v) : v) > 0.1 ? 1 : 0), 0);
  const beyond = gated ? "beyond ±0.1" : "above 0.1";
  showNumbers(view, part, found, bend, [`neurons ${beyond}`, `${alive} of ${hidden}`]);
  drawRows(view, part, found);
  drawDrivers(view, part);
  const where = `Layer ${l + 1}, ${tokenName(header, token)}: neuron ${view.neuron + 1} gives ${four(post[view.neuron])}`;
  return `${where}; ${alive} of ${hidden} neurons are ${beyond}. ${told}`;
}

function showControls(view, { header }, gated) {
  const { ctx, layer, tabs } = view;
  tabs.node.children[1].hidden = !gated;
  if (!gated && view.opened === "value") open(view, "in");
  layer.input.max = header.depth;
  if (ctx.root.getRootNode().activeElement === layer.input) return;
  layer.input.value = header.layer + 1;
  layer.value.textContent = `${header.layer + 1}/${header.depth}`;
}

/** The chosen neuron in every patch. */
function drawMap({ picker, neuron }, part, { wide, act, gated }) {
  const { header, arrays } = part;
  const map = new Float32Array(arrays.pre.length / wide - header.prefix.length);
  for (let i = 0; i < map.length; i++) {
    const at = (i + header.prefix.length) * wide + neuron;
    map[i] = act(arrays.pre[at]) * (gated ? arrays.pre[at + header.hidden] : 1);
  }
  const [low, high] = [Math.min(...map), Math.max(...map)];
  picker.draw(part, { map, low, high, caption: `Neuron ${neuron + 1} in every patch` });
}

/** The products behind the neuron (its gate), or behind its value where that is opened; returns what the card says. */
function layOpenNeuron({ neuron, cards, opened }, { header, arrays }, { token, gated, normed, pre, values }, bend) {
  const { dim, hidden, layer: l } = header;
  const column = (i) => ({ b: arrays.w1.subarray(i * dim, (i + 1) * dim), bias: arrays.b1[i], key: `pre:${l}:${token}:${i}` });
  if (opened === "value")
    return cards.value.show({
      ...column(hidden + neuron),
      title: `Value of neuron ${neuron + 1}`,
      a: normed,
      aName: "the normalised token",
      bName: "the weights of its value",
      value: values[neuron],
    });
  return cards.in.show({
    ...column(neuron),
    title: gated ? `Gate of neuron ${neuron + 1} before ${bend}` : `Neuron ${neuron + 1} before ${bend}`,
    a: normed,
    aName: "the normalised token",
    bName: "this neuron’s weights",
    value: pre[neuron],
  });
}

/** The products behind one number of what the MLP adds. */
function layOpenOutput({ place, cards }, { header, arrays }, { token, post, update }) {
  const { hidden, layer: l } = header;
  const gamma = arrays.scale[place];
  return cards.out.show({
    title: `Number ${place + 1} of what is added`,
    a: post,
    b: arrays.w2.subarray(place * hidden, (place + 1) * hidden),
    aName: "the neurons",
    bName: "a row of the last matrix",
    bias: arrays.b2[place],
    value: update[place],
    key: `mlpUpdate:${l}:${token}:${place}`,
    after: gamma === 1 ? null : { text: `× γ ${four(gamma)}`, apply: (s) => gamma * s },
  });
}

function showNumbers({ facts, neuron }, { header }, { token, gated, act, pre, values, post }, bend, alive) {
  const { hidden, layer: l } = header;
  const gate = [
    ["gate after SiLU", act(pre[neuron]), `gate:${l}:${token}:${neuron}`],
    ["its value", values?.[neuron], `pre:${l}:${token}:${hidden + neuron}`],
  ];
  fillFacts(facts, [
    ["token", tokenName(header, token)],
    [gated ? "its gate" : `before ${bend}`, pre[neuron], `pre:${l}:${token}:${neuron}`],
    ...(gated ? gate : []),
    [gated ? "gate × value" : "after", post[neuron], `post:${l}:${token}:${neuron}`],
    alive,
    [gated ? "gates below 0" : "before: below 0", `${pre.reduce((n, v) => n + (v < 0 ? 1 : 0), 0)} of ${hidden}`],
  ]);
}

function drawRows({ rows, neuron, place }, { header }, { token, gated, normed, post, update }) {
  const { dim, hidden, layer: l } = header;
  rows[0].draw(normed, { title: `in: ${dim} normalised` });
  rows[1].draw(post, { title: `${hidden} neurons, ${gated ? "gated" : "bent"}`, at: neuron });
  rows[2].draw(update, { title: `out: ${dim} to add`, at: place, key: `mlpUpdate:${l}:${token}` });
}
