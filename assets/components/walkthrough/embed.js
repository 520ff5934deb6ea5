// Steps 3 to 5: the embedding as a vocabulary, [CLS], and positions.
import { colourTable } from "../kit/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, grouped } from "../kit/format.js";
import { tokenName } from "../kit/grid.js";
import { PatchKernel } from "../patch_embedding/kernel.js";
import { flatPatches } from "./math.js";
import { matrixView } from "./matrix.js";
import { cardOf, cosineOf, fillChoices, fillFacts, lengthOf, patchCrop, patchPicker, productCard, vectorRow } from "./parts.js";

export function vocabularyStep(ctx) {
  const picker = patchPicker(ctx, "Pick a patch");
  const matrix = matrixView(ctx, { wide: 2, onCell: (row, col) => ((dim = col), ctx.pick(ctx.header.prefix.length + row)) });
  const near = el("div", { class: "crops", role: "group", "aria-label": "Patches with the most similar embedding" });
  const facts = el("dl", { class: "facts" });
  const terms = productCard(ctx, "One number of the embedding", "");
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    picker.node,
    el(
      "div",
      { class: "stack" },
      matrix.node,
      el("p", { class: "small muted", text: "Patches with the most similar embedding, and the cosine:" }),
      near,
    ),
    el("div", { class: "stack" }, terms.node, cardOf("Why not a table?", facts).node),
  );
  let dim = 0;
  let [from, kernel, lines, different] = [null, null, null, 0];
  function draw(part) {
    const { header, arrays } = part;
    const [n, d] = [header.grid[0] * header.grid[1], header.dim];
    const values = header.patchSize ** 2 * header.chans;
    if (from !== arrays.embeddings) {
      from = arrays.embeddings;
      kernel = new PatchKernel(arrays, header);
      lines = flatPatches(part);
      different = new Set(Array.from({ length: n }, (_, i) => lines.subarray(i * values, (i + 1) * values).join())).size;
    }
    dim = Math.min(dim, d - 1);
    const patch = Math.max(0, ctx.token() - header.prefix.length);
    picker.draw(part);
    matrix.set({
      values: arrays.embeddings,
      rows: n,
      cols: d,
      row: patch,
      title: "Embeddings",
      rowName: (i) => `patch ${i + 1}`,
      colName: (i) => `number ${i + 1}`,
      key: "embeddings",
    });
    terms.show({
      title: `Number ${dim + 1} of patch ${patch + 1}`,
      a: lines.subarray(patch * values, (patch + 1) * values),
      b: kernel.weights(dim),
      aName: "the patch’s values",
      bName: `column ${dim + 1} of W`,
      bias: arrays.bias[dim],
      value: arrays.embeddings[patch * d + dim],
      key: `embeddings:${patch}:${dim}`,
    });
    const others = Array.from({ length: n }, (_, i) => [i, cosineOf(arrays.embeddings, d, patch, i)])
      .filter(([i]) => i !== patch)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 5);
    fillChoices(
      near,
      others.map(([i, cosine]) => ({
        id: String(i),
        title: `patch ${i + 1}: ${cosine}`,
        choose: () => ctx.pick(header.prefix.length + i),
        parts: [
          patchCrop(part, i, 44),
          el("span", { class: "small num", "data-key": `cosine:${patch}:${i}`, text: four(cosine), title: cosine }),
        ],
      })),
    );
    fillFacts(facts, [
      ["different patches here", `${different} of ${n}`],
      [
        "possible patches",
        el("span", {}, "256", el("sup", { text: values }), " ≈ 10", el("sup", { text: Math.floor(values * Math.log10(256)) })),
      ],
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
  const picker = patchPicker(ctx, "What is read");
  const start = vectorRow(ctx, "#cc79a7", at);
  const now = vectorRow(ctx, "#cc79a7", at);
  const matrix = matrixView(ctx, { wide: 2, onCell: (row, col) => (at(col), ctx.pick(row)) });
  const facts = el("dl", { class: "facts" });
  const card = cardOf("The [CLS] row", facts);
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    el("div", {}, picker.node, layer.node),
    el("div", { class: "stack" }, matrix.node, start.node, now.node),
    card.node,
  );
  let place = 0;
  let started = false;
  function at(i) {
    place = i;
    ctx.redraw();
  }
  function draw(part) {
    const { header, arrays } = part;
    const [d, first, depth] = [header.dim, header.prefix.length, header.depth];
    const n = header.grid[0] * header.grid[1];
    const total = first + n;
    const [mean, who] = [header.reader.several, header.reader.name];
    layer.input.max = depth;
    if (!started) ((started = true), (layer.input.value = depth));
    const l = Math.min(+layer.input.value, depth);
    layer.value.textContent = `${l}/${depth}`;
    place = Math.min(place, d - 1);
    const row = arrays.readerRows.subarray(l * d, (l + 1) * d);
    const looks = l > 0 ? arrays.looks.subarray((l - 1) * total, l * total) : null;
    const map = looks?.subarray(first);
    const high = map ? Math.max(...map) : 1;
    const readers = `${header.reader.who} ${mean ? "read" : "reads"}`;
    picker.draw(
      part,
      map
        ? { map, low: 0, high, caption: `What ${readers} in block ${l} (mean of ${mean ? "patches and heads" : "the heads"})` }
        : { caption: "Before the blocks, nothing has been read" },
    );
    const front = first ? `${header.prefix.join(", ")} + patches` : "Patches";
    matrix.set({
      values: arrays.tokens,
      rows: total,
      cols: d,
      row: ctx.token(),
      title: `${front}, with positions`,
      rowName: (i) => tokenName(header, i),
      colName: (i) => `number ${i + 1}`,
      key: "tokens",
    });
    start.draw(arrays.readerStart, {
      title: mean ? "the mean of the embeddings" : `${who} as learned, the same for every picture`,
      at: place,
      key: "readerStart",
    });
    now.draw(row, {
      title: l ? `${who} after block ${l}, for this picture` : `${who} with positions added`,
      at: place,
      key: `reader:${l}`,
    });
    const both = new Float32Array(2 * d);
    both.set(arrays.readerRows.subarray(0, d));
    both.set(row, d);
    card.heading.textContent = mean ? "The mean row" : `The ${who} row`;
    const rows = [
      ["rows now", `${first} + ${n} = ${total}`],
      ["length", lengthOf(arrays.readerRows, d, l), `norm:reader:${l}`],
      ["cosine with its start", cosineOf(both, d, 0, 1), `readerCosine:${l}`],
    ];
    if (!mean) rows.unshift(["its place", "0, in front"]);
    if (looks) {
      if (!mean) rows.push(["keeps for itself", looks[0], `looks:${l - 1}:0`]);
      rows.push(["largest share", high, `looksMax:${l - 1}`]);
      if (mean || ctx.token() > 0)
        rows.push([`from ${tokenName(header, ctx.token())}`, looks[ctx.token()], `looks:${l - 1}:${ctx.token()}`]);
    }
    fillFacts(facts, rows);
    const number = `Number ${place + 1} of ${who} is ${four(row[place])}.`;
    return l
      ? `In block ${l}, the largest share of what ${readers} is ${four(high)}${mean ? "" : `, and it keeps ${four(looks[0])} for itself`}. ${number}`
      : `Before the blocks, ${who} has read nothing. ${number}`;
  }
  return { node, draw };
}

export function positionsStep(ctx) {
  const picker = patchPicker(ctx, "Similarity of places");
  const rows = [vectorRow(ctx, "#56b4e9", at), vectorRow(ctx, "#e69f00", at), vectorRow(ctx, "accent", at), vectorRow(ctx, "accent", at)];
  const facts = el("dl", { class: "facts" });
  const sum = el("p", { class: "small sum" });
  const diverging = colourTable("diverging");
  const sign = (text) => el("div", { class: "plus", text });
  const last = [sign("normalised ="), rows[3].node];
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    picker.node,
    el("div", { class: "stack" }, rows[0].node, sign("+"), rows[1].node, sign("="), rows[2].node, ...last),
    el("div", { class: "stack" }, cardOf("The chosen token", facts).node, cardOf("One number", sum).node),
  );
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
    const { positions, tokens } = arrays;
    const shift = header.posPrefix; // rows of the table in front of the patches'
    const id = patch >= 0 ? patch + shift : token < shift ? token : null;
    place = Math.min(place, d - 1);
    const name = tokenName(header, token);
    const content =
      patch >= 0 ? arrays.embeddings.subarray(patch * d, (patch + 1) * d) : arrays.prefixRows.subarray(token * d, (token + 1) * d);
    const where = id === null ? new Float32Array(d) : positions.subarray(id * d, (id + 1) * d);
    const whole = header.preNorm ? content.map((v, i) => v + where[i]) : tokens.subarray(token * d, (token + 1) * d);
    let limit = 0;
    for (const row of [content, where, whole]) for (const v of row) limit = Math.max(limit, Math.abs(v));
    const map = new Float32Array(n);
    if (id !== null) for (let i = 0; i < n; i++) map[i] = cosineOf(positions, d, id, i + shift);
    picker.draw(
      part,
      id === null
        ? { caption: `${name} has no place` }
        : { map, low: -1, high: 1, table: diverging, shade: 0.8, caption: `Cosine of the place of ${name} with all others` },
    );
    const contentKey = patch >= 0 ? `embeddings:${patch}` : `prefix:${token}`;
    rows[0].draw(content, {
      title: patch >= 0 ? "what: the patch’s embedding" : `what: the learned ${name} row`,
      at: place,
      key: contentKey,
      limit,
    });
    rows[1].draw(where, {
      title: id === null ? "where: this row has no place" : `where: the learned row of position ${id}`,
      at: place,
      key: id === null ? null : `positions:${id}`,
      limit,
    });
    rows[2].draw(whole, {
      title: header.preNorm ? "the sum of both" : "the token that enters block 1",
      at: place,
      key: header.preNorm ? null : `tokens:${token}`,
      limit,
    });
    for (const part of last) part.hidden = !header.preNorm;
    if (header.preNorm)
      rows[3].draw(tokens.subarray(token * d, (token + 1) * d), {
        title: "the token that enters block 1",
        at: place,
        key: `tokens:${token}`,
      });
    const lines = [
      ["token", `${name} · #${token}`],
      ["position", id === null ? "none" : String(id)],
      ["length of what", lengthOf(content, d, 0), `norm:${contentKey}`],
    ];
    if (id !== null) lines.push(["length of where", lengthOf(where, d, 0), `norm:positions:${id}`]);
    lines.push(["length of the sum", lengthOf(whole, d, 0), header.preNorm ? null : `norm:tokens:${token}`]);
    let said = "It has no place.";
    if (id !== null) {
      let nearest = -1;
      for (let i = 0; i < n; i++) if (i + shift !== id && (nearest < 0 || map[i] > map[nearest])) nearest = i;
      lines.push(
        ["most similar place", tokenName(header, nearest + first)],
        ["their cosine", map[nearest], `positionCosine:${id}:${nearest + shift}`],
      );
      said = `Its place is most similar to ${tokenName(header, nearest + first)}.`;
    }
    fillFacts(facts, lines);
    sum.textContent = `Number ${place + 1}: ${four(content[place])} + ${four(where[place])} = ${four(content[place] + where[place])}${header.preNorm ? `; normalised, ${four(tokens[token * d + place])}` : `; the model holds ${four(whole[place])}`}.`;
    return `${name}${id === null ? "" : `, position ${id}`}. ${said} ${sum.textContent}`;
  }
  return { node, draw };
}
