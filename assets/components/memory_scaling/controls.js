// The controls beside the memory chart. Each shows the place it is given, previews while dragged and keeps on release.
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { commas } from "../kit/numbers/format.js";
import { BATCHES, DEVICES, LARGEST_SIZE, OPTIMIZERS, PATCHES, PRECISIONS } from "./place.js";

/** Sides that patches of `patch` pixels divide, 32 an octave and every one where that is fewer. */
export function sizesFor(patch) {
  const sizes = new Set();
  for (let octave = 5 * 32; octave <= 13 * 32; octave++) {
    const size = Math.max(1, Math.round(2 ** (octave / 32) / patch)) * patch;
    if (size <= LARGEST_SIZE) sizes.add(size);
  }
  return [...sizes].sort((a, b) => a - b);
}

const closest = (options, value) =>
  options.reduce(
    (best, option, i) =>
      Math.abs(Math.log((option + 1) / (value + 1))) < Math.abs(Math.log((options[best] + 1) / (value + 1))) ? i : best,
    0,
  );

/** A slider over a list of values, and beside its name a field for any other. */
export function listSlider(name, unit, options, read, change) {
  const list = () => options();
  const input = el("input", { type: "range", min: 0, step: 1, "aria-label": name });
  const field = el("input", { type: "number", min: 0, step: "any", class: "field", "aria-label": `${name}, exact` });
  const node = el(
    "div",
    { class: "slider" },
    el("span", { class: "name" }, el("span", { text: name }), el("span", {}, field, unit ? ` ${unit}` : "")),
    input,
  );
  const take = (quietly) => change(list()[+input.value], quietly);
  input.addEventListener("input", () => take(true));
  input.addEventListener("change", () => take(false));
  field.addEventListener("change", () => field.value !== "" && change(+field.value, false));
  return {
    node,
    show() {
      const values = list();
      const at = closest(values, read());
      input.max = values.length - 1;
      if (input.valueAsNumber !== at) input.value = at;
      input.setAttribute("aria-valuetext", `${read()} ${unit}`);
      if (field !== field.getRootNode().activeElement) field.value = read();
    },
  };
}

/** One of a few, with its name above. */
export function oneOf(name, options, read, change) {
  const choice = choiceOf(name, options, change);
  return {
    node: el("div", { class: "choice" }, el("span", { class: "small muted", text: name }), choice.node),
    show: (refused) => choice.show(read(), refused),
  };
}

export function picker(name, groups, read, change) {
  const options = ([value, text]) => el("option", { value, text });
  const select = el(
    "select",
    { "aria-label": name, onchange: () => change(select.value) },
    ...groups.map(([label, entries]) => (label ? el("optgroup", { label }, ...entries.map(options)) : options(entries))),
  );
  return {
    node: el("label", { class: "choice" }, el("span", { class: "small muted", text: name }), select),
    show: () => (select.value = read()),
  };
}

const steps = (low, high, step) => Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);

/** A slider of the setting's key `key`, over the values that `options()` gives. */
const keySlider = (name, unit, options, key, get, set) =>
  listSlider(
    name,
    unit,
    options,
    () => get()[key],
    (value, quietly) => set({ [key]: value }, quietly),
  );

function modelPicker(models, get, set) {
  const names = Object.keys(models);
  const running = names.filter((name) => models[name].running).map((name) => [null, [name, models[name].name]]);
  const published = names.filter((name) => name !== "bundled" && !models[name].running);
  return picker(
    "Model",
    [
      [null, ["bundled", "Bundled ViT"]],
      ...running,
      [null, ["own", "Your own sizes"]],
      ["Published", published.map((name) => [name, name])],
    ],
    () => get().m,
    (m) => set({ m, p: models[m]?.patch ?? get().p, g: -1 }),
  );
}

/** The sizes of the person's own model; the MLP keeps its ratio to the width. */
function ownSliders(get, set) {
  const own = (name, index, options) =>
    listSlider(
      name,
      "",
      options,
      () => get().own[index],
      (value, quietly) => {
        const next = [...get().own];
        next[index] = value;
        if (index === 0) next[3] = Math.max(1, Math.round((next[3] / get().own[0]) * next[0]));
        set({ own: next }, quietly);
      },
    );
  return {
    width: own("Width", 0, () => steps(64, 8192, 64)),
    depth: own("Layers", 1, () => steps(1, 200, 1)),
    heads: own("Heads", 2, () => steps(1, 96, 1).filter((h) => get().own[0] % h === 0)),
    hidden: own("MLP width", 3, () => steps(1, 32, 1).map((quarter) => Math.max(1, Math.round((get().own[0] * quarter) / 4)))),
  };
}

/** Whether the model keeps the position table that it was published with, or has one made for this picture. */
function positionTable(get, set) {
  const words = el("span", { class: "small muted" });
  const choice = oneOf(
    "Position table",
    { 0: "as published", 1: "made for this size" },
    () => get().n,
    (value) => set({ n: +value }),
  );
  choice.node.append(words);
  return {
    node: choice.node,
    show() {
      choice.show();
      const { posGrid, parameters } = get();
      words.textContent = `${posGrid.join(" × ")} places, ${commas(parameters)} parameters`;
    },
  };
}

/** What the model is given. */
function inputSliders(get, set) {
  return {
    table: positionTable(get, set),
    size: keySlider("Resolution", "px", () => sizesFor(get().p), "r", get, set),
    patch: keySlider("Patch size", "px", () => PATCHES, "p", get, set),
    batch: keySlider("Batch", "", () => BATCHES, "b", get, set),
    registers: listSlider(
      "Registers",
      "",
      () => steps(0, 16, 1),
      () => get().registers,
      (g, quietly) => set({ g }, quietly),
    ),
  };
}

/** How it is run, and what is kept meanwhile. */
function runChoices(get, set) {
  const switched = (name, options, key) =>
    oneOf(
      name,
      options,
      () => get()[key],
      (value) => set({ [key]: +value }),
    );
  return {
    mode: switched("What runs", { 0: "inference", 1: "training" }, "t"),
    precision: oneOf(
      "Numbers",
      PRECISIONS,
      () => get().e,
      (e) => set({ e }),
    ),
    attention: switched("Attention matrices", { 0: "stored", 1: "fused kernel" }, "a"),
    checkpoint: switched("Checkpointing", { 0: "none", 1: "every block" }, "c"),
    trace: switched("After a layer, keep", { 0: "its output", 1: "the trace, as here" }, "k"),
    optimizer: picker(
      "Optimizer",
      Object.entries(OPTIMIZERS).map((entry) => [null, entry]),
      () => get().o,
      (o) => set({ o }),
    ),
  };
}

/** All of them. `get()` is the place, `set(changes, quietly)` changes it, `models` are the facts of all presets. */
export function memoryControls(models, get, set) {
  const model = modelPicker(models, get, set);
  const own = ownSliders(get, set);
  const input = inputSliders(get, set);
  const run = runChoices(get, set);
  const device = keySlider("Device memory", "GB", () => DEVICES, "d", get, set);
  const nodes = (parts) => Object.values(parts).map((part) => part.node);
  const ownBox = el("div", { class: "own" }, ...nodes(own));
  const node = el(
    "section",
    { class: "card controls", "aria-label": "Setting" },
    model.node,
    ownBox,
    ...nodes(input),
    ...nodes(run),
    device.node,
  );
  return {
    node,
    show() {
      const place = get();
      ownBox.hidden = place.m !== "own";
      run.checkpoint.node.hidden = run.optimizer.node.hidden = !place.t;
      run.trace.node.hidden = Boolean(place.t);
      const { precision, ...others } = { model, ...(ownBox.hidden ? {} : own), ...input, ...run, device };
      for (const part of Object.values(others)) part.show();
      precision.show(place.t ? { int8: "Weights in int8 have no gradients: for inference." } : undefined);
    },
  };
}
