// Explanations put to the test over the gallery: the mean areas of every order, and in how many pictures it does better than the centre.
import { el, put, speaker } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";

const COLUMNS = ["order", "area, removed", "area, added", "better than the centre: removed", "added"];
const OTHERS = 2; // the last two orders are no methods: the centre prior, random

export function galleryView(root) {
  const view = { say: speaker(root), verdict: el("p", { class: "verdict" }), rows: el("tbody"), note: el("p", { class: "aside" }) };
  const head = el("thead", {}, el("tr", {}, ...COLUMNS.map((text) => el("th", { text }))));
  const wide = el("div", { class: "wide" }, el("table", { class: "numbers" }, head, view.rows));
  root.append(el("h3", { text: "Over the gallery" }), view.verdict, wide, view.note);
  return {
    update(header, { areas }) {
      const found = meansOf(header.orders, areas);
      wide.hidden = !found.done;
      put(view.verdict, verdictOf(header, found));
      put(view.note, found.done ? noteOf(header) : "");
      view.rows.replaceChildren(...header.orders.map((name, i) => rowOf(name, i, found)));
      view.say(view.verdict.textContent);
      return Promise.resolve();
    },
    destroy() {},
  };
}

/** Means over the pictures that are done, the best methods, and how often an order does better than the centre prior. */
export function meansOf(orders, areas) {
  const each = 2 * orders.length;
  const centre = orders.length - OTHERS;
  const pictures = Array.from({ length: areas.length / each }, (_, i) => areas.subarray(i * each, (i + 1) * each));
  const known = pictures.filter((values) => !values.some(Number.isNaN));
  const of = (way) => known.map((values) => values.subarray(way * orders.length, (way + 1) * orders.length));
  const mean = (some) => orders.map((_, i) => some.reduce((sum, values) => sum + values[i], 0) / some.length);
  const [low, high] = [of(0), of(1)];
  const [removed, added] = [mean(low), mean(high)];
  const methods = orders.slice(0, -OTHERS);
  const at = (values, better) => methods.reduce((best, _, i) => (better(values[i], values[best]) ? i : best), 0);
  return {
    done: known.length,
    all: pictures.length,
    removed,
    added,
    best: { removed: at(removed, (a, b) => a < b), added: at(added, (a, b) => a > b) },
    better: {
      removed: orders.map((_, i) => low.filter((values) => values[i] < values[centre]).length),
      added: orders.map((_, i) => high.filter((values) => values[i] > values[centre]).length),
    },
  };
}

function rowOf(name, i, { done, removed, added, best, better }) {
  const cell = (value, strong) => el("td", {}, el(strong ? "strong" : "span", { text: done ? four(value) : "—" }));
  const often = (count) => el("td", { text: name === "centre prior" ? "" : `${count} of ${done}` });
  return el(
    "tr",
    {},
    el("td", { text: name }),
    cell(removed[i], best.removed === i),
    cell(added[i], best.added === i),
    often(better.removed[i]),
    often(better.added[i]),
  );
}

function verdictOf({ orders, setting }, { done, all, removed, added, best }) {
  if (!done) return "The same curves for every picture of the gallery, each for its likeliest class. They are not computed yet.";
  const said = `${done === all ? `Over all ${all}` : `Over ${done} of ${all}`} pictures at ${setting}, each for its likeliest class`;
  const least = `smallest mean area when patches are removed: ${orders[best.removed]}, ${four(removed[best.removed])}`;
  return `${said}: ${least}; largest when they are added: ${orders[best.added]}, ${four(added[best.added])}.`;
}

const noteOf = ({ steps }) =>
  `Probabilities are averaged as they are, so a picture of which the model is sure weighs more. Curves of ${steps} steps.`;
