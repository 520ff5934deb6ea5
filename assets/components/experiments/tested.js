// Explanations put to the test: curves in the order of each map, how alike maps are, and whether they notice another model.
import { chart } from "../kit/charts/chart.js";
import { choiceOf } from "../kit/controls.js";
import { cssColour, colourTable } from "../kit/picture/colours.js";
import { el, everyFrame, put, speaker } from "../kit/dom.js";
import { four, minus } from "../kit/numbers/format.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";

const CENTRE = "centre prior";

export function testedView(root) {
  /** @type {any} All elements and data of this view. */
  const view = { root, say: speaker(root), data: null, table: colourTable("diverging") };
  view.redraw = everyFrame(() => view.data && draw(view));
  view.charts = {
    deletion: chart({ pick: (name, how) => how === "click" && choose(view, name) }),
    insertion: chart({ pick: (name, how) => how === "click" && choose(view, name) }),
    randomised: chart(),
  };
  view.verdict = el("p", { class: "verdict" });
  view.choice = el("div", { class: "methods" });
  view.areas = el("tbody");
  view.agreement = el("table", { class: "numbers agreeing" });
  view.note = el("p", { class: "aside" });
  layOut(view);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    update(header, arrays) {
      view.data = { header, arrays };
      view.methods ??= methodsOf(view);
      draw(view);
      return Promise.resolve();
    },
    destroy() {
      unsubscribe();
      for (const plot of Object.values(view.charts)) plot.destroy();
    },
  };
}

function methodsOf(view) {
  const names = Object.fromEntries(view.data.header.methods.map(({ id, name }) => [id, name]));
  const found = choiceOf("Method in the curves", names, (by) => store.commit({ view: withView("experiments", { by }) }));
  view.choice.append(found.node);
  return found;
}

function choose(view, name) {
  const found = view.data.header.methods.find((method) => method.name === name);
  if (found) store.commit({ view: withView("experiments", { by: found.id }) });
}

function layOut({ root, verdict, choice, charts, areas, agreement, note }) {
  const titled = (text, ...parts) => el("figure", {}, el("figcaption", {}, el("strong", { text })), ...parts);
  const head = el(
    "thead",
    {},
    el("tr", {}, ...["order", "area, removed", "area, added", "moved by noise"].map((text) => el("th", { text }))),
  );
  root.append(
    verdict,
    choice,
    el(
      "div",
      { class: "tested" },
      titled("Removed, one share after the other", charts.deletion.node),
      titled("Added to the covered picture", charts.insertion.node),
    ),
    el("div", { class: "wide" }, el("table", { class: "numbers" }, head, areas)),
    el("h3", { text: "Do the maps agree?" }),
    el("div", { class: "wide" }, agreement),
    titled("Do they notice another model?", charts.randomised.node),
    note,
  );
}

/** The methods with the smallest area removed and the largest added; null before all are known. */
function bestOf({ areas: [removed, added], methods, done }) {
  if (!done) return null;
  const at = (values, better) => methods.reduce((best, _, i) => (better(values[i], values[best]) ? i : best), 0);
  return { removed: at(removed, (a, b) => a < b), added: at(added, (a, b) => a > b) };
}

function draw(view) {
  const { header } = view.data;
  const best = bestOf(header);
  const by = header.methods.find(({ id }) => id === fromView("experiments", "by")) ?? header.methods[best?.added ?? 0];
  view.methods.show(by.id);
  for (const [name, plot] of Object.entries(view.charts)) {
    const { data, layout } = header.figures[name];
    const shown = name === "randomised" ? data : data.filter((trace) => isShown(trace.name, by.name));
    plot.show({ data: shown, layout }, header.looks);
  }
  put(view.verdict, verdictOf(header, best));
  showAreas(view, best);
  showAgreement(view);
  put(view.note, noteOf(header));
  view.say(view.verdict.textContent);
}

const isShown = (name, by) => [by, CENTRE, "random", "range of random orders", undefined].includes(name);
const known = (value) => (value === null || value === undefined ? "—" : four(value));

function verdictOf({ areas: [removed, added], methods, why }, best) {
  if (!best) return "Not known yet which method does best here.";
  const least = `Smallest area when patches are removed: ${methods[best.removed].name}, ${four(removed[best.removed])}`;
  const most = `largest when they are added: ${methods[best.added].name}, ${four(added[best.added])}`;
  return `Followed: the probability of ${why}. ${least}; ${most}. This is one picture and one model: another may say otherwise.`;
}

function showAreas({ areas, data: { header } }, best) {
  const count = header.methods.length;
  const mean = (values) => (values.includes(null) ? null : values.reduce((a, b) => a + b, 0) / values.length);
  const row = (name, removed, added, strong = [false, false], moved = "") =>
    el(
      "tr",
      {},
      el("td", { text: name }),
      ...[removed, added].map((value, i) => el("td", {}, el(strong[i] ? "strong" : "span", { text: known(value) }))),
      el("td", { text: moved }),
    );
  const [removed, added] = header.areas;
  areas.replaceChildren(
    ...header.methods.map(({ name }, i) =>
      row(name, removed[i], added[i], [best?.removed === i, best?.added === i], known(header.moved[i])),
    ),
    row(CENTRE, removed[count], added[count]),
    row("random, mean", mean(removed.slice(count + 1)), mean(added.slice(count + 1))),
  );
}

/** Rank correlations of any two maps, each on its colour. */
function showAgreement({ agreement, table, data: { header } }) {
  if (!header.agreement) return agreement.replaceChildren(el("caption", { text: "Ranks are compared when every map is known." }));
  const head = el("tr", {}, el("td"), ...header.methods.map((_, i) => el("th", { text: i + 1 })));
  const cell = (value) => {
    const pixel = value === null ? null : table[Math.round(127.5 + 127.5 * value * 0.6)];
    const style = pixel === null ? "" : `background:${cssColour(pixel)};color:#16191f`;
    return el("td", { style, text: value === null ? "—" : minus(value.toFixed(2)), title: value ?? "" });
  };
  const rows = header.agreement.map((row, i) => el("tr", {}, el("th", { text: `${i + 1} ${header.methods[i].name}` }), ...row.map(cell)));
  agreement.replaceChildren(el("caption", { text: "Rank correlation of any two maps" }), head, ...rows);
}

const noteOf = ({ noise: { radius, count } }) =>
  "An order that finds what the answer rests on falls early when patches are removed (small area) and rises early when they are added " +
  "(large area). The centre prior takes patches from the middle outwards and knows nothing of the picture: a method that does not beat " +
  `it has shown nothing here. Moved by noise: ${count} pictures with even noise of at most ${100 * radius}% of the picture’s range; how ` +
  "far the map goes at most, over its own length. Methods that cover patches are left out of that. In the last chart the weights are " +
  "drawn anew, the classifier’s first, then block by block from the last: a map that stays the same (rank correlation near 1) does not " +
  "explain this model. Methods of many passes are left out of it.";
