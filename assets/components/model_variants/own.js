// A model of the person's own sizes: what it costs, and the published ones nearest to it.
import { el } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { bytesText, countText, exactBytes, exactText, timesText } from "../kit/numbers/format.js";
import { countMacs, countParameters, memoryOf, tokensWhereHalf } from "../memory_scaling/math.js";
import { listSlider } from "../memory_scaling/controls.js";
import { nearestDivisor } from "../memory_scaling/place.js";

const steps = (low, high, step) => Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);
const SIZE = 224; // the picture that the costs are told for
const RATIOS = [1, 1.5, 2, 2.5, 8 / 3, 3, 3.5, 4, 5, 6, 8];

/** The facts of a plain ViT with these sizes, its position table for 14 × 14 patches as ViT-B/16's. */
export function ownModel(base, { width, depth, heads, ratio, patch }) {
  return {
    ...base,
    name: "Your own",
    dim: width,
    depth,
    heads: nearestDivisor(width, heads),
    hidden: Math.max(1, Math.round(width * ratio)),
    patch,
    kernel: patch,
  };
}

function ownSliders(get, set) {
  const slide = (key) => (value, quietly) => set({ [key]: value }, quietly);
  return [
    listSlider(
      "Width",
      "",
      () => steps(64, 6144, 64),
      () => get().width,
      slide("width"),
    ),
    listSlider(
      "Layers",
      "",
      () => steps(1, 96, 1),
      () => get().depth,
      slide("depth"),
    ),
    listSlider(
      "Heads",
      "",
      () => steps(1, 96, 1).filter((h) => get().width % h === 0),
      () => nearestDivisor(get().width, get().heads),
      slide("heads"),
    ),
    listSlider(
      "MLP ratio",
      "× width",
      () => RATIOS,
      () => +get().ratio.toPrecision(4),
      slide("ratio"),
    ),
    listSlider(
      "Patch size",
      "px",
      () => [4, 7, 8, 14, 16, 28, 32],
      () => get().patch,
      slide("patch"),
    ),
  ];
}

/** What a model of these sizes has and takes, as facts. */
function costsOf(model, parameters, macs) {
  const held = {
    size: SIZE,
    patch: model.patch,
    batch: 1,
    element: 4,
    attention: "explicit",
    optimizer: "adam",
    checkpointing: false,
    int8: false,
    keepTrace: false,
  };
  const [training, inference] = ["training", "inference"].map((mode) => memoryOf(model, { ...held, mode }).total);
  const half = memoryOf(model, { ...held, element: 2, attention: "fused", mode: "inference" }).total;
  return [
    ["parameters", countText(parameters), exactText(parameters)],
    ["MACs, one picture", countText(macs), exactText(macs)],
    ["FLOPs = 2 × MACs", countText(2 * macs), exactText(2 * macs)],
    ["tokens where attention is half of a block", exactText(tokensWhereHalf(model)), null],
    ["training, fp32, Adam, one picture", bytesText(training), exactBytes(training)],
    ["inference, fp32, one picture", bytesText(inference), exactBytes(inference)],
    ["inference, fp16, fused", bytesText(half), exactBytes(half)],
    ["a head’s share of the width", String(model.dim / model.heads), null],
  ];
}

/** The three published models whose parameters and compute are nearest. */
function showNearest(near, rows, parameters, macs) {
  const distance = (row) => Math.hypot(Math.log(row.count / parameters), Math.log(row.macs / macs));
  const nearest = [...rows].sort((a, b) => distance(a) - distance(b)).slice(0, 3);
  near.replaceChildren(
    el("tr", {}, ...["model", "parameters", "MACs", "sizes"].map((text) => el("th", { text }))),
    ...nearest.map((row) =>
      el(
        "tr",
        {},
        el("th", { scope: "row", text: row.name }),
        el("td", { text: `${countText(row.count)} (${timesText(row.count / parameters)})`, title: exactText(row.count) }),
        el("td", { text: `${countText(row.macs)} (${timesText(row.macs / macs)})`, title: exactText(row.macs) }),
        el("td", { text: `${row.depth} × ${row.dim}, ${row.heads} heads, /${row.patch}` }),
      ),
    ),
  );
}

/** `get()` is {width, depth, heads, ratio, patch}, `set(changes, quietly)` changes it. */
export function ownPanel(rows, get, set) {
  const base = rows.find((row) => row.name === "ViT-B/16").facts;
  const sliders = ownSliders(get, set);
  const facts = el("dl", { class: "facts" });
  const near = el("table", { class: "numbers" });
  const node = el(
    "div",
    { class: "own-model" },
    el("div", { class: "card sliders" }, ...sliders.map((s) => s.node)),
    el("div", { class: "card" }, el("h3", { text: "It has, and takes at 224 px" }), facts),
    el("div", { tabindex: 0 }, el("h3", { text: "Nearest published" }), near),
  );
  return {
    node,
    show() {
      for (const slider of sliders) slider.show();
      const model = ownModel(base, get());
      const [parameters, macs] = [countParameters(model), countMacs(model, SIZE, model.patch)];
      showFacts(facts, costsOf(model, parameters, macs));
      showNearest(near, rows, parameters, macs);
      return { parameters, macs };
    },
  };
}
