// Step 1, how far a network sees, and step 2, the cut into patches.
import { outlineCell, sharp } from "../kit/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, grouped } from "../kit/format.js";
import { cellAt, tokenName } from "../kit/grid.js";
import { AllHeads } from "../attention/math.js";
import { normalised } from "../patch_embedding/kernel.js";
import { matrixView } from "./matrix.js";
import { cardOf, fillFacts, patchPicker } from "./parts.js";

/** Side in pixels of what one output of a stack of `layers` 3×3 convolutions sees; `halving`: every second one moves two pixels at a time. */
export function fieldOf(layers, halving) {
  let [field, jump] = [1, 1];
  for (let layer = 1; layer <= layers; layer++) {
    field += 2 * jump;
    if (halving && layer % 2 === 0) jump *= 2;
  }
  return field;
}

export function inputStep(ctx) {
  const cnn = patchPicker(ctx, "A convolutional network");
  const vit = patchPicker(ctx, "This transformer, layer 1");
  const layers = rangeOf("Layers of 3×3 convolutions", { min: 1, max: 40, value: 3 });
  const kind = choiceOf(
    "Convolutions",
    { plain: "one pixel a step", halving: "every second halves" },
    (name) => ((halving = name === "halving"), kind.show(name), ctx.redraw()),
  );
  const facts = el("dl", { class: "facts" });
  const card = cardOf("How far the chosen place sees", facts);
  let halving = false;
  let heads = null;
  let from = null;
  kind.show("plain");
  layers.input.addEventListener("input", ctx.redraw);
  const node = el("div", { class: "cols two-and-rail even" }, el("div", {}, cnn.node, layers.node, kind.node), vit.node, card.node);

  function draw(part) {
    const { header, arrays } = part;
    const [height, width] = header.imageSize;
    const [rows, cols] = header.grid;
    if (from !== arrays.q0) {
      from = arrays.q0;
      heads = new AllHeads({ ...header, depth: 1 }, arrays.q0, arrays.k0, null);
    }
    const count = +layers.input.value;
    const field = fieldOf(count, halving);
    layers.value.textContent = String(count);
    const first = header.prefix.length;
    const patch = ctx.token() - first;
    const place = patch >= 0 ? patch : Math.floor(rows / 2) * cols + Math.floor(cols / 2);
    const [cx, cy] = [((place % cols) + 0.5) * header.patchSize, (Math.floor(place / cols) + 0.5) * header.patchSize];
    const clip = (at, size) => [Math.max(0, at - field / 2), Math.min(size, at + field / 2)];
    const [[x0, x1], [y0, y1]] = [clip(cx, width), clip(cy, height)];
    const seen = (x1 - x0) * (y1 - y0);
    cnn.draw(part, {
      caption: `A convolutional network, ${count} ${count === 1 ? "layer" : "layers"}`,
      mark: (ink, w, h) => {
        const [sx, sy] = [w / width, h / height];
        ink.fillStyle = "rgba(12,14,18,0.66)";
        ink.beginPath();
        ink.rect(0, 0, w, h);
        ink.rect(x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy);
        ink.fill("evenodd");
        ink.strokeStyle = "#ffffff";
        ink.lineWidth = 1.5;
        ink.strokeRect(x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy);
      },
    });
    const total = first + rows * cols;
    const mean = new Float32Array(total);
    const row = new Float32Array(total);
    for (let h = 0; h < header.heads; h++) {
      heads.row(0, h, ctx.token(), row);
      for (let t = 0; t < total; t++) mean[t] += row[t] / header.heads;
    }
    const map = mean.subarray(first);
    const [low, high] = [Math.min(...map), Math.max(...map)];
    vit.draw(part, {
      map,
      low: 0,
      high,
      caption: `What ${tokenName(header, ctx.token())} reads in layer 1 of this transformer`,
      shade: 0.66,
    });
    const whole = Math.max(width, height);
    let enough = 1;
    while (fieldOf(enough, halving) < 2 * whole && enough < 1000) enough++;
    let half = 1;
    while (fieldOf(half, halving) < whole && half < 1000) half++;
    fillFacts(facts, [
      ["side of the square", `${grouped(field)} px`],
      ["share of the picture", `${four((100 * seen) / (width * height))}%`],
      ["layers: centre sees all", String(half)],
      ["layers: corner sees all", String(enough)],
      ["attention reads", `all ${rows * cols} patches`],
      ["its smallest weight", low, `layer1:${ctx.token()}:min`],
      ["its largest weight", high, `layer1:${ctx.token()}:max`],
    ]);
    return `After ${count} layers of convolutions the chosen place sees ${four((100 * seen) / (width * height))} percent of the picture; attention in layer 1 reads all ${rows * cols} patches.`;
  }
  return { node, draw };
}

export function patchesStep(ctx) {
  const picker = patchPicker(ctx, "Pick a patch");
  const large = el("canvas", { tabindex: 0, role: "img", class: "square" });
  const strip = el("canvas", { class: "strip-canvas", role: "img", "aria-label": "The patch as one line of numbers" });
  const facts = el("dl", { class: "facts" });
  const matrix = matrixView(ctx, {
    wide: 3,
    onCell: (row, col) => ((pixel = Math.floor(col / 3)), ctx.pick(ctx.header.prefix.length + row)),
  });
  const card = cardOf("The pixel under the pointer", facts);
  const caption = el("span");
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    picker.node,
    el(
      "div",
      { class: "picker" },
      el("div", { class: "caption" }, caption),
      large,
      el("div", { class: "caption small muted" }, el("span", { text: "read row by row, red, green, blue of each pixel:" })),
      strip,
    ),
    el("div", { class: "stack" }, card.node, matrix.node),
  );
  let pixel = 0;
  let values = null;
  let from = null;

  const pixelAt = (event) => {
    const p = ctx.header.patchSize;
    const [row, col] = cellAt(event, large, [p, p]);
    pixel = row * p + col;
    ctx.redraw();
  };
  for (const kind of ["pointermove", "pointerdown"]) large.addEventListener(kind, (event) => ctx.header && pixelAt(event));
  large.addEventListener("keydown", (event) => {
    const p = ctx.header.patchSize;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -p, ArrowDown: p }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    pixel = Math.max(0, Math.min(p * p - 1, pixel + step));
    ctx.redraw();
  });

  function draw(part) {
    const { header } = part;
    const [p, [rows, cols], c] = [header.patchSize, header.grid, header.chans];
    if (from !== part.arrays.pixels) ((from = part.arrays.pixels), (values = flatPatches(part)));
    pixel = Math.min(pixel, p * p - 1);
    const patch = Math.max(0, ctx.token() - header.prefix.length);
    const line = values.subarray(patch * p * p * c, (patch + 1) * p * p * c);
    picker.draw(part);
    caption.textContent = `Patch ${patch + 1} of ${rows * cols}, ${p} × ${p} pixels`;
    const { ink, width, height } = sharp(large);
    ink.imageSmoothingEnabled = false;
    ink.drawImage(part.bitmap, (patch % cols) * p, Math.floor(patch / cols) * p, p, p, 0, 0, width, height);
    const [r, q] = [Math.floor(pixel / p), pixel % p];
    outlineCell(ink, getComputedStyle(ctx.root), (q * width) / p, (r * height) / p, width / p, height / p);
    large.setAttribute("aria-label", `Patch ${patch + 1}, enlarged. Pixel in row ${r + 1}, column ${q + 1}. Arrow keys move.`);
    const long = sharp(strip);
    for (let i = 0; i < p * p; i++) {
      const at = patchPixel(header, patch, i) * 3;
      for (let ch = 0; ch < 3; ch++) {
        const level = part.arrays.pixels[at + ch];
        long.ink.fillStyle = `rgb(${ch === 0 ? level : 0},${ch === 1 ? level : 0},${ch === 2 ? level : 0})`;
        long.ink.fillRect(((i * 3 + ch) * long.width) / (p * p * 3), 0, long.width / (p * p * 3) + 0.5, long.height);
      }
    }
    outlineCell(
      long.ink,
      getComputedStyle(ctx.root),
      (pixel * long.width) / (p * p),
      1,
      Math.max(3, long.width / (p * p)),
      long.height - 2,
    );
    const at = patchPixel(header, patch, pixel) * 3;
    fillFacts(facts, [
      ["row, column", `${r + 1}, ${q + 1}`],
      ["levels 0 to 255", [...part.arrays.pixels.subarray(at, at + 3)].join(", ")],
      ["numbers in the line", `${pixel * c + 1} to ${pixel * c + c}`],
      ...["red", "green", "blue"].map((name, ch) => [`${name}, as read`, line[pixel * c + ch], `patches:${patch}:${pixel * c + ch}`]),
      ["pixels × values", `${p * p} × ${c} = ${p * p * c}`],
    ]);
    matrix.set({
      values,
      rows: rows * cols,
      cols: p * p * c,
      row: patch,
      title: "All patches",
      rowName: (i) => `patch ${i + 1}`,
      colName: (i) => `value ${i + 1}`,
      key: "patches",
    });
    return `Patch ${patch + 1} of ${rows * cols}: ${p * p * c} values. The pixel in row ${r + 1}, column ${q + 1} holds numbers ${pixel * c + 1} to ${pixel * c + c}.`;
  }
  return { node, draw };
}

/** Where pixel `i` of a patch lies in the picture, counted in reading order. */
function patchPixel(header, patch, i) {
  const [p, cols] = [header.patchSize, header.grid[1]];
  return (Math.floor(patch / cols) * p + Math.floor(i / p)) * header.imageSize[1] + (patch % cols) * p + (i % p);
}

/** All patches as lines of what the model reads, `[N, P·P·3]`. */
export function flatPatches(part) {
  const { header, arrays } = part;
  const [p, n] = [header.patchSize, header.grid[0] * header.grid[1]];
  const out = new Float32Array(n * p * p * 3);
  const levels = new Uint8Array(p * p * 3);
  for (let patch = 0; patch < n; patch++) {
    for (let i = 0; i < p * p; i++) {
      const at = patchPixel(header, patch, i) * 3;
      for (let ch = 0; ch < 3; ch++) levels[i * 3 + ch] = arrays.pixels[at + ch];
    }
    out.set(normalised(levels, header.mean, header.std), patch * p * p * 3);
  }
  return out;
}
