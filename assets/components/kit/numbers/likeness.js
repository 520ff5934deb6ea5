// How alike rows of numbers are: dot products of one row with all. Of rows of length 1 these are cosines.

/**
 * The dot products of row `at` with every row, into `out` `[count]`. Four sums take turns, so that none waits for the one before.
 * @param {Float32Array} rows `[count, width]`
 * @param {number} width
 * @param {number} at
 * @param {Float32Array} out
 */
export function dotsWith(rows, width, at, out) {
  const one = rows.subarray(at * width, (at + 1) * width);
  const whole = width - (width % 4);
  for (let i = 0, from = 0; i < out.length; i++, from += width) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < whole; j += 4) {
      a += one[j] * rows[from + j];
      b += one[j + 1] * rows[from + j + 1];
      c += one[j + 2] * rows[from + j + 2];
      d += one[j + 3] * rows[from + j + 3];
    }
    for (let j = whole; j < width; j++) a += one[j] * rows[from + j];
    out[i] = a + b + (c + d);
  }
}

/**
 * Each row divided by its length, in place; a row of zeros stays. Half precision leaves lengths of 1 off by up to 0.0005.
 * @param {Float32Array} rows `[count, width]`
 * @param {number} width
 */
export function toLengthOne(rows, width) {
  for (let from = 0; from < rows.length; from += width) {
    let sum = 0;
    for (let j = from; j < from + width; j++) sum += rows[j] * rows[j];
    const factor = sum > 0 ? 1 / Math.sqrt(sum) : 0;
    for (let j = from; j < from + width; j++) rows[j] *= factor;
  }
  return rows;
}

/**
 * Where values are largest and smallest, and their mean; place `without` is left out (the row itself). Without any other, all is null.
 * @param {ArrayLike<number>} values
 * @param {number} without
 * @returns {{most: number | null, least: number | null, mean: number | null}}
 */
export function othersOf(values, without) {
  let [most, least, sum, count] = [-1, -1, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (i === without) continue;
    if (most < 0 || values[i] > values[most]) most = i;
    if (least < 0 || values[i] < values[least]) least = i;
    sum += values[i];
    count += 1;
  }
  return count ? { most, least, mean: sum / count } : { most: null, least: null, mean: null };
}
