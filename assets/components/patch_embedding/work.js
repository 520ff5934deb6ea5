// What is computed for the chosen patch and output: the dot product, and the cosine of its row with every other.
import { tokenName } from "../kit/grid.js";
import { flattened } from "../patch_grid/cut.js";
import { tokenOf } from "./chosen.js";
import { normalised } from "./kernel.js";
import { cosines } from "./panels.js";

export function checkAgainstModel(view) {
  if (view.work?.levels)
    view.root.api.setTriggerValue("check", {
      patch: tokenOf(view) - view.data.header.prefix.length,
      dim: view.work.dim,
      sum: view.work.sum + view.work.bias,
    });
}

export function dotProduct(view) {
  const { header, arrays, kernel } = view.data;
  const t = tokenOf(view);
  const patch = t - header.prefix.length;
  const d = Math.min(view.dim, header.dim - 1);
  const label = tokenName(header, t);
  if (view.work?.key === `${header.id}/${t}/${d}`) return;
  view.work = { key: `${header.id}/${t}/${d}`, name: label, patch: header.patchSize, chans: header.chans, dim: d, levels: null };
  if (patch < 0) return;
  const [r, c] = [Math.floor(patch / header.grid[1]), patch % header.grid[1]];
  const levels = flattened(arrays.pixels, header.imageSize[1], 3, r, c, header.patchSize, header.chans);
  const x = normalised(levels, header.mean, header.std);
  const weights =
    view.data.weights?.dim === d ? view.data.weights.values : (view.data.weights = { dim: d, values: kernel.weights(d) }).values;
  const products = x.map((value, i) => value * weights[i]);
  Object.assign(view.work, {
    levels,
    x,
    weights,
    products,
    sum: products.reduce((a, b) => a + b, 0),
    bias: arrays.bias[d],
    model: arrays.embeddings[patch * header.dim + d],
  });
}

export function compareRows(view, patch) {
  if (view.found?.key === `${view.data.header.id}/${patch}` || patch < 0) return;
  const {
    header: { dim: wide },
    arrays,
    norms,
  } = view.data;
  const count = norms.before.length;
  view.found = {
    key: `${view.data.header.id}/${patch}`,
    before: cosines(arrays.embeddings, norms.before, wide, patch, new Float64Array(count)),
    after: cosines(arrays.tokens, norms.after, wide, patch, new Float64Array(count)),
  };
}
