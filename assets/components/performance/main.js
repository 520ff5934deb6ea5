import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { clampView, named } from "../kit/view.js";
import { DATA_COLOURS, PROTOCOL_SHAPES, resultMark, svg } from "../model_variants/charts.js";
import { chartWidth, describeRow, paintChart } from "./chart.js";
import { claimList } from "./claims.js";
import { smallPanel } from "./panels.js";
import { SHORT, X_AXES, readPlace, setPlace, visible } from "./place.js";
import { dataLegend } from "./plot.js";
import { ROW_SETS, resultTable } from "./table.js";
import { sourceTips } from "./tips.js";

// Published results: accuracy against size, compute and data; the table with its sources; small charts; common claims and what is so.
export default mounts((root) => {
  const view = {
    root,
    header: null,
    place: named(SHORT, clampView("performance", {}).perf),
    chart: null,
    table: null,
    claims: null,
    points: null,
    drawn: "", // what the chart on screen was made for
    pointed: null,
  };
  makeElements(view);
  layOut(view);
  const tips = sourceTips(view.root);

  const draw = everyFrame(() => view.header && drawAll(view));

  const watch = new ResizeObserver(() => draw());
  watch.observe(view.places.chart);

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
        view.drawn = "";
        view.root.dataset.ready = view.header.id;
      }
      draw();
    },
    destroy() {
      tips.hide();
      watch.disconnect();
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
    chart: el("div", { class: "chart" }),
    legend: el("div"),
    shapes: el("div", { class: "legend small shapes" }),
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
      el("div", { class: "stage" }, el("div", {}, view.places.chart, view.places.legend, view.places.shapes), view.card),
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
  const stamp = JSON.stringify([view.place.x, view.place.off, chartWidth(view)]);
  if (stamp !== view.drawn) {
    view.drawn = stamp;
    paintChart(view, chartWidth(view));
    view.places.legend.replaceChildren(
      dataLegend(
        Object.keys(DATA_COLOURS),
        (name) => !view.place.off.includes(name),
        (name) =>
          setPlace(view, { off: view.place.off.includes(name) ? view.place.off.filter((one) => one !== name) : [...view.place.off, name] }),
      ),
    );
  }
  view.chart?.light((point) => visible(view, point) && (!view.place.model || point.row.name === view.place.model));
  const keep =
    view.points?.find((point) => point.row === view.pointed?.row && (!view.place.model || point.row.name === view.place.model)) ??
    view.points?.find((point) => point.row.name === (view.place.model || "ViT-B/16"));
  if (view.chart && keep) {
    view.chart.show(keep);
    describeRow(view, keep.row);
  }
  view.table.show();
  view.claims.show();
  globalThis.__vitTimes?.push(performance.now() - start);
}

function build(view) {
  view.follow.replaceChildren(
    el("option", { value: "", text: "no model" }),
    ...[...new Set(view.header.rows.map((row) => row.name))].map((name) => el("option", { value: name, text: name })),
  );
  view.places.shapes.replaceChildren(
    ...Object.keys(PROTOCOL_SHAPES).map((protocol) =>
      el(
        "span",
        {},
        svg(
          "svg",
          { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" },
          resultMark({ protocol, data: Object.keys(DATA_COLOURS)[0] }, 7, 7, 5),
        ),
        protocol,
      ),
    ),
    el("span", {
      class: "muted",
      text: "Lines join models of one recipe, data set and size. ReaL labels are another measure and are left out here.",
    }),
  );
  view.table = resultTable(
    view.header,
    () => view.place,
    (changes, quietly) => setPlace(view, changes, quietly),
  );
  view.places.table.replaceChildren(view.table.node);
  view.places.panels.replaceChildren(...view.header.panels.map(smallPanel));
  view.claims = claimList(
    view.header.claims,
    () => view.place,
    (changes, quietly) => setPlace(view, changes, quietly),
  );
  view.places.claims.replaceChildren(view.claims.node);
  view.root.page = { header: view.header, place: () => view.place };
}
