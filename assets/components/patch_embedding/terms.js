// One number of an embedding: the patch, the weights, and their products term by term, in the order in which they are added.
import { channelsOf, rgbAt } from "../kit/numbers/channels.js";
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { colourTable, gradient } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { four, grouped } from "../kit/numbers/format.js";

const MARKED = 5;

/** The largest terms by size, as indices. */
export function largest(products, count = MARKED) {
  const found = [];
  for (let i = 0; i < products.length; i++) {
    if (found.length === count && Math.abs(products[i]) <= Math.abs(products[found[count - 1]])) continue;
    found.push(i);
    found.sort((a, b) => Math.abs(products[b]) - Math.abs(products[a]));
    found.length = Math.min(found.length, count);
  }
  return found;
}

/** `draw({levels, x, weights, products, patch, chans, dim, bias, sum, model})`, then `describe()`. */
export function termsPanel(changed, check) {
  const panel = {
    changed,
    check,
    table: colourTable("diverging"),
    state: null,
    hovered: null,
    lines: null,
  };
  makeElements(panel);
  listen(panel);

  return { node: panel.node, draw: (next) => draw(panel, next), describe: () => describe(panel) };
}

function makeElements(panel) {
  [panel.pixels, panel.filter, panel.product] = [canvas(), canvas(), canvas()];
  [panel.pixelsNote, panel.filterNote, panel.productNote] = [el("figcaption"), el("figcaption"), el("figcaption")];
  panel.bars = el("canvas", { class: "term-bars", tabindex: 0, role: "img" });
  panel.equation = el("p", { class: "equation" });
  panel.term = el("p", { class: "small muted term" });
  panel.list = el("ol", { class: "largest small" });
  panel.scale = el("span", { class: "colourbar small muted" });
  panel.node = el(
    "div",
    {},
    el(
      "div",
      { class: "working" },
      el("figure", {}, panel.pixelsNote, panel.pixels),
      el("figure", { "data-sign": "×" }, panel.filterNote, panel.filter),
      el("figure", { "data-sign": "→" }, panel.productNote, panel.product),
    ),
    panel.scale,
    panel.bars,
    panel.term,
    panel.equation,
    el(
      "div",
      { class: "line" },
      el("button", { type: "button", text: "Check against the model", onclick: panel.check }),
      el("span", { class: "small muted", text: "the largest terms, marked on the patch:" }),
    ),
    panel.list,
  );
}

function listen(panel) {
  panel.bars.addEventListener("pointermove", (event) => {
    if (!panel.state?.levels || !panel.lines) return;
    const box = panel.bars.getBoundingClientRect();
    const line = Math.max(0, Math.min(panel.lines.count - 1, Math.floor((event.clientY - box.top) / panel.lines.high)));
    const i =
      line * panel.lines.per + Math.max(0, Math.min(panel.lines.per - 1, Math.floor((event.clientX - box.left) / panel.lines.step)));
    panel.hovered = Math.min(i, panel.state.products.length - 1);
    panel.changed();
  });
  panel.bars.addEventListener("pointerleave", () => ((panel.hovered = null), panel.changed()));
  panel.bars.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: panel.lines?.per, ArrowUp: -panel.lines?.per }[event.key];
    if (!step || !panel.state?.levels) return;
    event.preventDefault();
    panel.hovered = Math.max(0, Math.min(panel.state.products.length - 1, (panel.hovered ?? -1) + step));
    panel.changed();
  });
  panel.bars.addEventListener("blur", () => ((panel.hovered = null), panel.changed()));
}

const canvas = () => el("canvas", { role: "img" });

const shade = (panel, value, top) => panel.table[Math.max(0, Math.min(255, 127.5 + (127.5 * value) / top)) | 0];

/** Small images at one pixel a pixel, drawn large without smoothing. */
function paint(panel, canvas, colourAt, marks = []) {
  const { patch } = panel.state;
  const image = new ImageData(patch, patch);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = colourAt(i);
  const small = new OffscreenCanvas(patch, patch);
  small.getContext("2d").putImageData(image, 0, 0);
  const { ink, width, height } = sharp(canvas);
  ink.imageSmoothingEnabled = false;
  ink.drawImage(small, 0, 0, width, height);
  const style = getComputedStyle(panel.node);
  const cell = width / patch;
  for (const i of marks) {
    const at = Math.floor(i / panel.state.chans);
    outlineCell(ink, style, (at % patch) * cell, Math.floor(at / patch) * cell, cell, cell, 1.25);
  }
}

const pixel = (rgb) => (0xff000000 | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0;

function draw(panel, next) {
  panel.state = next;
  const { levels, weights, products, patch, chans } = panel.state;
  if (!levels) return;
  if (panel.hovered !== null && panel.hovered >= products.length) panel.hovered = null;
  panel.state.marked = largest(products);
  const marks = panel.hovered === null ? panel.state.marked : [panel.hovered];
  panel.state.topWeight = weights.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-12);
  const sums = new Float64Array(patch * patch);
  for (let i = 0; i < products.length; i++) sums[Math.floor(i / chans)] += products[i];
  panel.state.topSum = sums.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-12);
  const tone = (v) => Math.round(127.5 + (127.5 * v) / panel.state.topWeight);
  paint(panel, panel.pixels, (i) => pixel(rgbAt(levels, i, chans)), marks);
  paint(panel, panel.filter, (i) => pixel(rgbAt(weights, i, chans).map(tone)), panel.hovered === null ? [] : marks);
  paint(panel, panel.product, (i) => shade(panel, sums[i], panel.state.topSum), panel.hovered === null ? [] : marks);
  drawBars(panel);
}

function drawBars(panel) {
  const { products, patch, chans, marked } = panel.state;
  const room = panel.bars.clientWidth || 500;
  const most = Math.max(1, Math.min(patch, Math.floor(room / (0.8 * patch * chans))));
  const count = Math.ceil(patch / most);
  const rows = Math.ceil(patch / count);
  const per = rows * patch * chans;
  panel.lines = { per, count, high: Math.max(24, Math.min(110, 130 / count)), step: room / per };
  const tall = `${count * panel.lines.high}px`;
  if (panel.bars.style.height !== tall) panel.bars.style.height = tall;
  const { ink, width } = sharp(panel.bars);
  const style = getComputedStyle(panel.node);
  const top = Math.abs(products[marked[0]]) || 1e-12;
  const half = panel.lines.high / 2 - 2;
  const [up, down] = [style.getPropertyValue("--st-primary-color"), "#8d949c"];
  const wide = Math.max(0.6, panel.lines.step - (panel.lines.step > 3 ? 0.75 : 0));
  ink.fillStyle = style.getPropertyValue("--st-border-color");
  for (let line = 0; line < count; line++) ink.fillRect(0, (line + 0.5) * panel.lines.high, width, 0.75);
  for (const [positive, colour] of [
    [true, up],
    [false, down],
  ]) {
    ink.fillStyle = colour;
    for (let i = 0; i < products.length; i++) {
      if (products[i] > 0 !== positive) continue;
      const size = (Math.abs(products[i]) / top) * half;
      const middle = (Math.floor(i / panel.lines.per) + 0.5) * panel.lines.high;
      ink.fillRect((i % panel.lines.per) * panel.lines.step, positive ? middle - size : middle, wide, size);
    }
  }
  if (panel.hovered !== null)
    outlineCell(
      ink,
      style,
      (panel.hovered % panel.lines.per) * panel.lines.step - 1,
      Math.floor(panel.hovered / panel.lines.per) * panel.lines.high + 1,
      wide + 2,
      panel.lines.high - 3,
      1.25,
    );
}

function where(panel, i) {
  const { patch, chans } = panel.state;
  const at = Math.floor(i / chans);
  return `row ${Math.floor(at / patch) + 1}, col ${(at % patch) + 1}${chans === 1 ? "" : `, ${channelsOf(chans).short[i % chans]}`}`;
}

function describe(panel) {
  const { levels, x, weights, products, chans, dim, name } = panel.state;
  panel.node.classList.toggle("empty", !levels);
  panel.pixelsNote.textContent = levels ? "x: this patch" : `${name} has no pixels`;
  if (!levels) return;
  panel.filterNote.textContent = `w: output ${dim + 1}`;
  panel.productNote.textContent = chans === 1 ? "x·w" : "x·w: R + G + B";
  panel.scale.replaceChildren(
    `w: grey is 0, ±${four(panel.state.topWeight)} black to white · x·w: −${four(panel.state.topSum)} `,
    el("i", { style: `background:${gradient(panel.table)}` }),
    ` ${four(panel.state.topSum)}`,
  );
  const i = panel.hovered ?? panel.state.marked[0];
  const factors = `${four(x[i])} × ${four(weights[i])} = ${four(products[i])}`;
  panel.term.textContent = `Term ${grouped(i + 1)} of ${grouped(products.length)}, ${where(panel, i)}: ${factors}`;
  describeSum(panel);
  panel.list.replaceChildren(
    ...panel.state.marked.map((k) =>
      el(
        "li",
        { title: String(products[k]) },
        `${where(panel, k)}: ${four(x[k])} × ${four(weights[k])} = `,
        el("strong", { text: four(products[k]) }),
      ),
    ),
  );
  panel.pixels.setAttribute(
    "aria-label",
    `${name}; the ${MARKED} largest terms are at ${panel.state.marked.map((i) => where(panel, i)).join("; ")}`,
  );
  panel.filter.setAttribute(
    "aria-label",
    `The weights of output ${dim + 1} as a small picture, at most ${four(panel.state.topWeight)} from zero`,
  );
  panel.product.setAttribute("aria-label", "Products of patch and weights, pixel by pixel");
  panel.bars.setAttribute(
    "aria-label",
    `${products.length} products in the order in which they are added; ${panel.term.textContent}. Arrow keys move.`,
  );
}

function describeSum(panel) {
  const { sum, bias, model } = panel.state;
  const total = sum + bias;
  panel.equation.replaceChildren(
    `Σ x·w = ${four(sum)}, + b (${four(bias)}) = `,
    el("strong", { text: four(total), title: String(total) }),
    ` · in the model ${four(model)} · difference ${Math.abs(total - model)
      .toExponential(1)
      .replace("-", "−")}`,
  );
  panel.equation.title = `sum ${sum}, bias ${bias}, model ${model}`;
}
