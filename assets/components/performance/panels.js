// The small charts, each with its words.
import { el } from "../kit/dom.js";
import { barPlot, linePlot } from "./plot.js";
import { sourced } from "./tips.js";

export function smallPanel(spec) {
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
