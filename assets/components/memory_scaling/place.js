// What is set on the memory page, its form in the link, and the model that it means. `ui.memory_scaling.setting` reads the same text.
import { SCHEMA } from "../kit/schema.js";
import { store } from "../kit/store.js";
import { clampView, viewValues, withView } from "../kit/view.js";

export const LARGEST_SIZE = SCHEMA.view.memory_scaling.keys.mem.keys.r.high;
export const DEVICES = [8, 16, 24, 40, 80, 141];
export const PATCHES = [4, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64];
export const BATCHES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096];
export const OPTIMIZERS = { sgd: "SGD", momentum: "SGD, momentum", adam: "Adam, AdamW", adafactor: "Adafactor", adam8bit: "8-bit Adam" };
export const PRECISIONS = { fp32: "fp32", mixed: "bf16 / fp16", int8: "int8 weights" };

/** The place to start with, under short names, as in the link. */
export const START = clampView("memory_scaling", {}).mem;

/** The nearest place that can be shown. */
export function settle(wanted, models) {
  const place = clampView("memory_scaling", { mem: wanted }, { models: ["own", ...Object.keys(models)] }).mem;
  place.r = Math.max(1, Math.round(place.r / place.p)) * place.p;
  if (place.e === "int8" && place.t) place.e = "mixed";
  const [width, depth, heads, hidden] = place.own;
  place.own = [width, depth, nearestDivisor(width, heads), hidden];
  return place;
}

/** The largest number of heads, up to `heads`, that divides the width. */
export function nearestDivisor(width, heads) {
  let found = Math.min(width, heads);
  while (width % found) found -= 1;
  return found;
}

export const readMemoryPlace = (models) => settle(viewValues(store.selection.view).mem, models);

/** The view that says what differs from the start, so that links stay short. */
export const memoryPlaceText = (place) => withView("memory_scaling", { mem: place });

/**
 * The facts of the model that a place means: a preset, or the person's own with its position table for 14 × 14 patches; with a table made
 * for the place's own grid where it asks for that.
 */
export function modelOf(place, models) {
  const [dim, depth, heads, hidden] = place.own;
  const model =
    place.m === "own"
      ? { ...models[START.m], name: "Your own", dim, depth, heads, hidden, kernel: place.p, patch: place.p }
      : models[place.m];
  const grid = place.n ? Array(2).fill(Math.max(1, Math.floor(place.r / place.p))) : model.posGrid;
  return { ...model, posGrid: grid, registers: place.g < 0 ? model.registers : place.g };
}

/** The setting of the closed forms. */
export function settingOf(place) {
  return {
    size: place.r,
    patch: place.p,
    batch: place.b,
    mode: place.t ? "training" : "inference",
    attention: place.a ? "fused" : "explicit",
    optimizer: place.o,
    element: place.e === "fp32" ? 4 : 2,
    int8: place.e === "int8",
    checkpointing: place.c === 1,
    keepTrace: place.k === 1,
  };
}
