// Step 9: from the [CLS] row to probabilities, and which of its numbers made a class win.
import { el, four, tokenName } from "./shared.js";
import { rangeOf } from "./parts.js";
import { cardOf, fillFacts, numeral, patchPicker, productCard, vectorRow } from "./walkthrough-parts.js";

export function headStep(ctx) {
  const picker = patchPicker(ctx, "What [CLS] read in the last block");
  const [before, after, weights] = [vectorRow(ctx, "#cc79a7", at), vectorRow(ctx, "#cc79a7", at), vectorRow(ctx, "#e69f00", at)];
  const classes = el("div", { class: "classes", role: "listbox", "aria-label": "The likeliest classes" });
  const heat = rangeOf("Temperature", { min: 0.25, max: 4, step: 0.01 });
  const reset = el("button", { type: "button", class: "small", text: "Back to the calibrated one", onclick: () => ((touched = false), ctx.redraw()) });
  const terms = productCard(ctx, "A logit laid open", "");
  const facts = el("dl", { class: "facts" });
  const node = el("div", { class: "cols two-and-rail" },
    el("div", { class: "stack" }, picker.node, cardOf("Read from", facts).node),
    el("div", { class: "stack" }, before.node, after.node, weights.node, terms.node),
    el("section", { class: "card" }, el("h3", { text: "Logits and probabilities" }), heat.node, reset, classes));
  let [chosen, place, touched] = [null, 0, false];
  heat.input.addEventListener("input", () => ((touched = true), ctx.redraw()));
  function at(i) {
    place = i;
    ctx.redraw();
  }

  function draw(part) {
    const { header, arrays } = part;
    const { dim, depth, labels } = header;
    const total = header.prefix.length + header.grid[0] * header.grid[1];
    const order = Array.from(arrays.logits.keys()).sort((a, b) => arrays.logits[b] - arrays.logits[a]);
    const which = chosen ?? order[0];
    if (!touched) heat.input.value = header.temperature;
    const temperature = touched ? +heat.input.value : header.temperature;
    reset.hidden = !touched;
    heat.value.textContent = `${four(temperature)}${touched ? "" : header.temperature === 1 ? ", none calibrated" : ", calibrated"}`;
    const exps = arrays.logits.map((v) => Math.exp((v - arrays.logits[order[0]]) / temperature));
    const sum = exps.reduce((a, b) => a + b, 0);
    const looks = arrays.looks.subarray((depth - 1) * total, depth * total);
    const map = looks.subarray(header.prefix.length);
    const high = Math.max(...map);
    picker.draw(part, { map, low: 0, high, caption: "What [CLS] read in the last block (mean of the heads)" });
    const strongest = Array.from(map.keys()).sort((a, b) => map[b] - map[a]).slice(0, 4).map((i) => i + header.prefix.length);
    fillFacts(facts, [["itself", looks[0], `looks:${depth - 1}:0`], ...strongest.map((t) => [tokenName(header, t), looks[t], `looks:${depth - 1}:${t}`]), [`${tokenName(header, ctx.token())} (chosen)`, looks[ctx.token()], `looks:${depth - 1}:${ctx.token()}`]]);
    const row = arrays.headWeight.subarray(which * dim, (which + 1) * dim);
    const pooled = arrays.pooled.subarray(0, dim);
    before.draw(arrays.clsRows.subarray(depth * dim, (depth + 1) * dim), { title: "[CLS] after the last block", at: place, key: `stream:${depth}:0` });
    after.draw(pooled, { title: "normalised", at: place, key: "pooled" });
    weights.draw(row, { title: `the row of “${labels[which]}” in the head`, at: place, key: `head:${which}` });
    terms.show({ title: `Logit of “${labels[which]}”`, a: pooled, b: row, aName: "the normalised [CLS]", bName: "the row of this class", bias: arrays.headBias[which], value: arrays.logits[which], key: `logits:${which}` });
    const shown = order.slice(0, 8);
    if (!shown.includes(which)) shown.push(which);
    classes.replaceChildren(...shown.map((i) => {
      const p = exps[i] / sum;
      return el("button", { type: "button", role: "option", "aria-selected": i === which, onclick: () => ((chosen = i), ctx.redraw()) },
        el("span", { class: "name", text: labels[i] }), el("span", { class: "small muted" }, "logit ", numeral(arrays.logits[i], `logits:${i}`)), el("strong", {}, numeral(p, touched ? null : `probs:${i}`)),
        el("span", { class: "track" }, el("span", { class: "fill", style: `width:${(100 * p).toFixed(2)}%` })));
    }));
    return `${labels[which]}: logit ${four(arrays.logits[which])}, probability ${four(exps[which] / sum)} at temperature ${four(temperature)}. The likeliest class is ${labels[order[0]]}.`;
  }
  return { node, draw };
}
