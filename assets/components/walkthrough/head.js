// Step 9: from the row that is read to probabilities, and which of its numbers made a class win.
import { rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { tokenName } from "../kit/grid.js";
import { fillChoices, fillFacts, numeral, patchPicker, productCard, vectorRow } from "./parts.js";

export function headStep(ctx) {
  const picker = patchPicker(ctx, "What was read in the last block");
  const [before, after, weights] = [vectorRow(ctx, "#cc79a7", at), vectorRow(ctx, "#cc79a7", at), vectorRow(ctx, "#e69f00", at)];
  const classes = el("div", { class: "classes", role: "listbox", "aria-label": "The likeliest classes" });
  const heat = rangeOf("Temperature", { min: 0.25, max: 4, step: 0.01 });
  const reset = el("button", {
    type: "button",
    class: "small reset",
    text: "Back to the calibrated one",
    onclick: () => ((touched = false), heat.input.focus(), ctx.redraw()),
  });
  const skipped = el("p", { class: "small skipped" });
  const terms = productCard(ctx, "A logit laid open", "");
  const facts = el("dl", { class: "facts" });
  const answer = el("section", { class: "card" }, el("h3", { text: "Logits and probabilities" }), heat.node, reset, classes, skipped);
  const none = el(
    "section",
    { class: "card" },
    el("h3", { text: "No head" }),
    el("p", { text: "This model has no head: it names no class. Its answer is the row in the middle." }),
  );
  const node = el(
    "div",
    { class: "cols lean-rail" },
    el("div", { class: "stack tight" }, picker.node, facts),
    el("div", { class: "stack" }, before.node, after.node, weights.node, terms.node),
    el("div", {}, answer, none),
  );
  let [chosen, place, touched] = [null, 0, false];
  heat.input.addEventListener("input", () => ((touched = true), ctx.redraw()));
  function at(i) {
    place = i;
    ctx.redraw();
  }

  function draw(part) {
    const { header, arrays } = part;
    const { dim, depth, reader } = header;
    const first = header.prefix.length;
    const total = first + header.grid[0] * header.grid[1];
    const who = reader.name;
    place = Math.min(place, arrays.features.length - 1);
    const looks = arrays.looks.subarray((depth - 1) * total, depth * total);
    const map = looks.subarray(first);
    const high = Math.max(...map);
    picker.draw(part, { map, low: 0, high, caption: `What ${reader.who} read in the last block` });
    const strongest = Array.from(map.keys())
      .sort((a, b) => map[b] - map[a])
      .slice(0, 4)
      .map((i) => i + first);
    const itself = reader.several ? [] : [["itself", looks[0], `looks:${depth - 1}:0`]];
    fillFacts(facts, [
      ...itself,
      ...strongest.map((t) => [tokenName(header, t), looks[t], `looks:${depth - 1}:${t}`]),
      [`${tokenName(header, ctx.token())} (chosen)`, looks[ctx.token()], `looks:${depth - 1}:${ctx.token()}`],
    ]);
    const own = Math.min(place, dim - 1);
    before.draw(arrays.readerRows.subarray(depth * dim, (depth + 1) * dim), {
      title: `${who} after the last block`,
      at: own,
      key: `reader:${depth}`,
    });
    const { beside } = reader;
    const normed =
      reader.several && header.normFirst
        ? "each patch’s row normalised, then their mean"
        : !beside
          ? "normalised"
          : header.classes
            ? `normalised: ${who}, then ${beside}`
            : `normalised, mean of ${who} and ${beside}`;
    after.draw(arrays.features, { title: `${normed}${header.classes ? "" : ": the features"}`, at: place, key: "features" });
    weights.node.hidden = terms.node.hidden = answer.hidden = !header.classes;
    none.hidden = header.classes > 0;
    if (!header.classes)
      return `This model has no head. Number ${place + 1} of its ${arrays.features.length} features is ${four(arrays.features[place])}.`;
    return drawClasses(part);
  }

  function drawClasses({ header, arrays }) {
    const size = arrays.features.length;
    const top = arrays.topClass;
    const row = Math.max(0, top.indexOf(chosen ?? top[0]));
    const [which, name] = [top[row], header.topNames[row]];
    if (!touched) heat.input.value = header.temperature;
    const temperature = touched ? +heat.input.value : header.temperature;
    reset.hidden = !touched;
    heat.value.textContent = `${four(temperature)}${touched ? "" : header.temperature === 1 ? ", none calibrated" : ", calibrated"}`;
    const exps = arrays.logits.map((v) => Math.exp((v - arrays.logits[top[0]]) / temperature));
    const sum = exps.reduce((a, b) => a + b, 0);
    const column = arrays.topWeight.subarray(row * size, (row + 1) * size);
    weights.draw(column, { title: `the row of “${name}” in the head`, at: place, key: `head:${which}` });
    const told = terms.show({
      title: `Logit of “${name}”`,
      a: arrays.features,
      b: column,
      aName: `the normalised ${header.reader.several ? "mean" : header.reader.name}`,
      bName: "the row of this class",
      bias: arrays.topBias[row],
      value: arrays.logits[which],
      key: `logits:${which}`,
    });
    fillChoices(
      classes,
      Array.from(top, (i, at) => {
        const p = exps[i] / sum;
        return {
          id: String(i),
          chosen: i === which,
          choose: () => ((chosen = i), ctx.redraw()),
          parts: [
            el("span", { class: "name", text: header.topNames[at], title: header.topNames[at] }),
            el("span", { class: "small muted" }, "logit ", numeral(arrays.logits[i], `logits:${i}`)),
            el("strong", {}, numeral(p, touched ? null : `probs:${i}`)),
            el("span", { class: "track" }, el("span", { class: "fill", style: `width:${(100 * p).toFixed(2)}%` })),
          ],
        };
      }),
    );
    skipped.replaceChildren(
      "Without the LayerNorm, a common slip, the head would say ",
      el("strong", { text: header.skipped[0] }),
      " with ",
      numeral(header.skipped[1], "skipped"),
      ".",
    );
    return `${told} Probability ${four(exps[which] / sum)} at temperature ${four(temperature)}. The likeliest class is ${header.topNames[0]}. Number ${place + 1} of the features is ${four(arrays.features[place])}.`;
  }
  return { node, draw };
}
