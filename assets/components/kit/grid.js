// Tokens on the grid of patches: their names, and the way from one to the next.

/** What a person calls a token, rows and columns from 1. */
export function tokenName(header, token) {
  if (token < header.prefix.length) return header.prefix[token];
  const patch = token - header.prefix.length;
  return `row ${Math.floor(patch / header.grid[1]) + 1}, col ${(patch % header.grid[1]) + 1}`;
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
