// Small pieces that the views of positions share: maps, bars, choices, and the part of the link that is theirs.
import { paintGrid, sharp } from "../kit/picture/canvas.js";
import { colourBar } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";

/** A canvas with a caption above and a colour bar with numbers below. */
export function mapFigure(name = "") {
  const parts = {
    canvas: el("canvas", { role: "img" }),
    caption: el("figcaption"),
    bar: el("div", { class: "colourbar small" }),
    note: el("div", { class: "small muted" }),
  };
  parts.node = el("figure", { class: name }, parts.caption, parts.canvas, parts.bar, parts.note);
  parts.paint = (values, grid, table, low, high, caption, note = "") => {
    paintGrid(parts.canvas, values, grid, table, low, high);
    parts.caption.textContent = caption;
    parts.note.textContent = note;
    parts.canvas.setAttribute("aria-label", `${caption}. From ${four(low)} to ${four(high)}. ${note}`);
    colourBar(parts.bar, table, low, high);
  };
  return parts;
}

/** Signed values as bars around a middle line. */
export function signedBars(canvas, values, colour, line) {
  const { ink, width, height } = sharp(canvas);
  let top = 1e-9;
  for (const value of values) top = Math.max(top, Math.abs(value));
  const step = width / values.length;
  ink.fillStyle = line;
  ink.fillRect(0, height / 2 - 0.5, width, 1);
  for (let i = 0; i < values.length; i++) {
    ink.fillStyle = typeof colour === "function" ? colour(values[i]) : colour;
    const size = (Math.abs(values[i]) / top) * (height / 2 - 2);
    ink.fillRect(i * step, values[i] < 0 ? height / 2 : height / 2 - size, Math.max(0.8, step - Math.min(2, step / 4)), size);
  }
}
