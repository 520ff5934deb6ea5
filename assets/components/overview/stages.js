// The flow from pixels to the prediction: a small picture of what each stage holds.
import { paintGrid, sharp } from "../kit/picture/canvas.js";
import { ceilingOf, cellColours, colourTable, gradient, OVER } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { fineness } from "../kit/fineness.js";
import { four } from "../kit/numbers/format.js";
import { lightTable } from "../kit/picture/spotlight.js";
import { store } from "../kit/store.js";

const PATCH_SIDE = 248; // px of the enlarged patch
const ROOM = 0.9; // of the chart's height, for the tallest bar

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** All stages of a payload, drawn: name -> {node, canvas, scale, note, mark}. */
export function flowStages({ data, bitmap }) {
  const { header, arrays } = data;
  const patches = header.grid[0] * header.grid[1];
  const total = patches + header.prefix.length;
  const diverging = colourTable("diverging");
  const described = Object.entries(stageWords(header, arrays));
  const stages = Object.fromEntries(described.map(([name, words]) => [name, stageNode(words, header.links[name])]));
  drawThumb(stages.image.canvas, bitmap);
  drawMatrix(stages.embedding, arrays.embeddings, [patches, header.dim], diverging);
  drawMatrix(stages.tokens, arrays.tokens, [total, header.dim], diverging);
  drawLooks(stages.blocks, header, arrays.looks, lightTable());
  return stages;
}

/** Title, shape and a sentence for each stage; `fit` keeps a picture's proportions, `mark` follows the chosen token. */
function stageWords(header, arrays) {
  const { grid, dim, prefix, depth, reader, classes, patchSize, chans } = header;
  const patches = grid[0] * grid[1];
  const total = patches + prefix.length;
  const each = chans === 1 ? "one" : "three";
  const front = prefix.length > 1 ? "Tokens " : prefix.map((name) => `+ ${name} `).join("");
  const top = four(largest(arrays.probs));
  const asked = prefix.length ? "who is asked, and where each patch was" : "where each patch was";
  const watched = `what ${reader.onAverage} ${reader.several ? "look" : "looks"} at, layers 1 to ${depth}`;
  return {
    image: {
      title: "Picture",
      shape: `${header.imageSize.join(" × ")} × ${chans}`,
      note: `numbers from 0 to 255, ${each} a pixel`,
      fit: true,
    },
    patches: { title: "Patches", shape: `${patches} × ${patchSize ** 2 * chans}`, note: "", fit: true },
    embedding: { title: "Embedding", shape: `${patches} × ${dim}`, note: `x W + b: a row a patch, ${dim} numbers each`, mark: true },
    tokens: { title: `${front}+ positions`, shape: `${total} × ${dim}`, note: asked, mark: true },
    blocks: { title: `${depth} blocks`, shape: `${total} × ${dim}`, note: watched, fit: true },
    head: classes
      ? { title: "Head", shape: `1 × ${dim} → ${classes}`, note: `${classes} classes; likeliest: ${header.top[0][0]}` }
      : {
          title: "Features",
          shape: `1 × ${arrays.probs.length}`,
          note: `no head: these numbers are the answer, from −${top} to ${top}`,
        },
  };
}

function stageNode({ title, shape, note, mark = false, fit = false }, slug) {
  const parts = {
    canvas: el("canvas", { class: fit ? "fit" : null, "aria-hidden": "true" }),
    scale: el("div", { class: "scale" }),
    note: el("div", { class: "note small muted", text: note }),
    mark: el("div", { class: "mark" }),
  };
  const open = { type: "button", text: title, onclick: () => store.open(slug), title: `Open the page on ${title.toLowerCase()}` };
  parts.node = el(
    "li",
    {},
    el("h2", {}, slug ? el("button", open) : title),
    el("div", { class: "shape small muted", text: shape }),
    el("div", { class: "box" }, parts.canvas, mark ? parts.mark : null),
    parts.scale,
    parts.note,
  );
  return parts;
}

function showScale({ scale }, table, low, high) {
  scale.replaceChildren(
    el("span", { class: "small muted", text: low }),
    el("i", { style: `background:${gradient(table)}` }),
    el("span", { class: "small muted", text: high }),
  );
}

function drawThumb(canvas, bitmap) {
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
}

/** Signed values, a pixel each; ninety-nine of a hundred lie inside the colours. */
function drawMatrix(stage, values, shape, table) {
  const sorted = Float32Array.from(values, Math.abs).sort();
  const top = sorted[Math.floor(0.99 * (sorted.length - 1))] || 1;
  paintGrid(stage.canvas, values, shape, table, -top, top);
  showScale(stage, table, `−${four(top)}`, four(top));
}

/** What is looked at on the patches, a small map for each layer. */
function drawLooks(stage, { depth, grid, prefix }, looks, table) {
  const [rows, cols] = grid;
  const across = Math.ceil(Math.sqrt(depth * 1.3));
  const gap = Math.max(1, Math.round(cols / 10));
  const { canvas } = stage;
  canvas.width = across * (cols + gap) - gap;
  canvas.height = Math.ceil(depth / across) * (rows + gap) - gap;
  const ink = canvas.getContext("2d");
  const count = prefix.length + rows * cols;
  for (let layer = 0; layer < depth; layer++) {
    const values = looks.subarray(layer * count + prefix.length, (layer + 1) * count);
    const image = new ImageData(cols, rows);
    new Uint32Array(image.data.buffer).set(cellColours(values, table, 0, ceilingOf(values), OVER));
    ink.putImageData(image, (layer % across) * (cols + gap), Math.floor(layer / across) * (rows + gap));
  }
  showScale(stage, table, "0", "each layer’s top");
}

/**
 * All probabilities as bars, the likeliest in the accent; features go up and down from the middle. Drawn at the size of its box: a bar of a
 * thousand is narrower than a pixel, so each is at least a pixel wide, and the likeliest two, on top of its neighbours.
 */
export function drawChances({ root, data, stages }) {
  const { canvas } = stages.head;
  const size = `${canvas.clientWidth} × ${canvas.clientHeight} × ${fineness()}`;
  const style = getComputedStyle(root);
  const [ink, accent] = ["--st-text-color", "--st-primary-color"].map((name) => style.getPropertyValue(name));
  if (canvas.dataset.drawn === size + ink) return;
  canvas.dataset.drawn = size + ink;
  const { classes } = data.header;
  const { probs } = data.arrays;
  const { ink: pen, width, height } = sharp(canvas);
  const top = Math.max(1e-12, largest(probs));
  const [base, room] = classes ? [height, ROOM * height] : [height / 2, (ROOM * height) / 2];
  const bar = (i, least) => {
    const tall = Math.max(1, (room * Math.abs(probs[i])) / top);
    const [from, wide] = [(width * i) / probs.length, Math.max(least, width / probs.length - 0.6)];
    const left = least > 1 ? Math.min(Math.round(from), width - wide) : from; // on whole pixels, or its colour would be halved
    pen.fillRect(left, probs[i] < 0 ? base : base - tall, wide, tall);
  };
  pen.fillStyle = ink;
  for (let i = 0; i < probs.length; i++) bar(i, 1);
  pen.fillStyle = accent;
  if (classes) bar(probs.indexOf(top), 2);
}

/** The chosen patch, enlarged; all patches apart where a token before them is chosen. */
export function drawPatch({ stages, data, bitmap }, patch) {
  const { canvas, note } = stages.patches;
  const [rows, cols] = data.header.grid;
  const ink = canvas.getContext("2d");
  canvas.width = canvas.height = PATCH_SIDE;
  const [height, width] = [bitmap.height / rows, bitmap.width / cols];
  const cut = (i, x, y, side) => ink.drawImage(bitmap, (i % cols) * width, Math.floor(i / cols) * height, width, height, x, y, side, side);
  if (patch >= 0) {
    ink.imageSmoothingEnabled = false;
    cut(patch, 0, 0, PATCH_SIDE);
    note.textContent = `patch ${patch + 1} of ${rows * cols}, enlarged`;
    return;
  }
  const pitch = PATCH_SIDE / Math.max(rows, cols);
  for (let i = 0; i < rows * cols; i++) cut(i, (i % cols) * pitch, Math.floor(i / cols) * pitch, pitch * 0.82);
  note.textContent = "each patch is a row of numbers";
}
