// Drawings on the current picture: windows and what a patch sees in them, masks, a map of norms, a cut.
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { colourTable, cssColour } from "../kit/picture/colours.js";

const SHADE = "rgb(0 0 0 / 62%)";
const SEEN = "rgb(255 255 255 / 90%)";

/** The picture over the whole of a square canvas; returns context and side. */
function ground(canvas, bitmap) {
  const { ink, width } = sharp(canvas);
  ink.imageSmoothingQuality = "high";
  ink.drawImage(bitmap, 0, 0, width, width);
  return { ink, side: width };
}

function lines(ink, side, at, colour, thick) {
  ink.strokeStyle = colour;
  ink.lineWidth = thick;
  ink.beginPath();
  for (const share of at) {
    ink.moveTo(share * side, 0);
    ink.lineTo(share * side, side);
    ink.moveTo(0, share * side);
    ink.lineTo(side, share * side);
  }
  ink.stroke();
}

/** The window of a row or column, where the first is `shift` shorter. */
export const windowOf = (place, window, shift) => Math.floor((place + (shift ? window - shift : 0)) / window);

/** Patches that the one at `token` sees in windows; all of them where `window` is 0. */
export function seenFrom(token, grid, window, shift) {
  const [row, col] = [Math.floor(token / grid), token % grid];
  const same = (a, b) => window === 0 || windowOf(a, window, shift) === windowOf(b, window, shift);
  const seen = [];
  for (let r = 0; r < grid; r++) for (let c = 0; c < grid; c++) if (same(r, row) && same(c, col)) seen.push(r * grid + c);
  return seen;
}

/** Windows on the picture, with what the chosen patch sees left bright. */
export function drawWindows(canvas, bitmap, { grid, window, shift, token }) {
  const { ink, side } = ground(canvas, bitmap);
  const cell = side / grid;
  const seen = new Set(seenFrom(token, grid, window, shift));
  ink.fillStyle = SHADE;
  for (let i = 0; i < grid * grid; i++)
    if (!seen.has(i)) ink.fillRect((i % grid) * cell, Math.floor(i / grid) * cell, cell + 0.4, cell + 0.4);
  lines(
    ink,
    side,
    Array.from({ length: grid + 1 }, (_, i) => i / grid),
    "rgb(255 255 255 / 22%)",
    0.6,
  );
  const borders = window
    ? Array.from({ length: grid }, (_, i) => i).filter((i) => i > 0 && windowOf(i, window, shift) !== windowOf(i - 1, window, shift))
    : [];
  lines(ink, side, [0, ...borders.map((i) => i / grid), 1], SEEN, 2.5);
  outlineCell(ink, getComputedStyle(canvas), (token % grid) * cell, Math.floor(token / grid) * cell, cell, cell);
}

/** Only some patches of the picture, the others in grey or dimmed. */
export function drawKept(canvas, bitmap, grid, kept, hidden) {
  const { ink, side } = ground(canvas, bitmap);
  const cell = side / grid;
  ink.fillStyle = hidden === "grey" ? "#8a8f96" : SHADE;
  for (let i = 0; i < grid * grid; i++)
    if (!kept.has(i)) ink.fillRect((i % grid) * cell, Math.floor(i / grid) * cell, cell + 0.4, cell + 0.4);
  if (hidden === "grey")
    lines(
      ink,
      side,
      Array.from({ length: grid + 1 }, (_, i) => i / grid),
      "rgb(255 255 255 / 35%)",
      0.6,
    );
}

/** The fewest patches that hold `share` of the weight. */
export function fewest(weights, share) {
  const order = [...weights.keys()].sort((a, b) => weights[b] - weights[a]);
  const total = weights.reduce((a, b) => a + b, 0);
  const kept = new Set();
  let sum = 0;
  for (const i of order) {
    if (sum >= share * total) break;
    kept.add(i);
    sum += weights[i];
  }
  return kept;
}

/** Patches in an order that a number decides (Mulberry32), the first `count` of them. */
export function drawn(total, count, seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const order = Array.from({ length: total }, (_, i) => i);
  for (let i = total - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return new Set(order.slice(0, count));
}

/** A value a patch in viridis, from 0 to `top`. */
export function drawMap(canvas, values, grid, top) {
  const { ink, width: side } = sharp(canvas);
  const table = colourTable("viridis");
  const cell = side / grid;
  values.forEach((value, i) => {
    ink.fillStyle = cssColour(table[Math.max(0, Math.min(255, Math.round((255 * value) / top)))]);
    ink.fillRect((i % grid) * cell, Math.floor(i / grid) * cell, cell + 0.4, cell + 0.4);
  });
}

/** The picture with its cut. */
export function drawCut(canvas, bitmap, grid) {
  const { ink, side } = ground(canvas, bitmap);
  lines(
    ink,
    side,
    Array.from({ length: grid + 1 }, (_, i) => i / grid),
    SEEN,
    grid > 20 ? 0.6 : 1,
  );
}
