// Step 1, how far a network sees, and step 2, the cut into patches.
import { channelsOf } from "../../kit/numbers/channels.js";
import { outlineCell, sharp } from "../../kit/picture/canvas.js";
import { choiceOf, rangeOf } from "../../kit/controls.js";
import { el } from "../../kit/dom.js";
import { four, grouped } from "../../kit/numbers/format.js";
import { cellAt, tokenName } from "../../kit/grid.js";
import { AllHeads } from "../../attention/math.js";
import { flatPatches, patchPixel, weightMap } from "../math.js";
import { matrixView } from "../matrix.js";
import { cardOf, fillFacts } from "../parts.js";
import { patchPicker } from "../picker.js";

/**
 * Side in pixels of what one output of a stack of `layers` 3×3 convolutions sees; `halving`: every second one moves two pixels at a
 * time.
 */
export function fieldOf(layers, halving) {
  let [field, jump] = [1, 1];
  for (let layer = 1; layer <= layers; layer++) {
    field += 2 * jump;
    if (halving && layer % 2 === 0) jump *= 2;
  }
  return field;
}

/** The fewest layers of convolutions that see a square of `side` pixels. */
export function layersFor(side, halving) {
  let layers = 1;
  while (fieldOf(layers, halving) < side && layers < 1000) layers++;
  return layers;
}

export function inputStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = {
    ctx,
    cnn: patchPicker(ctx, "A convolutional network"),
    vit: patchPicker(ctx, "This transformer, layer 1"),
    layers: rangeOf("Layers of 3×3 convolutions", { min: 1, max: 40, value: 3 }),
    facts: el("dl", { class: "facts" }),
    halving: false,
    heads: null, // those of layer 1, and the array they were made of
    from: null,
  };
  const names = { plain: "one pixel a step", halving: "every second halves" };
  const kind = choiceOf("Convolutions", names, (name) => ((view.halving = name === "halving"), kind.show(name), ctx.redraw()));
  const card = cardOf("How far the chosen place sees", view.facts);
  kind.show("plain");
  view.layers.input.addEventListener("input", ctx.redraw);
  const left = el("div", {}, view.cnn.node, view.layers.node, kind.node);
  const node = el("div", { class: "cols two-and-rail even" }, left, view.vit.node, card.node);
  return { node, draw: (part) => drawInput(view, part) };
}

function drawInput(view, part) {
  const { layers, halving, facts, ctx } = view;
  const { header } = part;
  const [height, width] = header.imageSize;
  const patches = header.grid[0] * header.grid[1];
  const count = +layers.input.value;
  const field = fieldOf(count, halving);
  layers.value.textContent = String(count);
  const seen = drawField(view, part, count, field);
  const map = drawFirstLayer(view, part);
  const [whole, share] = [Math.max(width, height), four((100 * seen) / (width * height))];
  fillFacts(facts, [
    ["side of the square", `${grouped(field)} px`],
    ["share of the picture", `${share}%`],
    ["layers: centre sees all", String(layersFor(whole, halving))],
    ["layers: corner sees all", String(layersFor(2 * whole - 1, halving))],
    ["attention reads", `all ${patches} patches`],
    ["its smallest weight", Math.min(...map), `layer1:${ctx.token()}:min`],
    ["its largest weight", Math.max(...map), `layer1:${ctx.token()}:max`],
  ]);
  const attention = `attention in layer 1 reads all ${patches} patches`;
  return `After ${count} layers of convolutions the chosen place sees ${share} percent of the picture; ${attention}.`;
}

/** The square that the convolutions see from the chosen patch, or from the middle; returns the pixels of the picture in it. */
function drawField({ ctx, cnn }, part, count, field) {
  const { header } = part;
  const [height, width] = header.imageSize;
  const [rows, cols] = header.grid;
  const patch = ctx.token() - header.prefix.length;
  const place = patch >= 0 ? patch : Math.floor(rows / 2) * cols + Math.floor(cols / 2);
  const [cx, cy] = [((place % cols) + 0.5) * header.patchSize, (Math.floor(place / cols) + 0.5) * header.patchSize];
  const clip = (at, size) => [Math.max(0, at - field / 2), Math.min(size, at + field / 2)];
  const [[x0, x1], [y0, y1]] = [clip(cx, width), clip(cy, height)];
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
  return (x1 - x0) * (y1 - y0);
}

/** What the chosen token reads in layer 1, the mean of the heads; returns its weights of the patches. */
function drawFirstLayer(view, part) {
  const { header, arrays } = part;
  const token = view.ctx.token();
  if (view.from !== arrays.q0) {
    view.from = arrays.q0;
    view.heads = new AllHeads({ ...header, depth: 1 }, arrays.q0, arrays.k0, null);
  }
  const total = header.prefix.length + header.grid[0] * header.grid[1];
  const mean = new Float32Array(total);
  const row = new Float32Array(total);
  for (let h = 0; h < header.heads; h++) {
    view.heads.row(0, h, token, row);
    for (let t = 0; t < total; t++) mean[t] += row[t] / header.heads;
  }
  const map = mean.subarray(header.prefix.length);
  const caption = `What ${tokenName(header, token)} reads in layer 1 of this transformer`;
  view.vit.draw(part, { ...weightMap(map), caption });
  return map;
}

export function patchesStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = {
    ctx,
    picker: patchPicker(ctx, "Pick a patch"),
    large: el("canvas", { tabindex: 0, role: "img", class: "square" }),
    strip: el("canvas", { class: "strip-canvas", role: "img", "aria-label": "The patch as one line of numbers" }),
    facts: el("dl", { class: "facts" }),
    caption: el("span"),
    pixel: 0,
    values: null, // all patches as lines, and the array they were read from
    from: null,
  };
  view.matrix = matrixView(ctx, {
    wide: 3,
    picker: view.picker,
    onCell: (row, col) => ((view.pixel = Math.floor(col / ctx.header.chans)), ctx.pick(ctx.header.prefix.length + row)),
  });
  const { picker, large, strip, facts, caption, matrix } = view;
  view.lineTitle = el("span");
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    picker.node,
    el(
      "div",
      { class: "picker" },
      el("div", { class: "caption" }, caption),
      large,
      el("div", { class: "caption small muted" }, view.lineTitle),
      strip,
    ),
    el("div", { class: "stack" }, cardOf("The pixel under the pointer", facts).node, matrix.node),
  );
  listenToPixels(view);
  return { node, draw: (part) => drawPatches(view, part) };
}

function listenToPixels(view) {
  const { ctx, large } = view;
  const pixelAt = (event) => {
    const p = ctx.header.patchSize;
    const [row, col] = cellAt(event, large, [p, p]);
    view.pixel = row * p + col;
    ctx.redraw();
  };
  for (const kind of ["pointermove", "pointerdown"]) large.addEventListener(kind, (event) => ctx.header && pixelAt(event));
  large.addEventListener("keydown", (event) => {
    const p = ctx.header.patchSize;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -p, ArrowDown: p }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    view.pixel = Math.max(0, Math.min(p * p - 1, view.pixel + step));
    ctx.redraw();
  });
}

function drawPatches(view, part) {
  const { header, arrays } = part;
  const [p, c] = [header.patchSize, header.chans];
  const [n, size] = [header.grid[0] * header.grid[1], p * p * c];
  if (view.from !== arrays.pixels) ((view.from = arrays.pixels), (view.values = flatPatches(part)));
  view.pixel = Math.min(view.pixel, p * p - 1);
  const { pixel, values } = view;
  const patch = Math.max(0, view.ctx.token() - header.prefix.length);
  const line = values.subarray(patch * size, (patch + 1) * size);
  const [row, col] = [Math.floor(pixel / p), pixel % p];
  view.picker.draw(part);
  view.caption.textContent = `Patch ${patch + 1} of ${n}, ${p} × ${p} pixels`;
  view.lineTitle.textContent = `read row by row${c === 1 ? "" : ", red, green, blue of each pixel"}:`;
  drawLarge(view, part, patch, row, col);
  drawStrip(view, part, patch);
  const at = patchPixel(header, patch, pixel) * 3;
  const held = c === 1 ? `${pixel + 1}` : `${pixel * c + 1} to ${pixel * c + c}`;
  fillFacts(view.facts, [
    ["row, column", `${row + 1}, ${col + 1}`],
    ["levels 0 to 255", [...arrays.pixels.subarray(at, at + c)].join(", ")],
    ["numbers in the line", held],
    ...channelsOf(c).long.map((name, ch) => [`${name}, as read`, line[pixel * c + ch], `patches:${patch}:${pixel * c + ch}`]),
    ["pixels × values", `${p * p} × ${c} = ${size}`],
  ]);
  view.matrix.set({
    values,
    rows: n,
    cols: size,
    tokens: header.prefix.length,
    row: patch,
    title: "All patches",
    rowName: (i) => `patch ${i + 1}`,
    colName: (i) => `value ${i + 1}`,
    key: "patches",
  });
  const numbers = `The pixel in row ${row + 1}, column ${col + 1} holds ${c === 1 ? "number" : "numbers"} ${held}`;
  return `Patch ${patch + 1} of ${n}: ${size} values. ${numbers}.`;
}

/** The patch enlarged, its pixel outlined. */
function drawLarge({ ctx, large }, part, patch, row, col) {
  const [p, cols] = [part.header.patchSize, part.header.grid[1]];
  const { ink, width, height } = sharp(large);
  ink.imageSmoothingEnabled = false;
  ink.drawImage(part.bitmap, (patch % cols) * p, Math.floor(patch / cols) * p, p, p, 0, 0, width, height);
  outlineCell(ink, ctx.style, (col * width) / p, (row * height) / p, width / p, height / p);
  large.setAttribute("aria-label", `Patch ${patch + 1}, enlarged. Pixel in row ${row + 1}, column ${col + 1}. Arrow keys move.`);
}

/** The patch as one line of levels, each in its colour. */
function drawStrip({ ctx, strip, pixel }, { header, arrays }, patch) {
  const [count, { chans }] = [header.patchSize ** 2, header];
  const { ink, width, height } = sharp(strip);
  for (let i = 0; i < count; i++) {
    const at = patchPixel(header, patch, i) * 3;
    for (let ch = 0; ch < chans; ch++) {
      const level = arrays.pixels[at + ch];
      const inks = chans === 1 ? [level, level, level] : [0, 1, 2].map((one) => (one === ch ? level : 0));
      ink.fillStyle = `rgb(${inks.join(",")})`;
      ink.fillRect(((i * chans + ch) * width) / (count * chans), 0, width / (count * chans) + 0.5, height);
    }
  }
  outlineCell(ink, ctx.style, (pixel * width) / count, 1, Math.max(3, width / count), height - 2);
}
