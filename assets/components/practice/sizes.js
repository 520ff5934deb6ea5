// The same picture at several resolutions or patch sizes: cards with the model's own pixels, and compute over tokens.
import { decodePicture } from "../kit/picture/canvas.js";
import { chart } from "../kit/charts/chart.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, grouped, percent } from "../kit/numbers/format.js";
import { figureMenu } from "../kit/take/take.js";
import { inkStyle, ratioText } from "./place.js";
import { drawCard, makeCard } from "./sizes-card.js";

export function sizesView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null,
    cards: [],
    point: [0.5, 0.5], // where the pointer is on the picture: across, down
    active: 0,
    grid: el("div", { class: "cards" }),
    plot: chart({ pick: (i) => i !== null && pick(view, i) }),
    facts: el("dl", { class: "facts" }),
  };
  view.redraw = everyFrame(() => view.data && draw(view));
  return {
    node: layOut(view),
    async arrive(next) {
      const images = await Promise.all(next.header.cards.map((_, i) => decodePicture(next.arrays[`picture${i}`])));
      view.data = next;
      view.cards = next.header.cards.map((fact, i) => makeCard(view, fact, i));
      view.cards.forEach((card, i) => (card.image = images[i]));
      view.active = next.header.cards.findIndex((card) => card.now);
      view.grid.replaceChildren(...view.cards.map((card) => card.box));
      root.practice = { cards: next.header.cards };
      view.plot.show(next.header.figure, next.header.looks);
      view.redraw();
    },
    draw: view.redraw,
    dress: () => view.plot.show(view.data.header.figure, view.data.header.looks),
    destroy: view.plot.destroy,
  };
}

/** The setting whose dot is pointed at is the one that is told. */
function pick(view, i) {
  view.active = i;
  view.redraw();
}

/** The settings side by side. */
function menuOf(view) {
  return figureMenu({
    name: "the settings side by side",
    root: view.root,
    nodes: () => [view.grid],
    title: () => "One picture at several settings",
    rows: () => [
      ["size", "patch", "tokens", "multiply-accumulates"],
      ...view.data.header.cards.map(({ size, patch, tokens, macs }) => [size, patch, tokens, macs]),
    ],
  });
}

function layOut(view) {
  const { grid, plot, facts } = view;
  return el(
    "div",
    {},
    el("div", { class: "bar end" }, menuOf(view)),
    grid,
    el(
      "div",
      { class: "practice below" },
      el("section", {}, el("h2", { text: "Compute of one picture, over tokens" }), plot.node),
      el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
    ),
  );
}

function draw(view) {
  const { root, cards, point } = view;
  const style = inkStyle(root);
  const most = Math.max(...cards.map((card) => card.fact.macs));
  const own = view.data.header.cards.find((card) => card.now);
  for (const card of cards) drawCard(view, card, style, most, own);
  view.plot.ring([view.active]);
  const { fact } = cards[view.active];
  const [rows, cols] = fact.grid;
  const [row, col] = [Math.floor(point[1] * rows), Math.floor(point[0] * cols)];
  showFacts(view.facts, [
    ["setting", `${fact.size} / ${fact.patch}`],
    ["patch", `row ${row + 1}, col ${col + 1}`],
    ["share of the picture", `1/${grouped(rows * cols)}`],
    ["tokens", grouped(fact.tokens), `${fact.tokens}`],
    ["MACs", countText(fact.macs), `${fact.macs}`],
    ["attention’s share", `${(100 * fact.share).toFixed(2)}%`],
    ["MACs beside the app’s", ratioText(fact.macs / own.macs), `${fact.macs / own.macs}`],
  ]);
  const answer = fact.top.length ? `, ${fact.top[0][0]} ${percent(fact.top[0][1])}` : "";
  const cost = `${fact.tokens} tokens, ${countText(fact.macs)} multiply-accumulates`;
  root.sayPractice(`${fact.size} / ${fact.patch}: ${cost}${answer}. Row ${row + 1}, column ${col + 1}.`);
}
