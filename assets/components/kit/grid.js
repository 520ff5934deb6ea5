// Tokens on the grid of patches: their names, and the way from one to the next.

/** What a person calls a token, rows and columns from 1. */
export function tokenName(header, token) {
  if (token < header.prefix.length) return header.prefix[token];
  return patchName(header.grid, token - header.prefix.length);
}

/** The token after an arrow key, Home or End; null for another key. Arrow up from the first row reaches the prefix tokens. */
export function stepToken(header, token, key) {
  const [rows, cols] = header.grid;
  const first = header.prefix.length;
  const last = first + rows * cols - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (token < first) {
    if (key === "ArrowLeft" || key === "ArrowUp") return Math.max(0, token - 1);
    if (key === "ArrowRight" || key === "ArrowDown") return token + 1;
    return null;
  }
  const row = Math.floor((token - first) / cols);
  const col = (token - first) % cols;
  if (key === "ArrowLeft") return Math.max(0, token - 1);
  if (key === "ArrowRight") return Math.min(last, token + 1);
  if (key === "ArrowUp") return row > 0 ? token - cols : Math.max(0, first - 1);
  if (key === "ArrowDown") return row < rows - 1 ? token + cols : first + (rows - 1) * cols + col;
  return null;
}

/** The token at the same place of the picture when it is cut into another grid; a token before the patches stays what it is. */
export function samePlace(token, prefix, [rows, cols], [newRows, newCols]) {
  const patch = token - prefix;
  if (patch < 0) return token;
  const [row, col] = [Math.floor(patch / cols), patch % cols];
  const moved = (place, from, to) => Math.min(to - 1, Math.floor(((place + 0.5) * to) / from));
  return prefix + moved(row, rows, newRows) * newCols + moved(col, cols, newCols);
}

/** The middle of a token's patch on the picture, as shares [down, across]; null for a token without a place. */
export function middleOf({ prefix, grid: [rows, cols] }, token) {
  const patch = token - prefix.length;
  return patch < 0 ? null : [(Math.floor(patch / cols) + 0.5) / rows, ((patch % cols) + 0.5) / cols];
}

/** `value`, held between `low` and `high`. */
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

/** Where the pointer is on `node`: shares of its height and width, [down, across]; outside 0 to 1 where the pointer has left it. */
export function shareAt(event, node) {
  const box = node.getBoundingClientRect();
  return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
}

/** The cell under the pointer, [row, column], of a grid drawn over all of `node`; the nearest one where the pointer has left it. */
export function cellAt(event, node, [rows, cols]) {
  const [down, across] = shareAt(event, node);
  return [clamp(Math.floor(down * rows), 0, rows - 1), clamp(Math.floor(across * cols), 0, cols - 1)];
}

/** `cellAt`; null where the pointer has left `node`. */
export function cellInside(event, node, grid) {
  const inside = shareAt(event, node).every((share) => share >= 0 && share < 1);
  return inside ? cellAt(event, node, grid) : null;
}

/** The token of the patch under the pointer, where the picture fills `node`. */
export function tokenAt(event, node, { prefix, grid }) {
  const [row, col] = cellAt(event, node, grid);
  return prefix.length + row * grid[1] + col;
}

/** What a person calls a patch, rows and columns from 1. */
export function patchName(grid, patch) {
  return `row ${Math.floor(patch / grid[1]) + 1}, col ${(patch % grid[1]) + 1}`;
}
