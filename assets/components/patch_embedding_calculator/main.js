import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { bytesText, countText, grouped } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { SCHEMA } from "../kit/schema.js";
import { store } from "../kit/store.js";
import { withView } from "../kit/view.js";
import { countsOf, nearestSize, sizeRange } from "../patch_grid/cut.js";

const [SIZES, , , WIDTHS] = SCHEMA.view.patch_embedding_calculator.keys.calc.of;
const LIMITS = { sizes: [SIZES.low, SIZES.high], grids: [1, 256] };
const PRECISIONS = { fp32: 4, fp16: 2, int8: 1 };

// The embedding calculator: every result with its formula and the numbers put in, for any sizes; published models set them.
export default mounts((root) => {
  let data = null; // {presets, patches, start}
  let values = null; // {size, patch, chans, dim, prefix, bias}
  let wanted = 384;
  const preset = el("select", { "aria-label": "Published model" });
  const size = rangeOf("Resolution ");
  const patch = rangeOf("Patch ", { min: 0, step: 1 });
  const dim = rangeOf("Width D", { min: WIDTHS.low, max: WIDTHS.high, step: 64 });
  const chans = choiceOf("Channels", { 1: "1 grey", 3: "3 RGB", 4: "4" }, (name) => change({ chans: +name }, true));
  const table = el("table", { class: "results" });
  const bytes = el("table", { class: "results bytes" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  root.append(
    el("h2", { text: "Embedding calculator" }),
    el(
      "div",
      { class: "calculator" },
      el(
        "div",
        { class: "inputs" },
        el("label", {}, el("span", { class: "muted", text: "Start from " }), preset),
        size.node,
        patch.node,
        dim.node,
        el("div", {}, el("span", { class: "muted", text: "Channels " }), chans.node),
      ),
      el("div", { class: "scroll" }, table),
      el("div", { class: "scroll" }, bytes),
    ),
    summary,
  );

  function change(changes, done = false) {
    if (changes.size) wanted = changes.size;
    const next = { ...values, ...changes };
    values = { ...next, size: nearestSize(wanted, next.patch, LIMITS) };
    if (!("name" in changes)) values.name = "";
    if (done) keep();
    draw();
  }

  function keep() {
    const { size: s, patch: p, chans: c, dim: d, prefix, bias } = values;
    const text = [s, p, c, d, prefix, bias];
    store.commit({ view: withView("patch_embedding_calculator", { calc: text }) });
  }

  const line = (name, formula, numbers, result, exact) =>
    el(
      "tr",
      {},
      el("th", { text: name }),
      el("td", { class: "muted", text: formula }),
      el("td", { text: numbers }),
      el("td", { class: "result", title: exact, text: result }),
    );

  const draw = everyFrame(() => {
    if (!data) return;
    const began = performance.now();
    const { size: s, patch: p, chans: c, dim: d, prefix, bias } = values;
    const n = countsOf([s, s], p, c, prefix);
    const macs = n.patches * n.values * d;
    const weights = n.values * d + bias * d;
    const g = grouped;
    table.replaceChildren(
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
    const kinds = [
      ["The picture", "H W C", s * s * c],
      ["Patch embeddings", "N × D", n.patches * d],
      ["The sequence", `(N + ${prefix}) × D`, n.tokens * d],
    ];
    bytes.replaceChildren(
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          el("th", { text: "Bytes of one image" }),
          el("th"),
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
    const [low, high] = sizeRange(p, LIMITS);
    for (const [key, value] of [
      ["min", low],
      ["max", high],
      ["step", p],
    ])
      if (+size.input[key] !== value) size.input[key] = value;
    for (const [control, value, text] of [
      [size, s, `${s} px`],
      [patch, data.patches.indexOf(p), `${p} px`],
      [dim, d, g(d)],
    ]) {
      if (+control.input.value !== value) control.input.value = value;
      control.value.textContent = text;
      control.input.setAttribute("aria-valuetext", text);
    }
    chans.show(String(c));
    preset.value = values.name;
    summary.textContent = `${n.patches} patches, ${weights} parameters, ${macs} multiply-accumulates, ${n.tokens} tokens.`;
    globalThis.__vitCalculatorTimes?.push(performance.now() - began);
  });

  preset.addEventListener("change", () => {
    const found = data.presets.find((row) => row.name === preset.value);
    if (found) change({ ...found }, true);
  });
  for (const [control, read] of [
    [size, (v) => ({ size: v })],
    [patch, (v) => ({ patch: data.patches[v] })],
    [dim, (v) => ({ dim: v })],
  ]) {
    control.input.addEventListener("input", () => data && change(read(+control.input.value)));
    control.input.addEventListener("change", () => data && keep());
  }

  return {
    update(next) {
      if (!data)
        preset.replaceChildren(
          el("option", { value: "", text: "your own sizes" }),
          ...next.presets.map((row) => el("option", { value: row.name, text: `${row.name}, ${row.size} px` })),
        );
      data = next;
      patch.input.max = data.patches.length - 1;
      if (!values) {
        const [s, p, c, d, prefix, bias] = data.now;
        wanted = s;
        values = { size: s, patch: p, chans: c, dim: d, prefix, bias, name: "" };
      }
      root.dataset.ready = "calculator";
      draw();
    },
  };
});
