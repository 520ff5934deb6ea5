// A matrix as a heat map whose cells can be read and opened.
import { paintGrid } from "../kit/canvas.js";
import { colourBar, colourTable } from "../kit/colours.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { cellAt } from "../kit/grid.js";
import { numeral } from "./parts.js";

/**
 * A matrix as a heat map. `set({values, rows, cols, title, note, rowName, colName, key, low, high})` paints it once for an array; hover or arrow
 * keys read a cell, click or Enter hands it to `onCell(row, col)`. Signed values are centred on zero, shares start at zero.
 */
export function matrixView(ctx, { wide = 1, onCell = null, onRow = null } = {}) {
  const tables = { signed: colourTable("diverging"), shares: colourTable("viridis") };
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const [across, down] = [el("i", { class: "line row" }), el("i", { class: "line col" })];
  const box = el("div", { class: "matrix" }, canvas, across, down);
  const title = el("strong");
  const shape = el("span", { class: "shape muted" });
  const read = el("div", { class: "small read" });
  const bar = el("div", { class: "scale small" });
  const node = el("figure", { class: "matrix-view", style: `--wide:${wide}` }, el("figcaption", {}, title, " ", shape), box, bar, read);
  let now = null;
  let painted = null;
  let cell = null; // under the pointer or the keys
  let row = null; // the row that the rest of the page looks at

  function set(next) {
    now = next;
    const signed = !next.shares;
    if (painted !== next.values) {
      painted = next.values;
      const limit = next.high ?? quantile(next.values);
      const table = signed ? tables.signed : tables.shares;
      paintGrid(canvas, next.values, [next.rows, next.cols], table, signed ? -limit : 0, limit);
      colourBar(bar, table, signed ? -limit : 0, limit);
      title.textContent = next.title;
      shape.textContent = `${next.rows}×${next.cols}`;
      title.title = next.note ?? "";
    }
    row = next.row ?? null;
    if (cell && (cell[0] >= next.rows || cell[1] >= next.cols)) cell = null;
    lines();
  }

  function lines() {
    const [r, c] = cell ?? [row, null];
    across.hidden = r === null;
    down.hidden = c === null;
    if (r !== null) Object.assign(across.style, { top: `${(100 * r) / now.rows}%`, height: `max(2px, ${100 / now.rows}%)` });
    if (c !== null) Object.assign(down.style, { left: `${(100 * c) / now.cols}%`, width: `max(2px, ${100 / now.cols}%)` });
    const names = (i, j) => `${now.rowName?.(i) ?? i + 1}, ${now.colName?.(j) ?? j + 1}`;
    if (cell) read.replaceChildren(`${names(r, c)}: `, numeral(now.values[r * now.cols + c], now.key ? `${now.key}:${r}:${c}` : null));
    else read.replaceChildren(r === null ? "\u00a0" : (now.rowName?.(r) ?? `row ${r + 1}`));
    canvas.setAttribute(
      "aria-label",
      `${now.title}, ${now.rows} by ${now.cols}. ${cell ? `${names(r, c)}: ${four(now.values[r * now.cols + c])}.` : ""} Arrow keys read cells${onCell ? ", Enter opens one" : ""}.`,
    );
  }

  const placeAt = (event) => cellAt(event, canvas, [now.rows, now.cols]);
  const move = (next) => {
    cell = next;
    lines();
    if (cell && onRow) onRow(cell[0], cell[1]);
  };
  for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, (event) => now && move(placeAt(event)));
  canvas.addEventListener("pointerleave", (event) => now && event.pointerType === "mouse" && move(null));
  canvas.addEventListener("click", (event) => now && onCell?.(...placeAt(event)));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter" && cell) return onCell?.(...cell);
    if (!step || !now) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = cell ?? [row ?? 0, 0];
    const stride = event.shiftKey ? 10 : 1;
    const inside = (v, n) => Math.max(0, Math.min(n - 1, v));
    move(cell ? [inside(r + stride * step[0], now.rows), inside(c + stride * step[1], now.cols)] : [r, c]);
  });
  return { node, canvas, set };
}

/** A limit that nine hundred and ninety-nine of a thousand values keep, so that one outlier does not blank a matrix; to one part in 2048. */
function quantile(values) {
  let top = 0;
  for (let i = 0; i < values.length; i++) top = Math.max(top, Math.abs(values[i]));
  if (!top) return 1;
  const [counts, factor] = [new Uint32Array(2048), 2047 / top];
  for (let i = 0; i < values.length; i++) counts[(Math.abs(values[i]) * factor) | 0] += 1;
  let [above, bin] = [values.length / 1000, 2047];
  for (; bin > 0 && above >= counts[bin]; bin--) above -= counts[bin];
  return Math.min(top, (bin + 1) / factor);
}
