import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { countText } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { clampView, fromView, named, partOf, withView } from "../kit/view.js";
import { DATA_COLOURS, PROTOCOL_SHAPES, resultMark, svg } from "../model_variants/charts.js";
import { barPlot, dataLegend, linePlot } from "./plot.js";
import { ROW_SETS, resultTable, saidBeside } from "./table.js";
import { claimList } from "./claims.js";
import { sourced, sourceTips } from "./tips.js";

const X_AXES = { parameters: "parameters", macs: "compute", images: "data" };
const AXIS_WORDS = {
  parameters: "parameters (log)",
  macs: "MACs a picture, at the size it was read out at (log)",
  images: "pictures in pretraining (log)",
};
const SHORT = { x: "x", model: "m", off: "o", rows: "r", sort: "s", topic: "t", verdict: "v", words: "w" };

// Published results: accuracy against size, compute and data; the table with its sources; small charts; common claims and what is so.
export default mounts((root) => {
  let header = null;
  let place = named(SHORT, clampView("performance", {}).perf);
  let chart, table, claims, points;
  let drawn = "";
  let pointed = null;

  const axis = choiceOf("Horizontal axis", X_AXES, (x) => set({ x }));
  const which = choiceOf("Rows", ROW_SETS, (rows) => set({ rows }));
  const follow = el("select", { "aria-label": "Model to follow", onchange: () => set({ model: follow.value }) });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const card = el("section", { class: "card point", "aria-live": "polite" });
  const places = {
    chart: el("div", { class: "chart" }),
    legend: el("div"),
    shapes: el("div", { class: "legend small shapes" }),
    table: el("div"),
    panels: el("div", { class: "panels" }),
    claims: el("div"),
  };
  const heading = (text, words, ...extra) =>
    el(
      "div",
      { class: "heading" },
      el("div", {}, el("h2", { text }), words ? el("p", { class: "small muted", text: words }) : ""),
      ...extra,
    );
  root.append(
    el(
      "div",
      { class: "performance" },
      el(
        "div",
        { class: "filters" },
        el("span", { class: "muted", text: "accuracy against" }),
        axis.node,
        el("label", {}, el("span", { class: "muted", text: "follow " }), follow),
      ),
      el("div", { class: "stage" }, el("div", {}, places.chart, places.legend, places.shapes), card),
    ),
    heading(
      "The table, with its sources",
      "What the common table of four models says, and what the papers and the configurations say.",
      which.node,
    ),
    places.table,
    heading("What the figures show", "Point at a bar or point, or Tab to it: its source is shown."),
    places.panels,
    heading("Commonly stated, in fact", "Published figures have a solid underline, computed ones a dotted one; both tell their origin."),
    places.claims,
    summary,
  );
  const tips = sourceTips(root);

  function readPlace() {
    const bounds = {
      models: header.rows.map((row) => row.name),
      data: Object.keys(DATA_COLOURS),
      topics: header.claims.map((claim) => claim.topic),
      verdicts: header.claims.map((claim) => claim.verdict),
    };
    return named(SHORT, fromView("performance", "perf", bounds));
  }

  function set(changes, quietly = false) {
    place = { ...place, ...changes };
    store[quietly ? "preview" : "commit"]({ view: withView("performance", { perf: partOf(SHORT, place) }) });
  }

  const cell = (row, name) => row.cells[Object.keys(header.columns).indexOf(name)];
  const visible = (point) => !place.off.includes(point.data);

  const chartWidth = () => Math.max(320, Math.min(760, Math.floor(places.chart.clientWidth / 20) * 20));

  function paintChart(width) {
    const shown = header.rows.filter(
      (row) => row.protocol in PROTOCOL_SHAPES && cell(row, place.x)[1] && !place.off.includes(cell(row, "data")[0]),
    );
    const lines = new Map();
    for (const row of shown) {
      const point = { x: cell(row, place.x)[1], y: cell(row, "top1")[1], data: cell(row, "data")[0], protocol: row.protocol, row };
      const key = place.x === "images" ? `${row.name} ${row.line.split(" · ").slice(-2)}` : row.line;
      if (!lines.has(key)) lines.set(key, { name: key, points: [] });
      lines.get(key).points.push(point);
    }
    const values = shown.map((row) => cell(row, place.x)[1]);
    const ticks = [];
    if (place.x === "images")
      for (const row of shown)
        ticks.some(([v]) => v === cell(row, "images")[1]) || ticks.push([cell(row, "images")[1], cell(row, "images")[0]]);
    else
      for (let tick = 10 ** Math.ceil(Math.log10(Math.min(...values))); tick <= Math.max(...values); tick *= 10)
        ticks.push([tick, countText(tick).replace(/\.0+/, "")]);
    const scores = shown.map((row) => cell(row, "top1")[1]);
    const range = [Math.floor((Math.min(...scores) - 0.5) / 5) * 5, Math.ceil((Math.max(...scores) + 0.5) / 5) * 5];
    if (!shown.length) {
      places.chart.replaceChildren(el("p", { class: "muted", text: "Every data set is switched off. Switch one on below." }));
      chart = null;
      return;
    }
    chart = linePlot(
      { label: `Accuracy against ${X_AXES[place.x]}`, x: { label: AXIS_WORDS[place.x], ticks }, y: { range }, lines: [...lines.values()] },
      { width, height: width > 500 ? 430 : 340, pick },
    );
    places.chart.replaceChildren(chart.node);
    points = chart.points;
  }

  function pick(point, how) {
    pointed = point;
    if (how === "click") return set({ model: place.model === point.row.name ? "" : point.row.name });
    describe(point.row);
  }

  function describe(row) {
    card.replaceChildren(
      el("h3", {}, `${row.name} `, el("span", { class: "muted", text: row.line.split(" · ").slice(1).join(" · ") })),
      el(
        "dl",
        { class: "facts" },
        ...Object.keys(header.columns)
          .slice(1)
          .flatMap((name) => {
            const [text, , note, kind, said, agrees] = cell(row, name);
            return [
              el("dt", { text: header.columns[name] }),
              el(
                "dd",
                {},
                el("span", {
                  class: `figure ${kind}`,
                  tabindex: 0,
                  "data-note": note,
                  "data-kind": kind === "absent" ? "not known" : kind,
                  text: name === "top1" ? `${text}%` : text,
                }),
                saidBeside(text, said, agrees) ?? "",
              ),
            ];
          }),
      ),
      el("p", { class: "small muted", text: "Each figure tells its source or formula when you point at it." }),
    );
    summary.textContent =
      root.dataset.summary = `${row.name}: ${cell(row, "top1")[0]}%, ${cell(row, "data")[0]}, ${cell(row, "parameters")[0]} parameters.`;
  }

  const draw = everyFrame(() => {
    if (!header) return;
    const start = performance.now();
    axis.show(place.x);
    which.show(place.rows);
    follow.value = place.model;
    const stamp = JSON.stringify([place.x, place.off, chartWidth()]);
    if (stamp !== drawn) {
      drawn = stamp;
      paintChart(chartWidth());
      places.legend.replaceChildren(
        dataLegend(
          Object.keys(DATA_COLOURS),
          (name) => !place.off.includes(name),
          (name) => set({ off: place.off.includes(name) ? place.off.filter((one) => one !== name) : [...place.off, name] }),
        ),
      );
    }
    chart?.light((point) => visible(point) && (!place.model || point.row.name === place.model));
    const keep =
      points?.find((point) => point.row === pointed?.row && (!place.model || point.row.name === place.model)) ??
      points?.find((point) => point.row.name === (place.model || "ViT-B/16"));
    if (chart && keep) {
      chart.show(keep);
      describe(keep.row);
    }
    table.show();
    claims.show();
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  function build() {
    follow.replaceChildren(
      el("option", { value: "", text: "no model" }),
      ...[...new Set(header.rows.map((row) => row.name))].map((name) => el("option", { value: name, text: name })),
    );
    places.shapes.replaceChildren(
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
    table = resultTable(header, () => place, set);
    places.table.replaceChildren(table.node);
    places.panels.replaceChildren(...header.panels.map(panel));
    claims = claimList(header.claims, () => place, set);
    places.claims.replaceChildren(claims.node);
    root.page = { header, place: () => place };
  }

  function panel(spec) {
    if (spec.kind === "bars")
      return el(
        "section",
        { class: "card panel", "data-panel": spec.id },
        el("h3", { text: spec.title }),
        barPlot(spec),
        el("p", { class: "small" }, ...sourced(spec.words)),
      );
    const reading = el("p", { class: "small reading", role: "status", text: spec.y.label });
    const small = linePlot(
      {
        ...spec,
        label: spec.title,
        named: spec.id === "data",
        lines: spec.lines.map((line) => ({
          ...line,
          points: line.points.map((p) => ({ ...p, caption: spec.id === "data" ? null : p.name })),
        })),
      },
      {
        width: 420,
        height: 250,
        pick: (point) =>
          reading.replaceChildren(el("strong", { text: `${point.line ? `${point.line}: ` : ""}${point.label}` }), ` · ${point.note}`),
      },
    );
    return el(
      "section",
      { class: "card panel", "data-panel": spec.id },
      el("h3", { text: spec.title }),
      small.node,
      reading,
      el("p", { class: "small" }, ...sourced(spec.words)),
    );
  }

  const watch = new ResizeObserver(() => draw());
  watch.observe(places.chart);

  const unsubscribe = store.subscribe(() => {
    if (!header) return;
    place = readPlace();
    draw();
  });

  return {
    update(bytes) {
      const next = unpack(bytes).header;
      if (header?.id !== next.id) {
        header = next;
        place = readPlace();
        build();
        drawn = "";
        root.dataset.ready = header.id;
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
