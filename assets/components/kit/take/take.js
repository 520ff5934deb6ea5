// One menu for each figure: the figure as PNG, as SVG, its numbers as CSV, or on the clipboard. All of it is made in the browser.
import { el } from "../dom.js";
import { drawnFiner } from "../fineness.js";
import { menuOf } from "./menu.js";
import { asSvg, drawnOf, onCanvas, sheetOf } from "./sheet.js";
import { store } from "../store.js";

const SCALES = [1, 2, 4];
const IN_DRAWING = 2; // pixels for a CSS pixel of the maps within an SVG
const TOLD = 6000; // ms that a word stays
const NO_COPY = "This browser does not let a page copy pictures: save it as PNG.";

/**
 * The menu of a figure. `name`: what is taken, to readers of the screen; `root`: whose theme it is in; `nodes()`: what is on the picture;
 * `title()`: what stands above it; `file()`: its file's name without an ending, as the title if it is left out; `rows()`:
 * `[names of columns, ...rows]`, what is drawn.
 * @param {{name: string, root: HTMLElement, nodes: () => HTMLElement[], title: () => string, file?: () => string,
 *   rows: () => any[][]}} about
 */
export function figureMenu({ name, root, nodes, title, file = () => fileName(title()), rows }) {
  return takeMenu({ name, title, file, rows, root, drawing: () => drawnOf(nodes()), canvases: true });
}

/**
 * `figureMenu` of what draws itself: `drawing()` gives `{width, height, parts}` as of `drawnOf`, or a promise of it. `canvases`: the parts
 * are canvases of the view around `root`, which are drawn as fine as the picture for it.
 */
export function takeMenu({ name, title, file, rows, root, drawing, canvases = false }) {
  const told = el("span", { class: "told small muted", "aria-live": "polite" });
  const tell = (text) => {
    told.textContent = text;
    setTimeout(() => told.textContent === text && (told.textContent = ""), TOLD);
  };
  const sheet = async () => sheetOf(root, await drawing(), { title: title(), notes: store.caption?.() ?? [] });
  const fine = (scale, take) => (canvases ? drawnFiner(root, scale, take) : take());
  const png = async (scale) => {
    const canvas = await fine(scale, async () => onCanvas(await sheet(), scale));
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };
  const save = (blob, ending) => {
    const link = el("a", { href: URL.createObjectURL(blob), download: `${file()}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const copy = async () => {
    try {
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png(2) })]);
      tell("Copied.");
    } catch {
      tell(NO_COPY);
    }
  };
  const entries = Object.fromEntries(SCALES.map((scale) => [`PNG, ${scale}×`, async () => save(await png(scale), "png")]));
  const menu = menuOf(`Take with you: ${name}`, {
    ...entries,
    SVG: async () => save(new Blob([await fine(IN_DRAWING, async () => asSvg(await sheet()))], { type: "image/svg+xml" }), "svg"),
    "Numbers (CSV)": () => save(new Blob([csvOf(rows())], { type: "text/csv" }), "csv"),
    "Copy picture": copy,
  });
  menu.append(told);
  return menu;
}

/** Rows for `figureMenu` of maps over the same grid of patches: each patch's place, from 1, and its value in each of `series`. */
export function patchRows([, columns], series) {
  const [first] = Object.values(series);
  const place = (i) => [Math.floor(i / columns) + 1, (i % columns) + 1];
  return [
    ["row", "column", ...Object.keys(series)],
    ...Array.from(first, (_, i) => [...place(i), ...Object.values(series).map((values) => values[i])]),
  ];
}

/** The cells of tables as they stand, one table below the other, all lines as long as the longest. */
export function tableRows(...tables) {
  const rows = tables.flatMap((table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
  const most = Math.max(0, ...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...Array(most - row.length).fill("")]);
}

/** Rows as CSV (RFC 4180). */
export function csvOf(rows) {
  const cell = (value) => {
    const text = String(value ?? "");
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;
}

/** A title as a file's name. */
export const fileName = (title) =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
