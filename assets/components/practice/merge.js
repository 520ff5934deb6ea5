// Fewer tokens on the way: which patches share a token after each layer, drawn on the picture.
import { decodePicture } from "../kit/picture/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, grouped } from "../kit/numbers/format.js";
import { cellInside, tokenName } from "../kit/grid.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { countOf, groupsOf, ownersAt, patchMeans } from "./merge-groups.js";
import { drawBars, drawScene } from "./merge-draw.js";
import { answersTable, commitPlace, inkStyle, practicePlace, ratioText } from "./place.js";

const METHODS = { merge: "merge similar tokens", drop: "drop the least attended" };
const LOOKS = { groups: "groups", mean: "what is left" };

export function mergeView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null,
    image: null,
    means: [], // the mean colour of every patch
    stop: 0, // index of the slider's stop
    stage: null, // after how many layers
    look: "groups",
    hovered: null, // patch, from 0
  };
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, elements(view));
  const node = layOut(view);
  listenToCanvases(view);
  listenToSliders(view);
  return {
    node,
    async arrive(next) {
      view.image = await decodePicture(next.arrays.picture);
      view.data = next;
      settle(view);
      view.redraw();
    },
    draw: view.redraw,
  };
}

/** What the link says, or the middle stop; what was hovered or chosen stays where it still exists. */
function settle(view) {
  const { header } = view.data;
  const { stops } = header;
  view.means = patchMeans(view.image, header.grid);
  const wanted = practicePlace(header).r ?? stops[Math.floor(stops.length / 2)];
  view.stop = stops.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(stops[best] - wanted) ? i : best), 0);
  view.stage = Math.min(view.stage ?? header.depth, header.depth);
  if (view.hovered !== null && view.hovered >= countOf(view)) view.hovered = null;
}

function elements(view) {
  return {
    scene: el("canvas", { class: "scene", tabindex: 0, role: "img" }),
    bars: el("canvas", { class: "layer-bars", role: "img" }),
    methods: choiceOf("What happens to tokens", METHODS, (method) => commitPlace({ m: method })),
    looks: choiceOf("Show", LOOKS, (name) => ((view.look = name), view.redraw())),
    lost: rangeOf("Tokens fewer after each layer", { min: 0, step: 1 }),
    layer: rangeOf("After layer", { min: 0, step: 1 }),
    facts: el("dl", { class: "facts" }),
    costs: el("dl", { class: "facts" }),
    answers: answersTable(),
  };
}

function menuOf(view) {
  return figureMenu({
    name: "which patches share a token",
    root: view.root,
    nodes: () => [view.scene],
    title: () => {
      const { header } = view.data;
      return `${METHODS[header.method]}: ${header.stops[view.stop]} a layer, after layer ${view.stage} of ${header.depth}`;
    },
    rows: () => patchRows(view.data.header.grid, { "token that holds it, from 0 (-1: dropped)": ownersAt(view, view.stage) }),
  });
}

function layOut(view) {
  const { scene, bars, methods, looks, lost, layer, facts, costs, answers } = view;
  return el(
    "div",
    {},
    el("div", { class: "bar" }, methods.node, looks.node, menuOf(view)),
    el(
      "div",
      { class: "practice" },
      el(
        "div",
        { class: "pair wide" },
        el("figure", {}, scene),
        el(
          "div",
          {},
          lost.node,
          layer.node,
          el("p", { class: "small muted", text: "tokens that enter each layer, and those at the end" }),
          bars,
        ),
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h2", { text: "This pass" }), costs),
        el("section", { class: "card" }, el("h2", { text: "This picture" }), answers.node),
      ),
    ),
  );
}

function draw(view) {
  const began = performance.now();
  const style = inkStyle(view.root);
  const owners = ownersAt(view, view.stage);
  const groups = groupsOf(owners);
  drawScene(view, style, owners, groups);
  drawBars(view, style);
  showControls(view);
  showNumbers(view, owners, groups);
  globalThis.__vitTimes?.push(performance.now() - began);
}

function showControls({ data: { header }, methods, looks, look, lost, layer, stop, stage }) {
  const { stops, depth } = header;
  methods.show(header.method);
  looks.show(look);
  lost.input.max = stops.length - 1;
  lost.input.value = stop;
  lost.input.setAttribute("aria-valuetext", `${stops[stop]} tokens`);
  lost.value.textContent = `${stops[stop]}`;
  layer.input.max = depth;
  layer.input.value = stage;
  layer.value.textContent = stage ? `${stage} of ${depth}` : "before the first";
}

function showNumbers(view, owners, groups) {
  const { header } = view.data;
  const { stop, stage } = view;
  const tokens = header.counts[stop][stage];
  const patch = view.hovered ?? -1;
  const group = patch >= 0 ? groups.get(owners[patch]) : null;
  const name = patch >= 0 ? tokenName(header, header.prefix.length + patch) : "—";
  showPatch(view, { patch, name, group });
  showPass(view, { tokens, groups });
  view.answers.show(
    [
      ["all tokens", header.top],
      [`${header.stops[stop]} fewer a layer`, header.tops[stop]],
    ],
    header.hasHead,
  );
  const fate = group ? `shares its token with ${group.length - 1} other patches` : "dropped";
  const about = patch >= 0 ? `${name}: ${fate}.` : "";
  view.root.sayPractice(`${header.method}, ${header.stops[stop]} a layer, after layer ${stage}: ${tokens} tokens. ${about}`);
  view.root.practice = { stop, stage, owners, tokens, patch, group };
}

function showPatch(view, { patch, name, group }) {
  const { method, depth } = view.data.header;
  let since = 0; // the layer after which the patch no longer has a token to itself
  if (patch >= 0) while (since <= depth && groupsOf(ownersAt(view, since)).get(ownersAt(view, since)[patch])?.length === 1) since++;
  showFacts(view.facts, [
    ["patch", name],
    ["its token holds", patch < 0 ? "—" : group ? `${group.length} patch${group.length === 1 ? "" : "es"}` : "dropped"],
    [method === "merge" ? "first shared after layer" : "dropped after layer", patch < 0 ? "—" : since > depth ? "never" : `${since}`],
  ]);
}

function showPass(view, { tokens, groups }) {
  const { stop } = view;
  const { counts, macs, method, whole } = view.data.header;
  showFacts(view.costs, [
    ["tokens here", grouped(tokens)],
    ["tokens at the end", grouped(counts[stop].at(-1))],
    method === "merge"
      ? ["patches in the largest group", `${Math.max(...[...groups.values()].map((g) => g.length))}`]
      : ["patches dropped so far", `${countOf(view) - groups.size}`],
    ["MACs", countText(macs[stop]), `${macs[stop]}`],
    ["beside all tokens", ratioText(macs[stop] / whole), `${macs[stop]} / ${whole}`],
  ]);
}

function listenToCanvases(view) {
  const { scene, bars } = view;
  for (const kind of ["pointermove", "pointerdown"]) {
    scene.addEventListener(kind, (event) => {
      const cell = view.data && cellInside(event, scene, view.data.header.grid);
      if (cell) ((view.hovered = cell[0] * view.data.header.grid[1] + cell[1]), view.redraw());
    });
    bars.addEventListener(kind, (event) => {
      const held = view.data && (kind === "pointerdown" || event.buttons);
      const cell = held ? cellInside(event, bars, [1, view.data.header.depth + 1]) : null;
      if (cell) ((view.stage = cell[1]), view.redraw());
    });
  }
  scene.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((view.hovered = null), view.redraw()));
  scene.addEventListener("keydown", (event) => {
    const cols = view.data?.header.grid[1];
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -cols, ArrowDown: cols }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (view.hovered ?? Math.floor(countOf(view) / 2)) + step;
    if (next >= 0 && next < countOf(view)) view.hovered = next;
    view.redraw();
  });
}

function listenToSliders(view) {
  const { lost, layer } = view;
  lost.input.addEventListener("input", () => ((view.stop = +lost.input.value), view.redraw()));
  lost.input.addEventListener("change", () => commitPlace({ r: view.data.header.stops[view.stop] }));
  layer.input.addEventListener("input", () => ((view.stage = +layer.input.value), view.redraw()));
}
