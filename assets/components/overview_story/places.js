// Where every token stands on the stage, as [x, y, width, height] in CSS pixels.

const [LEAST, LEAST_SIDE, WIDE] = [10, 34, 640]; // px: the narrowest cell of a row, the least room for [CLS], a stage with room for two

/** The picture's box within [x, y, width, height], in its proportions and in the middle. */
function fitted(room, [rows, cols]) {
  const [x, y, width, height] = room;
  const scale = Math.min(width / cols, height / rows);
  return [x + (width - cols * scale) / 2, y + (height - rows * scale) / 2, cols * scale, rows * scale];
}

/** What the stage is divided into. `grid`: rows and columns of patches; `prefix`: tokens before them. */
export function frameOf([width, height], grid, prefix) {
  const total = prefix + grid[0] * grid[1];
  const top = prefix ? LEAST_SIDE + 8 : 0;
  const wide = width >= WIDE;
  const left = wide ? [0, top, width * 0.5, height - top] : [0, top, width, height * 0.56 - top];
  const right = wide ? [width * 0.56, 0, width * 0.44, height] : [0, height * 0.6, width, height * 0.4];
  const lines = Math.max(1, Math.ceil((total * LEAST) / width));
  const across = Math.ceil(total / lines);
  return {
    grid,
    prefix,
    whole: fitted([0, 0, width, height], grid),
    side: fitted(left, grid),
    right,
    lines,
    across,
    size: [width, height],
  };
}

const cellOf = ([x, y, width, height], [rows, cols], patch, kept) => {
  const [w, h] = [width / cols, height / rows];
  const [row, col] = [Math.floor(patch / cols), patch % cols];
  return [x + (col + (1 - kept) / 2) * w, y + (row + (1 - kept) / 2) * h, w * kept, h * kept];
};

/** A patch in the whole picture; with `gap`, apart from its neighbours. */
export const inPicture = ({ whole, grid }, patch, gap = 0) => cellOf(whole, grid, patch, 1 - 0.16 * gap);

/** A token beside the answer: a patch in the smaller picture, the others in a line above it. */
export function besideAnswer({ side, grid, prefix }, token) {
  if (token >= prefix) return cellOf(side, grid, token - prefix, 1);
  return [side[0] + token * (LEAST_SIDE + 4), side[1] - LEAST_SIDE - 6, LEAST_SIDE, LEAST_SIDE];
}

/** The `place`-th of a row that wraps; `place` need not be whole while the row makes room. */
export function inRow({ size, lines, across }, place) {
  const [width, height] = [size[0] / across, size[1] / lines];
  const line = Math.floor(place / across);
  const side = Math.max(1, Math.min(width - 1.5, height * 0.4));
  return [(place - line * across) * width, line * height + 2, side, side];
}

/** The bar of numbers under a place in the row. */
export function barUnder({ size, lines }, [x, y, width, height], grown) {
  const room = size[1] / lines - height - 10;
  return [x, y + height + 3, width, Math.max(0, room * grown)];
}

/** Between two places. */
export const between = (from, to, share) => from.map((value, i) => value + (to[i] - value) * share);

/** The token whose place holds a point, or null; the last drawn first. */
export function tokenIn(places, [x, y]) {
  const found = places.findLastIndex(
    (place) => place && x >= place[0] && x < place[0] + place[2] && y >= place[1] && y < place[1] + place[3],
  );
  return found < 0 ? null : found;
}
