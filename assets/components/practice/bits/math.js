// The rounding of a matrix: one scale a row (an output), symmetric steps of it, as `vit_core.study.efficiency.quantization` does.

/** The largest step at the view's bits. */
export const topOf = ({ setting }) => 2 ** (setting.bits - 1) - 1;

/** The weights of output `r`. */
export const rowOf = ({ data, shape }, r) => data.arrays.weight.subarray(r * shape[1], (r + 1) * shape[1]);

/** How far apart the values are to which the weights of output `r` are rounded. */
export const scaleOf = (view, r) => scalesOf(view)[r];

/** The scales of all rows, kept until the matrix or the bits change. */
function scalesOf(view) {
  const key = `${view.data.header.id} ${view.setting.bits}`;
  if (view.scales.key !== key) {
    const scale = (_, r) => Math.fround(rowOf(view, r).reduce((most, w) => Math.max(most, Math.abs(w)), 0) / topOf(view)) || 1;
    view.scales = { key, values: Float32Array.from({ length: view.shape[0] }, scale) };
  }
  return view.scales.values;
}

/** The steps of `scale` to which a weight is rounded, halves to even, as PyTorch does. */
export function stepsOf(weight, scale) {
  const ratio = Math.fround(weight / scale);
  const low = Math.floor(ratio);
  if (ratio - low !== 0.5) return Math.round(ratio);
  return low % 2 ? low + 1 : low;
}
