// What the page shows of the chosen patch: the picture, the row of its embedding and the numbers.
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { showFacts } from "../kit/facts.js";
import { commas, four } from "../kit/numbers/format.js";
import { tokenOf } from "./chosen.js";
import { offBy } from "./kernel.js";
import { largest } from "./terms.js";
import { compareRows, dotProduct } from "./work.js";
import { fineness } from "../kit/fineness.js";

export function drawAll(view) {
  const began = performance.now();
  dotProduct(view);
  const patch = tokenOf(view) - view.data.header.prefix.length;
  compareRows(view, patch);
  drawPicture(view, patch);
  drawRow(view, patch);
  view.terms.draw(view.work);
  const { header, arrays } = view.data;
  view.panels[view.tab].draw({
    header,
    patch,
    dim: view.work.dim,
    name: view.work.name,
    cosine: view.found ?? { before: [], after: [] },
    picture: view.data.picture,
    kept: view.data.kept,
    errors: arrays.errors,
    components: arrays.components,
    kernel: view.data.kernel,
    refresh: view.draw,
  });
  view.terms.describe();
  view.panels[view.tab].describe();
  showNumbers(view, patch);
  globalThis.__vitTimes?.push(performance.now() - began);
}

function drawPicture(view, patch) {
  const {
    grid,
    imageSize: [height, width],
  } = view.data.header;
  const shape = `${width} / ${height}`;
  if (view.picture.style.aspectRatio !== shape) view.picture.style.aspectRatio = shape;
  const { ink, width: w, height: h } = sharp(view.picture);
  ink.imageSmoothingEnabled = width > w * fineness();
  ink.drawImage(view.data.picture, 0, 0, w, h);
  const [x, y] = [w / grid[1], h / grid[0]];
  ink.strokeStyle = `rgba(255,255,255,${x > 9 ? 0.45 : 0.22})`;
  ink.beginPath();
  for (let r = 1; r < grid[0]; r++) (ink.moveTo(0, r * y), ink.lineTo(w, r * y));
  for (let c = 1; c < grid[1]; c++) (ink.moveTo(c * x, 0), ink.lineTo(c * x, h));
  ink.stroke();
  if (patch >= 0) outlineCell(ink, getComputedStyle(view.root), (patch % grid[1]) * x, Math.floor(patch / grid[1]) * y, x, y);
}

function drawRow(view, patch) {
  const { header, arrays } = view.data;
  const { ink, width, height } = sharp(view.row);
  const style = getComputedStyle(view.root);
  if (patch < 0) return;
  const values = arrays.embeddings.subarray(patch * header.dim, (patch + 1) * header.dim);
  const top = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-12);
  const step = width / header.dim;
  ink.fillStyle = style.getPropertyValue("--st-border-color");
  ink.fillRect(0, height / 2, width, 0.75);
  values.forEach((value, d) => {
    ink.fillStyle = style.getPropertyValue(d === view.work.dim ? "--st-text-color" : "--st-primary-color");
    ink.globalAlpha = d === view.work.dim ? 1 : 0.62;
    const size = (Math.abs(value) / top) * (height / 2 - 3);
    ink.fillRect(d * step, value < 0 ? height / 2 : height / 2 - size, Math.max(0.8, step - 0.5), size);
  });
  ink.globalAlpha = 1;
  outlineCell(ink, style, view.work.dim * step - 1, 2, Math.max(2, step) + 1.5, height - 4, 1.25);
  view.row.top = top;
}

function showNumbers(view, patch) {
  const { header } = view.data;
  if (+view.output.input.max !== header.dim) view.output.input.max = header.dim;
  if (+view.output.input.value !== view.work.dim + 1) view.output.input.value = view.work.dim + 1;
  view.output.value.textContent = `${view.work.dim + 1}/${header.dim}`;
  view.name.textContent =
    patch < 0
      ? `${view.work.name}: a learned row, not embedded`
      : `${view.work.name}, patch ${patch + 1} of ${header.grid[0] * header.grid[1]}`;
  view.rowNote.textContent = patch < 0 ? "" : `E, the ${header.dim} numbers of this patch, ±${four(view.row.top ?? 0)}: click one.`;
  showPointed(view, patch);
  showWhole(view);
  view.picture.setAttribute(
    "aria-label",
    `The picture in ${header.grid[0]} by ${header.grid[1]} patches; ${view.work.name} is chosen. Arrow keys move, Enter keeps.`,
  );
  view.row.setAttribute(
    "aria-label",
    `The ${header.dim} numbers of ${view.work.name}; output ${view.work.dim + 1} is chosen. Arrow keys move.`,
  );
  view.summary.textContent = view.work.levels
    ? `${view.work.name}, output ${view.work.dim + 1}: ${four(view.work.sum + view.work.bias)}; the model has ${four(view.work.model)}.`
    : view.work.name;
  for (const button of view.tabs.children) button.setAttribute("aria-selected", button.dataset.tab === view.tab);
}

function showPointed(view, patch) {
  const { arrays } = view.data;
  const best = view.work.levels && largest(view.work.products, 1)[0];
  showFacts(
    view.pointed,
    view.work.levels
      ? [
          ["E, this output", four(view.work.model), view.work.model],
          ["Σ x·w", four(view.work.sum), view.work.sum],
          ["b", four(view.work.bias), view.work.bias],
          ["largest term", four(view.work.products[best]), view.work.products[best]],
          ["norm of E", four(view.data.norms.before[patch]), view.data.norms.before[patch]],
          ["with its position", four(view.data.norms.after[patch]), view.data.norms.after[patch]],
          ["rebuilt, off by", `${offBy(arrays.errors[patch])} levels`, arrays.errors[patch]],
        ]
      : [["token", view.work.name]],
  );
}

/** How many numbers were learned: those of the kernel as it is stored; and what W has, where it is derived from that one. */
function learnedFacts({ dim, side, chans, patchSize }, values) {
  const stored = side * side * chans * dim;
  if (side === patchSize) return [["learned numbers", `${commas(stored)} + ${dim}`, stored + dim]];
  return [
    ["learned numbers", `${commas(stored)} + ${dim}, at ${side} × ${side}`, stored + dim],
    ["derived from them", `${commas(values * dim)} in W, at ${patchSize} × ${patchSize}`, values * dim],
  ];
}

function showWhole(view) {
  const { header } = view.data;
  const values = header.patchSize ** 2 * header.chans;
  showFacts(view.whole, [
    ["W", `${values} × ${header.dim}`],
    ...learnedFacts(header, values),
    ["directions kept", `${header.rank} of ${values}`],
    ["stored as", `${header.dim} × ${header.chans} × ${header.side} × ${header.side}`],
  ]);
  showFacts(view.conv, [
    ["Linear on patches", `${header.grid[0] * header.grid[1]} × ${header.dim}`],
    ["Conv2d, stride P", `${header.dim} × ${header.grid[0]} × ${header.grid[1]}`],
    ["largest difference", four(header.convolution), header.convolution],
  ]);
  const same = "computes the same numbers; they differ by rounding.";
  view.convNote.textContent = `A convolution with kernel and stride of ${header.patchSize} ${same}`;
}
