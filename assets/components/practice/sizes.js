// The same picture at several resolutions or patch sizes: cards with the model's own pixels, and compute over tokens.
import { decodePicture } from "../kit/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, grouped, percent } from "../kit/format.js";
import { drawCurves } from "../memory_scaling/chart.js";
import { inkStyle, ratioText } from "./place.js";
import { drawCard, makeCard } from "./sizes-card.js";

const PARTS = { attention: ["attention, n²", "#d55e00"], rest: ["all else, n", "#0072b2"] };

export function sizesView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null,
    cards: [],
    point: [0.5, 0.5], // where the pointer is on the picture: across, down
    active: 0,
    grid: el("div", { class: "cards" }),
    chart: el("canvas", { class: "curves", role: "img" }),
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
      view.redraw();
    },
    draw: view.redraw,
  };
}

function layOut({ grid, chart, facts }) {
  const legend = el(
    "p",
    { class: "small muted" },
    ...Object.values(PARTS).flatMap(([name, colour]) => [el("i", { class: "swatch", style: `background:${colour}` }), `${name} `]),
  );
  return el(
    "div",
    {},
    grid,
    el(
      "div",
      { class: "practice below" },
      el("section", {}, el("h2", { text: "Compute of one picture, over tokens" }), chart, legend),
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
  drawChart(view, style);
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

function drawChart({ data, cards, chart, active }, style) {
  const { curve } = data.header;
  const top = 1.12 * Math.max(...cards.map((card) => card.fact.tokens));
  const rows = curve.filter(([tokens], i) => tokens <= top || curve[i - 1][0] <= top);
  const xs = rows.map((row) => row[0]);
  const high = Math.max(...rows.map((row) => row[1] + row[2]));
  drawCurves(
    chart,
    {
      log: false,
      x: [0, Math.min(xs.at(-1), top)],
      y: [0, high],
      xs,
      lines: [],
      areas: [
        { colour: PARTS.rest[1], values: rows.map((row) => row[2]) },
        { colour: PARTS.attention[1], values: rows.map((row) => row[1]) },
      ],
      verticals: [],
      horizontals: [],
      textX: (v) => grouped(v),
      textY: (v) => countText(v).replace(/[\d.]+/, (digits) => String(Number(digits))),
      xTitle: "tokens",
      dots: cards.map((card, i) => ({
        x: card.fact.tokens,
        y: card.fact.macs,
        label: i === active || card.fact.now ? `${card.fact.size} / ${card.fact.patch}` : "",
        strong: i === active,
      })),
    },
    style,
  );
  const values = cards.map(({ fact }) => `${fact.size} / ${fact.patch}: ${countText(fact.macs)}`);
  chart.setAttribute("aria-label", `Multiply-accumulates over tokens; ${values.join(", ")}.`);
}
