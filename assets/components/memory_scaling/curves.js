// The curves over the resolution: what is sampled, marked and said of them. Plotly draws the curves, and again only when they change;
// what a drag of the resolution moves is drawn over them (`kit/charts/mark.js`).
import { bytesText, countText, exactText } from "../kit/numbers/format.js";
import { macParts, memoryOf, sequenceOf, tokensWhereHalf } from "./math.js";
import { LARGEST_SIZE } from "./place.js";

const POINTS = 60;
const CURVES = { bytes: ["states", "activations", "matrices"], macs: ["linear", "core"] };
const ROOM = 1.3; // how far beyond the resolution that is set a linear axis reaches at least

export function paintChart(view, model, setting, memory, states, device, most) {
  const inBytes = view.place.y === "bytes";
  const now = inBytes ? memory.total : computeAt(view, model, view.place.r).total;
  const [low, high] = sizesShown(view, inBytes, most);
  const { r, ...others } = view.place;
  const key = JSON.stringify([others, low, high, others.n ? r : 0, inBytes ? most.size : 0, view.narrow]);
  if (key !== view.curvesOf) {
    view.curvesOf = key;
    view.plot.show(figureOf(view, model, setting, states, device, most, low, high), view.looks);
  }
  view.plot.mark(marksNow(view, now, inBytes ? batchDot(model, setting, states, most) : null));
}

/** What a drag moves: the resolution that is set, the one under the pointer, and the largest batch there. */
function marksNow({ place: { r: x }, pointed }, now, batch) {
  return [
    ...(pointed && pointed !== x ? [{ kind: "line", look: "pointed", x: pointed }] : []),
    { kind: "line", look: "now", x },
    ...(batch ? [{ kind: "dot", look: "open", x, y: batch.value }] : []),
    { kind: "dot", look: "now", x, y: now },
    ...(batch ? [{ kind: "word", look: "now", x, y: batch.value, text: batch.label }] : []),
    { kind: "word", look: "now", x, text: `${x} px` },
  ];
}

/** The figure that Python made for this unit and these axes, with the curves of this setting. */
function figureOf(view, model, setting, states, device, most, low, high) {
  const { place, figures } = view;
  const [inBytes, log] = [place.y === "bytes", place.x === "log"];
  const { data, layout } = figures[`${inBytes ? "bytes" : "MACs"} ${place.x}`];
  const { xs, values } = sampled(view, model, setting, states, low, high);
  const said = inBytes ? bytesText : (value) => `${countText(value)} MACs`;
  const curves = [...CURVES[place.y], "total"].map((name) => values[name]);
  const traces = data.map((trace, i) => ({
    ...trace,
    x: xs,
    y: curves[i],
    customdata: xs.map((size, k) => [trace.name, `${size} px`, said(curves[i][k]), "", null]),
    ...(trace.name === "total" && { line: { ...trace.line, color: getComputedStyle(view.root).getPropertyValue("--st-text-color") } }),
  }));
  const last = values.total.at(-1);
  const top = log ? Math.max(last, inBytes ? device : 0) * 2 : Math.max(0.6 * last, inBytes && device < 2 * last ? 1.15 * device : 0);
  const lowest = Math.min(...curves.flat().filter((value) => value > 0));
  const floor = log ? Math.max(1, top / 1e12, Math.min(lowest, top / 1e4)) : 0;
  const range = (ends) => (log ? ends.map(Math.log10) : ends);
  const marks = marksOf(view, model, inBytes ? device : 0, low, high);
  return {
    data: inBytes && most.size ? [...traces, limitDot(model, setting, states, most, said)] : traces,
    layout: {
      ...layout,
      ...marks,
      legend: { traceorder: "normal" },
      uirevision: `${layout.uirevision} ${place.x} ${low} ${high}`,
      xaxis: { ...layout.xaxis, range: range([low, high]) },
      yaxis: { ...layout.yaxis, range: range([floor, top]), title: { text: titleOf(view, inBytes) } },
    },
  };
}

const titleOf = (view, inBytes) => (inBytes ? `memory for batch ${view.place.b}, bytes` : "MACs for one picture");

/** The resolutions from the left to the right end of the axis. On linear axes they go on in steps, so that a drag does not move them. */
function sizesShown(view, inBytes, most) {
  if (view.place.x === "log") return [Math.max(view.place.p, 32), LARGEST_SIZE];
  const reach = inBytes ? Math.min(1.15 * most.size, 3 * view.place.r) : 0;
  const wanted = Math.max(640, ROOM * view.place.r, reach);
  return [view.place.p, Math.min(LARGEST_SIZE, 640 * 2 ** Math.ceil(Math.log2(wanted / 640)))];
}

/** The curves' values at resolutions that the patch size divides: `{xs, values}`. */
function sampled(view, model, setting, states, low, high) {
  const inBytes = view.place.y === "bytes";
  const wanted = Array.from({ length: POINTS }, (_, i) => {
    const share = i / (POINTS - 1);
    return view.place.x === "log" ? low * (high / low) ** share : low + share * (high - low);
  });
  const xs = [...new Set(wanted.map((size) => Math.max(1, Math.round(size / view.place.p)) * view.place.p))];
  /** @type {any[]} */
  const found = xs.map((size) => (inBytes ? memoryOf(model, { ...setting, size }, states) : computeAt(view, model, size)));
  const fixed = states.weights + states.gradients + states.optimizer;
  const values = {
    total: found.map(({ total }) => total),
    states: found.map(() => fixed),
    activations: found.map(({ activations, inputs }) => activations + inputs),
    matrices: found.map(({ matrices }) => matrices),
    linear: found.map(({ linear }) => linear),
    core: found.map(({ core }) => core),
  };
  return { xs, values };
}

/** Where attention is half of a block, and what fits into the device. */
function marksOf(view, model, device, low, high) {
  const prefix = sequenceOf(model, view.place.p, view.place.p).prefix;
  const half = Math.ceil(Math.sqrt(Math.max(1, tokensWhereHalf(model) - prefix))) * view.place.p;
  const log = view.place.x === "log";
  const at = (value) => (log ? Math.log10(value) : value);
  const side = at(half) < (at(low) + at(high)) / 2 ? "left" : "right";
  const theme = getComputedStyle(view.root);
  const color = theme.getPropertyValue("--st-text-color");
  const plain = { showarrow: false, bgcolor: theme.getPropertyValue("--st-background-color"), borderpad: 1 };
  const words = view.narrow ? `${half} px: half` : `${half} px: attention is half of a block’s MACs`;
  /** @type {object[]} */
  const shapes = [{ type: "line", x0: half, x1: half, y0: 0, y1: 1, yref: "paper", line: { width: 1.2, dash: "dot", color } }];
  /** @type {object[]} */
  const annotations = [
    { x: at(half), xanchor: side, xshift: side === "left" ? 4 : -4, y: 0, yref: "paper", yanchor: "bottom", text: words, ...plain },
  ];
  if (device) {
    shapes.push({ type: "line", x0: 0, x1: 1, xref: "paper", y0: device, y1: device, line: { width: 1.2, dash: "dash", color } });
    const text = `fits in ${view.place.d} GB`;
    annotations.push({ x: 0, xref: "paper", xanchor: "left", xshift: 6, y: at(device), yanchor: "bottom", text, ...plain });
  }
  return { shapes, annotations };
}

/** The largest picture at this batch, as a point of its own. */
function limitDot(model, setting, states, { size }, said) {
  const { total } = memoryOf(model, { ...setting, size }, states);
  return {
    type: "scatter",
    mode: "markers",
    name: "largest picture that fits",
    x: [size],
    y: [total],
    marker: { size: 10, symbol: "circle-open", line: { width: 2 } },
    customdata: [["largest picture that fits", `${size} px`, said(total), "", null]],
    hovertemplate: "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>",
  };
}

/** The largest batch at this picture. */
function batchDot(model, setting, states, { batch }) {
  return batch ? { value: memoryOf(model, { ...setting, batch }, states).total, label: `batch ${exactText(batch)}` } : null;
}

function computeAt(view, model, size) {
  const found = macParts(model, size, view.place.p);
  const total = Object.values(found).reduce((a, b) => a + b, 0);
  return { core: found.core, linear: total - found.core, total, inputs: 0 };
}
