// The results: each with its formula, and what they take in bytes.
import { el } from "../kit/dom.js";
import { bytesText, countText, grouped } from "../kit/numbers/format.js";

const PRECISIONS = { fp32: 4, fp16: 2, int8: 1 };

const line = (name, formula, numbers, result, exact) =>
  el(
    "tr",
    {},
    el("th", { text: name }),
    el("td", { class: "muted", text: formula }),
    el("td", { text: numbers }),
    el("td", { class: "result", title: exact, text: result }),
  );

/** Every result, with its formula and the numbers put in. */
export function showResults(view, n, macs, weights) {
  const { size: s, patch: p, chans: c, dim: d, prefix, bias } = view.values;
  const g = grouped;
  view.table.replaceChildren(
    el(
      "tbody",
      {},
      line("Patches N", "(H / P)²", `(${s} / ${p})² = ${n.grid[0]}²`, g(n.patches), n.patches),
      line("Patch dimension", "P² C", `${p}² · ${c}`, g(n.values), n.values),
      line("W", "P² C × D", `${g(n.values)} × ${g(d)}`, g(n.values * d), n.values * d),
      line("b", "D", bias ? `${g(d)}` : "none in this model", g(bias * d), bias * d),
      line("Parameters", "P² C · D + D", `${g(n.values)} · ${g(d)}${bias ? ` + ${g(d)}` : ""}`, g(weights), weights),
      line("MACs", "N · P² C · D", `${g(n.patches)} · ${g(n.values)} · ${g(d)}`, countText(macs), macs),
      line("FLOPs", "2 · MACs", `2 · ${countText(macs)}`, countText(2 * macs), 2 * macs),
      line(
        prefix === 1 ? "Tokens with [CLS]" : "Tokens",
        prefix ? `N + ${prefix}` : "N (no [CLS])",
        `${g(n.patches)} + ${prefix}`,
        g(n.tokens),
        n.tokens,
      ),
    ),
  );
}

/** What the picture, its embeddings and the sequence take, at every precision. */
export function showBytes(view, n) {
  const { size: s, chans: c, dim: d, prefix } = view.values;
  /** @type {[string, string, number][]} */
  const kinds = [
    ["The picture", "H W C", s * s * c],
    ["Patch embeddings", "N × D", n.patches * d],
    ["The sequence", `(N + ${prefix}) × D`, n.tokens * d],
  ];
  view.bytes.replaceChildren(
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { text: "Bytes of one image" }),
        el("td"),
        ...Object.keys(PRECISIONS).map((name) => el("th", { title: `${PRECISIONS[name]} bytes a number`, text: name })),
      ),
    ),
    el(
      "tbody",
      {},
      ...kinds.map(([name, formula, count]) =>
        el(
          "tr",
          {},
          el("th", { text: name }),
          el("td", { class: "muted", text: formula }),
          ...Object.values(PRECISIONS).map((e) => el("td", { class: "result", title: `${count * e} bytes`, text: bytesText(count * e) })),
        ),
      ),
    ),
  );
}
