// Occlusion beside attention: two maps of the same patches, their ranks against each other, and how well they agree in every layer.
import { aboveOf, barBetween, ceilingOf, cellColours, colourTable, sinkNote } from "../kit/picture/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, minus } from "../kit/numbers/format.js";
import { patchName } from "../kit/grid.js";
import { lightsOf, lightTable } from "../kit/picture/spotlight.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { fromView, selected, withView } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { drawCloud, nearestInCloud, ranksOf } from "./cloud.js";
import { followedName, followedNote, pictureKeeper, reachOf } from "./parts.js";

export function occlusionView(root) {
  const tables = { diverging: colourTable("diverging"), light: lightTable() };
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, tables, say: speaker(root), data: null, hovered: null };
  const keep = pictureKeeper();
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, elements(view));
  layOut(view);
  listen(view);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    async update(header, arrays) {
      const bitmap = await keep(header, arrays);
      const size = header.grid[0] * header.grid[1];
      const attention = Array.from({ length: header.depth + 1 }, (_, at) => arrays.attention.subarray(at * size, (at + 1) * size));
      view.data = { header, bitmap, drops: arrays.drops, attention, dropRanks: header.correlation ? ranksOf(arrays.drops) : null };
      buildBars(view);
      draw(view);
    },
    redraw: view.redraw,
    destroy: unsubscribe,
  };
}

const withMap = (map) => withView("experiments", { map });

function elements(view) {
  const map = () => {
    const found = { title: el("strong"), bar: el("span", { class: "colourbar small" }) };
    const hover = (patch) => {
      view.hovered = patch;
      view.redraw();
    };
    const choose = (_, patch) => store.commit({ token: view.data.header.prefix.length + patch });
    found.scene = patchScene({ redraw: view.redraw, hover, choose });
    found.node = el("div", {}, el("div", { class: "head-line" }, found.title, found.bar), found.scene.node);
    return found;
  };
  return {
    left: map(),
    right: map(),
    layer: rangeOf("Attention of layer", { min: 1, step: 1 }),
    ways: choiceOf("Attention", { layer: "one layer", rollout: "rollout" }, (name) => store.commit({ view: withMap(name) })),
    cloud: el("canvas", { class: "cloud", role: "img" }),
    facts: el("dl", { class: "facts" }),
    agreement: el("p", { class: "agreement" }),
    bars: el("div", {
      class: "by-layer",
      role: "group",
      "aria-label": "Rank correlation with the attention of each layer, and with rollout",
    }),
    note: el("p", { class: "aside" }),
  };
}

function layOut(view) {
  const { root, left, right, ways, layer, agreement, cloud, facts, bars, note } = view;
  left.node.append(note);
  const menu = figureMenu({
    name: "both maps",
    root,
    nodes: () => [left.node, right.node],
    title: () => `${left.title.textContent}, and attention, ${sourceName(view.data.header, sourceOf(view))}`,
    file: () => "occlusion",
    rows: () => patchRows(view.data.header.grid, { drop: view.data.drops, attention: view.data.attention[sourceOf(view)] }),
  });
  right.node.append(el("div", { class: "controls" }, el("div", { class: "choices" }, ways.node, menu), layer.node));
  const rail = el(
    "div",
    { class: "rail" },
    el("section", { class: "card" }, el("h2", { text: "Do they agree?" }), agreement, cloud),
    el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
  );
  const title = el("p", { class: "muted by-layer-title", text: "Rank correlation of the drops with attention, layer by layer" });
  root.append(el("div", { class: "pair" }, left.node, right.node, rail), el("section", {}, title, bars));
}

// ---- state ------------------------------------------------------------------------------------------------------------------------

const rolled = () => fromView("experiments", "map") === "rollout";
/** The layer whose attention is shown; the number of layers stands for rollout. */
const sourceOf = ({ data: { header } }) => (rolled() ? header.depth : selected(header).layer);
const sourceName = ({ depth }, at) => (at === depth ? "rollout" : `layer ${at + 1}`);
const countOf = ({ grid }) => grid[0] * grid[1];

/** The patch under the pointer, or the chosen one; null where neither is a patch. */
function spotOf({ hovered, data: { header } }) {
  const patch = hovered ?? (store.selection.token ?? 0) - header.prefix.length;
  return patch >= 0 && patch < countOf(header) ? patch : null;
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------------

function draw(view) {
  const { header, drops, attention } = view.data;
  const source = sourceOf(view);
  const shown = { source, looks: attention[source], spot: spotOf(view), name: sourceName(header, source) };
  drawMaps(view, shown);
  showControls(view, source);
  showAgreement(view, shown);
  drawCloud(view, shown.looks, shown.spot);
  for (const [i, button] of [...view.bars.children].entries()) mark(button, "aria-pressed", i === source);
  showUnderPointer(view, shown);
  put(view.note, `${noteOf(header)} ${sinkNote(aboveOf(shown.looks, ceilingOf(shown.looks)))}`.trim());
  const done = drops.reduce((sum, drop) => sum + !Number.isNaN(drop), 0);
  view.say(`${done} of ${countOf(header)} patches covered. ${view.agreement.textContent} ${saidOf(view, shown)}`);
}

const DECIMALS = 5; // of a difference of two numbers below 1 that were computed in float32
const dropText = (drop) => (Number.isNaN(drop) ? "not known yet" : Math.abs(drop) < 0.01 ? minus(drop.toFixed(DECIMALS)) : four(drop));

function saidOf({ data: { header, drops } }, { spot, looks }) {
  return spot === null ? "" : `${patchName(header.grid, spot)}: drop ${dropText(drops[spot])}, attention ${four(looks[spot])}.`;
}

function noteOf(header) {
  return (
    "Each patch alone takes the picture’s mean colour, and the model runs again. " +
    `Red: without it the ${followedName(header)} falls; blue: it rises. ${followedNote(header)}`
  );
}

function drawMaps({ data, tables, left, right }, { looks, spot, name }) {
  const { header, drops, bitmap } = data;
  const far = reachOf(drops);
  const top = ceilingOf(looks);
  put(left.title, "Drop when covered");
  put(right.title, attentionTitle(header.reader));
  barBetween(left.bar, tables.diverging, -far, far);
  barBetween(right.bar, tables.light, 0, top, aboveOf(looks, top));
  const covered = `Drop of the ${followedName(header)} when each of ${countOf(header)} patches is covered`;
  const looked = `${right.title.textContent}, ${name}, mean over heads`;
  const paint = (scene, colours, label) =>
    scene.paint(bitmap, header.grid, colours, 0.72, [spot], `${label}. Arrow keys move, Enter chooses.`);
  paint(left.scene, cellColours(drops, tables.diverging, -far, far), covered);
  paint(right.scene, lightsOf(looks, top), looked);
}

function attentionTitle({ onAverage, several }) {
  return rolled() ? `What reaches ${onAverage.replace(/,$/, "")} by rollout` : `What ${onAverage} ${several ? "look" : "looks"} at`;
}

function showControls({ data, ways, layer }, source) {
  const { depth } = data.header;
  ways.show(rolled() ? "rollout" : "layer");
  layer.node.hidden = rolled();
  layer.input.max = depth;
  if (+layer.input.value !== source + 1 && !rolled()) layer.input.value = source + 1;
  put(layer.value, `${Math.min(source + 1, depth)}/${depth}`);
}

function showAgreement({ data, agreement }, { source, name }) {
  const { correlation } = data.header;
  if (correlation === null) return put(agreement, "Ranks are compared when every patch has been covered.");
  const value = correlation[source];
  if (value === null) return put(agreement, "All values are equal: there are no ranks to compare.");
  put(agreement, `Rank correlation ${four(value)} with ${name}: ${agreementWords(value)}`);
}

function agreementWords(value) {
  if (value < -0.2) return "the order is rather the reverse.";
  const size = Math.abs(value);
  if (size < 0.2) return "hardly any agreement.";
  if (size < 0.5) return "some agreement.";
  return size < 0.8 ? "much agreement." : "they order the patches nearly alike.";
}

function showUnderPointer({ data, facts }, { looks, spot, name }) {
  const { header, drops, dropRanks } = data;
  const count = countOf(header);
  const own = spot === null ? null : drops[spot];
  showFacts(facts, [
    ["patch", spot === null ? "none" : patchName(header.grid, spot)],
    ["drop", own === null ? "—" : dropText(own), own],
    ["rank of the drop", dropRanks && spot !== null ? `${count - dropRanks[spot]} of ${count}` : "—"],
    [`attention, ${name}`, spot === null ? "—" : four(looks[spot]), spot === null ? "" : looks[spot]],
    ["rank of attention", spot === null ? "—" : `${count - ranksOf(looks)[spot]} of ${count}`],
    [followedName(header), four(header.before), header.before],
  ]);
}

/** How well the drops agree with attention, a bar a layer and one for rollout; a click shows that one. */
function buildBars({ data, bars }) {
  const { header } = data;
  bars.replaceChildren(
    ...Array.from({ length: header.depth + 1 }, (_, at) => {
      const value = header.correlation?.[at] ?? null;
      const size = value === null ? 0 : Math.round(46 * Math.abs(value));
      const open = () => store.commit(at === header.depth ? { view: withMap("rollout") } : { layer: at, view: withMap("layer") });
      return el(
        "button",
        { type: "button", onclick: open, title: value },
        el("span", { class: "track" }, el("i", { class: value < 0 ? "below" : "above", style: `height:${size}px` })),
        at < header.depth ? el("span", { class: "visually-hidden", text: "layer " }) : null,
        el("span", { class: "small", text: at === header.depth ? "rollout" : at + 1 }),
        el("span", { class: "visually-hidden", text: ": " }),
        el("span", { class: "small value", text: value === null ? "—" : minus(value.toFixed(2)) }),
      );
    }),
  );
}

function listen(view) {
  const { cloud, layer } = view;
  cloud.addEventListener("pointermove", (event) => {
    if (!view.data?.dropRanks) return;
    view.hovered = nearestInCloud(event, view);
    view.redraw();
  });
  cloud.addEventListener("pointerleave", () => {
    view.hovered = null;
    view.redraw();
  });
  layer.input.addEventListener("input", () => store.preview({ layer: layer.input.value - 1 }));
  layer.input.addEventListener("change", () => store.commit({ layer: layer.input.value - 1 }));
}
