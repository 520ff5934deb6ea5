// What is told of one model, and of one point on the charts.
import { el } from "../kit/dom.js";
import { countText, exactText } from "../kit/numbers/format.js";
import { sizeWords } from "./table.js";

export function describeModel(view, row) {
  view.about.replaceChildren(
    el(
      "div",
      {},
      el("h2", { text: row.name }),
      el(
        "dl",
        { class: "facts" },
        ...[
          ["parameters", countText(row.count), exactText(row.count)],
          ["published", row.published.replace(/\([^)]*\)/g, "").replace("/", " / "), row.sources.join("; ")],
          ["MACs at 224 px", countText(row.macs), exactText(row.macs)],
          [`MACs at ${row.evalSize} px, table`, `${row.gmacsEval} G`, null],
          ["a head has", `${row.dim / row.heads} channels`, null],
          ["MLP ratio", `${+(row.hidden / row.dim).toFixed(2)}`, null],
        ].flatMap(([name, value, exact]) => [el("dt", { text: name }), el("dd", { text: value, title: exact })]),
      ),
    ),
    el(
      "ul",
      { class: "small" },
      ...row.top1.map((t) =>
        el(
          "li",
          {},
          el("strong", { text: `${t.value}% ` }),
          `${t.data}, ${t.protocol}, ${sizeWords(t)}; training: ${t.training}; classifier: ${t.head}. `,
          el("span", { class: "muted", text: `${t.source}${t.note ? ` (${t.note})` : ""}` }),
        ),
      ),
    ),
    el(
      "div",
      {},
      row.note ? el("p", { class: "small", text: `* ${row.note}` }) : "",
      el("p", { class: "small muted", text: `Sources: ${row.sources.join("; ")}.` }),
    ),
  );
}

/** Keep the card as tall as its longest text at this width: the table's pointer fills it, and nothing below may move. */
export function keepHeight(view) {
  const shown = view.rows.find((row) => row.name === view.about.querySelector("h2")?.textContent);
  view.about.style.minHeight = "";
  const heights = view.rows.map((row) => {
    describeModel(view, row);
    return view.about.offsetHeight;
  });
  view.about.style.minHeight = `${Math.max(...heights)}px`;
  if (shown) describeModel(view, shown);
}
