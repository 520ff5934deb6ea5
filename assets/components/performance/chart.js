// Accuracy against size, compute or data, and what is told of the row under the pointer.
import { chart } from "../kit/charts/chart.js";
import { el } from "../kit/dom.js";
import { cellOf, setPlace } from "./place.js";
import { saidBeside } from "./table.js";

/** The chart of the page: a point's link is the number of its row; the legend leaves a data set out, in the link too. */
export function accuracyChart(view) {
  return chart({
    pick: (row, how) => row !== null && pickRow(view, view.header.rows[row], how),
    toggle(name) {
      if (!(name in view.header.colours)) return; // what a shape means
      const { off } = view.place;
      setPlace(view, { off: off.includes(name) ? off.filter((one) => one !== name) : [...off, name] });
    },
  });
}

/** The figure of the chosen axis without the data sets that are switched off; the followed model's points stand out. */
export function paintChart(view) {
  const { figures, looks, rows } = view.header;
  const { x, off, model } = view.place;
  const shown = (trace) => {
    if (!off.includes(trace.legendgroup)) return trace;
    return { ...trace, visible: trace.showlegend === false ? false : "legendonly" };
  };
  view.chart.show({ ...figures[x], data: figures[x].data.map(shown) }, looks);
  const followed = rows.flatMap((row, i) => (row.name === model ? [i] : []));
  view.chart.light(model ? followed : null);
  view.chart.ring(followed);
}

function pickRow(view, row, how) {
  view.pointed = row;
  if (how === "click") return setPlace(view, { model: view.place.model === row.name ? "" : row.name });
  describeRow(view, row);
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
