// The small charts, each with its words.
import { chart } from "../kit/charts/chart.js";
import { el } from "../kit/dom.js";
import { barPlot } from "./bars.js";
import { sourced } from "./tips.js";

/** A panel as an element, what draws its chart in the page's theme, and what takes it down. */
export function smallPanel(spec, { looks, colours }) {
  const small = spec.kind === "bars" ? { node: barPlot(spec, colours), destroy() {} } : chart();
  const words = el("p", { class: "small" }, ...sourced(spec.words));
  const node = el("section", { class: "card panel", "data-panel": spec.id }, el("h3", { text: spec.title }), small.node, words);
  return { node, show: () => spec.figure && small.show(spec.figure, looks), destroy: small.destroy };
}
