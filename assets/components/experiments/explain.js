// Explanations side by side: a map a method over the same picture, one pointer for all, and what each took.
import { barBetween, cellColours, colourTable } from "../kit/picture/colours.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame, put, speaker } from "../kit/dom.js";
import { four, minus } from "../kit/numbers/format.js";
import { patchName } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { fromView, withView } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { ranksOf } from "./cloud.js";
import { pictureKeeper, reachOf } from "./parts.js";

export function explainView(root) {
  const tables = { signed: colourTable("diverging"), ranks: colourTable("viridis") };
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, tables, say: speaker(root), data: null, hovered: null, cards: [] };
  const keep = pictureKeeper();
  view.redraw = everyFrame(() => view.data && draw(view));
  view.scale = choiceOf("Colours", { values: "values", ranks: "ranks" }, (name) =>
    store.commit({ view: withView("experiments", { ranks: name === "ranks" }) }),
  );
  view.bar = el("span", { class: "colourbar small" });
  view.place = el("strong");
  view.asked = el("p", { class: "asked" });
  view.maps = el("div", { class: "explained" });
  view.note = el("p", { class: "aside" });
  const menu = figureMenu({
    name: "all explanations",
    root,
    nodes: () => [view.maps],
    title: () => view.asked.textContent.replace(/\.$/, ""),
    file: () => "explanations",
    rows: () => patchRows(view.data.header.grid, knownMaps(view.data)),
  });
  root.append(view.asked, el("div", { class: "explained-head" }, view.scale.node, view.bar, view.place, menu), view.maps, view.note);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    async update(header, arrays) {
      const bitmap = await keep(header, arrays);
      const size = header.grid[0] * header.grid[1];
      const maps = header.methods.map((_, at) => arrays.maps.subarray(at * size, (at + 1) * size));
      const known = maps.map((values) => !Number.isNaN(values[0]));
      view.data = { header, bitmap, maps, known, ranks: maps.map(ranksOf) };
      if (!view.cards.length) build(view);
      draw(view);
    },
    redraw: view.redraw,
    destroy: unsubscribe,
  };
}

/** The maps that have been made, by method. */
function knownMaps({ header, maps, known }) {
  const made = header.methods.map(({ name }, i) => [name, maps[i]]).filter((_, i) => known[i]);
  return Object.fromEntries(made.length ? made : [["no map yet", []]]);
}

/** A card a method: its map, and below it what it is, what it says of the patch under the pointer, and what it took. */
function build(view) {
  const hover = (patch) => {
    view.hovered = patch;
    view.redraw();
  };
  const choose = (_, patch) => store.commit({ token: view.data.header.prefix.length + patch });
  view.cards = view.data.header.methods.map((method) => {
    const card = {
      scene: patchScene({ redraw: view.redraw, hover, choose }),
      value: el("p", { class: "small own" }),
      cost: el("p", { class: "small muted" }),
      left: el("p", { class: "small muted" }),
    };
    const title = el("figcaption", {}, el("strong", { text: method.name }), el("span", { class: "small muted", text: method.source }));
    view.maps.append(el("figure", {}, title, card.scene.node, card.value, card.cost, card.left));
    return card;
  });
}

/** The patch under the pointer, or the chosen one; null where neither is a patch. */
function spotOf({ hovered, data: { header, maps } }) {
  const patch = hovered ?? (store.selection.token ?? 0) - header.prefix.length;
  return patch >= 0 && patch < maps[0].length ? patch : null;
}

function draw(view) {
  const { header, bitmap, maps, known, ranks } = view.data;
  const ranked = fromView("experiments", "ranks");
  const spot = spotOf(view);
  view.scale.show(ranked ? "ranks" : "values");
  if (ranked) barBetween(view.bar, view.tables.ranks, 1, maps[0].length);
  else barBetween(view.bar, view.tables.signed, -1, 1);
  put(view.place, spot === null ? "" : patchName(header.grid, spot));
  put(view.asked, askedOf(header));
  view.cards.forEach((card, i) => {
    const values = maps[i];
    const far = reachOf(values);
    const colours = ranked
      ? cellColours(rising(ranks[i]), view.tables.ranks, 1, values.length)
      : cellColours(values, view.tables.signed, -far, far);
    const label = `${header.methods[i].name}: a number for each patch. Arrow keys move, Enter chooses.`;
    card.scene.paint(bitmap, header.grid, known[i] ? colours : null, 0.72, [spot], label);
    showNumbers(card, view.data, i, spot);
  });
  put(view.note, noteOf(ranked));
  view.say(`${known.filter(Boolean).length} of ${maps.length} methods. ${spot === null ? "" : saidOf(view.data, spot)}`);
}

const rising = (ranks) => ranks.map((rank) => rank + 1);

function askedOf({ why, not, score }) {
  return not === null ? `The logit of ${why} is ${four(score)}.` : `The logit of ${why} less that of ${not} is ${four(score)}.`;
}

const rankOf = ({ ranks, maps }, i, spot) => `rank ${maps[i].length - ranks[i][spot]} of ${maps[i].length}`;

function showNumbers(card, data, i, spot) {
  const { header, maps, known } = data;
  const [took, left] = header.measured[i];
  const { passes, leaves } = header.methods[i];
  const [forward, backward] = passes;
  const ran = forward + backward ? `${count(forward, "forward")}, ${count(backward, "backward")}` : "no pass of its own";
  put(card.value, spot === null || !known[i] ? "—" : `${asLargest(maps[i], spot)}, ${rankOf(data, i, spot)}`);
  put(card.cost, known[i] ? `${ran}, ${took.toFixed(0)} ms` : `${ran}, not run yet`);
  put(card.left, leaves && known[i] ? `${leaves}: ${minus(left.toFixed(3))}` : "");
}

/** A map's number, with the decimals that its largest has in four digits: what is near nothing in float32 has no more. */
const asLargest = (values, spot) => minus(values[spot].toFixed(Math.max(0, Math.min(12, 3 - Math.floor(Math.log10(reachOf(values)))))));

const count = (passes, way) => (passes ? `${passes} ${way}` : `none ${way}`);

function saidOf(data, spot) {
  const own = data.header.methods.map((method, i) => (data.known[i] ? `${method.name} ${rankOf(data, i, spot)}` : ""));
  return `${patchName(data.header.grid, spot)}: ${own.filter(Boolean).join(", ")}.`;
}

function noteOf(ranked) {
  return (
    (ranked
      ? "Ranks: the brighter, the more of the map’s other patches a patch leaves behind. "
      : "Each map in the colours of its own largest number, 1 on the scale. Red speaks for the class, blue against it; " +
        "methods that only have sizes have no blue. ") +
    "Milliseconds were measured in this run; a backward pass costs about twice a forward pass. " +
    "Attention rollout does not know which class is asked for."
  );
}
