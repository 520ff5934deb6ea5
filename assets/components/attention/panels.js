// What lies under the explorer: how one weight is computed, and two queries side by side.
import { paintGrid, watched } from "../kit/picture/canvas.js";
import { aboveOf, ceilingOf, colourBar, OVER } from "../kit/picture/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el, put } from "../kit/dom.js";
import { evenText, four } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { figureMenu, patchRows } from "../kit/take/take.js";

/** Signed values as bars around a middle line. */
function drawBars({ ink, width, height }, values, colour, muted) {
  const top = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-9);
  const step = width / values.length;
  ink.fillStyle = muted;
  ink.fillRect(0, height / 2 - 0.5, width, 1);
  values.forEach((value, i) => {
    ink.fillStyle = colour(value);
    const size = (Math.abs(value) / top) * (height / 2 - 2);
    ink.fillRect(i * step, value < 0 ? height / 2 : height / 2 - size, Math.max(1, step - Math.min(2, step / 4)), size);
  });
}

/** q, k, their products, and the way to the weight, for the query and the key under the pointer. */
export function workingPanel(redraw, onTeach, onCheck) {
  const signs = { q: null, k: "×", products: "→" };
  const figures = Object.entries(signs).map(([name, sign]) => {
    const canvas = el("canvas", { role: "img", "aria-label": name });
    const caption = el("figcaption");
    const node = el("figure", { "data-sign": sign }, caption, canvas);
    return { name, canvas, caption, node, fit: watched(canvas, redraw) };
  });
  /** @type {any} */
  const parts = { figures, before: document.createTextNode(""), weight: el("strong"), spread: el("span", { class: "muted" }) };
  parts.scaled = el("input", { type: "checkbox", checked: true });
  parts.heat = rangeOf("Temperature", { min: -2, max: 2, step: 0.05, value: 0 });
  const teach = () => onTeach({ scaled: parts.scaled.checked, temperature: 2 ** parts.heat.input.value });
  parts.scaled.addEventListener("change", teach);
  parts.heat.input.addEventListener("input", teach);
  let last = null; // what is drawn: the vectors of one weight
  return {
    node: workingNode(parts, onCheck),
    draw(shown) {
      last = shown.heads.steps(shown.layer, shown.head, shown.query, shown.key, shown.factor);
      drawWorking(parts, last, shown);
    },
    /** The text of the three canvases: written when the pointer rests. */
    describe() {
      for (const { canvas, name } of figures)
        canvas.setAttribute("aria-label", `${name}: ${Array.from(last?.[name] ?? [], four).join(", ")}`);
    },
  };
}

function workingNode(parts, onCheck) {
  const [q, k] = ["q", "k"].map((name) => el("span", { class: name, text: name }));
  parts.equation = el("p", { class: "equation", tabindex: 0 }, q, " · ", k, parts.before, parts.weight);
  return el(
    "div",
    {},
    el("div", { class: "working" }, ...parts.figures.map(({ node }) => node)),
    parts.equation,
    el(
      "div",
      { class: "teach" },
      el("label", {}, parts.scaled, " divide by √d"),
      parts.heat.node,
      parts.spread,
      el("button", { type: "button", text: "Check against the model", onclick: onCheck }),
    ),
  );
}

function drawWorking({ figures, before, weight, equation, heat, scaled, spread }, steps, shown) {
  const { heads, header, query, key, factor, total, bits, byColumn, colours } = shown;
  const [q, k, products] = figures;
  drawBars(q.fit(), steps.q, () => "#0072b2", colours.line);
  drawBars(k.fit(), steps.k, () => "#d55e00", colours.line);
  drawBars(products.fit(), steps.products, (value) => (value < 0 ? "#8d949c" : colours.primary), colours.line);
  put(q.caption, `q of ${tokenName(header, query)}, ${heads.headDim} numbers`);
  put(k.caption, `k of ${tokenName(header, key)}, ${heads.headDim} numbers`);
  put(products.caption, "q × k, dimension by dimension");
  const how = factor === heads.scale ? ` ÷ √${heads.headDim}` : ` × ${four(factor)}`;
  const exp = `exp = ${four(Math.exp(steps.score))} → ÷ Σ exp (${four(Math.exp(steps.logSum))})`;
  before.data = ` = ${four(steps.dot)} →${how} = ${four(steps.score)} → ${exp} = `;
  put(weight, `${four(steps.weight)} · ${evenText(steps.weight, heads.tokens)}`);
  equation.title = `weight ${steps.weight}`;
  put(heat.value, four(scaled.checked ? heads.scale / factor : 1 / factor));
  const most = Math.log2(heads.tokens).toFixed(2);
  const row = `entropy ${bits.toFixed(2)} of at most ${most} bit, sum of the row ${four(total)}`;
  put(spread, byColumn ? `received in all: ${four(total)}` : row);
}

/** The kept query, the one under the pointer, and the difference between what they look at. */
export function comparePanel(root, tables) {
  const figure = (cls) => {
    const parts = { canvas: el("canvas", { role: "img" }), caption: el("figcaption"), bar: el("div", { class: "colourbar small" }) };
    parts.node = el("figure", { class: cls }, parts.caption, parts.canvas, parts.bar);
    return parts;
  };
  const [a, b, difference] = [figure("a"), figure("b"), figure("difference")];
  const maps = el("div", { class: "compare" }, a.node, b.node, difference.node);
  let drawn = null; // both maps, and of which queries and head
  const menu = figureMenu({
    name: "two queries",
    root,
    nodes: () => [maps],
    title: () => `Layer ${drawn.layer + 1}, head ${drawn.head + 1}: two queries and their difference`,
    rows: () => patchRows(drawn.grid, { first: drawn.va, second: drawn.vb, difference: drawn.change }),
  });
  const node = el(
    "div",
    {},
    el("div", { class: "head-line" }, el("span"), el("span", { class: "tools" }, menu)),
    maps,
    el("p", {
      class: "aside",
      text:
        "Click a patch, or press Enter on it, to keep it as the first; with Shift, it is kept as the second. " +
        "Until then the second follows the pointer.",
    }),
  );

  function paint(part, values, header, table, low, high, caption) {
    paintGrid(part.canvas, values, header.grid, table, low, high, OVER);
    part.caption.textContent = caption;
    part.canvas.setAttribute("aria-label", caption);
    colourBar(part.bar, table, low, high, aboveOf(values, high));
  }

  function draw({ heads, header, layer, head, first, second, factor, byColumn, table }) {
    const of = (token) => {
      const out = new Float32Array(heads.tokens);
      if (byColumn) heads.column(layer, head, token, out, factor);
      else heads.row(layer, head, token, out, factor);
      return out.subarray(header.prefix.length);
    };
    const [va, vb] = [of(first), of(second)];
    const top = Math.max(ceilingOf(va), ceilingOf(vb));
    const change = va.map((value, i) => value - vb[i]);
    const far = Math.max(1e-9, ceilingOf(change.map(Math.abs)));
    paint(a, va, header, table, 0, top, `1: ${tokenName(header, first)}`);
    paint(b, vb, header, table, 0, top, `2: ${tokenName(header, second)}`);
    paint(difference, change, header, tables.diverging, -far, far, "1 − 2");
    drawn = { layer, head, grid: header.grid, va, vb, change };
  }
  return { node, draw };
}
