// Rows of bars or dots, as a list: each says its value and its source, by pointer and by keyboard. Eight rows at most, every value written:
// there is nothing to zoom into and no axis to read, so they stay ours.
import { el } from "../kit/dom.js";

/** Rows with a bar each; dots instead where the axis does not begin at zero. */
export function barPlot(spec, colours) {
  const [low, high] = spec.range;
  const dots = low > 0;
  const share = (v) => (100 * (v - low)) / (high - low);
  const rows = spec.bars.map((bar) => {
    const from = dots ? share(bar.value) : share(Math.min(0, bar.value));
    const length = dots ? 0 : share(Math.max(0, bar.value)) - from;
    const colour = colours[bar.data] ?? "var(--muted)";
    const ink = dots
      ? el("i", { class: "dot", style: `left:${from}%;background:${colour}` })
      : el("i", { class: "stroke", style: `left:${from}%;width:${Math.max(0.6, length)}%;background:${colour}` });
    return el(
      "li",
      { class: "figure published", "data-note": bar.note, tabindex: 0, "aria-label": `${bar.label}: ${bar.text}. ${bar.note}` },
      el("span", { text: bar.label }),
      el("span", { class: "lane" }, ink),
      el("strong", { text: bar.text }),
    );
  });
  const axis = el(
    "li",
    { class: "axis small muted", "aria-hidden": "true" },
    el("span"),
    el("span", { class: "ends" }, el("span", { text: dots ? low : "" }), el("span", { text: dots ? high : "" })),
    el("span"),
  );
  return el("div", {}, el("ul", { class: "bars" }, ...rows, dots ? axis : ""), el("p", { class: "small muted unit", text: spec.unit }));
}
