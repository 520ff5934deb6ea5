// Colours: the maps that Python samples, of values, of one pixel, as bars, and of kinds of heads.
import { COLOUR_TABLES } from "./colour-tables.js";
import { el } from "./dom.js";
import { four } from "./format.js";

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

/** Colours of `values` between `low` and `high` as 32-bit pixels; what is not known is clear. */
export function cellColours(values, table, low, high) {
  const out = new Uint32Array(values.length);
  const factor = 255 / (high - low || 1);
  for (let i = 0; i < out.length; i++)
    out[i] = Number.isNaN(values[i]) ? 0 : table[Math.max(0, Math.min(255, (values[i] - low) * factor + 0.5)) | 0];
  return out;
}

/** A colour bar with its two ends as numbers. */
export function colourBar(node, table, low, high) {
  node.replaceChildren(
    el("span", { text: four(low), title: low }),
    el("i", { style: `background:${gradient(table)}` }),
    el("span", { text: four(high), title: high }),
  );
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
