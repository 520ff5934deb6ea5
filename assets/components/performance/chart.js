// Accuracy against size, compute or data, and what is told of the row under the pointer.
import { el } from "../kit/dom.js";
import { countText } from "../kit/format.js";
import { PROTOCOL_SHAPES } from "../model_variants/charts.js";
import { X_AXES, cellOf, setPlace } from "./place.js";
import { linePlot } from "./plot.js";
import { saidBeside } from "./table.js";

const AXIS_WORDS = {
  parameters: "parameters (log)",
  macs: "MACs a picture, at the size it was read out at (log)",
  images: "pictures in pretraining (log)",
};

export const chartWidth = (view) => Math.max(320, Math.min(760, Math.floor(view.places.chart.clientWidth / 20) * 20));

export function paintChart(view, width) {
  const shown = view.header.rows.filter(
    (row) =>
      row.protocol in PROTOCOL_SHAPES && cellOf(view, row, view.place.x)[1] && !view.place.off.includes(cellOf(view, row, "data")[0]),
  );
  const lines = new Map();
  for (const row of shown) {
    const point = {
      x: cellOf(view, row, view.place.x)[1],
      y: cellOf(view, row, "top1")[1],
      data: cellOf(view, row, "data")[0],
      protocol: row.protocol,
      row,
    };
    const key = view.place.x === "images" ? `${row.name} ${row.line.split(" · ").slice(-2)}` : row.line;
    if (!lines.has(key)) lines.set(key, { name: key, points: [] });
    lines.get(key).points.push(point);
  }
  const scores = shown.map((row) => cellOf(view, row, "top1")[1]);
  const range = [Math.floor((Math.min(...scores) - 0.5) / 5) * 5, Math.ceil((Math.max(...scores) + 0.5) / 5) * 5];
  if (!shown.length) {
    view.places.chart.replaceChildren(el("p", { class: "muted", text: "Every data set is switched off. Switch one on below." }));
    view.chart = null;
    return;
  }
  view.chart = linePlot(
    {
      label: `Accuracy against ${X_AXES[view.place.x]}`,
      x: { label: AXIS_WORDS[view.place.x], ticks: ticksOf(view, shown) },
      y: { range },
      lines: [...lines.values()],
    },
    { width, height: width > 500 ? 430 : 340, pick: (point, how) => pickPoint(view, point, how) },
  );
  view.places.chart.replaceChildren(view.chart.node);
  view.points = view.chart.points;
}

/** Values along the axis, each with its words: the data sets' own sizes, or powers of ten. */
function ticksOf(view, shown) {
  const values = shown.map((row) => cellOf(view, row, view.place.x)[1]);
  const ticks = [];
  if (view.place.x === "images")
    for (const row of shown)
      ticks.some(([v]) => v === cellOf(view, row, "images")[1]) ||
        ticks.push([cellOf(view, row, "images")[1], cellOf(view, row, "images")[0]]);
  else
    for (let tick = 10 ** Math.ceil(Math.log10(Math.min(...values))); tick <= Math.max(...values); tick *= 10)
      ticks.push([tick, countText(tick).replace(/\.0+/, "")]);
  return ticks;
}

function pickPoint(view, point, how) {
  view.pointed = point;
  if (how === "click") return setPlace(view, { model: view.place.model === point.row.name ? "" : point.row.name });
  describeRow(view, point.row);
}

export function describeRow(view, row) {
  view.card.replaceChildren(
    el("h2", {}, `${row.name} `, el("span", { class: "muted", text: row.line.split(" · ").slice(1).join(" · ") })),
    el(
      "dl",
      { class: "facts" },
      ...Object.keys(view.header.columns)
        .slice(1)
        .flatMap((name) => {
          const [text, , note, kind, said, agrees] = cellOf(view, row, name);
          return [
            el("dt", { text: view.header.columns[name] }),
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
  const [score, data, parameters] = ["top1", "data", "parameters"].map((name) => cellOf(view, row, name)[0]);
  view.root.dataset.summary = `${row.name}: ${score}%, ${data}, ${parameters} parameters.`;
  view.summary.textContent = view.root.dataset.summary;
}
