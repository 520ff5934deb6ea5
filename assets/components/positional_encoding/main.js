import { colourTable } from "../kit/picture/colours.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame, speaker } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { fromView } from "../kit/view.js";
import { gridPanel } from "./grid-panel.js";
import { PositionTables } from "./math.js";
import { cosinePanel, structurePanel } from "./panels.js";
import { ENCODINGS, cellOf, encName, keep, otherOf, positionName, prefixOf, rowsOf, sideOf } from "./place.js";
import { listenToKeys, listenToPointer, pick } from "./pointer.js";
import { drawAll } from "./show.js";
import { learnPanel, numberedPanel } from "./story.js";
import { zoomsOf } from "./zooms.js";

const SIDE_OF_TEXT = 8;

// The explorer of positions: one position's similarity to all others, all of them as a wall, or as a matrix; at any grid.
export default mounts((root) => {
  const view = {
    root,
    colours: { diverging: colourTable("diverging"), viridis: colourTable("viridis") },
    data: null, // {header, arrays, tables}
    hovered: null, // the position under the pointer, and with it the one that is compared
    compared: null, // [position, position] under the pointer on the matrix
    place: fromView("positional_encoding"),
    painted: "",
  };
  view.nameOf = (p) => positionName(view, p);
  makeElements(view);
  makeChoices(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  listenToPointer(view);
  listenToKeys(view);
  const unsubscribe = store.subscribe(() => adopt(view));
  const resized = new ResizeObserver(() => view.draw());
  resized.observe(view.root);

  return {
    update(bytes, api) {
      view.root.api = api;
      const { header, arrays } = unpack(bytes);
      if (header.id === view.data?.header.id) return view.draw();
      const same = view.data?.header.model === header.model;
      view.data = { header, arrays, tables: same ? view.data.tables : new PositionTables(header, arrays) };
      view.hovered = view.compared = null;
      view.painted = "";
      build(view);
      view.root.tables = view.data.tables;
      view.root.dataset.ready = header.id;
      view.draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

function makeElements(view) {
  view.map = el("canvas", { tabindex: 0, role: "img", class: "map" });
  view.marks = el("canvas", { class: "marks" });
  view.mapTitle = el("span");
  view.mapBar = el("span", { class: "colourbar small" });
  view.prefixRow = el("div", { class: "prefix" });
  view.hint = el("span", { class: "small muted" });
  view.wall = el("canvas", { tabindex: 0, role: "img" });
  view.chosen = el("div", { class: "chosen" });
  [view.across, view.down] = [el("div", { class: "cross" }), el("div", { class: "cross" })];
  view.frame = el("div", { class: "frame" }, view.wall, view.chosen, view.across, view.down);
  view.paneTitle = el("p", { class: "small muted pane-note" });
  view.pointer = el("dl", { class: "facts" });
  view.about = el("dl", { class: "facts" });
  view.say = speaker(view.root);
  view.gridValue = el("strong");
  view.gridInput = el("input", { type: "range", step: 1, "aria-label": "Grid", list: "position-sides" });
  view.nativeTick = el("span", { class: "native-tick small muted" });
  view.tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "More on positions" });
  view.panel = el("div", { role: "tabpanel" });
  view.panels = {};
}

function makeChoices(view) {
  view.encodings = choiceOf("Encoding", ENCODINGS, (enc) => keep(view, { enc }));
  view.ranges = choiceOf("Colour range", { full: "−1 to 1", own: "own range" }, (range) => keep(view, { range }));
  view.ofText = el("button", {
    type: "button",
    text: `as in the text: ${SIDE_OF_TEXT} × ${SIDE_OF_TEXT}`,
    title: "The grid that the text which this app follows shows",
    onclick: () => view.data && keep(view, { side: SIDE_OF_TEXT, at: null }),
  });
  view.panes = choiceOf("All positions as", { wall: "wall", matrix: "matrix" }, (pane) => keep(view, { pane }));
}

function layOut(view) {
  const scene = el("div", { class: "scene" }, view.map, view.marks);
  view.zooms = zoomsOf(view, scene);
  const [ofMap, ofAll] = view.zooms.map(({ button }) => button);
  view.root.append(
    el("div", { class: "choices" }, view.encodings.node, view.ranges.node, view.ofText),
    el(
      "div",
      { class: "explorer positions" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, view.mapTitle, el("span", { class: "tools" }, ofMap, menuOf(view, "map"))),
        view.prefixRow,
        scene,
        el(
          "div",
          { class: "controls" },
          el("label", { class: "slider" }, el("span", {}, el("span", { text: "Grid" }), view.gridValue), view.gridInput),
          el("div", { class: "under" }, view.nativeTick, view.hint),
        ),
      ),
      el(
        "div",
        {},
        el("div", { class: "head-line" }, view.panes.node, el("span", { class: "tools" }, ofAll, menuOf(view, "all"))),
        view.frame,
        view.paneTitle,
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), view.pointer),
        el("section", { class: "card" }, el("h2", { text: "This encoding" }), view.about),
      ),
    ),
    view.tabs,
    view.panel,
  );
}

/** The menu of the map of one position, or of all of them. */
function menuOf(view, name) {
  const file = () => `positions-${view.place.enc}-${sideOf(view)}-${name}`;
  return figureMenu({
    name: name === "map" ? "the map of one position" : "all positions",
    root: view.root,
    nodes: () => (name === "map" ? [view.mapBar, view.map.parentElement] : [view.frame, view.paneTitle]),
    title: () =>
      `${encName(view)} positions, ${sideOf(view)} × ${sideOf(view)}: ${name === "map" ? view.mapTitle.textContent : "all similarities"}`,
    file,
    rows: () => (name === "map" ? mapRows(view) : allRows(view)),
  });
}

const mapRows = (view) => patchRows(rowsOf(view).grid, { similarity: rowsOf(view).row(cellOf(view)).subarray(prefixOf(view)) });

function allRows(view) {
  const { count } = rowsOf(view);
  const found = [["position", "with", "similarity"]];
  for (let p = 0; p < count; p++)
    rowsOf(view)
      .row(p)
      .forEach((value, q) => found.push([view.nameOf(p), view.nameOf(q), value]));
  return found;
}

function checkAgainstModel(view) {
  const [a, b] = [cellOf(view), otherOf(view)];
  view.root.api.setTriggerValue("check", { enc: view.place.enc, side: sideOf(view), a, b, value: rowsOf(view).similarity(a, b) });
}

function adopt(view) {
  view.place = fromView("positional_encoding");
  if (!view.data) return;
  const known =
    view.place.enc in ENCODINGS || (view.place.enc.startsWith("snapshot-") && view.data.header.snapshots[+view.place.enc.slice(9)]);
  if (!known) view.place.enc = "learned";
  if (view.panel.firstChild !== view.panels[view.place.open].node) view.panel.replaceChildren(view.panels[view.place.open].node);
  view.draw();
}

function build(view) {
  view.panels = {
    cosine: { title: "One similarity, step by step", ...cosinePanel(() => checkAgainstModel(view)) },
    grid: { title: "Another grid", ...gridPanel(view.colours) },
    structure: { title: "Structure", ...structurePanel(view.colours) },
    numbered: { title: "Numbered in a row", ...numberedPanel(view.colours, view.data.header.ablation) },
    learn: { title: "Watch it learn", ...learnPanel(view.colours, (enc) => keep(view, { enc })) },
  };
  view.tabs.replaceChildren(
    ...Object.entries(view.panels).map(([tab, { title }]) =>
      el("button", { type: "button", role: "tab", "data-tab": tab, text: title, onclick: () => keep(view, { open: tab }) }),
    ),
  );
  view.prefixRow.replaceChildren(
    ...view.data.header.posPrefix.map((_, i) =>
      el("button", {
        type: "button",
        onclick: () => pick(view, i),
        onpointerenter: () => ((view.hovered = i), view.draw()),
        onpointerleave: () => ((view.hovered = null), view.draw()),
      }),
    ),
    view.mapBar,
  );
  view.panel.replaceChildren();
  adopt(view);
}
