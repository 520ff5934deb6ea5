// How alike vectors are: their lengths made 1, so that dot products are cosines, and what the likest of them is.

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
