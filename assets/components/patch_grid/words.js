// Text against vision: a word has one row in a table, a patch goes through a matrix. Both with numbers of the running model.
import { sharp } from "../kit/canvas.js";
import { colourTable, cssColour, gradient } from "../kit/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, grouped, minus } from "../kit/format.js";
import { normalised } from "../patch_embedding/kernel.js";

/** `draw({header, words, numbers, kernel, levels, name})`, then `describe()`: `words` is `[words, dim]`, one row a word, `numbers` its class; `levels` the chosen patch, or null. */
export function wordsPanel(changed) {
  const colours = colourTable("diverging");
  const word = el("select", { "aria-label": "Word" });
  const light = rangeOf("Brighten the patch", { min: -60, max: 60, step: 1, value: 20 });
  const strip = () => el("canvas", { class: "strip-of-numbers", role: "img" });
  const [row, before, after] = [strip(), strip(), strip()];
  const [rowNote, patchNote] = [el("p", { class: "small muted" }), el("p", { class: "small muted" })];
  const bar = el("p", { class: "colourbar small muted" });
  const patch = el("canvas", { class: "swatch", width: 64, height: 64, role: "img" });
  const node = el(
    "div",
    { class: "words" },
    el(
      "section",
      { class: "card" },
      el("h3", { text: "Text: look it up" }),
      el("div", { class: "line" }, word, el("span", { class: "muted", text: "→ its number → its row" })),
      row,
      rowNote,
    ),
    el(
      "section",
      { class: "card" },
      el("h3", { text: "Vision: compute it" }),
      el("div", { class: "line" }, patch, light.node),
      before,
      after,
      patchNote,
    ),
    bar,
  );
  let state = null;
  word.addEventListener("change", changed);
  light.input.addEventListener("input", changed);

  function paint(canvas, numbers, top, label) {
    const { ink, width, height } = sharp(canvas);
    const step = width / numbers.length;
    numbers.forEach((value, i) => {
      ink.fillStyle = cssColour(colours[Math.max(0, Math.min(255, 127.5 + (127.5 * value) / top)) | 0]);
      ink.fillRect(i * step, 0, step + 0.5, height);
    });
    canvas.setAttribute("aria-label", `${label}: ${numbers.length} numbers, the first ${four(numbers[0])}`);
  }

  function draw(next) {
    state = next;
    const { header, words, numbers: numbersOf, kernel, levels, name } = state;
    if (word.dataset.of !== header.words.join()) {
      word.dataset.of = header.words.join();
      word.replaceChildren(...header.words.map((text, i) => el("option", { value: i, text: `${text} (${numbersOf[i] + 1})` })));
      if (header.top.length) word.value = Math.max(0, header.words.indexOf(header.top[0][0]));
    }
    for (const node of [word.parentElement, row]) node.style.display = header.words.length ? "" : "none";
    if (header.words.length) {
      const numbers = words.subarray(+word.value * header.dim, (+word.value + 1) * header.dim);
      paint(row, numbers, 3 * spread(numbers), header.words[+word.value]);
    }
    if (!levels) return;
    const lit = Uint8ClampedArray.from(levels, (v) => v + +light.input.value);
    const side = Math.sqrt(levels.length / 3);
    const image = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) image.data.set([lit[3 * i], lit[3 * i + 1], lit[3 * i + 2], 255], 4 * i);
    if (patch.width !== side) patch.width = patch.height = side;
    patch.getContext("2d").putImageData(image, 0, 0);
    const [plain, changedTo] = [levels, lit].map((v) => kernel.embed(normalised(v, header.mean, header.std)));
    const top = 3 * spread(plain);
    paint(before, plain, top, `Embedding of ${name}`);
    paint(after, changedTo, top, "Embedding of the brightened patch");
    state.moved = Math.hypot(...changedTo.map((v, i) => v - plain[i]));
  }

  function describe() {
    const { header, numbers, levels, name, moved } = state;
    const more = minus(`${light.input.value > 0 ? "+" : ""}${light.input.value}`);
    rowNote.textContent = header.words.length
      ? `Row ${numbers[+word.value] + 1} of ${header.classes}: ${header.dim} numbers. There are ${header.classes} possible inputs and nothing between two of them. (The words are this model’s class names, the table its last layer’s.)`
      : "A word would be a row of a table. This model has no classification head, so it has no table of names to show one from.";
    node.classList.toggle("empty", !levels);
    light.value.textContent = `${more} levels`;
    if (!levels) {
      patchNote.textContent = name;
      return;
    }
    const digits = Math.floor(levels.length * Math.log10(256));
    patch.setAttribute("aria-label", `${name}, ${more} levels`);
    patchNote.textContent = `x W + b: ${grouped(levels.length)} values in, ${header.dim} numbers out; above as it is, below brightened. The embedding moved by ${four(moved)}: a little for a little. There are 256^${levels.length} ≈ 10^${digits} possible patches, and no table could hold them.`;
    if (!bar.childElementCount)
      bar.append("each strip from −3 σ ", el("i", { style: `background:${gradient(colours)}` }), " to 3 σ of its numbers");
  }

  function spread(numbers) {
    return Math.sqrt(numbers.reduce((sum, v) => sum + v * v, 0) / numbers.length) || 1;
  }
  return { node, draw, describe };
}
