// Tokens zeroed, swapped or shuffled: chosen on the picture, and followed through the layers to the answer.
import { barBetween, cellColours, colourTable } from "../kit/picture/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { SCHEMA } from "../kit/schema.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { pictureKeeper } from "./parts.js";
import { showAnswers } from "./tokens_answers.js";
import { INVITATION, mapHere, movementChart, showLayer } from "./tokens_chart.js";
import { areaOf, rangeFrom, tokensOf, tokensText } from "./tokens_choice.js";

const { longest: LONGEST } = SCHEMA.view.experiments.keys.tok;
const [CHOSEN_PIXEL, DRAGGED_PIXEL] = [0xff005ed5, 0xffffffff]; // little-endian RGBA

export function tokensView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    table: colourTable("viridis"),
    say: speaker(root),
    data: null,
    hovered: null,
    began: null,
    chosen: new Set(),
    asked: "",
  };
  const keep = pictureKeeper();
  view.redraw = everyFrame(() => view.data && draw(view));
  Object.assign(view, scenes(view), controls(view), elements());
  view.chart = movementChart(view);
  layOut(view);
  listen(view);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    async update(header, arrays) {
      const bitmap = await keep(header, arrays);
      view.data = { header, arrays, bitmap };
      view.prefix.replaceChildren(
        ...header.prefix.map((label, i) => el("button", { type: "button", text: label, onclick: () => toggle(view, [i]) })),
      );
      showAnswers(view);
      view.chart.show(header.figure, header.looks);
      draw(view);
    },
    redraw: view.redraw,
    destroy() {
      unsubscribe();
      view.chart.destroy();
    },
  };
}

function scenes(view) {
  const hover = (patch, from) => {
    [view.hovered, view.began] = [patch, from];
    view.redraw();
  };
  const choose = (from, to) => toggle(view, areaOf(view.data.header, from, to));
  const open = (_, patch) => store.commit({ token: lead(view) + patch });
  return {
    scene: patchScene({ redraw: view.redraw, hover, choose }),
    result: patchScene({ redraw: view.redraw, hover: (patch) => hover(patch, null), choose: open }),
  };
}

function controls(view) {
  const [all, none] = [() => rangeFrom(lead(view), count(view)), () => []];
  return {
    ways: choiceOf("What is done", { zero: "set to zero", swap: "swap", shuffle: "shuffle" }, (way) => commit({ way })),
    stage: rangeOf("Where", { min: 0, step: 1 }),
    after: rangeOf("Map: after layer", { min: 0, step: 1 }),
    prefix: el("span", { class: "prefix" }),
    quick: el(
      "span",
      { class: "quick" },
      el("button", { type: "button", text: "All patches", onclick: () => choose(view, all()) }),
      el("button", { type: "button", text: "None", onclick: () => choose(view, none()) }),
    ),
  };
}

function elements() {
  return {
    told: el("p", { class: "small", role: "alert" }),
    count: el("span", { class: "muted small" }),
    bar: el("span", { class: "colourbar small" }),
    title: el("strong"),
    facts: el("dl", { class: "facts" }),
    answers: el("div", { class: "answers" }),
    verdict: el("p"),
    note: el("p", { class: "aside" }),
  };
}

function layOut(view) {
  const { scene, result, ways, stage, after, told, answers, verdict, facts, chart } = view;
  const choices = el("div", { class: "choices" }, view.prefix, view.quick);
  const left = [
    el("div", { class: "head-line" }, el("strong", { text: "Choose tokens" }), view.count),
    scene.node,
    el("div", { class: "controls" }, choices, ways.node, stage.node, told),
  ];
  const right = [el("div", { class: "head-line" }, view.title, view.bar), result.node, el("div", { class: "controls" }, after.node)];
  const rail = [
    el("section", { class: "card" }, el("h2", { text: "The answer, before and now" }), answers, verdict),
    el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
  ];
  const caption = "How far the rows have moved, over the length they had, layer by layer";
  view.root.append(
    el("div", { class: "pair" }, el("div", {}, ...left), el("div", {}, ...right), el("div", { class: "rail" }, ...rail)),
    el("figure", { class: "wide" }, el("figcaption", { class: "muted", text: caption }), chart.node),
    view.note,
  );
}

// ---- state ------------------------------------------------------------------------------------------------------------------------

const commit = (changes) => store.commit({ view: withView("experiments", changes) });

const lead = ({ data }) => data.header.prefix.length;
const count = ({ data }) => data.header.prefix.length + data.header.grid[0] * data.header.grid[1];
const wayHere = () => fromView("experiments", "way");
const stageHere = ({ data }) => fromView("experiments", "at", { stages: data.header.depth + 1 });

function stageName({ data }, stage) {
  if (stage === 0) return "patch embeddings, before positions";
  return stage === 1 ? "tokens, positions added" : `after layer ${stage - 1} of ${data.header.depth}`;
}

/** An area in which every token is chosen is let go; otherwise all of it is chosen. */
function toggle(view, tokens) {
  const all = tokens.every((token) => view.chosen.has(token));
  choose(view, all ? [...view.chosen].filter((token) => !tokens.includes(token)) : [...view.chosen, ...tokens]);
}

function choose(view, tokens) {
  const text = tokensText(new Set(tokens));
  const fits = text.length <= LONGEST;
  put(view.told, fits ? "" : "That many separate patches do not fit in the link: choose areas by dragging, or fewer patches.");
  if (fits) commit({ tok: text });
}

function readChoice(view) {
  const text = fromView("experiments", "tok");
  if (text === view.asked) return;
  view.asked = text;
  view.chosen = tokensOf(text, count(view));
}

// ---- drawing ----------------------------------------------------------------------------------------------------------------------

function draw(view) {
  readChoice(view);
  const { header, arrays } = view.data;
  const tokens = count(view);
  const shown = mapHere(view);
  const change = arrays.change.subarray(shown * tokens, (shown + 1) * tokens);
  const sent = tokensText(view.chosen) === tokensText(arrays.chosen) && wayHere() === header.way && stageHere(view) === header.stage;
  view.root.classList.toggle("waiting", !sent);
  drawChoice(view);
  drawResult(view, change.subarray(lead(view)), shown);
  showControls(view, shown);
  showProblem(view);
  showUnderPointer(view, change);
  view.chart.stand(shown);
  view.say(`${view.chosen.size} tokens, ${wayHere()}, ${stageName(view, stageHere(view))}. ${view.verdict.textContent}`);
}

function drawChoice(view) {
  const { header, bitmap } = view.data;
  const { chosen, began, hovered } = view;
  const [first, tokens] = [lead(view), count(view)];
  const mask = new Uint32Array(tokens - first);
  for (const token of chosen) if (token >= first) mask[token - first] = CHOSEN_PIXEL;
  if (began !== null && hovered !== null) for (const token of areaOf(header, began, hovered)) mask[token - first] = DRAGGED_PIXEL;
  const label =
    `The picture in ${header.grid[0]} by ${header.grid[1]} patches; ${chosen.size} tokens are chosen. ` +
    "Arrow keys move, Enter chooses or lets go, dragging chooses an area.";
  view.scene.paint(bitmap, header.grid, mask, 0.55, [hovered], label);
  put(view.count, chosen.size ? `${chosen.size} of ${tokens} chosen` : "click, or drag over an area");
}

function drawResult({ data, table, result, title, bar, hovered }, patches, shown) {
  const { header, arrays, bitmap } = data;
  if (!arrays.chosen.length) {
    result.paint(bitmap, header.grid, null, 0, [hovered], `Nothing has moved. ${INVITATION}`);
    put(title, "What moves when tokens change");
    return bar.replaceChildren();
  }
  let top = 1e-9;
  for (const value of patches) if (value > top) top = value;
  const label = `How far each patch's row has moved after layer ${shown}. Arrow keys move.`;
  result.paint(bitmap, header.grid, cellColours(patches, table, 0, top), 0.72, [hovered], label);
  put(title, shown === 0 ? "Moved, before the first layer" : `Moved, after layer ${shown}`);
  barBetween(bar, table, 0, top);
}

function showControls(view, shown) {
  const { stage, after, prefix, chosen } = view;
  const { depth } = view.data.header;
  const at = stageHere(view);
  stage.input.max = depth + 1;
  if (+stage.input.value !== at) stage.input.value = at;
  put(stage.value, stageName(view, at));
  after.input.max = depth;
  if (+after.input.value !== shown) after.input.value = shown;
  put(after.value, shown === 0 ? "none: as embedded" : `${shown}/${depth}`);
  view.ways.show(wayHere());
  for (const [i, button] of [...prefix.children].entries()) mark(button, "aria-pressed", chosen.has(i));
}

/** What the server said against the choice; a newer word of this view's own stays. */
function showProblem({ told, data }) {
  const { problem } = data.header;
  if (problem) put(told, problem);
  else if (told.textContent === told.dataset.problem) put(told, "");
  told.dataset.problem = problem ?? "";
}

function showUnderPointer(view, change) {
  const { header, arrays } = view.data;
  if (view.hovered === null) {
    const empty = ["chosen", "moved here", "moved at the end"].map((name) => [name, "—"]);
    return showFacts(view.facts, [["token", "none"], ...empty]);
  }
  const token = lead(view) + view.hovered;
  const last = arrays.change[header.depth * count(view) + token];
  showFacts(view.facts, [
    ["token", `${tokenName(header, token)} · #${token}`],
    ["chosen", view.chosen.has(token) ? "yes" : "no"],
    ["moved here", four(change[token]), change[token]],
    ["moved at the end", four(last), last],
  ]);
}

function listen(view) {
  const { stage, after } = view;
  stage.input.addEventListener("input", () => put(stage.value, stageName(view, +stage.input.value)));
  stage.input.addEventListener("change", () => commit({ at: +stage.input.value }));
  after.input.addEventListener("input", () => showLayer(view, +after.input.value, false));
  after.input.addEventListener("change", () => showLayer(view, +after.input.value, true));
}
