// What is said of all pictures at once.
import { percent } from "../kit/numbers/format.js";
import { patchName } from "../kit/grid.js";
import { ROWS, cosine } from "../features/words.js";
import { MASKS } from "../features_components/rainbow.js";

const AROUND = 1.5; // patches around the one that is shown

export function titleOf({ layer, rows, content, grid, patch }) {
  return `Like ${patchName(grid, patch)}: layer ${layer + 1}, ${ROWS[rows]}${content ? ", position removed" : ""}, all pictures`;
}

/** One of the nearest patches: where it lies, and its cosine. */
export const nameOf = ({ grid }, [, patch, value]) => `${cosine(value)} · ${patchName(grid, patch)}`;

/** A picture's own best, if it is known. */
export const bestOf = ({ best, grid }, at) => (best[at] ? `${cosine(best[at][1])} · ${patchName(grid, best[at][0])}` : "not run yet");

export function sharesOf({ explained, grid, titles }, kept, mask) {
  if (!explained) return [["first", "—"]];
  const together = explained.reduce((sum, share) => sum + share, 0);
  return [
    ...["first", "second", "third"].map((name, i) => [name, percent(explained[i]), explained[i]]),
    ["together", percent(together), together],
    [`patches ${mask === "none" ? "shown" : MASKS[mask]}`, `${kept} of ${titles.length * grid[0] * grid[1]}`],
  ];
}

/** The square of a picture around a patch, within the picture, and the patch's own place in it; in the bitmap's pixels. */
export function cropOf([rows, cols], patch, [width, height]) {
  const [w, h] = [width / cols, height / rows];
  const [row, col] = [Math.floor(patch / cols), patch % cols];
  const [wide, high] = [Math.min(width, (1 + 2 * AROUND) * w), Math.min(height, (1 + 2 * AROUND) * h)];
  const x = Math.max(0, Math.min(width - wide, (col - AROUND) * w));
  const y = Math.max(0, Math.min(height - high, (row - AROUND) * h));
  return { x, y, w: wide, h: high, inner: { x: col * w - x, y: row * h - y, w, h } };
}

export function nearestRows({ nearest, titles, grid }) {
  const rows = nearest.map(([picture, patch, value]) => [titles[picture], Math.floor(patch / grid[1]) + 1, (patch % grid[1]) + 1, value]);
  return [["picture", "row", "column", "cosine"], ...rows];
}

export function noteOf({ known, titles }) {
  const so = known < titles.length ? `Of ${known} of ${titles.length} pictures so far. ` : "";
  return (
    `${so}Below each picture, its own patch most like the chosen one, outlined. The colours are those of one fit over all pictures: the ` +
    "same colour means the same in every one. The first component often parts what is in front from what is behind; which side is which, " +
    "it does not say."
  );
}
