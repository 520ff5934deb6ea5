import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { clampView, named } from "../kit/view.js";
import { accuracyChart, describeRow, paintChart } from "./chart.js";
import { claimList } from "./claims.js";
import { smallPanel } from "./panels.js";
import { SHORT, X_AXES, readPlace, setPlace } from "./place.js";
import { ROW_SETS, resultTable } from "./table.js";
import { sourceTips } from "./tips.js";

const LINES = "Lines join models of one recipe, data set and size. ReaL labels are another measure and are left out here.";

// Published results: accuracy against size, compute and data; the table with its sources; small charts; common claims and what is so.
export default mounts((root) => {
  const view = {
    root,
    header: null,
    place: named(SHORT, clampView("performance", {}).perf),
    chart: null,
    table: null,
    claims: null,
    panels: [],
    pointed: null, // the row last pointed at
  };
  view.chart = accuracyChart(view);
  makeElements(view);
  layOut(view);
  const tips = sourceTips(view.root);

  const draw = everyFrame(() => view.header && drawAll(view));

  const unsubscribe = store.subscribe(() => {
    if (!view.header) return;
    view.place = readPlace(view);
    draw();
  });

  return {
    update(bytes) {
      const next = unpack(bytes).header;
      if (view.header?.id !== next.id) {
        view.header = next;
        view.place = readPlace(view);
        build(view);
        view.root.dataset.ready = view.header.id;
      }
      for (const { show } of view.panels) show(); // again where the theme is another
      draw();
    },
    destroy() {
      tips.hide();
      view.chart.destroy();
      for (const { destroy } of view.panels) destroy();
      unsubscribe();
    },
  };
});

function makeElements(view) {
  view.axis = choiceOf("Horizontal axis", X_AXES, (x) => setPlace(view, { x }));
  view.which = choiceOf("Rows", ROW_SETS, (rows) => setPlace(view, { rows }));
  view.follow = el("select", { "aria-label": "Model to follow", onchange: () => setPlace(view, { model: view.follow.value }) });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
  view.card = el("section", { class: "card point", "aria-live": "polite" });
  view.places = {
    table: el("div"),
    panels: el("div", { class: "panels" }),
    claims: el("div"),
  };
}

function layOut(view) {
  view.root.append(
    el(
      "div",
      { class: "performance" },
      el(
        "div",
        { class: "filters" },
        el("span", { class: "muted", text: "accuracy against" }),
        view.axis.node,
        el("label", {}, el("span", { class: "muted", text: "follow " }), view.follow),
      ),
      el("div", { class: "stage" }, el("div", {}, view.chart.node, el("p", { class: "small muted", text: LINES })), view.card),
    ),
    heading(
      "The table, with its sources",
      "What the common table of four models says, and what the papers and the configurations say.",
      view.which.node,
    ),
    view.places.table,
    heading("What the figures show", "Point at a bar or point, or Tab to it: its source is shown."),
    view.places.panels,
    heading("Commonly stated, in fact", "Published figures have a solid underline, computed ones a dotted one; both tell their origin."),
    view.places.claims,
    view.summary,
  );
}

const heading = (text, words, ...extra) =>
  el("div", { class: "heading" }, el("div", {}, el("h2", { text }), words ? el("p", { class: "small muted", text: words }) : ""), ...extra);

function drawAll(view) {
  const start = performance.now();
  view.axis.show(view.place.x);
  view.which.show(view.place.rows);
  view.follow.value = view.place.model;
  paintChart(view);
  const { model } = view.place;
  const pointed = view.pointed && (!model || view.pointed.name === model) ? view.pointed : null;
  describeRow(view, pointed ?? view.header.rows.find((row) => row.name === (model || "ViT-B/16")));
  view.table.show();
  view.claims.show();
  globalThis.__vitTimes?.push(performance.now() - start);
}

function build(view) {
  view.follow.replaceChildren(
    el("option", { value: "", text: "no model" }),
    ...[...new Set(view.header.rows.map((row) => row.name))].map((name) => el("option", { value: name, text: name })),
  );
  view.table = resultTable(
    view.header,
    () => view.place,
    (changes, quietly) => setPlace(view, changes, quietly),
  );
  view.places.table.replaceChildren(view.table.node);
  view.panels = view.header.panels.map((spec) => smallPanel(spec, view.header));
  view.places.panels.replaceChildren(...view.panels.map(({ node }) => node));
  view.claims = claimList(
    view.header.claims,
    () => view.place,
    (changes, quietly) => setPlace(view, changes, quietly),
  );
  view.places.claims.replaceChildren(view.claims.node);
  view.root.page = { header: view.header, place: () => view.place };
}
