// A teacher's answer and a student's at a temperature: as `vit_core.study.distillation`.

/**
 * `softmax(logits / temperature)`.
 * @param {ArrayLike<number>} logits
 * @param {number} temperature
 */
export function softened(logits, temperature) {
  let top = -Infinity;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i]);
  const out = Float64Array.from(logits, (y) => Math.exp((y - top) / temperature));
  const sum = out.reduce((a, b) => a + b, 0);
  return out.map((e) => e / sum);
}

/** Kullback–Leibler divergence of the answer `other` from `answer`, in nats. */
export function divergenceOf(answer, other) {
  let sum = 0;
  for (let i = 0; i < answer.length; i++) if (answer[i] > 0) sum += answer[i] * Math.log(answer[i] / Math.max(other[i], 1e-300));
  return sum;
}

/** The numbers of the `count` largest values, largest first. */
export function largestOf(values, count) {
  return Array.from(values.keys())
    .sort((a, b) => values[b] - values[a])
    .slice(0, count);
}
