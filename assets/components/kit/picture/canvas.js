// Canvases at the screen's resolution, pictures on them, and what is saved of them.
import { cellColours } from "./colours.js";
import { el } from "../dom.js";
import { fineness } from "../fineness.js";

/**
 * Set a canvas to its box at the screen's resolution, or the one at which it is taken; returns its context in CSS pixels, cleared, with
 * width and height.
 * @param {any} canvas
 * @param {number[]} [size]
 */
export function sharp(canvas, [width, height] = [canvas.clientWidth, canvas.clientHeight]) {
  const ratio = fineness();
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const ink = canvas.getContext("2d");
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.clearRect(0, 0, width, height);
  return { ink, width, height };
}

/** `sharp` for a canvas that is drawn at every pointer event: its box is watched instead of measured, which would force a layout. */
export function watched(canvas, redraw) {
  let box = null;
  new ResizeObserver(() => {
    box = null;
    redraw();
  }).observe(canvas);
  return () => sharp(canvas, (box ??= [canvas.clientWidth, canvas.clientHeight]));
}

const THEME = ["--st-background-color", "--st-text-color", "--st-primary-color", "--st-border-color"];

/** The theme's colours as they are now. Read before anything is written they cost nothing; each one read after that, a pass over styles. */
export function themeOf(root) {
  const style = getComputedStyle(root);
  const colours = new Map(THEME.map((name) => [name, style.getPropertyValue(name)]));
  return { getPropertyValue: (name) => colours.get(name) };
}

/** The path that was begun: a line in the text colour between two in the background's, so that it shows on any picture. */
export function outlinePath(ink, style, thick = 2) {
  ink.lineWidth = thick + 3;
  ink.strokeStyle = style.getPropertyValue("--st-background-color");
  ink.stroke();
  ink.lineWidth = thick;
  ink.strokeStyle = style.getPropertyValue("--st-text-color");
  ink.stroke();
}

/** `outlinePath` around the chosen patch. */
export function outlineCell(ink, style, x, y, w, h, thick = 2) {
  ink.beginPath();
  ink.rect(x, y, w, h);
  outlinePath(ink, style, thick);
}

/** The picture of a payload, decoded: resolves to an ImageBitmap. */
export function decodePicture(bytes) {
  return createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
}

/** Hand a canvas to the person as a PNG file. */
export function savePng(canvas, name) {
  canvas.toBlob((blob) => {
    const link = el("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}

/**
 * `outlineCell` around a patch of a picture that fills `width` × `height`; a token before the patches has none.
 * @param {any} ink
 * @param {{getPropertyValue: (name: string) => string}} style
 * @param {number} patch
 * @param {number[]} grid
 * @param {number[]} size
 * @param {number} [thick]
 */
export function outlinePatch(ink, style, patch, [rows, cols], [width, height], thick = 2) {
  if (patch < 0) return;
  const [w, h] = [width / cols, height / rows];
  outlineCell(ink, style, (patch % cols) * w, Math.floor(patch / cols) * h, w, h, thick);
}

/**
 * The lines between the patches of a picture that fills `width` × `height`.
 * @param {any} ink
 * @param {number[]} grid
 * @param {number[]} size
 * @param {string} [colour]
 * @param {number} [thick]
 */
export function gridLines(ink, [rows, cols], [width, height], colour = "rgba(255,255,255,0.5)", thick = 0.75) {
  ink.strokeStyle = colour;
  ink.lineWidth = thick;
  ink.beginPath();
  for (let r = 1; r < rows; r++) {
    ink.moveTo(0, (r * height) / rows);
    ink.lineTo(width, (r * height) / rows);
  }
  for (let c = 1; c < cols; c++) {
    ink.moveTo((c * width) / cols, 0);
    ink.lineTo((c * width) / cols, height);
  }
  ink.stroke();
}

/**
 * Put the colours of a grid's cells on a canvas, a pixel a cell.
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {number[]} grid
 * @param {Uint32Array} colours
 */
export function paintCells(canvas, [rows, cols], colours) {
  if (canvas.width !== cols || canvas.height !== rows) [canvas.width, canvas.height] = [cols, rows];
  const image = new ImageData(cols, rows);
  new Uint32Array(image.data.buffer).set(colours);
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** `paintCells` for values between `low` and `high` of a colour map; `over` colours what lies above, if it is given. */
export function paintGrid(canvas, values, grid, table, low, high, over = table[255]) {
  paintCells(canvas, grid, cellColours(values, table, low, high, over));
}
