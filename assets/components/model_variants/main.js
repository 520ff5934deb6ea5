import { chart } from "../kit/charts/chart.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { countText } from "../kit/numbers/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { countMacs, countParameters, parameterParts } from "../memory_scaling/math.js";
import { describeModel, keepHeight } from "./about.js";
import { PART_TINTS, PART_WORDS, comparison, parallel, parameterBar } from "./charts.js";
import { paintFormula } from "./formula.js";
import { ownModel, ownPanel } from "./own.js";
import { openPart, readPlace, setPlace } from "./place.js";
import { modelTable, toggled } from "./table.js";

const READING =
  "Point at a dot, or go through them with the arrow keys: the model is told at the top. Models that you picked stand out. " +
  "ReaL labels are another measure and are left out. Where a source does not say at which size it probed, MACs are those at 224 px.";

// Published models side by side: their sizes, costs and results, where their parameters are, and one of the person's own.
export default mounts((root) => {
  const view = {
    root,
    rows: null,
    place: null,
    table: null,
    charts: [0, 1].map(() => chart({ pick: (point, how) => pickPoint(view, point, how) })),
    own: null,
    opened: "attention", // the part whose formula is shown
    toldPicks: "",
  };
  let sent = null;
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => {
    if (!view.rows) return;
    const start = performance.now();
    paint(view);
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  const unsubscribe = store.subscribe(() => {
    if (!view.rows) return;
    view.place = readPlace(view);
    view.draw();
  });

  let width = 0;
  const resized = new ResizeObserver(() => {
    if (!view.rows || view.about.offsetWidth === width) return;
    width = view.about.offsetWidth;
    keepHeight(view);
  });
  resized.observe(view.root);
  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id !== sent) {
        sent = header.id;
        build(view, header);
        view.root.dataset.ready = header.id;
      }
      view.charts.forEach((one, i) => one.show(header.figures[i], header.looks)); // again where the theme is another
      view.draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
      for (const one of view.charts) one.destroy();
    },
  };
});

function makeElements(view) {
  view.about = el("section", { class: "card about" });
  view.places = {
    table: el("div"),
    charts: el("div", { class: "pair" }, ...view.charts.map((one) => one.node)),
    bars: el("div"),
    formula: el("div", { class: "card" }),
    parallel: el("div", { class: "wide", tabindex: 0 }),
    numbers: el("div", { class: "wide", tabindex: 0 }),
    own: el("div"),
  };
  view.modes = choiceOf("Bars", { shares: "shares", counts: "absolute" }, (bars) => setPlace(view, { bars }));
  view.legend = el(
    "div",
    { class: "legend small" },
    ...Object.entries(PART_WORDS).map(([kind, words]) =>
      el(
        "button",
        { type: "button", class: "key", onclick: () => openPart(view, kind) },
        el("i", { class: "swatch", style: `background:${PART_TINTS[kind]}` }),
        words,
      ),
    ),
  );
  view.summary = el("p", { class: "visually-hidden", role: "status" });
}

function layOut(view) {
  view.root.append(
    el("div", { class: "variants" }, view.places.table, view.about),
    heading("Where the parameters are", view.modes.node),
    el("div", { class: "where" }, el("div", {}, view.places.bars, view.legend), view.places.formula),
    heading("Side by side"),
    view.places.parallel,
    view.places.numbers,
    heading("Accuracy against size"),
    el("p", { class: "reading", text: READING }),
    view.places.charts,
    heading("Build your own"),
    view.places.own,
    view.summary,
  );
}

/** The model of a point: told above, as if it were pointed at in the table; a click picks it, or lets it go. */
function pickPoint(view, point, how) {
  if (point === null) return;
  const row = view.rows.find(({ name }) => name === view.charted[point]);
  describeModel(view, row);
  if (how === "click") setPlace(view, { picks: toggled(view.place.picks, row.name) });
}

const heading = (text, ...extra) => el("div", { class: "heading" }, el("h2", { text }), ...extra);

function paint(view) {
  view.own.show();
  const stamp = JSON.stringify([view.place.sort, view.place.words, view.place.family, view.place.picks, view.place.bars, view.opened]);
  if (stamp === view.toldPicks) return;
  view.toldPicks = stamp;
  view.table.show();
  const picks = view.place.picks.map((name) => view.rows.find((row) => row.name === name));
  const chosen = new Set(view.place.picks);
  const lit = chosen.size ? view.charted.flatMap((name, i) => (chosen.has(name) ? [i] : [])) : null;
  for (const one of view.charts) {
    one.light(lit);
    one.ring(lit ?? []);
  }
  const longest = Math.max(...picks.map((row) => row.count));
  view.modes.show(view.place.bars);
  const none = el("p", { class: "muted", text: "Pick models in the table: up to four are compared here." });
  view.places.bars.replaceChildren(
    ...(picks.length
      ? picks.map((row) => parameterBar(row, longest, view.place.bars === "shares", (kind) => openPart(view, kind)))
      : [none]),
  );
  view.places.parallel.replaceChildren(picks.length ? parallel(view.rows, picks) : none.cloneNode(true));
  view.places.numbers.replaceChildren(picks.length ? comparison(picks) : "");
  paintFormula(view, picks);
  view.root.dataset.summary =
    picks.map((row) => `${row.name}: ${countText(row.count)} parameters, ${countText(row.macs)} MACs at 224 pixels`).join("; ") ||
    "No model is picked.";
  view.summary.textContent = view.root.dataset.summary;
}

function build(view, header) {
  view.rows = header.rows.map((row) => {
    const [bestOf] = row.top1.filter((t) => header.protocols.includes(t.protocol)).sort((a, b) => b.value - a.value);
    return {
      ...row,
      count: row.facts ? countParameters(row.facts) : row.exact,
      macs: row.facts ? countMacs(row.facts, 224, row.patch) : Math.round(row.gmacs224 * 1e9),
      bestOf,
      best: bestOf?.value ?? null,
    };
  });
  view.place = readPlace(view);
  view.table = modelTable(
    view.rows,
    () => view.place,
    (changes, quietly) => setPlace(view, changes, quietly),
    (row) => describeModel(view, row),
  );
  view.own = ownPanel(
    view.rows,
    () => view.place.own,
    (changes, quietly) => setPlace(view, { own: { ...view.place.own, ...changes } }, quietly),
  );
  view.places.table.replaceChildren(view.table.node);
  view.charted = header.charted; // the model of each point
  view.places.own.replaceChildren(view.own.node);
  describeModel(
    view,
    view.rows.find((row) => row.name === "ViT-B/16"),
  );
  view.root.variants = { rows: view.rows, ownModel, countParameters, countMacs, parameterParts };
}
