// What is set on the memory page, its form in the link, and the model that it means. `ui.memory_scaling.setting` reads the same text.
import { store } from "../kit/shared.js";

export const LARGEST_SIZE = 8192;
export const DEVICES = [8, 16, 24, 40, 80, 141];
export const PATCHES = [4, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64];
export const BATCHES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 2048, 4096];
export const OPTIMIZERS = { sgd: "SGD", momentum: "SGD, momentum", adam: "Adam, AdamW", adafactor: "Adafactor", adam8bit: "8-bit Adam" };
export const PRECISIONS = { fp32: "fp32", mixed: "bf16 / fp16", int8: "int8 weights" };

/** Short names, as in the link. */
export const START = {
  m: "ViT-B/16",
  r: 384,
  p: 16,
  b: 8,
  t: 1,
  o: "adam",
  e: "fp32",
  a: 0,
  c: 0,
  g: -1,
  k: 0,
  d: 24,
  x: "log",
  y: "bytes",
  own: [768, 12, 12, 3072],
};

const whole = (value, low, high, otherwise) => (Number.isFinite(value) ? Math.min(high, Math.max(low, Math.round(value))) : otherwise);

/** The nearest place that can be shown. */
export function settle(wanted, models) {
  const place = { ...START, ...wanted };
  if (!(place.m in models) && place.m !== "own") place.m = START.m;
  place.p = whole(place.p, 1, 256, START.p);
  place.r = Math.max(1, Math.round(whole(place.r, 1, LARGEST_SIZE, START.r) / place.p)) * place.p;
  place.b = whole(place.b, 1, 65536, START.b);
  for (const [key, low, high] of [
    ["t", 0, 1],
    ["a", 0, 1],
    ["c", 0, 1],
    ["k", 0, 1],
    ["g", -1, 64],
  ])
    place[key] = whole(place[key], low, high, START[key]);
  if (!(place.o in OPTIMIZERS)) place.o = START.o;
  if (!(place.e in PRECISIONS)) place.e = START.e;
  if (place.e === "int8" && place.t) place.e = "mixed";
  place.d = Number.isFinite(place.d) ? Math.min(1e6, Math.max(0.01, place.d)) : START.d;
  if (place.x !== "linear") place.x = "log";
  if (place.y !== "macs") place.y = "bytes";
  const [width, depth, heads, hidden] = Array.isArray(place.own) ? place.own : START.own;
  const wide = whole(width, 1, 16384, START.own[0]);
  place.own = [
    wide,
    whole(depth, 1, 500, START.own[1]),
    nearestDivisor(wide, whole(heads, 1, 256, START.own[2])),
    whole(hidden, 1, 131072, START.own[3]),
  ];
  return place;
}

/** The largest number of heads, up to `heads`, that divides the width. */
export function nearestDivisor(width, heads) {
  let found = Math.min(width, heads);
  while (width % found) found -= 1;
  return found;
}

export function readMemoryPlace(models) {
  try {
    return settle(JSON.parse(store.selection.view || "{}").mem, models);
  } catch {
    return settle({}, models);
  }
}

/** Only what differs from the start, so that links stay short. */
export function memoryPlaceText(place) {
  const changed = Object.entries(place).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(START[key]));
  return changed.length ? JSON.stringify({ mem: Object.fromEntries(changed) }) : "";
}

/** The facts of the model that a place means: a preset, or the person's own with its position table for 14 × 14 patches. */
export function modelOf(place, models) {
  const [dim, depth, heads, hidden] = place.own;
  const model =
    place.m === "own"
      ? { ...models[START.m], name: "Your own", dim, depth, heads, hidden, kernel: place.p, patch: place.p }
      : models[place.m];
  return place.g < 0 ? model : { ...model, registers: place.g };
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
