// One number of an embedding: the patch, the weights, and their products term by term, in the order in which they are added.
import { outlineCell, sharp } from "../kit/canvas.js";
import { colourTable, gradient } from "../kit/colours.js";
import { el } from "../kit/dom.js";
import { four, grouped } from "../kit/format.js";

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

/** `draw({levels, x, weights, products, patch, dim, bias, sum, model})`, then `describe()`. */
export function termsPanel(changed, check) {
  const table = colourTable("diverging");
  const canvas = () => el("canvas", { role: "img" });
  const [pixels, filter, product] = [canvas(), canvas(), canvas()];
  const [pixelsNote, filterNote, productNote] = [el("figcaption"), el("figcaption"), el("figcaption")];
  const bars = el("canvas", { class: "term-bars", tabindex: 0, role: "img" });
  const equation = el("p", { class: "equation" });
  const term = el("p", { class: "small muted term" });
  const list = el("ol", { class: "largest small" });
  const scale = el("span", { class: "colourbar small muted" });
  const node = el(
    "div",
    {},
    el(
      "div",
      { class: "working" },
      el("figure", {}, pixelsNote, pixels),
      el("figure", { "data-sign": "×" }, filterNote, filter),
      el("figure", { "data-sign": "→" }, productNote, product),
    ),
    scale,
    bars,
    term,
    equation,
    el(
      "div",
      { class: "line" },
      el("button", { type: "button", text: "Check against the model", onclick: check }),
      el("span", { class: "small muted", text: "the largest terms, marked on the patch:" }),
    ),
    list,
  );
  let state = null;
  let hovered = null;
  let lines = null;

  const shade = (value, top) => table[Math.max(0, Math.min(255, 127.5 + (127.5 * value) / top)) | 0];

  /** Small images at one pixel a pixel, drawn large without smoothing. */
  function paint(canvas, colourAt, marks = []) {
    const { patch } = state;
    const image = new ImageData(patch, patch);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i++) out[i] = colourAt(i);
    const small = new OffscreenCanvas(patch, patch);
    small.getContext("2d").putImageData(image, 0, 0);
    const { ink, width, height } = sharp(canvas);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(small, 0, 0, width, height);
    const style = getComputedStyle(node);
    const cell = width / patch;
    for (const i of marks) {
      const at = Math.floor(i / 3);
      outlineCell(ink, style, (at % patch) * cell, Math.floor(at / patch) * cell, cell, cell, 1.25);
    }
  }

  const grey = (r, g, b) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;

  function draw(next) {
    state = next;
    const { levels, weights, products, patch } = state;
    if (!levels) return;
    if (hovered !== null && hovered >= products.length) hovered = null;
    state.marked = largest(products);
    const marks = hovered === null ? state.marked : [hovered];
    state.topWeight = weights.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-12);
    const sums = new Float64Array(patch * patch);
    for (let i = 0; i < products.length; i++) sums[Math.floor(i / 3)] += products[i];
    state.topSum = sums.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-12);
    const tone = (v) => Math.round(127.5 + (127.5 * v) / state.topWeight);
    paint(pixels, (i) => grey(levels[3 * i], levels[3 * i + 1], levels[3 * i + 2]), marks);
    paint(filter, (i) => grey(tone(weights[3 * i]), tone(weights[3 * i + 1]), tone(weights[3 * i + 2])), hovered === null ? [] : marks);
    paint(product, (i) => shade(sums[i], state.topSum), hovered === null ? [] : marks);
    drawBars();
  }

  function drawBars() {
    const { products, patch, marked } = state;
    const room = bars.clientWidth || 500;
    const most = Math.max(1, Math.min(patch, Math.floor(room / (0.8 * patch * 3))));
    const count = Math.ceil(patch / most);
    const rows = Math.ceil(patch / count);
    lines = { per: rows * patch * 3, count, high: Math.max(24, Math.min(110, 130 / count)), step: room / (rows * patch * 3) };
    const tall = `${count * lines.high}px`;
    if (bars.style.height !== tall) bars.style.height = tall;
    const { ink, width } = sharp(bars);
    const style = getComputedStyle(node);
    const top = Math.abs(products[marked[0]]) || 1e-12;
    const half = lines.high / 2 - 2;
    const [up, down] = [style.getPropertyValue("--st-primary-color"), "#8d949c"];
    const wide = Math.max(0.6, lines.step - (lines.step > 3 ? 0.75 : 0));
    ink.fillStyle = style.getPropertyValue("--st-border-color");
    for (let line = 0; line < count; line++) ink.fillRect(0, (line + 0.5) * lines.high, width, 0.75);
    for (const [positive, colour] of [
      [true, up],
      [false, down],
    ]) {
      ink.fillStyle = colour;
      for (let i = 0; i < products.length; i++) {
        if (products[i] > 0 !== positive) continue;
        const size = (Math.abs(products[i]) / top) * half;
        const middle = (Math.floor(i / lines.per) + 0.5) * lines.high;
        ink.fillRect((i % lines.per) * lines.step, positive ? middle - size : middle, wide, size);
      }
    }
    if (hovered !== null)
      outlineCell(
        ink,
        style,
        (hovered % lines.per) * lines.step - 1,
        Math.floor(hovered / lines.per) * lines.high + 1,
        wide + 2,
        lines.high - 3,
        1.25,
      );
  }

  const channel = (i) => "RGB"[i % 3];
  const where = (i) => `row ${Math.floor(i / 3 / state.patch) + 1}, col ${(Math.floor(i / 3) % state.patch) + 1}, ${channel(i)}`;

  function describe() {
    const { levels, x, weights, products, dim, bias, sum, model, name } = state;
    node.classList.toggle("empty", !levels);
    pixelsNote.textContent = levels ? "x: this patch" : `${name} has no pixels`;
    if (!levels) return;
    filterNote.textContent = `w: output ${dim + 1}`;
    productNote.textContent = "x·w: R + G + B";
    scale.replaceChildren(
      `w: grey is 0, ±${four(state.topWeight)} black to white · x·w: −${four(state.topSum)} `,
      el("i", { style: `background:${gradient(table)}` }),
      ` ${four(state.topSum)}`,
    );
    const i = hovered ?? state.marked[0];
    term.textContent = `Term ${grouped(i + 1)} of ${grouped(products.length)}, ${where(i)}: ${four(x[i])} × ${four(weights[i])} = ${four(products[i])}`;
    const total = sum + bias;
    equation.replaceChildren(
      `Σ x·w = ${four(sum)}, + b (${four(bias)}) = `,
      el("strong", { text: four(total), title: String(total) }),
      ` · in the model ${four(model)} · difference ${Math.abs(total - model)
        .toExponential(1)
        .replace("-", "−")}`,
    );
    equation.title = `sum ${sum}, bias ${bias}, model ${model}`;
    list.replaceChildren(
      ...state.marked.map((k) =>
        el(
          "li",
          { title: String(products[k]) },
          `${where(k)}: ${four(x[k])} × ${four(weights[k])} = `,
          el("strong", { text: four(products[k]) }),
        ),
      ),
    );
    pixels.setAttribute("aria-label", `${name}; the ${MARKED} largest terms are at ${state.marked.map(where).join("; ")}`);
    filter.setAttribute("aria-label", `The weights of output ${dim + 1} as a small picture, at most ${four(state.topWeight)} from zero`);
    product.setAttribute("aria-label", "Products of patch and weights, pixel by pixel");
    bars.setAttribute(
      "aria-label",
      `${products.length} products in the order in which they are added; ${term.textContent}. Arrow keys move.`,
    );
  }

  bars.addEventListener("pointermove", (event) => {
    if (!state?.levels || !lines) return;
    const box = bars.getBoundingClientRect();
    const line = Math.max(0, Math.min(lines.count - 1, Math.floor((event.clientY - box.top) / lines.high)));
    const i = line * lines.per + Math.max(0, Math.min(lines.per - 1, Math.floor((event.clientX - box.left) / lines.step)));
    hovered = Math.min(i, state.products.length - 1);
    changed();
  });
  bars.addEventListener("pointerleave", () => ((hovered = null), changed()));
  bars.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: lines?.per, ArrowUp: -lines?.per }[event.key];
    if (!step || !state?.levels) return;
    event.preventDefault();
    hovered = Math.max(0, Math.min(state.products.length - 1, (hovered ?? -1) + step));
    changed();
  });
  bars.addEventListener("blur", () => ((hovered = null), changed()));

  return { node, draw, describe };
}
