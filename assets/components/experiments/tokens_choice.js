// Sets of tokens: as the link writes them, and as areas of the picture.

/** The whole numbers from `from` up to, but not with, `to`. */
export const rangeFrom = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

/** Tokens as the link writes them: `3.5-8`. */
export function tokensText(tokens) {
  const parts = [];
  for (const token of [...tokens].sort((a, b) => a - b)) {
    const end = parts[parts.length - 1];
    if (end && end[1] === token - 1) end[1] = token;
    else parts.push([token, token]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(".");
}

/** The tokens that such a text names, of the `count` that there are; what cannot be read is left out. */
export function tokensOf(text, count) {
  const found = text.split(".").flatMap((part) => {
    const [from, to] = part.split("-").map(Number);
    return part && Number.isInteger(from) ? rangeFrom(from, Math.min(to ?? from, count - 1) + 1) : [];
  });
  return new Set(found.filter((token) => token < count));
}

/** The tokens of the rectangle between two patches. */
export function areaOf({ grid, prefix }, from, to) {
  const cols = grid[1];
  const [top, bottom] = [Math.floor(from / cols), Math.floor(to / cols)].sort((a, b) => a - b);
  const [left, right] = [from % cols, to % cols].sort((a, b) => a - b);
  const row = (r) => rangeFrom(left, right + 1).map((col) => prefix.length + r * cols + col);
  return rangeFrom(top, bottom + 1).flatMap(row);
}
