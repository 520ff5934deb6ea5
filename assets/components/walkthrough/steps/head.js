// Step 9: from the row that is read to probabilities, and which of its numbers made a class win.
import { rangeOf } from "../../kit/controls.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { fillChoices, fillFacts, numeral, productCard, vectorRow } from "../parts.js";
import { patchPicker } from "../picker.js";
import { weightMap } from "../math.js";

export function headStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = { ctx, chosen: null, place: 0, touched: false };
  Object.assign(view, elements(view));
  const node = layOut(view);
  view.heat.input.addEventListener("input", () => ((view.touched = true), ctx.redraw()));
  return { node, draw: (part) => draw(view, part) };
}

function elements(view) {
  const { ctx } = view;
  const at = (i) => ((view.place = i), ctx.redraw());
  return {
    picker: patchPicker(ctx, "What was read in the last block"),
    before: vectorRow(ctx, "#cc79a7", at),
    after: vectorRow(ctx, "#cc79a7", at),
    weights: vectorRow(ctx, "#e69f00", at),
    classes: el("div", { class: "classes", role: "listbox", "aria-label": "The likeliest classes" }),
    heat: rangeOf("Temperature", { min: 0.25, max: 4, step: 0.01 }),
    reset: el("button", {
      type: "button",
      class: "small reset",
      text: "Back to the calibrated one",
      onclick: () => ((view.touched = false), view.heat.input.focus(), ctx.redraw()),
    }),
    skipped: el("p", { class: "small skipped" }),
    terms: productCard(ctx, "A logit laid open", ""),
    facts: el("dl", { class: "facts" }),
  };
}

function layOut(view) {
  const { picker, facts, before, after, weights, terms, heat, reset, classes, skipped } = view;
  const heading = el("h3", { text: "Logits and probabilities" });
  view.answer = el("section", { class: "card" }, heading, heat.node, reset, classes, skipped);
  view.none = el(
    "section",
    { class: "card" },
    el("h3", { text: "No classifier" }),
    el("p", { text: "This model has no classifier: it names no class. Its answer is the row in the middle." }),
  );
  return el(
    "div",
    { class: "cols lean-rail" },
    el("div", { class: "stack tight" }, picker.node, facts),
    el("div", { class: "stack" }, before.node, after.node, weights.node, terms.node),
    el("div", {}, view.answer, view.none),
  );
}

function draw(view, part) {
  const { header, arrays } = part;
  const { features } = arrays;
  view.place = Math.min(view.place, features.length - 1);
  drawReading(view, part);
  drawRows(view, part);
  view.weights.node.hidden = view.terms.node.hidden = view.answer.hidden = !header.classes;
  view.none.hidden = header.classes > 0;
  if (header.classes) return drawClasses(view, part);
  return `This model has no classifier. Number ${view.place + 1} of its ${features.length} features is ${four(features[view.place])}.`;
}

/** What was read in the last block: as a map, and the patches read most. */
function drawReading({ ctx, picker, facts }, part) {
  const { header, arrays } = part;
  const { depth, reader } = header;
  const first = header.prefix.length;
  const total = first + header.grid[0] * header.grid[1];
  const looks = arrays.looks.subarray((depth - 1) * total, depth * total);
  const map = looks.subarray(first);
  picker.draw(part, { ...weightMap(map), caption: `What ${reader.who} read in the last block` });
  const strongest = Array.from(map.keys())
    .sort((a, b) => map[b] - map[a])
    .slice(0, 4)
    .map((i) => i + first);
  const itself = reader.several ? [] : [["itself", looks[0], `looks:${depth - 1}:0`]];
  const token = ctx.token();
  fillFacts(facts, [
    ...itself,
    ...strongest.map((t) => [tokenName(header, t), looks[t], `looks:${depth - 1}:${t}`]),
    [`${tokenName(header, token)} (chosen)`, looks[token], `looks:${depth - 1}:${token}`],
  ]);
}

/** The row that is read, as the last block leaves it and as the classifier gets it. */
function drawRows({ before, after, place }, { header, arrays }) {
  const { dim, depth, reader } = header;
  before.draw(arrays.readerRows.subarray(depth * dim, (depth + 1) * dim), {
    title: `${reader.name} after the last block`,
    at: Math.min(place, dim - 1),
    key: `reader:${depth}`,
  });
  after.draw(arrays.features, { title: `${normedName(header)}${header.classes ? "" : ": the features"}`, at: place, key: "features" });
}

function normedName({ reader, normFirst, classes }) {
  if (reader.several && normFirst) return "each patch’s row normalised, then their mean";
  if (!reader.beside) return "normalised";
  return classes ? `normalised: ${reader.name}, then ${reader.beside}` : `normalised, mean of ${reader.name} and ${reader.beside}`;
}

function drawClasses(view, { header, arrays }) {
  const { place } = view;
  const top = arrays.topClass;
  const row = Math.max(0, top.indexOf(view.chosen ?? top[0]));
  const which = top[row];
  const temperature = showHeat(view, header);
  const exps = arrays.logits.map((v) => Math.exp((v - arrays.logits[top[0]]) / temperature));
  const sum = exps.reduce((a, b) => a + b, 0);
  const told = layOpenLogit(view, { header, arrays }, row);
  fillClasses(view, { header, arrays }, which, (i) => exps[i] / sum);
  view.skipped.replaceChildren(
    "Without the LayerNorm, a common slip, the classifier would say ",
    el("strong", { text: header.skipped[0] }),
    " with ",
    numeral(header.skipped[1], "skipped"),
    ".",
  );
  const chance = `Probability ${four(exps[which] / sum)} at temperature ${four(temperature)}.`;
  const number = `Number ${place + 1} of the features is ${four(arrays.features[place])}.`;
  return `${told} ${chance} The likeliest class is ${header.topNames[0]}. ${number}`;
}

/** The temperature: as the slider says, or the calibrated one where nobody touched it. */
function showHeat({ heat, reset, touched }, header) {
  if (!touched) heat.input.value = header.temperature;
  const temperature = touched ? +heat.input.value : header.temperature;
  reset.hidden = !touched;
  heat.value.textContent = `${four(temperature)}${touched ? "" : header.temperature === 1 ? ", none calibrated" : ", calibrated"}`;
  return temperature;
}

/** The weights of a class in the classifier, and the products behind its logit; returns what the card says. */
function layOpenLogit({ weights, terms, place }, { header, arrays }, row) {
  const size = arrays.features.length;
  const [which, name] = [arrays.topClass[row], header.topNames[row]];
  const column = arrays.topWeight.subarray(row * size, (row + 1) * size);
  weights.draw(column, { title: `the row of “${name}” in the classifier`, at: place, key: `head:${which}` });
  return terms.show({
    title: `Logit of “${name}”`,
    a: arrays.features,
    b: column,
    aName: `the normalised ${header.reader.several ? "mean" : header.reader.name}`,
    bName: "the row of this class",
    bias: arrays.topBias[row],
    value: arrays.logits[which],
    key: `logits:${which}`,
  });
}

/** The likeliest classes; `chanceOf(i)` is the probability of class `i` at the temperature. */
function fillClasses(view, { header, arrays }, which, chanceOf) {
  fillChoices(
    view.classes,
    Array.from(arrays.topClass, (i, at) => {
      const p = chanceOf(i);
      return {
        id: String(i),
        chosen: i === which,
        choose: () => ((view.chosen = i), view.ctx.redraw()),
        parts: [
          el("span", { class: "name", text: header.topNames[at], title: header.topWhole[at] }),
          el("span", { class: "small muted" }, "logit ", numeral(arrays.logits[i], `logits:${i}`)),
          el("strong", {}, numeral(p, view.touched ? null : `probs:${i}`)),
          el("span", { class: "track" }, el("span", { class: "fill", style: `width:${(100 * p).toFixed(2)}%` })),
        ],
      };
    }),
  );
}
