// Every head silenced once: a grid of layers and heads, coloured by the drop.
import { outlineCell, watched } from "../kit/picture/canvas.js";
import { barBetween, cellColours, colourTable, cssColour } from "../kit/picture/colours.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/numbers/format.js";
import { cellAt, clamp } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { selected } from "../kit/view.js";
import { followedName, followedNote, reachOf } from "./parts.js";

export function headsView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, table: colourTable("diverging"), say: speaker(root), data: null, hovered: null };
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, elements());
  view.fit = watched(view.canvas, view.redraw);
  layOut(view);
  listen(view);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    async update(header, arrays) {
      view.data = { header, drops: arrays.drops };
      build(view);
      draw(view);
    },
    redraw: view.redraw,
    destroy: unsubscribe,
  };
}

function elements() {
  return {
    canvas: el("canvas", { tabindex: 0, role: "img", class: "grid" }),
    bar: el("span", { class: "colourbar small" }),
    title: el("strong", { text: "Drop when a head is silent" }),
    facts: el("dl", { class: "facts" }),
    ranking: el("ol", { class: "ranking" }),
    note: el("p", { class: "aside" }),
    down: el("div", { class: "down", "aria-hidden": "true" }),
    across: el("div", { class: "across", "aria-hidden": "true" }),
    open: el("button", { type: "button", onclick: () => store.open?.("attention") }),
  };
}

function layOut(view) {
  const { root, title, bar, down, canvas, across, note, facts, ranking, open } = view;
  const axes = el("div", { class: "axes" }, down, canvas, el("span"), across);
  const menu = figureMenu({
    name: "the heads",
    root,
    nodes: () => [bar, axes],
    title: () => `${title.textContent}: ${followedName(view.data.header)}`,
    file: () => "heads-silenced",
    rows: () => rowsOf(view.data),
  });
  root.append(
    el(
      "div",
      { class: "headgrid" },
      el("div", {}, el("div", { class: "head-line" }, title, el("span", { class: "tools" }, bar, menu)), axes, note),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h2", { text: "Largest effects" }), ranking),
        el("div", {}, open),
      ),
    ),
  );
}

const rowsOf = ({ header: { heads }, drops }) => [
  ["layer", "head", "drop"],
  ...Array.from(drops, (drop, i) => [Math.floor(i / heads) + 1, (i % heads) + 1, drop]),
];

const nameOf = (layer, head) => `layer ${layer + 1}, head ${head + 1}`;

function chosen({ data: { header } }) {
  const { layer, head } = selected(header);
  return [layer, head];
}

function draw(view) {
  const { header, drops } = view.data;
  const far = reachOf(drops);
  drawGrid(view, far);
  barBetween(view.bar, view.table, -far, far);
  const [layer, head] = view.hovered ?? chosen(view);
  const value = drops[layer * header.heads + head];
  const known = drops.filter((drop) => !Number.isNaN(drop));
  const said = Number.isNaN(value) ? "not known yet" : four(value);
  const rank = known.reduce((place, drop) => place + (drop > value), 1);
  showFacts(view.facts, [
    ["head", nameOf(layer, head)],
    ["drop", said, value],
    ["then", Number.isNaN(value) ? "—" : four(header.before - value), header.before - value],
    [followedName(header), four(header.before), header.before],
    ["rank", Number.isNaN(value) ? "—" : `${rank} of ${known.length}`],
  ]);
  put(view.note, noteOf(header));
  put(view.open, `Open ${nameOf(...chosen(view))} in Attention`);
  mark(view.canvas, "aria-label", `Drops of ${header.depth} layers by ${header.heads} heads. Arrow keys move, Enter chooses.`);
  view.say(`${known.length} of ${drops.length} heads silenced. ${nameOf(layer, head)}: drop ${said}.`);
}

function noteOf(header) {
  return (
    "What one head passes on is set to zero, and the model runs again. " +
    `Red: without it the ${followedName(header)} falls; blue: it rises. Heads stand in for each other: ` +
    `a small drop alone does not make a head useless. ${followedNote(header)}`
  );
}

function drawGrid(view, far) {
  const { header, drops } = view.data;
  const { ink, width, height } = view.fit();
  const [w, h] = [width / header.heads, height / header.depth];
  const colours = cellColours(drops, view.table, -far, far);
  const style = getComputedStyle(view.canvas);
  ink.fillStyle = style.getPropertyValue("--panel");
  ink.fillRect(0, 0, width, height);
  for (let i = 0; i < drops.length; i++) {
    if (!colours[i]) continue;
    ink.fillStyle = cssColour(colours[i]);
    ink.fillRect((i % header.heads) * w + 0.75, Math.floor(i / header.heads) * h + 0.75, w - 1.5, h - 1.5);
  }
  const outline = (/** @type {number[]} */ [layer, head], thick) => outlineCell(ink, style, head * w, layer * h, w, h, thick);
  outline(chosen(view), 2);
  if (view.hovered) outline(view.hovered, 1);
}

/** What stands once for a payload: the numbers along the grid, and the heads with the largest drops. */
function build({ data, down, across, ranking }) {
  const { header, drops } = data;
  const numbers = (count) => Array.from({ length: count }, (_, i) => el("span", { text: i + 1 }));
  down.replaceChildren(...numbers(header.depth));
  across.replaceChildren(...numbers(header.heads));
  const known = Array.from(drops.keys()).filter((i) => !Number.isNaN(drops[i]));
  const order = known.sort((a, b) => Math.abs(drops[b]) - Math.abs(drops[a]));
  ranking.replaceChildren(
    ...order.slice(0, 5).map((i) => {
      const [layer, head] = [Math.floor(i / header.heads), i % header.heads];
      const open = el("button", { type: "button", text: nameOf(layer, head), onclick: () => store.commit({ layer, head }) });
      return el("li", {}, open, el("span", { text: four(drops[i]), title: drops[i] }));
    }),
  );
}

function listen(view) {
  const { canvas } = view;
  const headAt = (event) => cellAt(event, canvas, [view.data.header.depth, view.data.header.heads]);
  const hover = (cell) => {
    view.hovered = cell;
    view.redraw();
  };
  for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, (event) => view.data && hover(headAt(event)));
  for (const kind of ["pointerleave", "blur"]) canvas.addEventListener(kind, () => hover(null));
  canvas.addEventListener("click", (event) => {
    const [layer, head] = headAt(event);
    store.commit({ layer, head });
  });
  canvas.addEventListener("keydown", (event) => {
    if (!view.data) return;
    const { depth, heads } = view.data.header;
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const [layer, head] = view.hovered ?? chosen(view);
    if (step) hover([clamp(layer + step[0], 0, depth - 1), clamp(head + step[1], 0, heads - 1)]);
    else if (event.key === "Enter" || event.key === " ") store.commit({ layer, head });
    else return;
    event.preventDefault();
  });
}
