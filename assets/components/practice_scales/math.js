// Answers at several sizes: their mean, and the first that is sure enough. As `vit_core.study.efficiency.scales`.

/**
 * Probabilities of every answer: `softmax(logits / temperature)`, one row for each size and picture.
 * @param {ArrayLike<number>} logits sizes × pictures × classes
 * @param {[number, number, number]} shape
 * @param {number} temperature
 * @returns {Float64Array[][]} by size, then by picture
 */
export function answersOf(logits, [sizes, pictures, classes], temperature) {
  const row = (start) => {
    let top = -Infinity;
    for (let i = 0; i < classes; i++) top = Math.max(top, logits[start + i]);
    const out = new Float64Array(classes);
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += out[i] = Math.exp((logits[start + i] - top) / temperature);
    return out.map((e) => e / sum);
  };
  return Array.from({ length: sizes }, (_, s) => Array.from({ length: pictures }, (_, m) => row((s * pictures + m) * classes)));
}

/** The mean of some answers to one picture. */
export function meanOf(answers) {
  const out = new Float64Array(answers[0].length);
  for (const answer of answers) for (let i = 0; i < out.length; i++) out[i] += answer[i] / answers.length;
  return out;
}

/** The number of the largest value. */
export const bestOf = (values) => values.reduce((best, value, i) => (value > values[best] ? i : best), 0);

/** The numbers of the sizes whose answers count: those of a mask's bits that are here, or all. */
export function countedOf(mask, sizes) {
  const all = Array.from({ length: sizes }, (_, i) => i);
  const found = all.filter((i) => (mask >> i) & 1);
  return found.length ? found : all;
}

/** The first size whose largest probability reaches the threshold, else the last. */
export function sureOf(tops, threshold) {
  const found = tops.findIndex((top) => top >= threshold);
  return found < 0 ? tops.length - 1 : found;
}

/** What a picture costs whose answer at size number `tried` is kept: every smaller one was run too. */
export const spentOf = (costs, tried) => costs.slice(0, tried + 1).reduce((a, b) => a + b, 0);
