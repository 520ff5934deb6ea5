// Step 6: one head of one layer, matrix by matrix, and the shape mistake that makes heads attend to heads.
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { tokenName } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { selected } from "../kit/view.js";
import { matrixView } from "./matrix.js";
import { fillFacts, patchPicker, productCard } from "./parts.js";

/** The numbers of one head: q, k, v `[T, head_dim]`, scores before and after scaling, weights, and what the weighted values give. */
export function oneHead(part, head) {
  const { header, arrays } = part;
  const size = header.dim / header.heads;
  const total = arrays.q.length / header.dim;
  const cut = (rows) => {
    const out = new Float32Array(total * size);
    for (let t = 0; t < total; t++) out.set(rows.subarray(t * header.dim + head * size, t * header.dim + (head + 1) * size), t * size);
    return out;
  };
  const [q, k, v] = [cut(arrays.q), cut(arrays.k), cut(arrays.v)];
  const [dots, scaled, weights] = [new Float32Array(total * total), new Float32Array(total * total), new Float32Array(total * total)];
  const factor = 1 / Math.sqrt(size);
  for (let i = 0; i < total; i++) {
    let top = -Infinity;
    for (let j = 0; j < total; j++) {
      let dot = 0;
      for (let d = 0; d < size; d++) dot += q[i * size + d] * k[j * size + d];
      dots[i * total + j] = dot;
      scaled[i * total + j] = dot * factor;
      top = Math.max(top, dot * factor);
    }
    let sum = 0;
    for (let j = 0; j < total; j++) sum += weights[i * total + j] = Math.exp(scaled[i * total + j] - top);
    for (let j = 0; j < total; j++) weights[i * total + j] /= sum;
  }
  return { q, k, v, dots, scaled, weights, out: cut(arrays.headOut), size, total };
}

/** What `Q @ K.transpose(-1, -2)` gives for one token where heads and tokens were not swapped: `[heads, heads]`. */
export function headsMeetHeads(part, token) {
  const { header, arrays } = part;
  const [heads, size] = [header.heads, header.dim / header.heads];
  const out = new Float32Array(heads * heads);
  const at = token * header.dim;
  for (let a = 0; a < heads; a++)
    for (let b = 0; b < heads; b++)
      for (let d = 0; d < size; d++) out[a * heads + b] += arrays.q[at + a * size + d] * arrays.k[at + b * size + d];
  return out;
}

export function attentionStep(ctx) {
  const picker = patchPicker(ctx, "Pick the query");
  const layer = rangeOf("Layer", { min: 1 });
  const head = rangeOf("Head", { min: 1 });
  const facts = el("dl", { class: "facts" });
  const terms = productCard(ctx, "A cell laid open", "");
  const names = ["x", "norm", "q", "k", "v", "dots", "scaled", "weights", "mixed", "concat", "update", "sum"];
  const views = Object.fromEntries(
    names.map((name) => [
      name,
      matrixView(ctx, { onCell: (row, col) => ((byHand = true), openCell(name, row, col), tab("cell"), ctx.redraw()) }),
    ]),
  );
  for (const name of ["q", "k", "v"]) views[name].node.classList.add(`is-${name}`);
  const pit = matrixView(ctx);
  const pitText = el("p", { class: "small" });
  const stops = [
    ["the stream", ["x"]],
    ["LayerNorm →", ["norm"]],
    ["× W + b →", ["q", "k", "v"]],
    ["q · k →", ["dots"]],
    ["÷ √d →", ["scaled"]],
    ["softmax →", ["weights"]],
    ["× v →", ["mixed"]],
    ["side by side →", ["concat"]],
    ["× W + b →", ["update"]],
    ["+ x →", ["sum"]],
  ];
  const pipeline = el(
    "div",
    { class: "pipeline", role: "group", "aria-label": "One head from left to right" },
    ...stops.map(([arrow, inside]) =>
      el("div", { class: "stop" }, el("span", { class: "arrow small muted", text: arrow }), ...inside.map((name) => views[name].node)),
    ),
  );
  const panels = {
    cell: terms.node,
    pit: el(
      "section",
      { class: "card pitfall" },
      pit.node,
      el("div", {}, el("h3", { text: "A common mistake in pseudocode: heads that attend to heads" }), pitText),
    ),
  };
  const tabs = choiceOf("What is laid open", { cell: "A cell laid open", pit: "A common mistake" }, (name) => (tab(name), ctx.redraw()));
  const node = el(
    "div",
    { class: "cols lean" },
    el("div", { class: "stack tight" }, picker.node, el("div", { class: "pair" }, layer.node, head.node), facts),
    el("div", { class: "stack" }, pipeline, el("div", { class: "tabbed" }, tabs.node, ...Object.values(panels))),
  );
  let [opened, told, byHand] = ["cell", "", false];
  function tab(name) {
    opened = name;
    tabs.show(name);
    for (const [key, panel] of Object.entries(panels)) panel.hidden = key !== name;
  }
  tab("cell");
  let [from, number, found, sums, last] = [null, -1, null, null, null];

  layer.input.addEventListener("input", () => (layer.value.textContent = `${layer.input.value}/${ctx.header.depth}`));
  layer.input.addEventListener("change", () => store.commit({ layer: +layer.input.value - 1 }));
  head.input.addEventListener("input", () => store.preview({ head: +head.input.value - 1 }));
  head.input.addEventListener("change", () => store.commit({ head: +head.input.value - 1 }));

  const column = (rows, cols, c) => Float32Array.from({ length: rows.length / cols }, (_, r) => rows[r * cols + c]);

  function openCell(name, row, col) {
    last = [name, row, col];
    const { header, arrays } = ctx.part;
    const { dim } = header;
    const { q, k, v, dots, scaled, weights, size, total } = found;
    const at = (rows, n, r) => rows.subarray(r * n, (r + 1) * n);
    const [rowName, l] = [tokenName(header, row), header.layer];
    const h = number;
    if (["q", "k", "v"].includes(name)) {
      const out = { q: 0, k: 1, v: 2 }[name] * dim + h * size + col;
      told = terms.show({
        title: `${name} of ${rowName}, number ${col + 1}`,
        a: at(arrays.norm, dim, row),
        b: at(arrays.wQkv, dim, out),
        aName: "the normalised token",
        bName: `a column of W for ${name}`,
        bias: arrays.bQkv[out],
        value: found[name][row * size + col],
        key: `${name}:${l}:${h}:${row}:${col}`,
      });
    } else if (name === "dots" || name === "scaled" || name === "weights") {
      const after = { dots: null, scaled: { text: `÷ √${size}`, apply: (s) => s / Math.sqrt(size) } }[name];
      if (name !== "weights")
        told = terms.show({
          title: `${rowName} asks, ${tokenName(header, col)} answers`,
          a: at(q, size, row),
          b: at(k, size, col),
          aName: `q of ${rowName}`,
          bName: `k of ${tokenName(header, col)}`,
          value: (name === "dots" ? dots : scaled)[row * total + col],
          key: `${name}:${l}:${h}:${row}:${col}`,
          after,
        });
      else {
        const exps = at(scaled, total, row).reduce((s, x) => s + Math.exp(x), 0);
        told = terms.show({
          title: `Share of ${tokenName(header, col)} for ${rowName}`,
          a: at(q, size, row),
          b: at(k, size, col),
          aName: `q of ${rowName}`,
          bName: `k of ${tokenName(header, col)}`,
          value: weights[row * total + col],
          key: `weights:${l}:${h}:${row}:${col}`,
          after: { text: `÷ √${size}, exp, ÷ ${four(exps)} (the row’s sum)`, apply: (s) => Math.exp(s / Math.sqrt(size)) / exps },
        });
      }
    } else if (name === "mixed")
      told = terms.show({
        title: `The mix of head ${h + 1} for ${rowName}, number ${col + 1}`,
        a: at(weights, total, row),
        b: column(v, size, col),
        aName: "the shares",
        bName: `number ${col + 1} of every v`,
        value: found.out[row * size + col],
        key: `headOut:${l}:${h}:${row}:${col}`,
      });
    else if (name === "concat") {
      ctx.openHead(Math.floor(col / size));
      openCell("mixed", row, col % size);
    } else if (name === "update" || name === "sum") {
      const plus = name === "sum" ? arrays.resid[row * dim + col] : 0;
      const gamma = arrays.scale[col];
      const words = [gamma === 1 ? "" : `× γ ${four(gamma)}`, name === "sum" ? `+ x ${four(plus)}` : ""].filter(Boolean).join(" ");
      told = terms.show({
        title: `${name === "sum" ? "What leaves" : "What is added"}: ${rowName}, number ${col + 1}`,
        a: at(arrays.headOut, dim, row),
        b: at(arrays.wOut, dim, col),
        aName: "all heads side by side",
        bName: "a column of W for the output",
        bias: arrays.bOut[col],
        value: (name === "sum" ? sums : arrays.update)[row * dim + col],
        key: `${name === "sum" ? "residMid" : "attnUpdate"}:${l}:${row}:${col}`,
        after: words ? { text: words, apply: (s) => gamma * s + plus } : null,
      });
    } else {
      const x = at(arrays.resid, dim, row);
      const mean = x.reduce((a, b) => a + b, 0) / dim;
      const spread = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / dim + header.eps);
      told = terms.show({
        title: name === "x" ? `x of ${rowName}, number ${col + 1}` : `Normalised ${rowName}, number ${col + 1}`,
        a: [name === "x" ? x[col] : (x[col] - mean) / spread],
        b: [name === "x" ? 1 : arrays.gamma[col]],
        aName: name === "x" ? "the value itself" : `(x − ${four(mean)}) ÷ ${four(spread)}`,
        bName: name === "x" ? "one" : "the learned factor γ",
        bias: name === "x" ? 0 : arrays.beta[col],
        value: name === "x" ? x[col] : arrays.norm[row * dim + col],
        key: `${name === "x" ? "resid" : "norm1"}:${l}:${row}:${col}`,
      });
    }
  }

  function draw(part) {
    const { header, arrays } = part;
    const h = selected(header).head;
    if (from !== arrays.q || number !== h) {
      found = oneHead(part, h);
      if (from !== arrays.q) sums = arrays.resid.map((v, i) => v + arrays.update[i]);
      [from, number] = [arrays.q, h];
      if (last) openCell(...last);
    }
    const token = ctx.token();
    const { total, size, weights } = found;
    [layer.input.max, head.input.max] = [header.depth, header.heads];
    if (ctx.root.getRootNode().activeElement !== layer.input)
      ((layer.input.value = header.layer + 1), (layer.value.textContent = `${header.layer + 1}/${header.depth}`));
    head.input.value = h + 1;
    head.value.textContent = `${h + 1}/${header.heads}`;
    const row = weights.subarray(token * total, (token + 1) * total);
    const map = row.subarray(header.prefix.length);
    const high = Math.max(...map);
    picker.draw(part, { map, low: 0, high, caption: `What ${tokenName(header, token)} reads` });
    const best = row.reduce((b, w, i) => (w > row[b] ? i : b), 0);
    if (!byHand) openCell("weights", token, best);
    const [l, key] = [header.layer, `${header.layer}:${h}:${token}`];
    fillFacts(facts, [
      ["query", tokenName(header, token)],
      ["reads most", tokenName(header, best)],
      ["score", found.dots[token * total + best], `dots:${key}:${best}`],
      ["after ÷ √" + size, found.scaled[token * total + best], `scaled:${key}:${best}`],
      ["weight", row[best], `weights:${key}:${best}`],
      ...header.prefix.slice(0, 1).map((name, i) => [`weight of ${name}`, row[i], `weights:${key}:${i}`]),
      ["sum of the row", row.reduce((a, b) => a + b, 0), "one"],
    ]);
    const name = (i) => tokenName(header, i);
    const big = { rows: total, cols: header.dim, row: token, rowName: name, colName: (i) => `number ${i + 1}` };
    const small = { rows: total, cols: size, row: token, rowName: name, colName: (i) => `number ${i + 1}` };
    const pairs = { rows: total, cols: total, row: token, rowName: name, colName: name };
    views.x.set({ ...big, values: arrays.resid, title: "x", key: `resid:${l}` });
    views.norm.set({ ...big, values: arrays.norm, title: "normalised", key: `norm1:${l}` });
    for (const which of ["q", "k", "v"]) views[which].set({ ...small, values: found[which], title: which, key: `${which}:${l}:${h}` });
    views.dots.set({ ...pairs, values: found.dots, title: "scores", key: `dots:${l}:${h}` });
    views.scaled.set({ ...pairs, values: found.scaled, title: "scaled", key: `scaled:${l}:${h}` });
    views.weights.set({ ...pairs, values: weights, shares: true, title: "weights", key: `weights:${l}:${h}` });
    views.mixed.set({ ...small, values: found.out, title: "mix", key: `headOut:${l}:${h}` });
    views.concat.set({ ...big, values: arrays.headOut, title: "all heads" });
    views.update.set({ ...big, values: arrays.update, title: "update", key: `attnUpdate:${l}` });
    views.sum.set({ ...big, values: sums, title: "x + update", key: `residMid:${l}` });
    const wrong = headsMeetHeads(part, token);
    pit.set({
      values: wrong,
      rows: header.heads,
      cols: header.heads,
      title: "without the swap",
      rowName: (i) => `head ${i + 1}`,
      colName: (i) => `head ${i + 1}`,
      key: `pit:${l}:${token}`,
    });
    pitText.textContent = `With q and k of shape ${total} × ${header.heads} × ${size}, “Q @ K.transpose(-1, -2)” multiplies within each token: ${header.heads} × ${header.heads} numbers, one head against another, and no token meets another token. Here are those of ${name(token)}. The heads must come first: ${header.heads} × ${total} × ${size}, which gives ${header.heads} × ${total} × ${total}.`;
    return `Layer ${header.layer + 1}, head ${h + 1}: ${name(token)} reads most from ${name(best)}, weight ${four(row[best])}. ${opened === "pit" ? pitText.textContent : told}`;
  }
  return { node, draw };
}
