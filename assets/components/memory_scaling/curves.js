// The curves over the resolution: what is sampled, marked and said of them.
import { el } from "../kit/dom.js";
import { bytesText, countText, exactText } from "../kit/format.js";
import { drawCurves } from "./chart.js";
import { macParts, memoryOf, sequenceOf, tokensWhereHalf } from "./math.js";
import { LARGEST_SIZE } from "./place.js";
import { PART_COLOURS } from "./words.js";

const POINTS = 120;
const COMPUTE = { linear: ["linear layers", "#009e73"], core: ["attention: scores and weighted values", "#d55e00"] };

export function paintChart(view, model, setting, memory, states, device, most) {
  const log = view.place.x === "log";
  const inBytes = view.place.y === "bytes";
  const [low, high] = sizesShown(view, inBytes, most);
  const { xs, values } = sampled(view, model, setting, states, low, high);
  const areas = areasOf(view, values);
  const now = inBytes ? memory.total : computeAt(view, model, view.place.r).total;
  const top = log
    ? Math.max(values.total[POINTS - 1], inBytes ? device : 0) * 2
    : Math.max(1.7 * now, inBytes && device < 30 * now ? 1.15 * device : 0);
  const lowest = Math.min(...areas.flatMap((area) => Array.from(area.values).filter((v) => v > 0)));
  const floor = log ? Math.max(1, top / 1e12, Math.min(lowest, top / 1e4)) : 0;
  const style = stylesOf(view);
  view.geometry = drawCurves(
    view.chart,
    {
      log,
      xs,
      areas,
      x: [low, high],
      y: [log ? floor : 0, top],
      lines: [{ colour: style.text, width: 2.5, values: values.total }],
      verticals: verticalsAt(view, model),
      horizontals: inBytes ? [{ at: device, label: `fits in ${view.place.d} GB` }] : [],
      dots: [...(inBytes ? limitDots(model, setting, states, most) : []), { x: view.place.r, y: now, strong: true }],
      textX: (v) => `${+v.toPrecision(4)}`,
      textY: inBytes ? (v) => bytesText(v).replace(/\.?0+ /, " ") : (v) => countText(v).replace(/\.?0+( |$)/, "$1"),
      xTitle: `resolution, px a side (${log ? "log" : "linear"}); ${inBytes ? `bytes for batch ${view.place.b}` : "MACs for one picture"}`,
    },
    style,
  );
  view.chart.setAttribute("aria-valuemin", low);
  view.chart.setAttribute("aria-valuemax", high);
  view.chart.setAttribute("aria-valuenow", view.place.r);
  view.chart.setAttribute("aria-valuetext", `${view.place.r} pixels: ${inBytes ? bytesText(now) : `${countText(now)} MACs`}`);
  showLegend(view, inBytes);
}

/** The resolutions from the left to the right end of the axis. */
function sizesShown(view, inBytes, most) {
  if (view.place.x === "log") return [Math.max(view.place.p, 32), LARGEST_SIZE];
  const reach = inBytes ? Math.min(1.15 * most.size, 3 * view.place.r) : 0;
  return [view.place.p, Math.min(LARGEST_SIZE, Math.max(640, 1.3 * view.place.r, reach))];
}

/** The curves' values at resolutions that the patch size divides: `{xs, values}`. */
function sampled(view, model, setting, states, low, high) {
  const inBytes = view.place.y === "bytes";
  const xs = new Float64Array(POINTS);
  const curves = inBytes ? ["activations", "matrices"] : ["linear", "core"];
  const values = Object.fromEntries([...curves, "states", "total"].map((name) => [name, new Float64Array(POINTS)]));
  const fixed = states.weights + states.gradients + states.optimizer;
  let last = -1;
  for (let i = 0; i < POINTS; i++) {
    const share = i / (POINTS - 1);
    xs[i] = view.place.x === "log" ? low * (high / low) ** share : low + share * (high - low);
    const size = Math.max(1, Math.round(xs[i] / view.place.p)) * view.place.p;
    xs[i] = size;
    if (size === last) {
      for (const array of Object.values(values)) array[i] = array[i - 1];
      continue;
    }
    last = size;
    const found = inBytes ? memoryOf(model, { ...setting, size }, states) : computeAt(view, model, size);
    values.states[i] = inBytes ? fixed : 0;
    values.total[i] = found.total;
    for (const name of curves) values[name][i] = found[name] + (name === "activations" ? found.inputs : 0);
  }
  return { xs, values };
}

function areasOf(view, values) {
  if (view.place.y !== "bytes")
    return [
      { colour: COMPUTE.linear[1], values: values.linear },
      { colour: COMPUTE.core[1], values: values.core },
    ];
  return [
    { colour: PART_COLOURS.weights, values: values.states },
    { colour: PART_COLOURS.activations, values: values.activations },
    { colour: PART_COLOURS.matrices, values: values.matrices },
  ];
}

/** The resolution that is set, the one where attention is half of a block, and the one under the pointer. */
function verticalsAt(view, model) {
  const half =
    Math.ceil(Math.sqrt(Math.max(1, tokensWhereHalf(model) - sequenceOf(model, view.place.r, view.place.p).prefix))) * view.place.p;
  /** @type {{ at: number, label?: string, strong?: boolean }[]} */
  const verticals = [
    { at: view.place.r, label: `${view.place.r} px`, strong: true },
    { at: half, label: view.chart.clientWidth < 500 ? `${half} px: half` : `${half} px: attention is half of a block’s MACs` },
  ];
  if (view.pointed && view.pointed !== view.place.r) verticals.push({ at: view.pointed });
  return verticals;
}

function showLegend(view, inBytes) {
  const wanted = inBytes ? "bytes" : "macs";
  if (view.legend.dataset.of === wanted) return;
  view.legend.dataset.of = wanted;
  const key = (colour, words) => el("span", {}, el("i", { class: "swatch", style: `background:${colour}` }), words);
  view.legend.replaceChildren(
    key("var(--text)", "total"),
    ...(inBytes
      ? [
          key(PART_COLOURS.weights, "weights, gradients, optimizer"),
          key(PART_COLOURS.activations, "input and activations"),
          key(PART_COLOURS.matrices, "attention matrices"),
        ]
      : Object.values(COMPUTE).map(([words, colour]) => key(colour, words))),
  );
}

/** The largest picture at this batch, and the largest batch at this picture, where they lie on the chart. */
function limitDots(model, setting, states, most) {
  const dots = [];
  const add = (changes, label) =>
    dots.push({ x: changes.size ?? setting.size, y: memoryOf(model, { ...setting, ...changes }, states).total, label });
  if (most.size) add({ size: most.size }, `${most.size} px`);
  if (most.batch) add({ batch: most.batch }, `batch ${exactText(most.batch)}`);
  if (dots.length && most.size > setting.size) dots[0].below = true;
  return dots;
}

function computeAt(view, model, size) {
  const found = macParts(model, size, view.place.p);
  const total = Object.values(found).reduce((a, b) => a + b, 0);
  return { core: found.core, linear: total - found.core, total, inputs: 0 };
}

function stylesOf(view) {
  const of = getComputedStyle(view.root);
  const read = (name) => of.getPropertyValue(name).trim();
  const key = read("--st-text-color") + read("--st-background-color");
  if (view.cachedStyle?.key !== key) {
    const dark = of.colorScheme === "dark";
    view.cachedStyle = {
      key,
      dark,
      text: read("--st-text-color"),
      ground: read("--st-background-color"),
      line: read("--st-border-color"),
      muted: read("--st-text-color"),
      font: read("--st-font") || "system-ui, sans-serif",
    };
  }
  return view.cachedStyle;
}
