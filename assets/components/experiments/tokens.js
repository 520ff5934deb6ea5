// Tokens zeroed, swapped or shuffled: chosen on the picture, and followed through the layers to the answer.
import { watched } from "../kit/canvas.js";
import { cellColours, colourTable } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, percent } from "../kit/format.js";
import { patchName } from "../kit/grid.js";
import { SCHEMA } from "../kit/schema.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { barBetween, followedNote, patchScene, pictureKeeper } from "./parts.js";

const { longest: LONGEST } = SCHEMA.view.experiments.keys.tok;
const LINES = { changed: "#d55e00", others: "#0072b2", prefix: "#cc79a7" };

/** Tokens as the link writes them: `3.5-8`. */
export function tokensText(tokens) {
  const parts = [];
  for (const token of [...tokens].sort((a, b) => a - b)) {
    const end = parts[parts.length - 1];
    if (end && end[1] === token - 1) end[1] = token;
    else parts.push([token, token]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(".");
}

export function tokensView(root) {
  const table = colourTable("viridis");
  const keep = pictureKeeper();
  const say = speaker(root);
  let data = null;
  let hovered = null;
  let began = null;
  let chosen = new Set();
  let asked = "";
  const redraw = everyFrame(draw);
  const scene = patchScene({
    redraw,
    hover: (patch, from) => (([hovered, began] = [patch, from]), redraw()),
    choose: (from, to) => toggle(area(from, to)),
  });
  const result = patchScene({
    redraw,
    hover: (patch) => (([hovered, began] = [patch, null]), redraw()),
    choose: (_, patch) => store.commit({ token: lead() + patch }),
  });
  const commit = (changes) => store.commit({ view: withView("experiments", changes) });
  const ways = choiceOf("What is done", { zero: "set to zero", swap: "swap", shuffle: "shuffle" }, (name) => commit({ way: name }));
  const stage = rangeOf("Where", { min: 0, step: 1 });
  const after = rangeOf("Map: after layer", { min: 0, step: 1 });
  const prefix = el("span", { class: "prefix" });
  const quick = el(
    "span",
    { class: "quick" },
    el("button", { type: "button", text: "All patches", onclick: () => set(range(lead(), lead() + size())) }),
    el("button", { type: "button", text: "None", onclick: () => set([]) }),
  );
  const told = el("p", { class: "small", role: "alert" });
  const count = el("span", { class: "muted small" });
  const bar = el("span", { class: "colourbar small" });
  const title = el("strong");
  const facts = el("dl", { class: "facts" });
  const answers = el("div", { class: "answers" });
  const verdict = el("p");
  const chart = el("canvas", { class: "chart", role: "img" });
  const fit = watched(chart, redraw);
  const legend = el("p", { class: "small legend" });
  const note = el("p", { class: "aside" });
  root.append(
    el(
      "div",
      { class: "pair" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, el("strong", { text: "Choose tokens" }), count),
        scene.node,
        el("div", { class: "controls" }, el("div", { class: "choices" }, prefix, quick), ways.node, stage.node, told),
      ),
      el("div", {}, el("div", { class: "head-line" }, title, bar), result.node, el("div", { class: "controls" }, after.node)),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "The answer, before and now" }), answers, verdict),
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
      ),
    ),
    el(
      "figure",
      { class: "wide" },
      el("figcaption", { class: "muted", text: "How far the rows have moved, over the length they had, layer by layer" }),
      chart,
      legend,
    ),
    note,
  );

  const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  const lead = () => data.header.prefix.length;
  const size = () => data.header.grid[0] * data.header.grid[1];
  const depth = () => data.header.depth;
  const way = () => fromView("experiments", "way");
  const at = () => fromView("experiments", "at", { stages: depth() + 1 });
  const mapAt = () => fromView("experiments", "seen", { depth: depth() }) ?? depth();
  const stageName = (value) =>
    value === 0 ? "patch embeddings, before positions" : value === 1 ? "tokens, positions added" : `after layer ${value - 1} of ${depth()}`;
  const tokenLabel = (token) => (token < lead() ? data.header.prefix[token] : patchName(data.header.grid, token - lead()));

  function area(from, to) {
    const cols = data.header.grid[1];
    const [r0, r1] = [Math.floor(from / cols), Math.floor(to / cols)].sort((a, b) => a - b);
    const [c0, c1] = [from % cols, to % cols].sort((a, b) => a - b);
    return range(r0, r1 + 1).flatMap((row) => range(c0, c1 + 1).map((col) => lead() + row * cols + col));
  }

  /** An area in which every token is chosen is let go; otherwise all of it is chosen. */
  function toggle(tokens) {
    const all = tokens.every((token) => chosen.has(token));
    set(all ? [...chosen].filter((token) => !tokens.includes(token)) : [...chosen, ...tokens]);
  }

  function set(tokens) {
    const text = tokensText(new Set(tokens));
    if (text.length > LONGEST) {
      put(told, "That many separate patches do not fit in the link: choose areas by dragging, or fewer patches.");
      return;
    }
    put(told, "");
    commit({ tok: text });
  }

  function readChoice() {
    const text = fromView("experiments", "tok");
    if (text === asked) return;
    asked = text;
    const found = text
      ? text.split(".").flatMap((part) => {
          const [from, to] = part.split("-").map(Number);
          return Number.isInteger(from) ? range(from, Math.min(to ?? from, lead() + size() - 1) + 1) : [];
        })
      : [];
    chosen = new Set(found.filter((token) => token < lead() + size()));
  }

  function draw() {
    if (!data) return;
    readChoice();
    const { header, arrays, bitmap } = data;
    const style = getComputedStyle(root);
    const tokens = lead() + size();
    const waiting = tokensText(chosen) !== tokensText(arrays.chosen) || way() !== header.way || at() !== header.stage;
    root.classList.toggle("waiting", waiting);
    const changing = began !== null && hovered !== null ? area(began, hovered) : [];
    const mask = new Uint32Array(size());
    for (const token of chosen) if (token >= lead()) mask[token - lead()] = 0xff005ed5;
    for (const token of changing) mask[token - lead()] = 0xffffffff;
    const spot = hovered;
    scene.paint(
      bitmap,
      header.grid,
      mask,
      0.55,
      [spot],
      `The picture in ${header.grid[0]} by ${header.grid[1]} patches; ${chosen.size} tokens are chosen. Arrow keys move, Enter chooses or lets go, dragging chooses an area.`,
    );
    const shown = mapAt();
    const change = arrays.change.subarray(shown * tokens, (shown + 1) * tokens);
    const patches = change.subarray(lead());
    let top = 1e-9;
    for (const value of patches) if (value > top) top = value;
    result.paint(
      bitmap,
      header.grid,
      cellColours(patches, table, 0, top),
      0.72,
      [spot],
      `How far each patch's row has moved after layer ${shown}. Arrow keys move.`,
    );
    put(title, shown === 0 ? "Moved, before the first layer" : `Moved, after layer ${shown}`);
    barBetween(bar, table, 0, top);
    put(count, chosen.size ? `${chosen.size} of ${tokens} chosen` : "click, or drag over an area");
    stage.input.max = depth() + 1;
    if (+stage.input.value !== at()) stage.input.value = at();
    put(stage.value, stageName(at()));
    after.input.max = depth();
    if (+after.input.value !== shown) after.input.value = shown;
    put(after.value, shown === 0 ? "none: as embedded" : `${shown}/${depth()}`);
    ways.show(way());
    for (const [i, button] of [...prefix.children].entries()) mark(button, "aria-pressed", chosen.has(i));
    if (header.problem) put(told, header.problem);
    else if (told.textContent === told.dataset.problem) put(told, "");
    told.dataset.problem = header.problem ?? "";
    const token = spot === null ? null : lead() + spot;
    showFacts(facts, [
      ["token", token === null ? "none" : `${tokenLabel(token)} · #${token}`],
      ["chosen", token === null ? "—" : chosen.has(token) ? "yes" : "no"],
      ["moved here", token === null ? "—" : four(change[token]), token === null ? "" : change[token]],
      [
        "moved at the end",
        token === null ? "—" : four(arrays.change[depth() * tokens + token]),
        token === null ? "" : arrays.change[depth() * tokens + token],
      ],
    ]);
    drawChart(style, tokens);
    say(`${chosen.size} tokens, ${way()}, ${stageName(at())}. ${verdict.textContent}`);
  }

  function drawAnswers() {
    const { header } = data;
    const row = ([label, before, now]) =>
      el(
        "div",
        { class: "row" },
        el("span", { class: "name", text: label }),
        el("span", { title: `${before} → ${now}`, text: `${percent(before)} → ${percent(now)}` }),
        el("span", { class: "track" }, el("span", { class: "fill old", style: `width:${100 * before}%` })),
        el("span", { class: "track" }, el("span", { class: "fill", style: `width:${100 * now}%` })),
      );
    const [old, now] = header.answers.length ? header.answers : [[], []];
    const names = new Set(old.map(([label]) => label));
    const all = [...old, ...now.filter(([label]) => !names.has(label))].sort((a, b) => b[2] - a[2]);
    answers.replaceChildren(...all.map(row));
    const moved = header.moved !== null ? ` The largest change of any probability is ${four(header.moved)}.` : "";
    const best = now[0]?.[0];
    const same = best === old[0]?.[0];
    put(
      verdict,
      !data.arrays.chosen.length || header.problem
        ? "Nothing is changed yet."
        : header.label === null
          ? `Similarity of the features with the unchanged ones: ${four(header.left)}.`
          : `${same ? `It still says ${best}.` : `It now says ${best}.`}${moved}`,
    );
    const places = header.way !== "zero" && header.stage >= 1;
    const patchesOnly = data.arrays.chosen.every((token) => token >= lead());
    put(
      note,
      `${places && patchesOnly ? "Once positions are added, a patch carries its place in its own row: changing places of rows changes the order of the sequence, which nothing in the model looks at. What is left is rounding. " : ""}Swap: the first of the chosen tokens changes places with the last, the second with the last but one, and so on. Shuffle: every chosen token gets another’s row, in a random order that is the same every time. ${followedNote(header)}`,
    );
  }

  function drawChart(style, tokens) {
    const { header, arrays } = data;
    const { ink, width, height } = fit();
    const marked = new Set(arrays.chosen);
    const mean = (list) =>
      Float32Array.from({ length: depth() + 1 }, (_, layer) =>
        list.length ? list.reduce((sum, token) => sum + arrays.change[layer * tokens + token], 0) / list.length : NaN,
      );
    const all = range(0, tokens);
    const lines = {
      changed: mean(all.filter((t) => marked.has(t))),
      others: mean(all.filter((t) => !marked.has(t) && t >= lead())),
      prefix: mean(all.filter((t) => !marked.has(t) && t < lead())),
    };
    let top = 1e-9;
    for (const values of Object.values(lines)) for (const value of values) if (value > top) top = value;
    const [l, r, t, b] = [48, 12, 10, 24];
    const x = (layer) => l + ((width - l - r) * layer) / depth();
    const y = (value) => height - b - ((height - t - b) * value) / top;
    ink.font = `12px ${style.fontFamily}`;
    ink.fillStyle = style.getPropertyValue("--muted");
    ink.strokeStyle = style.getPropertyValue("--line");
    ink.lineWidth = 1;
    ink.textAlign = "right";
    for (const part of [0, 0.5, 1]) {
      ink.fillText(part === 0 ? "0" : four(part * top), l - 6, y(part * top) + 4);
      ink.beginPath();
      ink.moveTo(l, y(part * top));
      ink.lineTo(width - r, y(part * top));
      ink.stroke();
    }
    ink.textAlign = "center";
    for (let layer = 0; layer <= depth(); layer++)
      if (layer % Math.ceil(depth() / 12) === 0) ink.fillText(layer === 0 ? "start" : layer, x(layer), height - 6);
    ink.lineWidth = 2.5;
    for (const [name, values] of Object.entries(lines)) {
      ink.strokeStyle = LINES[name];
      ink.beginPath();
      values.forEach((value, layer) => !Number.isNaN(value) && ink.lineTo(x(layer), y(value)));
      ink.stroke();
    }
    ink.strokeStyle = style.getPropertyValue("--text");
    ink.lineWidth = 1;
    ink.globalAlpha = 0.5;
    ink.beginPath();
    ink.moveTo(x(mapAt()), t);
    ink.lineTo(x(mapAt()), height - b);
    ink.stroke();
    ink.globalAlpha = 1;
    const key = (name, text) => [
      el("i", { class: "key", style: `background:${LINES[name]}` }),
      `${text} ${Number.isNaN(lines[name][mapAt()]) ? "—" : four(lines[name][mapAt()])}`,
    ];
    legend.replaceChildren(
      ...key("changed", "chosen tokens, mean"),
      ...key("others", "other patches, mean"),
      ...(header.prefix.length ? key("prefix", header.prefix.length > 1 ? "special tokens, mean" : header.prefix[0]) : []),
    );
    mark(chart, "aria-label", `Movement of the rows by layer, at the chosen layer: ${legend.textContent}.`);
  }

  stage.input.addEventListener("input", () => put(stage.value, stageName(+stage.input.value)));
  stage.input.addEventListener("change", () => commit({ at: +stage.input.value || null }));
  after.input.addEventListener("input", () =>
    store.preview({ view: withView("experiments", { seen: +after.input.value === depth() ? null : +after.input.value }) }),
  );
  after.input.addEventListener("change", () => commit({ seen: +after.input.value === depth() ? null : +after.input.value }));
  const unsubscribe = store.subscribe(redraw);

  return {
    async update(header, arrays) {
      const bitmap = await keep(header, arrays);
      data = { header, arrays, bitmap };
      prefix.replaceChildren(...header.prefix.map((label, i) => el("button", { type: "button", text: label, onclick: () => toggle([i]) })));
      drawAnswers();
      draw();
    },
    destroy: unsubscribe,
  };
}
