import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { countText, exactText, percentText } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, named, partOf, withView } from "../kit/view.js";
import { countMacs, countParameters, parameterParts } from "../memory_scaling/math.js";
import {
  DATA_COLOURS,
  PART_TINTS,
  PART_WORDS,
  PROTOCOL_SHAPES,
  comparison,
  parallel,
  parameterBar,
  scatter,
  scatterLegend,
} from "./charts.js";
import { modelTable } from "./table.js";
import { ownModel, ownPanel } from "./own.js";

const KEPT = { sort: "s", words: "w", family: "f", picks: "p", bars: "b", own: "o" };
const OWN = ["width", "depth", "heads", "ratio", "patch"];
const WHOLE_PATCHES = [4, 7, 8, 14, 16, 28, 32, 56, 112];

// Published models side by side: their sizes, costs and results, where their parameters are, and one of the person's own.
export default mounts((root) => {
  let rows = null;
  let place = null;
  let table, charts, own;
  let sent = null;
  let chosenPoint = null;
  let opened = "attention";
  let toldPicks = "";

  const about = el("section", { class: "card about" });
  const reading = el("p", { class: "reading", role: "status" });
  const places = {
    table: el("div"),
    charts: el("div", { class: "pair" }),
    bars: el("div"),
    formula: el("div", { class: "card" }),
    parallel: el("div", { class: "wide" }),
    numbers: el("div", { class: "wide" }),
    own: el("div"),
  };
  const modes = choiceOf("Bars", { shares: "shares", counts: "absolute" }, (bars) => set({ bars }));
  const legend = el(
    "div",
    { class: "legend small" },
    ...Object.entries(PART_WORDS).map(([kind, words]) =>
      el(
        "button",
        { type: "button", class: "key", onclick: () => openPart(kind) },
        el("i", { class: "swatch", style: `background:${PART_TINTS[kind]}` }),
        words,
      ),
    ),
  );
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const heading = (text, ...extra) => el("div", { class: "heading" }, el("h2", { text }), ...extra);
  root.append(
    el("div", { class: "variants" }, places.table, about),
    heading("Where the parameters are", modes.node),
    el("div", { class: "where" }, el("div", {}, places.bars, legend), places.formula),
    heading("Side by side"),
    places.parallel,
    places.numbers,
    heading("Accuracy against size"),
    reading,
    places.charts,
    scatterLegend(),
    heading("Build your own"),
    places.own,
    summary,
  );

  function readPlace() {
    const bounds = { models: rows.filter((row) => row.facts).map((row) => row.name), families: rows.map((row) => row.family) };
    const next = named(KEPT, fromView("model_variants", "var", bounds));
    const own = Object.fromEntries(OWN.map((name, i) => [name, next.own[i]]));
    if (224 % own.patch) own.patch = WHOLE_PATCHES.reduce((best, p) => (Math.abs(p - own.patch) < Math.abs(best - own.patch) ? p : best));
    return { ...next, own };
  }

  function set(changes, quietly = false) {
    place = { ...place, ...changes };
    const own = OWN.map((name) => +place.own[name].toPrecision(6));
    const view = withView("model_variants", { var: partOf(KEPT, { ...place, own }) });
    store[quietly ? "preview" : "commit"]({ view });
  }

  const draw = everyFrame(() => {
    if (!rows) return;
    const start = performance.now();
    paint();
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  function paint() {
    own.show();
    const stamp = JSON.stringify([place.sort, place.words, place.family, place.picks, place.bars, opened]);
    if (stamp === toldPicks) return;
    toldPicks = stamp;
    table.show();
    const picks = place.picks.map((name) => rows.find((row) => row.name === name));
    const chosen = new Set(place.picks);
    for (const chart of charts) chart.show(chosenPoint, chosen);
    const longest = Math.max(...picks.map((row) => row.count));
    modes.show(place.bars);
    const none = el("p", { class: "muted", text: "Pick models in the table: up to four are compared here." });
    places.bars.replaceChildren(
      ...(picks.length ? picks.map((row) => parameterBar(row, longest, place.bars === "shares", openPart)) : [none]),
    );
    places.parallel.replaceChildren(picks.length ? parallel(rows, picks) : none.cloneNode(true));
    places.numbers.replaceChildren(picks.length ? comparison(picks) : "");
    paintFormula(picks);
    root.dataset.summary =
      picks.map((row) => `${row.name}: ${countText(row.count)} parameters, ${countText(row.macs)} MACs at 224 pixels`).join("; ") ||
      "No model is picked.";
    summary.textContent = root.dataset.summary;
  }

  function openPart(kind) {
    opened = kind;
    draw();
  }

  function paintFormula(picks) {
    const row = picks[0] ?? rows.find((one) => one.name === "ViT-B/16");
    const { dim: d, hidden: m, depth, classes, kernel, channels, posPrefix, posGrid, gated, layerScale } = row.facts;
    const parts = parameterParts(row.facts);
    const g = (value) => exactText(value);
    const words = {
      patch: [
        "k² · C · D + D",
        `${kernel}² · ${channels} · ${d}${row.facts.patchBias ? ` + ${d}` : ""}`,
        "One matrix for all patches: its size depends on the patch and the width, not on the picture.",
      ],
      tokens: [
        "D each",
        `${g(parts.tokens / d)} · ${d}`,
        "[CLS], the distillation token, registers, the mask token: one learned row each.",
      ],
      positions: [
        "(N + prefix) · D",
        `(${posGrid[0]} · ${posGrid[1]} + ${posPrefix}) · ${d}`,
        "A learned row for every place. Other resolutions interpolate this table.",
      ],
      attention: [
        "L · (4D² + 4D)",
        `${depth} · (4 · ${d}² + 4 · ${d})`,
        `Query, key, value, and the matrix that puts the heads together. Commonly stated: 3D². That leaves the last one and the biases out: ${g(3 * d * d)} a layer instead of ${g(parts.attention / depth)}, ${percentText(1 - (3 * d * d * depth) / parts.attention)} too few. The number of heads changes nothing: they share the same width.`,
      ],
      mlp: gated
        ? ["L · (3DM + 2M + D)", `${depth} · (3 · ${d} · ${m} + 2 · ${m} + ${d})`, "SwiGLU has a third matrix, the gate."]
        : [
            "L · (2DM + M + D)",
            `${depth} · (2 · ${d} · ${m} + ${m} + ${d})`,
            "Two matrices and their biases: 8D² + 5D where M = 4D. Usually two thirds of the model.",
          ],
      norms: [
        `(2L + 1) · 2D${layerScale ? " + L · 2D" : ""}`,
        `(2 · ${depth} + 1${row.facts.preNorm ? " + 1" : ""}) · 2 · ${d}${layerScale ? ` + ${depth} · 2 · ${d}` : ""}`,
        "A scale and a shift a channel; layer scales are a factor a channel.",
      ],
      head: [
        "K · D + K",
        classes
          ? `${classes} · ${d}${row.facts.headBias ? ` + ${classes}` : ""}${row.facts.readHeads === "two" ? ", twice" : ""}`
          : "none: published without one",
        "From the pooled features to the classes.",
      ],
    };
    const [formula, numbers, sentence] = words[opened];
    places.formula.replaceChildren(
      el("h3", { text: `${PART_WORDS[opened]} of ${row.name}` }),
      el("p", { class: "equation" }, `${formula} = ${numbers} = `, el("strong", { text: g(parts[opened]) })),
      el("p", { class: "small", text: `${percentText(parts[opened] / row.count)} of the model. ${sentence}` }),
      el(
        "p",
        { class: "small" },
        el("b", { text: "Residual connections: 0 parameters. " }),
        "They add what a layer makes to what came in, so the gradient of a deep stack always has a path that no layer can shrink.",
      ),
    );
  }

  function describe(row) {
    about.replaceChildren(
      el(
        "div",
        {},
        el("h3", { text: row.name }),
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
            `${t.data}, ${t.protocol}, ${t.size} px. `,
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

  function pick(point) {
    chosenPoint = point;
    const row = rows.find((one) => one.name === point.name);
    reading.replaceChildren(
      el("strong", { text: `${point.name}: ${point.value}%` }),
      ` · ${point.data}, ${point.protocol} at ${point.size} px · ${countText(row.count)} parameters · ${point.macs ? `${countText(point.macs)} MACs` : "MACs at that size not tabulated"} · ${point.source}${point.setting.includes("AugReg") ? " · AugReg" : ""}${point.note ? ` · ${point.note}` : ""}`,
    );
    for (const chart of charts) chart.show(point, new Set(place.picks));
  }

  function build(header) {
    rows = header.rows.map((row) => ({
      ...row,
      count: row.facts ? countParameters(row.facts) : row.exact,
      macs: row.facts ? countMacs(row.facts, 224, row.patch) : Math.round(row.gmacs224 * 1e9),
      best: Math.max(...row.top1.filter((t) => t.protocol in PROTOCOL_SHAPES).map((t) => t.value), 0) || null,
    }));
    place = readPlace();
    const points = rows.flatMap((row) =>
      row.top1
        .filter((t) => t.protocol in PROTOCOL_SHAPES && t.data in DATA_COLOURS)
        .map((t) => ({ ...t, name: row.name, count: row.count })),
    );
    table = modelTable(rows, () => place, set, describe);
    charts = [
      scatter("Parameters and accuracy", "parameters (log)", points, (p) => p.count, pick),
      scatter("Compute and accuracy", "MACs a picture, at the size it was read out at (log)", points, (p) => p.macs, pick),
    ];
    own = ownPanel(
      rows,
      () => place.own,
      (changes, quietly) => set({ own: { ...place.own, ...changes } }, quietly),
    );
    places.table.replaceChildren(table.node);
    places.charts.replaceChildren(...charts.map((chart) => chart.node));
    places.own.replaceChildren(own.node);
    reading.textContent =
      "Move over a point, or go through them with the arrow keys. Models that you picked stand out. ReaL labels are another measure and are left out.";
    describe(rows.find((row) => row.name === "ViT-B/16"));
    root.variants = { rows, ownModel, countParameters, countMacs, parameterParts };
  }

  const unsubscribe = store.subscribe(() => {
    if (!rows) return;
    place = readPlace();
    draw();
  });

  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id !== sent) {
        sent = header.id;
        build(header);
        root.dataset.ready = header.id;
      }
      draw();
    },
    destroy() {
      unsubscribe();
    },
  };
});
