// Text against vision: a word has one row in a table, a patch goes through a matrix. Both with numbers of the running model.
import { rgbAt } from "../kit/numbers/channels.js";
import { sharp } from "../kit/picture/canvas.js";
import { colourTable, cssColour, gradient } from "../kit/picture/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, grouped, minus } from "../kit/numbers/format.js";
import { normalised } from "../patch_embedding/kernel.js";

/**
 * `draw({header, words, numbers, kernel, levels, name})`, then `describe()`: `words` is `[words, dim]`, one row a word, `numbers` its
 * class; `levels` the chosen patch, or null.
 */
export function wordsPanel(changed) {
  const panel = {
    colours: colourTable("diverging"),
    word: el("select", { "aria-label": "Word" }),
    light: rangeOf("Brighten the patch", { min: -60, max: 60, step: 1, value: 20 }),
  };
  [panel.row, panel.before, panel.after] = [strip(), strip(), strip()];
  [panel.rowNote, panel.patchNote] = [el("p", { class: "small muted" }), el("p", { class: "small muted" })];
  panel.bar = el("p", { class: "colourbar small muted" });
  panel.patch = el("canvas", { class: "swatch", width: 64, height: 64, role: "img" });
  panel.node = el(
    "div",
    { class: "words" },
    el(
      "section",
      { class: "card" },
      el("h3", { text: "Text: look it up" }),
      el("div", { class: "line" }, panel.word, el("span", { class: "muted", text: "→ its number → its row" })),
      panel.row,
      panel.rowNote,
    ),
    el(
      "section",
      { class: "card" },
      el("h3", { text: "Vision: compute it" }),
      el("div", { class: "line" }, panel.patch, panel.light.node),
      panel.before,
      panel.after,
      panel.patchNote,
    ),
    panel.bar,
  );
  panel.state = null;
  panel.word.addEventListener("change", changed);
  panel.light.input.addEventListener("input", changed);
  return { node: panel.node, draw: (next) => draw(panel, next), describe: () => describe(panel) };
}

const strip = () => el("canvas", { class: "strip-of-numbers", role: "img" });

function paint(panel, canvas, numbers, top, label) {
  const { ink, width, height } = sharp(canvas);
  const step = width / numbers.length;
  numbers.forEach((value, i) => {
    ink.fillStyle = cssColour(panel.colours[Math.max(0, Math.min(255, 127.5 + (127.5 * value) / top)) | 0]);
    ink.fillRect(i * step, 0, step + 0.5, height);
  });
  canvas.setAttribute("aria-label", `${label}: ${numbers.length} numbers, the first ${four(numbers[0])}`);
}

function draw(panel, next) {
  panel.state = next;
  const { header, words, numbers: numbersOf, kernel, levels, name } = panel.state;
  if (panel.word.dataset.of !== header.words.join()) {
    panel.word.dataset.of = header.words.join();
    panel.word.replaceChildren(...header.words.map((text, i) => el("option", { value: i, text: `${text} (${numbersOf[i] + 1})` })));
    if (header.top.length) panel.word.value = Math.max(0, header.words.indexOf(header.top[0][0]));
  }
  for (const node of [panel.word.parentElement, panel.row]) node.style.display = header.words.length ? "" : "none";
  if (header.words.length) {
    const numbers = words.subarray(+panel.word.value * header.wordDim, (+panel.word.value + 1) * header.wordDim);
    paint(panel, panel.row, numbers, 3 * spread(numbers), header.words[+panel.word.value]);
  }
  if (!levels) return;
  const lit = Uint8ClampedArray.from(levels, (v) => v + +panel.light.input.value);
  const side = Math.sqrt(levels.length / header.chans);
  const image = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) image.data.set([...rgbAt(lit, i, header.chans), 255], 4 * i);
  if (panel.patch.width !== side) panel.patch.width = panel.patch.height = side;
  panel.patch.getContext("2d").putImageData(image, 0, 0);
  const [plain, changedTo] = [levels, lit].map((v) => kernel.embed(normalised(v, header.mean, header.std)));
  const top = 3 * spread(plain);
  paint(panel, panel.before, plain, top, `Embedding of ${name}`);
  paint(panel, panel.after, changedTo, top, "Embedding of the brightened patch");
  panel.state.moved = Math.hypot(...changedTo.map((v, i) => v - plain[i]));
}

function describe(panel) {
  const { header, numbers, levels, name, moved } = panel.state;
  const more = minus(`${panel.light.input.value > 0 ? "+" : ""}${panel.light.input.value}`);
  panel.rowNote.textContent = header.words.length
    ? `Row ${numbers[+panel.word.value] + 1} of ${header.classes}: ${header.wordDim} numbers. ` +
      `There are ${header.classes} possible inputs and nothing between two of them. ` +
      "(The words are this model’s class names, the table its last layer’s.)"
    : "A word would be a row of a table. This model has no classifier, so it has no table of names to show one from.";
  panel.node.classList.toggle("empty", !levels);
  panel.light.value.textContent = `${more} levels`;
  if (!levels) {
    panel.patchNote.textContent = name;
    return;
  }
  const digits = Math.floor(levels.length * Math.log10(256));
  panel.patch.setAttribute("aria-label", `${name}, ${more} levels`);
  panel.patchNote.textContent =
    `x W + b: ${grouped(levels.length)} values in, ${header.dim} numbers out; above as it is, below brightened. ` +
    `The embedding moved by ${four(moved)}: a little for a little. ` +
    `There are 256^${levels.length} ≈ 10^${digits} possible patches, and no table could hold them.`;
  if (!panel.bar.childElementCount)
    panel.bar.append("each strip from −3 σ ", el("i", { style: `background:${gradient(panel.colours)}` }), " to 3 σ of its numbers");
}

function spread(numbers) {
  return Math.sqrt(numbers.reduce((sum, v) => sum + v * v, 0) / numbers.length) || 1;
}
