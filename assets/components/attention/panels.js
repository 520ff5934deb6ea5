// What lies under the explorer: how one weight is computed, a head's whole matrix, two queries side by side.
import { watched } from "../kit/canvas.js";
import { gradient } from "../kit/colours.js";
import { el, put } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { cellAt, tokenName } from "../kit/grid.js";

function drawBars({ ink, width, height }, values, colour, muted) {
  const top = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const step = width / values.length;
  ink.fillStyle = muted;
  ink.fillRect(0, height / 2 - 0.5, width, 1);
  values.forEach((value, i) => {
    ink.fillStyle = typeof colour === "function" ? colour(value) : colour;
    const size = (Math.abs(value) / top) * (height / 2 - 2);
    ink.fillRect(i * step, value < 0 ? height / 2 : height / 2 - size, Math.max(1, step - Math.min(2, step / 4)), size);
  });
}

/** q, k, their products, and the way to the weight, for the query and the key under the pointer. */
export function workingPanel(redraw, onTeach, onCheck) {
  const canvases = ["q", "k", "products"].map((name) => el("canvas", { role: "img", "aria-label": name }));
  const [q, k, products] = canvases;
  const [inkOfQ, inkOfK, inkOfProducts] = canvases.map((canvas) => watched(canvas, redraw));
  const captions = [el("figcaption"), el("figcaption"), el("figcaption")];
  const [before, weightText] = [document.createTextNode(""), el("strong")];
  const equation = el(
    "p",
    { class: "equation" },
    el("span", { class: "q", text: "q" }),
    " · ",
    el("span", { class: "k", text: "k" }),
    before,
    weightText,
  );
  const scaled = el("input", { type: "checkbox", checked: true });
  const heat = el("input", { type: "range", min: -2, max: 2, step: 0.05, value: 0 });
  const heatValue = el("strong", { text: "1" });
  const spread = el("span", { class: "muted" });
  scaled.addEventListener("change", () => onTeach({ scaled: scaled.checked, temperature: 2 ** heat.value }));
  heat.addEventListener("input", () => onTeach({ scaled: scaled.checked, temperature: 2 ** heat.value }));
  const node = el(
    "div",
    {},
    el(
      "div",
      { class: "working" },
      el("figure", {}, captions[0], q),
      el("figure", { "data-sign": "×" }, captions[1], k),
      el("figure", { "data-sign": "→" }, captions[2], products),
    ),
    equation,
    el(
      "div",
      { class: "teach" },
      el("label", {}, scaled, " divide by √d"),
      el("label", { class: "slider" }, el("span", {}, el("span", { text: "Temperature" }), heatValue), heat),
      spread,
      el("button", { type: "button", text: "Check against the model", onclick: onCheck }),
    ),
  );

  let last = null; // what is drawn: the vectors of one weight
  function draw({ heads, header, layer, head, query, key, factor, total, bits, byColumn, colours }) {
    const s = (last = heads.steps(layer, head, query, key, factor));
    drawBars(inkOfQ(), s.q, "#0072b2", colours.line);
    drawBars(inkOfK(), s.k, "#d55e00", colours.line);
    drawBars(inkOfProducts(), s.products, (value) => (value < 0 ? "#8d949c" : colours.primary), colours.line);
    put(captions[0], `q of ${tokenName(header, query)}, ${heads.headDim} numbers`);
    put(captions[1], `k of ${tokenName(header, key)}, ${heads.headDim} numbers`);
    put(captions[2], "q × k, dimension by dimension");
    const how = factor === heads.scale ? ` ÷ √${heads.headDim}` : ` × ${four(factor)}`;
    before.data = ` = ${four(s.dot)} →${how} = ${four(s.score)} → exp = ${four(Math.exp(s.score))} → ÷ Σ exp (${four(Math.exp(s.logSum))}) = `;
    put(weightText, four(s.weight));
    equation.title = `weight ${s.weight}`;
    put(heatValue, four(scaled.checked ? heads.scale / factor : 1 / factor));
    put(
      spread,
      byColumn
        ? `received in all: ${four(total)}`
        : `entropy ${bits.toFixed(2)} of at most ${Math.log2(heads.tokens).toFixed(2)} bit, sum of the row ${four(total)}`,
    );
  }

  /** The text of the three canvases: written when the pointer rests. */
  function describe() {
    for (const [canvas, name] of [
      [q, "q"],
      [k, "k"],
      [products, "products"],
    ])
      canvas.setAttribute("aria-label", `${name}: ${Array.from(last?.[name] ?? [], four).join(", ")}`);
  }
  return { node, draw, describe };
}

/** The attention matrix of the chosen head: rows are queries, columns keys; hovering a cell moves the picture's query and key. */
export function matrixPanel(table, onHover, onPick) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const [across, down] = [el("div", { class: "cross" }), el("div", { class: "cross" })];
  const label = el("span", { class: "muted" });
  const bar = el("span", { class: "colourbar small" });
  const frame = el("div", { class: "frame" }, canvas, across, down);
  const node = el(
    "div",
    { class: "square" },
    el("div", { class: "head-line" }, label, bar),
    frame,
    el("p", {
      class: "aside",
      text: "Rows are queries, columns are keys; every row sums to 1. Move over it, or use the arrow keys: the picture follows.",
    }),
  );
  let made = "";
  let count = 1;
  let cell = [0, 0]; // what is drawn: query and key

  const placeAt = (event) => cellAt(event, canvas, [count, count]);
  canvas.addEventListener("pointermove", (event) => onHover(...placeAt(event)));
  canvas.addEventListener("pointerdown", (event) => onHover(...placeAt(event)));
  canvas.addEventListener("pointerleave", () => onHover(null, null));
  canvas.addEventListener("click", (event) => onPick(...placeAt(event)));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (step) onHover(...(cell = cell.map((at, i) => Math.max(0, Math.min(count - 1, at + step[i])))));
    else if (event.key === "Enter") onPick(...cell);
    else if (event.key === "Escape") onHover(null, null);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => onHover(null, null));

  function draw({ heads, header, layer, head, query, key, factor }) {
    count = heads.tokens;
    cell = [query, key];
    const name = `${header.id}/${layer}/${head}/${factor}`;
    if (made !== name) {
      made = name;
      const values = heads.matrix(layer, head, factor);
      const top = values.reduce((a, b) => Math.max(a, b), 0);
      const image = new ImageData(count, count);
      const out = new Uint32Array(image.data.buffer);
      const low = Math.log(1e-5);
      for (let i = 0; i < out.length; i++)
        out[i] = table[Math.max(0, Math.min(255, 255 * (1 - Math.log(values[i] / top + 1e-9) / low))) | 0];
      canvas.width = canvas.height = count;
      canvas.getContext("2d").putImageData(image, 0, 0);
      bar.replaceChildren(`${four(top * 1e-5)}`, el("i", { style: `background:${gradient(table)}` }), `${four(top)} (log)`);
    }
    const percent = (v) => `${(100 * (v + 0.5)) / count}%`;
    across.style.cssText = `left:0;right:0;height:1px;top:${percent(query)}`;
    down.style.cssText = `top:0;bottom:0;width:1px;left:${percent(key)}`;
    put(label, `${count} × ${count}: ${tokenName(header, query)} looks at ${tokenName(header, key)}`);
    canvas.setAttribute("aria-label", `Attention matrix of layer ${layer + 1}, head ${head + 1}. ${label.textContent}.`);
  }
  return { node, draw };
}

/** The kept query, the one under the pointer, and the difference between what they look at. */
export function comparePanel(tables) {
  const figure = (cls) => {
    const parts = { canvas: el("canvas", { role: "img" }), caption: el("figcaption"), bar: el("div", { class: "colourbar small" }) };
    parts.node = el("figure", { class: cls }, parts.caption, parts.canvas, parts.bar);
    return parts;
  };
  const [a, b, difference] = [figure("a"), figure("b"), figure("difference")];
  const node = el(
    "div",
    {},
    el("div", { class: "compare" }, a.node, b.node, difference.node),
    el("p", {
      class: "aside",
      text: "Click a patch, or press Enter on it, to keep it as the first; with Shift, it is kept as the second. Until then the second follows the pointer.",
    }),
  );

  function paint(part, values, header, table, low, high, caption) {
    const image = new ImageData(header.grid[1], header.grid[0]);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i++) out[i] = table[Math.max(0, Math.min(255, (255 * (values[i] - low)) / (high - low || 1))) | 0];
    [part.canvas.width, part.canvas.height] = [header.grid[1], header.grid[0]];
    part.canvas.getContext("2d").putImageData(image, 0, 0);
    part.caption.textContent = caption;
    part.canvas.setAttribute("aria-label", caption);
    part.bar.replaceChildren(four(low), el("i", { style: `background:${gradient(table)}` }), four(high));
  }

  function draw({ heads, header, layer, head, first, second, factor, byColumn }) {
    const of = (token) => {
      const out = new Float32Array(heads.tokens);
      if (byColumn) heads.column(layer, head, token, out, factor);
      else heads.row(layer, head, token, out, factor);
      return out.subarray(header.prefix.length);
    };
    const [va, vb] = [of(first), of(second)];
    const top = Math.max(...va, ...vb);
    const change = va.map((value, i) => value - vb[i]);
    const far = Math.max(1e-9, ...change.map(Math.abs));
    paint(a, va, header, tables.map, 0, top, `1: ${tokenName(header, first)}`);
    paint(b, vb, header, tables.map, 0, top, `2: ${tokenName(header, second)}`);
    paint(difference, change, header, tables.diverging, -far, far, "1 − 2");
  }
  return { node, draw };
}
