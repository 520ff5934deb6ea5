// Colours: the maps that Python samples, of values, of one pixel, as bars, and of kinds of heads.
import { COLOUR_TABLES } from "./colour-tables.js";
import { el } from "../dom.js";
import { four, percent } from "../numbers/format.js";

/** A colour map as 256 pixels of a canvas (little-endian RGBA). */
export function colourTable(name) {
  const raw = atob(COLOUR_TABLES[name]);
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    table[i] = 0xff000000 | (raw.charCodeAt(3 * i + 2) << 16) | (raw.charCodeAt(3 * i + 1) << 8) | raw.charCodeAt(3 * i);
  }
  return table;
}

/** A colour map as the stops of a CSS gradient. */
export function gradient(table) {
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map((i) => cssColour(table[i]));
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/** A pixel of a colour map, as CSS writes a colour. */
export function cssColour(pixel) {
  return `rgb(${pixel & 255},${(pixel >> 8) & 255},${(pixel >> 16) & 255})`;
}

/** Colours of `values` between `low` and `high` as 32-bit pixels; what is not known is clear, what lies above `high` is `over`. */
export function cellColours(values, table, low, high, over = table[255]) {
  const out = new Uint32Array(values.length);
  const factor = 255 / (high - low || 1);
  for (let i = 0; i < out.length; i++)
    out[i] = Number.isNaN(values[i])
      ? 0
      : values[i] > high
        ? over
        : table[Math.max(0, Math.min(255, (values[i] - low) * factor + 0.5)) | 0];
  return out;
}

const LOG_FLOOR = 1e-5;

/** Colour 0 to 255 of a weight: in proportion to `top`, or by its logarithm from 0.00001 up. */
export function levelOf(value, top, log = false) {
  if (!log) return value >= top ? 255 : ((255 * value) / top) | 0;
  return value <= LOG_FLOOR ? 0 : Math.min(255, 255 * (1 - Math.log(value / top) / Math.log(LOG_FLOOR / top))) | 0;
}

/** The colour of what lies above a map's scale, as a pixel. */
export const OVER = 0xff9d4dff;
const [ONE_IN, ROOM] = [50, 1.5]; // one patch in fifty may lie above the scale; it reaches half as far again as the next

/**
 * The value of the brightest colour of a map of weights, from place `from` on: the largest, or, where few patches stand far above all
 * others (attention sinks), one and a half times the largest that at most one patch in fifty exceeds.
 * As `vit_core.study.heads.colour_ceiling`.
 * @param {ArrayLike<number>} values
 * @param {number} [from]
 */
export function ceilingOf(values, from = 0) {
  const best = new Float64Array(Math.ceil((values.length - from) / ONE_IN) + 1); // the largest, smallest of them first
  for (let i = from; i < values.length; i++) {
    const value = values[i];
    if (!(value > best[0])) continue;
    let at = 0;
    for (; at + 1 < best.length && best[at + 1] < value; at++) best[at] = best[at + 1];
    best[at] = value;
  }
  const most = best[best.length - 1];
  return Math.max(1e-12, best[0] > 0 ? Math.min(most, ROOM * best[0]) : most);
}

/**
 * What of a map lies above its scale: how many patches, the largest value, and the share of the map's sum that they hold.
 * @param {ArrayLike<number>} values
 * @param {number} top
 */
export function aboveOf(values, top) {
  let [count, most, held, total] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    total += value;
    if (value <= top) continue;
    [count, most, held] = [count + 1, Math.max(most, value), held + value];
  }
  return { count, most, share: total > 0 ? held / total : 0 };
}

/** A sentence on what lies above a map's scale; empty where nothing does. */
export function sinkNote({ count, most, share }) {
  if (!count) return "";
  const [who, lie, hold] = count > 1 ? [`${count} patches`, "lie", "hold"] : ["One patch", "lies", "holds"];
  const held = `${who}, in pink, ${lie} above the colours’ end and ${hold} ${percent(share)} of this map’s weight, up to ${four(most)}.`;
  return `${held} Where there is little to see, as in corners, such a patch is an attention sink.`;
}

/** A colour bar with its two ends as numbers; `above` as of `aboveOf`, where the map has a scale that may be exceeded. */
export function colourBar(node, table, low, high, above = null) {
  const beyond = above?.count ? [el("i", { class: "over", title: sinkNote(above) }), el("span", { text: `${above.count} above` })] : [];
  node.replaceChildren(
    el("span", { text: four(low), title: low }),
    el("i", { style: `background:${gradient(table)}` }),
    el("span", { text: four(high), title: high }),
    ...beyond,
  );
}

/** A colour bar between two numbers; a dash where nothing is known yet. */
export function barBetween(node, table, low, high, above = null) {
  if (high <= 1e-9) return node.replaceChildren("—");
  colourBar(node, table, low, high, above);
}

/** What kind of place a head looks at, as `vit_core.study.heads` names it. */
export const HEAD_COLOURS = {
  local: "#0072b2",
  row: "#56b4e9",
  column: "#e69f00",
  "[CLS]-bound": "#cc79a7",
  global: "#009e73",
  mixed: "#8d949c",
};
