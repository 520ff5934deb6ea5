// What is told of many values in one.

/** The median: of an even count the mean of the two in the middle. */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * The magnitude that comes at place `n` (from 0) of the magnitudes in order, without ordering them: a float's bits without the sign grow
 * with it, so two counts find it, of their upper halves and, within one of these, of their lower.
 */
export function magnitudeAt(/** @type {Float32Array} */ values, n) {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const [uppers, lowers] = [new Uint32Array(0x8000), new Uint32Array(0x10000)];
  for (let i = 0; i < bits.length; i++) uppers[(bits[i] & 0x7fffffff) >>> 16] += 1;
  let [upper, lower, left] = [0, 0, n];
  while (left >= uppers[upper]) left -= uppers[upper++];
  for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7fffffff) >>> 16 === upper) lowers[bits[i] & 0xffff] += 1;
  while (left >= lowers[lower]) left -= lowers[lower++];
  return new Float32Array(Uint32Array.of((upper << 16) | lower).buffer)[0];
}
