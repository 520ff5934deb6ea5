// Colours of groups and of classes, and the lines between patches that are not of one kind.
import { outlinePath } from "../kit/picture/canvas.js";

/** So many kinds have a colour of their own; what comes after them is grey. */
export const TINTS = [
  ...["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"],
  ...["#f0e442", "#7b5ea7", "#8b5a2b", "#a6d96a", "#2f4f5f", "#ff8fa3"],
];
const GREY = "#8d949c";

/** The colour of a kind, as CSS writes it. */
export const tintOf = (kind) => TINTS[kind] ?? GREY;

/** Kinds without a colour of their own as one. */
export const toTint = (kind) => Math.min(kind, TINTS.length);

const pixel = (hex) => {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
};

/** The colours of patches by their kinds, as pixels; clear where the kind is not known (-1). */
export const tinted = (kinds) => Uint32Array.from(kinds, (kind) => (kind < 0 ? 0 : pixel(tintOf(kind))));

/**
 * The lines between neighbours of different kinds, as [row, column, row, column] of the grid's corners.
 * @param {ArrayLike<number>} kinds
 * @param {number[]} grid
 */
export function bordersOf(kinds, [rows, cols]) {
  const lines = [];
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      const own = kinds[r * cols + c];
      if (c + 1 < cols && kinds[r * cols + c + 1] !== own) lines.push([r, c + 1, r + 1, c + 1]);
      if (r + 1 < rows && kinds[(r + 1) * cols + c] !== own) lines.push([r + 1, c, r + 1, c + 1]);
    }
  }
  return lines;
}

/**
 * `bordersOf` on a picture that fills `width` × `height`.
 * @param {any} ink
 * @param {{getPropertyValue: (name: string) => string}} style
 * @param {ArrayLike<number>} kinds
 * @param {number[]} grid
 * @param {number[]} size
 */
export function drawBorders(ink, style, kinds, grid, [width, height]) {
  const [down, across] = [height / grid[0], width / grid[1]];
  ink.beginPath();
  for (const [r, c, toRow, toCol] of bordersOf(kinds, grid)) {
    ink.moveTo(c * across, r * down);
    ink.lineTo(toCol * across, toRow * down);
  }
  ink.lineCap = "round";
  outlinePath(ink, style, 0.75);
}

/**
 * How many patches are of each kind that occurs, as [kind, count], most first; of equals, the smaller number.
 * @param {Iterable<number>} kinds
 */
export function countsOf(kinds) {
  const counts = new Map();
  for (const kind of kinds) if (kind >= 0) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].sort(([one, ones], [other, others]) => others - ones || one - other);
}
