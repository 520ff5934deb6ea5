// Step 3: the embedding as a vocabulary that is learned, not looked up.
import { el } from "../../kit/dom.js";
import { four, grouped } from "../../kit/numbers/format.js";
import { PatchKernel } from "../../patch_embedding/kernel.js";
import { flatPatches } from "../math.js";
import { matrixView } from "../matrix.js";
import { cardOf, cosineOf, fillChoices, fillFacts, lengthOf, patchCrop, productCard } from "../parts.js";
import { patchPicker } from "../picker.js";

export function vocabularyStep(ctx) {
  /** @type {any} All elements and the selection of this step; `from` are the embeddings that the rest was made of. */
  const view = { ctx, dim: 0, from: null, kernel: null, lines: null, different: 0 };
  const picker = patchPicker(ctx, "Pick a patch");
  Object.assign(view, {
    picker,
    matrix: matrixView(ctx, { wide: 2, onCell: (row, col) => ((view.dim = col), ctx.pick(ctx.header.prefix.length + row)), picker }),
    near: el("div", { class: "crops", role: "group", "aria-label": "Patches with the most similar embedding" }),
    facts: el("dl", { class: "facts" }),
    terms: productCard(ctx, "One number of the embedding", ""),
  });
  return { node: layOut(view), draw: (part) => draw(view, part) };
}

function layOut({ picker, matrix, near, terms, facts }) {
  const said = el("p", { class: "small muted", text: "Patches with the most similar embedding, and the cosine:" });
  return el(
    "div",
    { class: "cols two-and-rail" },
    picker.node,
    el("div", { class: "stack" }, matrix.node, said, near),
    el("div", { class: "stack" }, terms.node, cardOf("Why not a table?", facts).node),
  );
}

/** Numbers of a patch, and what is computed once for a picture. */
function keep(view, part, n, values) {
  const { header, arrays } = part;
  if (view.from === arrays.embeddings) return;
  view.from = arrays.embeddings;
  view.kernel = new PatchKernel(arrays, header);
  view.lines = flatPatches(part);
  view.different = new Set(Array.from({ length: n }, (_, i) => view.lines.subarray(i * values, (i + 1) * values).join())).size;
}

function draw(view, part) {
  const { header, arrays } = part;
  const [n, d] = [header.grid[0] * header.grid[1], header.dim];
  const values = header.patchSize ** 2 * header.chans;
  keep(view, part, n, values);
  const dim = (view.dim = Math.min(view.dim, d - 1));
  const patch = Math.max(0, view.ctx.token() - header.prefix.length);
  view.picker.draw(part);
  drawNumbers(view, part, { n, d, values, dim, patch });
  drawNear(view, part, { n, d, patch });
  fillFacts(view.facts, [
    ["different patches here", `${view.different} of ${n}`],
    ["possible patches", possible(values)],
    ["learned numbers", learnedText(header)],
    ["its length", lengthOf(arrays.embeddings, d, patch), `norm:embeddings:${patch}`],
  ]);
  const number = four(arrays.embeddings[patch * d + dim]);
  return `Patch ${patch + 1}: number ${dim + 1} of its embedding is ${number}, a sum of ${values} products.`;
}

/** How many numbers were learned: those of the kernel as it is stored, which may be another size than the matrix here. */
function learnedText({ side, chans, dim, patchSize }) {
  const count = grouped(side * side * chans * dim + dim);
  return side === patchSize ? count : `${count}, at ${side} × ${side}`;
}

/** 256 to the power of the values of a patch, and as a power of ten. */
function possible(values) {
  return el("span", {}, "256", el("sup", { text: values }), " ≈ 10", el("sup", { text: Math.floor(values * Math.log10(256)) }));
}

function drawNumbers(view, { arrays }, { n, d, values, dim, patch }) {
  view.matrix.set({
    values: arrays.embeddings,
    rows: n,
    cols: d,
    tokens: view.ctx.header.prefix.length,
    row: patch,
    title: "Embeddings",
    rowName: (i) => `patch ${i + 1}`,
    colName: (i) => `number ${i + 1}`,
    key: "embeddings",
  });
  view.terms.show({
    title: `Number ${dim + 1} of patch ${patch + 1}`,
    a: view.lines.subarray(patch * values, (patch + 1) * values),
    b: view.kernel.weights(dim),
    aName: "the patch’s values",
    bName: `column ${dim + 1} of W`,
    bias: arrays.bias[dim],
    value: arrays.embeddings[patch * d + dim],
    key: `embeddings:${patch}:${dim}`,
  });
}

function drawNear(view, part, { n, d, patch }) {
  const { header, arrays } = part;
  const others = Array.from({ length: n }, (_, i) => [i, cosineOf(arrays.embeddings, d, patch, i)])
    .filter(([i]) => i !== patch)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 5);
  fillChoices(
    view.near,
    others.map(([i, cosine]) => ({
      id: String(i),
      title: `patch ${i + 1}: ${cosine}`,
      choose: () => view.ctx.pick(header.prefix.length + i),
      parts: [
        patchCrop(part, i, 44),
        el("span", { class: "small num", "data-key": `cosine:${patch}:${i}`, text: four(cosine), title: cosine }),
      ],
    })),
  );
}
