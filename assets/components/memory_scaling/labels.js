// Where the words of a chart stand: clear of each other, and of the lines where that is possible.

export const LINE = 16; // px from one line of words to the next
const ROWS = 8; // how many lines further down a word may go

/** @typedef {[number, number, number, number]} Box Left, top, right, bottom, in px. */

/**
 * The box of words that are `wide` px, at a place on their baseline.
 * @param {number} wide
 * @param {number} x
 * @param {number} y
 * @param {string} align
 * @returns {Box}
 */
export function boxOf(wide, x, y, align) {
  const left = align === "right" ? x - wide : align === "center" ? x - wide / 2 : x;
  return [left - 3, y - LINE + 2, left + wide + 3, y + 2];
}

/** Whether a box touches none of others. */
export function clearOf([left, top, right, bottom], others) {
  return others.every(([x1, y1, x2, y2]) => right <= x1 || left >= x2 || bottom <= y1 || top >= y2);
}

/**
 * The first of `places` ({x, align}), or a line further down, that is clear of the words in `taken` and of `lines`; else one
 * that is clear of words; else the first.
 * @param {number} wide
 * @param {{x: number, align: string}[]} places
 * @param {number} y
 * @param {Box[]} taken
 * @param {Box[]} lines
 * @returns {{x: number, align: string, y: number, box: Box}}
 */
export function placeOf(wide, places, y, taken, lines) {
  const all = places.flatMap(({ x, align }) =>
    Array.from({ length: ROWS + 1 }, (_, row) => {
      const at = y + row * LINE;
      return { x, align, y: at, box: boxOf(wide, x, at, align) };
    }),
  );
  const free = all.filter(({ box }) => clearOf(box, taken));
  return free.find(({ box }) => clearOf(box, lines)) ?? free[0] ?? all[0];
}
