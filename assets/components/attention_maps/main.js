// Maps over the picture, one for each token (the pointer chooses) or for each layer (a slider chooses); some patches may be flagged.
import { decodePicture, outlinePatch, paintGrid, sharp, watched } from "../kit/picture/canvas.js";
import { aboveOf, ceilingOf, colourBar, colourTable, OVER, sinkNote } from "../kit/picture/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { lightsOf, lightTable, spotlightOf } from "../kit/picture/spotlight.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { fromView, selected } from "../kit/view.js";
import { namesOn, zoomOf } from "../kit/picture/zoom.js";
import { drawnOn, normsOf } from "./words.js";

const FLAG_COLOURS = { getPropertyValue: (name) => (name === "--st-text-color" ? "#cc79a7" : "#ffffff") };

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = elements();
  Object.assign(view, { root, tables: { viridis: colourTable("viridis"), spotlight: lightTable() }, data: null, hovered: null });
  const draw = everyFrame(() => view.data && drawAll(view));
  layOut(view);
  view.fit = watched(view.map, draw);
  listen(view, draw);
  const unsubscribe = store.subscribe(draw);
  const resized = new ResizeObserver(draw);
  resized.observe(root);
  return {
    update(bytes) {
      const next = unpack(bytes);
      decodePicture(next.arrays.picture).then((bitmap) => {
        const first = !view.data;
        view.data = { ...next, bitmap };
        view.layer.input.max = next.header.depth;
        if (first) view.layer.input.value = next.header.depth;
        draw();
      });
    },
    redraw: draw,
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

function elements() {
  return {
    base: el("canvas", { tabindex: 0, role: "img" }),
    map: el("canvas", { class: "map" }),
    marks: el("canvas"),
    title: el("span"),
    bar: el("span", { class: "colourbar small" }),
    facts: el("dl", { class: "facts" }),
    note: el("p"),
    summary: el("p", { class: "visually-hidden", role: "status" }),
    layer: rangeOf("After layer", { min: 0, step: 1 }),
  };
}

function layOut(view) {
  const { root, title, bar, base, map, marks, layer, facts, note, summary } = view;
  const scene = el("div", { class: "scene" }, base, map, marks);
  view.zoom = zoomOf(scene, {
    name: "Map of the whole model",
    canvas: base,
    names: (width, height) => namesOn(view.data.header, width, height),
  });
  view.menu = figureMenu({
    name: "the map",
    root,
    nodes: () => [bar, scene],
    title: () => title.textContent,
    rows: () => patchRows(view.data.header.grid, { value: shownOf(view) }),
  });
  const card = el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts);
  root.append(
    el(
      "div",
      { class: "maps" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, title, el("span", { class: "tools" }, view.zoom.button, view.menu)),
        el("div", { class: "under-title" }, bar),
        scene,
        layer.node,
      ),
      el("div", {}, card, note),
    ),
    summary,
  );
}

const tokenCount = ({ prefix, grid }) => prefix.length + grid[0] * grid[1];
const chosen = ({ hovered, data }) => hovered ?? selected(data.header).token;

const stageOf = (view) => (view.data.header.by === "token" ? chosen(view) : +view.layer.input.value);

/** The values of the map that is shown, of all tokens. */
function valuesOf(view) {
  const count = tokenCount(view.data.header);
  return view.data.arrays.maps.subarray(stageOf(view) * count, (stageOf(view) + 1) * count);
}

const shownOf = (view) => valuesOf(view).subarray(view.data.header.prefix.length);

function drawAll(view) {
  const { header, arrays } = view.data;
  const token = chosen(view);
  const byToken = header.by === "token";
  const at = stageOf(view);
  const values = valuesOf(view);
  const patches = shownOf(view);
  const [low, top] = [byToken ? 0 : Math.min(...patches), ceilingOf(patches)];
  const above = aboveOf(patches, top);
  // lengths of tokens are no attention: they keep the colours of values
  const over = byToken ? fromView("attention", "colours") : "viridis";
  const table = view.tables[over];
  const flagged = Array.from(patches.keys()).filter((patch) => arrays.flags?.[at * patches.length + patch]);
  drawScene(view, { patches, low, top, flagged, over, spot: token - header.prefix.length });
  view.title.textContent = byToken ? `${header.title} ${tokenName(header, token)}` : header.title;
  colourBar(view.bar, table, low, top, above);
  view.layer.node.hidden = byToken;
  view.layer.value.textContent = at === 0 ? "none: as embedded" : `${at}/${header.depth}`;
  const rows = byToken ? drawnOn(header, token, values) : normsOf(header, token, values, patches, flagged.length);
  showFacts(view.facts, rows);
  view.note.textContent = [header.note, byToken ? sinkNote(above) : ""].join(" ").trim();
  view.summary.textContent = `${view.title.textContent}: ${rows.map(([name, value]) => `${name} ${value}`).join(", ")}.`;
  view.base.setAttribute("aria-label", `${view.title.textContent}, over the picture. Arrow keys move.`);
  view.zoom.draw();
  view.root.dataset.ready = header.id;
}

function drawScene({ base, map, marks, fit, data, tables, root }, { patches, low, top, flagged, over, spot }) {
  const { header, bitmap } = data;
  [base.width, base.height] = [header.imageSize[1], header.imageSize[0]];
  base.getContext("2d").drawImage(bitmap, 0, 0);
  map.classList.toggle("lit", over === "spotlight");
  if (over === "spotlight") spotlightOf(bitmap).paint(fit(), header.grid, lightsOf(patches, top));
  else paintGrid(map, patches, header.grid, tables[over], low, top, OVER);
  const { ink, width, height } = sharp(marks, [base.clientWidth, base.clientHeight]);
  for (const patch of flagged) outlinePatch(ink, FLAG_COLOURS, patch, header.grid, [width, height]);
  outlinePatch(ink, getComputedStyle(root), spot, header.grid, [width, height]);
}

function listen(view, draw) {
  const { base } = view;
  const hover = (token) => {
    view.hovered = token;
    draw();
  };
  for (const kind of ["pointermove", "pointerdown"])
    base.addEventListener(kind, (event) => view.data && hover(tokenAt(event, base, view.data.header)));
  base.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hover(null));
  base.addEventListener("click", (event) => view.data && store.commit({ token: tokenAt(event, base, view.data.header) }));
  base.addEventListener("keydown", (event) => {
    const next = view.data ? stepToken(view.data.header, chosen(view), event.key) : null;
    if (next === null) return;
    event.preventDefault();
    hover(next);
  });
  view.layer.input.addEventListener("input", draw);
}
