// Colour maps, as pixels and as gradients.

import { COLOUR_TABLES } from "./colour-tables.js";

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
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map(
    (i) => `rgb(${table[i] & 255},${(table[i] >> 8) & 255},${(table[i] >> 16) & 255})`,
  );
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
