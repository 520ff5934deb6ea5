// The attention matrix of one head.
import { gradient } from "../kit/picture/colours.js";
import { el, put } from "../kit/dom.js";
import { evenText, four } from "../kit/numbers/format.js";
import { cellAt, clamp, tokenName } from "../kit/grid.js";
import { figureMenu } from "../kit/take/take.js";

const FAINTEST = 1e-5; // of the largest weight: the darkest colour

/** The attention matrix of the chosen head: rows are queries, columns keys; hovering a cell moves the picture's query and key. */
export function matrixPanel(root, zoomOf, onHover, onPick) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const [across, down] = [el("div", { class: "cross" }), el("div", { class: "cross" })];
  const label = el("span", { class: "muted" });
  const bar = el("span", { class: "colourbar small" });
  const frame = el("div", { class: "matrix-frame" }, canvas, across, down);
  const zoom = zoomOf(frame, canvas);
  let drawn = null; // what the matrix is of
  const menu = figureMenu({
    name: "the matrix",
    root,
    nodes: () => [bar, frame],
    title: () => `Attention matrix of layer ${drawn.layer + 1}, head ${drawn.head + 1}: rows are queries, columns keys`,
    file: () => `attention-matrix-layer${drawn.layer + 1}-head${drawn.head + 1}`,
    rows: () => matrixRows(drawn),
  });
  const node = el(
    "div",
    { class: "square" },
    el("div", { class: "head-line" }, label, el("span", { class: "tools" }, zoom.button, menu)),
    el("div", { class: "under-title" }, bar),
    frame,
    el("p", {
      class: "aside",
      text: "Rows are queries, columns are keys; every row sums to 1. Point at a cell, or use the arrow keys: the picture follows.",
    }),
  );
  let made = "";
  let count = 1;
  let cell = [0, 0]; // what is drawn: query and key

  listenToMatrix(canvas, {
    placeAt: (event) => cellAt(event, canvas, [count, count]),
    step: (by) => (cell = cell.map((at, i) => clamp(at + by[i], 0, count - 1))),
    here: () => cell,
    onHover,
    onPick,
  });

  function draw({ heads, header, layer, head, query, key, factor, table, values, byColumn }) {
    count = heads.tokens;
    cell = [query, key];
    drawn = { heads, header, layer, head, factor };
    const name = `${header.id}/${layer}/${head}/${factor}/${table[255]}`;
    if (made !== name) {
      made = name;
      paintMatrix(canvas, bar, heads.matrix(layer, head, factor), count, table);
    }
    const share = (v) => `${(100 * (v + 0.5)) / count}%`;
    across.style.cssText = `left:0;right:0;height:1px;top:${share(query)}`;
    down.style.cssText = `top:0;bottom:0;width:1px;left:${share(key)}`;
    const weight = values[byColumn ? query : key];
    const words = `${tokenName(header, query)} looks at ${tokenName(header, key)}`;
    put(label, `${words}: ${four(weight)} · ${evenText(weight, count)}`, weight);
    canvas.setAttribute("aria-label", `Attention matrix of layer ${layer + 1}, head ${head + 1}. ${count} × ${count}: ${words}.`);
  }
  return { node, draw, zoom };
}

/** A row a query: its weight on every key. */
function matrixRows({ heads, header, layer, head, factor }) {
  const names = Array.from({ length: heads.tokens }, (_, token) => tokenName(header, token));
  const weights = heads.matrix(layer, head, factor);
  return [["query", ...names], ...names.map((name, i) => [name, ...weights.subarray(i * heads.tokens, (i + 1) * heads.tokens)])];
}

function listenToMatrix(canvas, { placeAt, step, here, onHover, onPick }) {
  canvas.addEventListener("pointermove", (event) => onHover(...placeAt(event)));
  canvas.addEventListener("pointerdown", (event) => onHover(...placeAt(event)));
  canvas.addEventListener("pointerleave", () => onHover(null, null));
  canvas.addEventListener("click", (event) => onPick(...placeAt(event)));
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (by) onHover(...step(by));
    else if (event.key === "Enter") onPick(...here());
    else if (event.key === "Escape") onHover(null, null);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => onHover(null, null));
}

/** All weights by the logarithm of their share of the largest. */
function paintMatrix(canvas, bar, values, count, table) {
  const top = values.reduce((a, b) => Math.max(a, b), 0);
  const image = new ImageData(count, count);
  const out = new Uint32Array(image.data.buffer);
  const low = Math.log(FAINTEST);
  for (let i = 0; i < out.length; i++) out[i] = table[clamp(255 * (1 - Math.log(values[i] / top + 1e-9) / low), 0, 255) | 0];
  canvas.width = canvas.height = count;
  canvas.getContext("2d").putImageData(image, 0, 0);
  bar.replaceChildren(four(top * FAINTEST), el("i", { style: `background:${gradient(table)}` }), `${four(top)} (log)`);
}
