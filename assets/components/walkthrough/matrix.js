// A matrix as a heat map whose cells can be read and opened, and which can be enlarged.
import { paintGrid } from "../kit/picture/canvas.js";
import { colourBar, colourTable } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";
import { cellAt, clamp, middleOf } from "../kit/grid.js";
import { lightTable } from "../kit/picture/spotlight.js";
import { COLUMN_ROOM, namesOf, ROW_ROOM, tokenNames, zoomOf } from "../kit/picture/zoom.js";
import { numeral } from "./parts.js";

const aspectOf = ({ rows, cols }) => clamp(cols / rows, 0.55, 1.2); // of an enlarged matrix: longer ones are stretched

/**
 * A matrix as a heat map. `set({values, rows, cols, title, note, rowName, colName, key, low, high})` paints it once for an array; hover or
 * arrow keys read a cell, click or Enter hands it to `onCell(row, col)`. Signed values are centred on zero, shares start at zero.
 * `tokens` tells which token the first row is of, where rows are tokens, and `square` that columns are, too. Enlarged, it stands beside
 * the picture of `picker`.
 */
export function matrixView(ctx, { wide = 1, onCell = null, onRow = null, picker = null } = {}) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const [across, down] = [el("i", { class: "line row" }), el("i", { class: "line col" })];
  const box = el("div", { class: "matrix" }, canvas, across, down);
  const title = el("strong");
  const shape = el("span", { class: "shape muted" });
  const read = el("div", { class: "small read" });
  const bar = el("div", { class: "scale small" });
  const caption = el("figcaption", {}, el("span", {}, title, " ", shape));
  const node = el("figure", { class: "matrix-view", style: `--wide:${wide}` }, caption, box, bar, read);
  /** @type {any} All elements, what is shown and what is chosen. */
  const view = {
    tables: { signed: colourTable("diverging"), shares: lightTable() },
    ...{ ctx, box, canvas, across, down, title, shape, read, bar, onCell, onRow },
    now: null,
    painted: null,
    cell: null, // under the pointer or the keys
    row: null, // the row that the rest of the page looks at
  };
  view.zoom = zoomOf(box, zoomed(view, picker));
  caption.append(view.zoom.button);
  canvas.numbers = () => view.now;
  listen(view);
  return { node, canvas, set: (next) => set(view, next) };
}

/** What it is when it is enlarged: names at its tokens and numbers, and a line from the chosen row to its patch. */
function zoomed(view, picker) {
  return {
    canvas: view.canvas,
    get name() {
      return view.now?.title ?? "Matrix";
    },
    aspect: () => aspectOf(view.now),
    says: () => view.read.textContent,
    names: (width, height) => namesAlong(view, width, height),
    lines: () => (picker ? linesFrom(view) : []),
    ...(picker && { beside: () => [picker.canvas] }),
  };
}

function namesAlong({ now, ctx }, width, height) {
  const { tokens, square, rows, cols } = now;
  const { header } = ctx;
  const ofTokens = tokenNames(tokens ? { ...header, prefix: [] } : header, width, height);
  return {
    rows: tokens === undefined ? namesOf(rows, (i) => now.rowName?.(i) ?? i + 1, height, ROW_ROOM) : ofTokens.rows,
    columns: square ? ofTokens.columns : namesOf(cols, (i) => i + 1, width, COLUMN_ROOM),
  };
}

function linesFrom({ now, ctx, cell, row }) {
  const [r, c] = cell ?? [row, null];
  const ends = [];
  if (now.tokens !== undefined && r !== null) ends.push([[(r + 0.5) / now.rows, 1], r + now.tokens, "var(--q)"]);
  if (now.square && c !== null) ends.push([[1, (c + 0.5) / now.cols], c, "var(--k)"]);
  return ends.map(([from, token, colour]) => ({ from, to: middleOf(ctx.header, token), colour })).filter(({ to }) => to);
}

function set(view, next) {
  view.now = next;
  if (view.painted !== next.values) paint(view, next);
  view.row = next.row ?? null;
  if (view.cell && (view.cell[0] >= next.rows || view.cell[1] >= next.cols)) view.cell = null;
  showLines(view);
}

function paint(view, next) {
  const { box, canvas, bar, title, shape, tables, zoom } = view;
  const signed = !next.shares;
  view.painted = next.values;
  const limit = next.high ?? quantile(next.values);
  const table = signed ? tables.signed : tables.shares;
  paintGrid(canvas, next.values, [next.rows, next.cols], table, signed ? -limit : 0, limit);
  colourBar(bar, table, signed ? -limit : 0, limit);
  title.textContent = next.title;
  shape.textContent = `${next.rows}×${next.cols}`;
  title.title = next.note ?? "";
  box.style.setProperty("--aspect", aspectOf(next));
  zoom.button.setAttribute("aria-label", `Enlarge: ${next.title}`);
}

/** The lines over the chosen row and column, and the cell in words. */
function showLines({ canvas, across, down, read, now, cell, row, onCell, zoom }) {
  const [r, c] = cell ?? [row, null];
  across.hidden = r === null;
  down.hidden = c === null;
  if (r !== null) Object.assign(across.style, { top: `${(100 * r) / now.rows}%`, height: `max(2px, ${100 / now.rows}%)` });
  if (c !== null) Object.assign(down.style, { left: `${(100 * c) / now.cols}%`, width: `max(2px, ${100 / now.cols}%)` });
  const names = (i, j) => `${now.rowName?.(i) ?? i + 1}, ${now.colName?.(j) ?? j + 1}`;
  if (cell) read.replaceChildren(`${names(r, c)}: `, numeral(now.values[r * now.cols + c], now.key ? `${now.key}:${r}:${c}` : null));
  else read.replaceChildren(r === null ? "\u00a0" : (now.rowName?.(r) ?? `row ${r + 1}`));
  const told = cell ? `${names(r, c)}: ${four(now.values[r * now.cols + c])}.` : "";
  const keys = `Arrow keys read cells${onCell ? ", Enter opens one" : ""}.`;
  canvas.setAttribute("aria-label", `${now.title}, ${now.rows} by ${now.cols}. ${told} ${keys}`);
  zoom.draw();
}

function move(view, next) {
  view.cell = next;
  showLines(view);
  if (next) view.onRow?.(next[0], next[1]);
}

function listen(view) {
  const { canvas, onCell } = view;
  const placeAt = (event) => cellAt(event, canvas, [view.now.rows, view.now.cols]);
  for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, (event) => view.now && move(view, placeAt(event)));
  canvas.addEventListener("pointerleave", (event) => view.now && event.pointerType === "mouse" && move(view, null));
  canvas.addEventListener("click", (event) => view.now && onCell?.(...placeAt(event)));
  canvas.addEventListener("keydown", (event) => {
    const { cell, now } = view;
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === "Enter" && cell) return onCell?.(...cell);
    if (!step || !now) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = cell ?? [view.row ?? 0, 0];
    const stride = event.shiftKey ? 10 : 1;
    const inside = (v, n) => Math.max(0, Math.min(n - 1, v));
    move(view, cell ? [inside(r + stride * step[0], now.rows), inside(c + stride * step[1], now.cols)] : [r, c]);
  });
}

/** A limit that 999 of a thousand values keep, so that one outlier does not blank a matrix; to one part in 2048. */
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
