// Steps 3 to 5: the embedding as a vocabulary, [CLS], and positions.
import { colourTable, el, four, tokenName } from "./shared.js";
import { PatchKernel } from "./patch_embedding-kernel.js";
import { grouped, rangeOf } from "./parts.js";
import { cardOf, cosineOf, fillFacts, lengthOf, matrixView, patchCrop, patchPicker, productCard, vectorRow } from "./walkthrough-parts.js";
import { flatPatches } from "./walkthrough-start.js";

export function vocabularyStep(ctx) {
  const picker = patchPicker(ctx, "Pick a patch");
  const matrix = matrixView(ctx, { wide: 2, onCell: (row, col) => ((dim = col), ctx.pick(ctx.header.prefix.length + row)) });
  const near = el("div", { class: "crops" });
  const facts = el("dl", { class: "facts" });
  const terms = productCard(ctx, "One number of the embedding", "");
  const node = el("div", { class: "cols two-and-rail" }, picker.node, el("div", { class: "stack" }, matrix.node, el("p", { class: "small muted", text: "Patches with the most similar embedding, and the cosine:" }), near),
    el("div", { class: "stack" }, terms.node, cardOf("Words and patches", facts).node));
  let dim = 0;
  let [from, kernel, lines] = [null, null, null];
  function draw(part) {
    const { header, arrays } = part;
    const [n, d] = [header.grid[0] * header.grid[1], header.dim];
    const values = header.patchSize ** 2 * header.chans;
    if (from !== arrays.embeddings) {
      from = arrays.embeddings;
      kernel = new PatchKernel(arrays, header);
      lines = flatPatches(part);
    }
    dim = Math.min(dim, d - 1);
    const patch = Math.max(0, ctx.token() - header.prefix.length);
    picker.draw(part);
    matrix.set({ values: arrays.embeddings, rows: n, cols: d, row: patch, title: "Embeddings", rowName: (i) => `patch ${i + 1}`, colName: (i) => `number ${i + 1}`, key: "embeddings" });
    terms.show({ title: `Number ${dim + 1} of patch ${patch + 1}`, a: lines.subarray(patch * values, (patch + 1) * values), b: kernel.weights(dim), aName: "the patch’s values", bName: `column ${dim + 1} of W`, bias: arrays.bias[dim], value: arrays.embeddings[patch * d + dim], key: `embeddings:${patch}:${dim}` });
    const others = Array.from({ length: n }, (_, i) => [i, cosineOf(arrays.embeddings, d, patch, i)]).filter(([i]) => i !== patch).sort((a, b) => b[1] - a[1]).slice(0, 5);
    near.replaceChildren(...others.map(([i, cosine]) => el("button", { type: "button", title: `patch ${i + 1}: ${cosine}`, onclick: () => ctx.pick(header.prefix.length + i) }, patchCrop(part, i, 44), el("span", { class: "small num", "data-key": `cosine:${patch}:${i}`, text: four(cosine), title: cosine }))));
    fillFacts(facts, [
      ["words of a text", "some 50 000"],
      ["possible patches", `256^${values} ≈ 10^${Math.floor(values * Math.log10(256))}`],
      ["learned numbers", grouped(values * d + d)],
      ["its length", lengthOf(arrays.embeddings, d, patch), `norm:embeddings:${patch}`],
    ]);
    return `Patch ${patch + 1}: number ${dim + 1} of its embedding is ${four(arrays.embeddings[patch * d + dim])}, a sum of ${values} products.`;
  }
  return { node, draw };
}

export function clsStep(ctx) {
  const layer = rangeOf("Blocks passed", { min: 0, value: 0 });
  layer.input.addEventListener("input", ctx.redraw);
  const picker = patchPicker(ctx, "What [CLS] reads");
  const start = vectorRow(ctx, "#cc79a7", at);
  const now = vectorRow(ctx, "#cc79a7", at);
  const matrix = matrixView(ctx, { wide: 2, onCell: (row, col) => (at(col), ctx.pick(row)) });
  const facts = el("dl", { class: "facts" });
  const node = el("div", { class: "cols two-and-rail" }, el("div", {}, picker.node, layer.node), el("div", { class: "stack" }, matrix.node, start.node, now.node), cardOf("The [CLS] row", facts).node);
  let place = 0;
  let started = false;
  function at(i) {
    place = i;
    ctx.redraw();
  }
  function draw(part) {
    const { header, arrays } = part;
    const [d, total, depth] = [header.dim, header.prefix.length + header.grid[0] * header.grid[1], header.depth];
    layer.input.max = depth;
    if (!started) (started = true), (layer.input.value = depth);
    const l = Math.min(+layer.input.value, depth);
    layer.value.textContent = `${l}/${depth}`;
    place = Math.min(place, d - 1);
    const row = arrays.clsRows.subarray(l * d, (l + 1) * d);
    const looks = l > 0 ? arrays.looks.subarray((l - 1) * total, l * total) : null;
    const map = looks?.subarray(header.prefix.length);
    const high = map ? Math.max(...map) : 1;
    picker.draw(part, map ? { map, low: 0, high, caption: `What [CLS] reads in block ${l} (mean of the heads)` } : { caption: "Before the blocks, [CLS] has read nothing" });
    matrix.set({ values: arrays.tokens, rows: total, cols: d, row: ctx.token(), title: `${header.prefix.join(", ")} + patches, with positions`, rowName: (i) => tokenName(header, i), colName: (i) => `number ${i + 1}`, key: "tokens" });
    start.draw(arrays.clsStart, { title: "[CLS] as learned, the same for every picture", at: place, key: "cls" });
    now.draw(row, { title: l ? `[CLS] after block ${l}, for this picture` : "[CLS] with its position added", at: place, key: `stream:${l}:0` });
    const both = new Float32Array(2 * d);
    both.set(arrays.clsRows.subarray(0, d));
    both.set(row, d);
    const rows = [
      ["its place", "0, in front"],
      ["rows now", `1 + ${total - 1} = ${total}`],
      ["length", lengthOf(arrays.clsRows, d, l), `norm:stream:${l}:0`],
      ["cosine with its start", cosineOf(both, d, 0, 1), `clsCosine:${l}`],
    ];
    if (looks) {
      rows.push(["keeps for itself", looks[0], `looks:${l - 1}:0`], ["largest share", high, `looksMax:${l - 1}`]);
      if (ctx.token() > 0) rows.push([`reads from ${tokenName(header, ctx.token())}`, looks[ctx.token()], `looks:${l - 1}:${ctx.token()}`]);
    }
    fillFacts(facts, rows);
    return l ? `In block ${l}, [CLS] keeps ${four(looks[0])} of its attention for itself; the largest share of a patch is ${four(high)}.` : "Before the blocks, [CLS] is the same for every picture.";
  }
  return { node, draw };
}

export function positionsStep(ctx) {
  const picker = patchPicker(ctx, "Similarity of places");
  const rows = [vectorRow(ctx, "#56b4e9", at), vectorRow(ctx, "#e69f00", at), vectorRow(ctx, "accent", at)];
  const facts = el("dl", { class: "facts" });
  const sum = el("p", { class: "small sum" });
  const diverging = colourTable("diverging");
  const node = el("div", { class: "cols two-and-rail" }, picker.node, el("div", { class: "stack" }, rows[0].node, el("div", { class: "plus", text: "+" }), rows[1].node, el("div", { class: "plus", text: "=" }), rows[2].node), el("div", { class: "stack" }, cardOf("The chosen token", facts).node, cardOf("One number", sum).node));
  let place = 0;
  function at(i) {
    place = i;
    ctx.redraw();
  }
  function draw(part) {
    const { header, arrays } = part;
    const [d, first] = [header.dim, header.prefix.length];
    const token = ctx.token();
    const patch = token - first;
    const n = header.grid[0] * header.grid[1];
    const positions = arrays.positions;
    const shift = positions.length / d - n; // rows of the table in front of the patches'
    const id = patch >= 0 ? patch + shift : Math.min(token, Math.max(0, shift - 1));
    place = Math.min(place, d - 1);
    const content = patch >= 0 ? arrays.embeddings.subarray(patch * d, (patch + 1) * d) : arrays.clsStart;
    const where = positions.subarray(id * d, (id + 1) * d);
    const whole = arrays.tokens.subarray(token * d, (token + 1) * d);
    let limit = 0;
    for (const row of [content, where, whole]) for (const v of row) limit = Math.max(limit, Math.abs(v));
    const map = new Float32Array(n);
    for (let i = 0; i < n; i++) map[i] = cosineOf(positions, d, id, i + shift);
    picker.draw(part, { map, low: -1, high: 1, table: diverging, shade: 0.8, caption: `Cosine of the place of ${tokenName(header, token)} with all others` });
    const contentKey = patch >= 0 ? `embeddings:${patch}` : "cls";
    rows[0].draw(content, { title: patch >= 0 ? "what: the patch’s embedding" : "what: the learned [CLS] row", at: place, key: contentKey, limit });
    rows[1].draw(where, { title: `where: the learned vector of position ${id}`, at: place, key: `positions:${id}`, limit });
    rows[2].draw(whole, { title: "the token that enters block 1", at: place, key: `tokens:${token}`, limit });
    let nearest = -1;
    for (let i = 0; i < n; i++) if (i + shift !== id && (nearest < 0 || map[i] > map[nearest])) nearest = i;
    fillFacts(facts, [
      ["token", `${tokenName(header, token)} · #${token}`],
      ["position", String(id)],
      ["length of what", lengthOf(content, d, 0), `norm:${contentKey}`],
      ["length of where", lengthOf(where, d, 0), `norm:positions:${id}`],
      ["length of the token", lengthOf(whole, d, 0), `norm:tokens:${token}`],
      ["most similar place", tokenName(header, nearest + first)],
      ["their cosine", map[nearest], `positionCosine:${id}:${nearest + shift}`],
    ]);
    sum.textContent = `Number ${place + 1}: ${four(content[place])} + ${four(where[place])} = ${four(content[place] + where[place])}; the model holds ${four(whole[place])}.`;
    return `${tokenName(header, token)}, position ${id}. Its place is most similar to ${tokenName(header, nearest + first)}.`;
  }
  return { node, draw };
}
