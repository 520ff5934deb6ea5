// The flow from the picture to the probabilities, with the shapes that are live, and what happens inside one block.
import { el } from "../kit/dom.js";

/**
 * One diagram: a stage for every tensor, its rectangle as high as there are rows and as wide as there are numbers in a row.
 * `go(step)` opens a step.
 */
export function flowDiagram(go) {
  const list = el("ol", { class: "walk-flow", "aria-label": "From pixels to the prediction" });
  const inside = el("ol", { class: "walk-block", id: "walk-block", "aria-label": "Inside one block" });
  const opener = el("button", { type: "button", class: "opener small", "aria-controls": "walk-block", onclick: () => open(inside.hidden) });
  const node = el("nav", { class: "walk-nav", "aria-label": "The flow" }, list, inside);
  let stages = [];
  let chosen = false;

  function open(yes, byHand = true) {
    inside.hidden = !yes;
    opener.setAttribute("aria-expanded", yes);
    opener.textContent = yes ? "Close the block" : "Open a block";
    if (byHand) chosen = true;
  }

  function build(base) {
    stages = rowsOf(base).map((row) => stageOf(row, go));
    list.replaceChildren(...stages.map((stage) => stage.node));
    inside.replaceChildren(...partsOf(base.header, go));
  }

  function show(step) {
    for (const { steps, button } of stages) {
      const lit = steps.includes(step);
      button.classList.toggle("lit", lit);
      if (lit) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    }
    if (!chosen) open(step === 5 || step === 6, false);
    [...inside.querySelectorAll("button")].forEach((button, i) =>
      button.classList.toggle("lit", (step === 5 && i < 3) || (step === 6 && i >= 3)),
    );
  }
  open(false, false);
  return { node, build, show, opener };
}

/** `[name, shape, steps, rows, numbers in a row, colour]` of every stage. */
/** @returns {[string, string, number[], number, number, string][]} Name, shape, steps, height, width and colour of each stage. */
function rowsOf({ header, arrays }) {
  const [height, width] = header.imageSize;
  const n = header.grid[0] * header.grid[1];
  const [t, d] = [n + header.prefix.length, header.dim];
  const values = header.patchSize ** 2 * header.chans;
  const top = arrays.probs?.[arrays.topClass[0]];
  const sure = header.classes > 0;
  return [
    ["Picture", `${height}×${width}×${header.chans}`, [0], height, width, "--muted"],
    ["Patches", `${n}×${values}`, [1], n, values, "--muted"],
    ["Embedding", `${n}×${d}`, [2], n, d, "--accent"],
    [header.prefix.length ? `+ ${header.prefix.join(", ")}` : "no [CLS]", `${t}×${d}`, [3], t, d, "--cls"],
    ["+ positions", `${t}×${d}`, [4], t, d, "--accent"],
    [`${header.depth} blocks`, `${t}×${d}`, [5, 6, 7], t, d, "--accent"],
    ["Norm", `1×${d}`, [8], 1, d, "--cls"],
    sure ? ["Head", `1×${header.classes}`, [8], 1, header.classes, "--cls"] : ["No head", "nothing follows", [8], 1, 1, "--muted"],
    sure ? [header.topNames[0], `${(100 * top).toFixed(1)}%`, [8], 1, 1, "--accent"] : ["Features", `1×${d}`, [8], 1, d, "--accent"],
  ];
}

/** Pixels of a glyph's side for `n` rows or numbers. */
const side = (n) => 3 + 2.4 * Math.log2(1 + n / 2);

function stageOf([name, shape, steps, h, w, colour], go) {
  const glyph = el("i", { class: "glyph", style: `width:${side(w)}px;height:${side(h)}px;background:var(${colour})` });
  const button = el(
    "button",
    { type: "button", title: `Step ${steps[0] + 1}`, onclick: () => go(steps[0]) },
    el("span", { class: "glyph-box" }, glyph),
    el(
      "span",
      { class: "said" },
      el("span", { class: "name", text: name, title: name }),
      el("span", { class: "shape muted", text: shape }),
    ),
  );
  return { steps, button, node: el("li", {}, button) };
}

/** What happens inside one block. */
function partsOf(header, go) {
  const [t, d] = [header.grid[0] * header.grid[1] + header.prefix.length, header.dim];
  const parts = [
    ["LayerNorm", 5],
    ["attention", 5],
    ["add", 5],
    ["LayerNorm", 6],
    [`MLP ${d} → ${header.hidden} → ${d}`, 6],
    ["add", 6],
  ];
  return parts.map(([name, step], i) =>
    el(
      "li",
      {},
      el(
        "button",
        { type: "button", class: `part-${i}`, onclick: () => go(step) },
        el("span", { text: name }),
        el("span", { class: "small muted", text: i === 1 ? `${header.heads} × ${t}×${t}` : `${t}×${d}` }),
      ),
    ),
  );
}
