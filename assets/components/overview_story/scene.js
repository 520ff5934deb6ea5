// One moment of the story on the canvas: where every token is, what it shows, where attention goes, and what the classifier would say.
import { outlineCell } from "../kit/picture/canvas.js";
import { ceilingOf, cellColours, colourTable } from "../kit/picture/colours.js";
import { percent } from "../kit/numbers/format.js";
import { besideAnswer, barUnder, between, inPicture, inRow } from "./places.js";
import { blockAt, CHAPTERS, eased, inTurn } from "./timeline.js";

const PREFIX_COLOUR = "#cc79a7";
const BEAM = "#e69f00";
const DARKEST = 0.78; // of a patch that is not looked at

/** Bars of numbers as a picture: a column a token, a pixel a number. */
export function barsOf(values, count) {
  const each = values.length / count;
  const table = colourTable("diverging");
  const sorted = Float32Array.from(values, Math.abs).sort();
  const top = sorted[Math.floor(0.98 * (sorted.length - 1))] || 1;
  const turned = new Float32Array(values.length);
  for (let token = 0; token < count; token++) for (let i = 0; i < each; i++) turned[i * count + token] = values[token * each + i];
  const canvas = new OffscreenCanvas(count, each);
  const image = new ImageData(count, each);
  new Uint32Array(image.data.buffer).set(cellColours(turned, table, -top, top));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** Where every token is at a moment; null for one that has not come yet. */
export function placesAt(frame, { chapter, share }, depth) {
  const { grid, prefix } = frame;
  const patches = grid[0] * grid[1];
  const { name } = CHAPTERS[chapter];
  const patchPlace = {
    picture: (i) => inPicture(frame, i),
    cut: (i) => inPicture(frame, i, eased(share)),
    row: (i) => between(inPicture(frame, i, 1), inRow(frame, i), inTurn(share, i, patches)),
    numbers: (i) => inRow(frame, i),
    places: (i) => inRow(frame, i + prefix * eased(Math.min(1, share * 2.5))),
    blocks: (i) => between(inRow(frame, i + prefix), besideAnswer(frame, i + prefix), blockAt(share, depth).flight),
    answer: (i) => besideAnswer(frame, i + prefix),
  }[name];
  const prefixPlace = {
    places: (t) => inRow(frame, t),
    blocks: (t) => between(inRow(frame, t), besideAnswer(frame, t), blockAt(share, depth).flight),
    answer: (t) => besideAnswer(frame, t),
  }[name];
  const front = Array.from({ length: prefix }, (_, t) => (prefixPlace ? prefixPlace(t) : null));
  return [...front, ...Array.from({ length: patches }, (_, i) => patchPlace(i))];
}

/** Draws a moment; returns where every token is. `scene`: the frame, the payload and what was made of it; `followed`: a token. */
export function drawScene(ink, scene, moment, followed, style) {
  const { frame, header } = scene;
  const { name } = CHAPTERS[moment.chapter];
  const places = placesAt(frame, moment, header.depth);
  const at = name === "blocks" ? blockAt(moment.share, header.depth) : { flight: 1, block: header.depth - 1, passed: 1 };
  const late = name === "blocks" || name === "answer";
  const asked = name === "answer" ? header.readerAt : followed;
  if (late && at.flight === 1) drawLit(ink, scene, looksOf(scene, at.block, asked), eased(Math.min(1, at.passed * 2)));
  else if (name === "picture") ink.drawImage(scene.bitmap, ...frame.whole);
  else drawPatches(ink, scene, places);
  drawPrefix(ink, scene, places, name === "places" ? eased(Math.min(1, moment.share * 2.5)) : 1);
  drawBars(ink, scene, places, moment, at.flight);
  if (late && at.flight === 1) {
    if (name === "blocks") drawBeams(ink, scene, places, at, followed);
    drawAnswer(ink, scene, at, style);
  }
  if (places[followed]) outlineCell(ink, style, ...places[followed]);
  return places;
}

function drawPatches(ink, { bitmap, frame }, places) {
  const [rows, cols] = frame.grid;
  const [height, width] = [bitmap.height / rows, bitmap.width / cols];
  for (let i = 0; i < rows * cols; i++) {
    const [x, y, w, h] = places[frame.prefix + i];
    ink.drawImage(bitmap, (i % cols) * width, Math.floor(i / cols) * height, width, height, x, y, w, h);
  }
}

/** The picture beside the answer, each patch as bright as the followed token, or in the end who is asked, looks at it. */
function drawLit(ink, scene, weights, growth) {
  const { bitmap, frame, veil } = scene;
  ink.drawImage(bitmap, ...frame.side);
  const top = ceilingOf(weights, frame.prefix);
  const image = new ImageData(veil.width, veil.height);
  for (let i = 0; i < veil.width * veil.height; i++) {
    image.data[4 * i + 3] = 255 * DARKEST * growth * (1 - Math.min(1, weights[frame.prefix + i] / top));
  }
  veil.getContext("2d").putImageData(image, 0, 0);
  ink.imageSmoothingEnabled = false;
  ink.drawImage(veil, ...frame.side);
  ink.imageSmoothingEnabled = true;
}

/** What a token looks at in a block, heads averaged: of who is asked all weights, of other tokens the largest. */
function looksOf({ frame, header, arrays }, block, followed) {
  const total = frame.prefix + frame.grid[0] * frame.grid[1];
  if (followed === header.readerAt || !arrays.keys) return arrays.looks.subarray(block * total, (block + 1) * total);
  const weights = new Float32Array(total);
  beamsOf({ header, arrays }, block, followed, total).forEach(([key, weight]) => (weights[key] = weight));
  return weights;
}

/** The strongest weights of a token in a block: [key, weight]. */
function beamsOf({ header, arrays }, block, followed, total) {
  const { strongest } = header;
  const start = (block * total + followed) * strongest;
  return Array.from({ length: strongest }, (_, i) => [arrays.keys[start + i], arrays.weights[start + i]]);
}

function drawBeams(ink, scene, places, { block, passed }, followed) {
  if (!scene.arrays.keys) return;
  const beams = beamsOf(scene, block, followed, places.length);
  const largest = Math.max(...beams.map(([, weight]) => weight), 1e-12);
  const middle = ([x, y, w, h]) => [x + w / 2, y + h / 2];
  const from = middle(places[followed]);
  const growth = eased(Math.min(1, passed * 2));
  ink.strokeStyle = BEAM;
  ink.lineCap = "round";
  for (const [key, weight] of beams) {
    if (key === followed || !places[key]) continue;
    const to = middle(places[key]);
    ink.globalAlpha = 0.25 + (0.75 * weight) / largest;
    ink.lineWidth = 1 + (5 * weight) / largest;
    ink.beginPath();
    ink.moveTo(...from);
    ink.lineTo(from[0] + (to[0] - from[0]) * growth, from[1] + (to[1] - from[1]) * growth);
    ink.stroke();
  }
  ink.globalAlpha = 1;
}

function drawPrefix(ink, { frame, header }, places, alpha) {
  ink.globalAlpha = alpha;
  for (let t = 0; t < frame.prefix; t++) {
    if (!places[t]) continue;
    const [x, y, w, h] = places[t];
    ink.fillStyle = PREFIX_COLOUR;
    ink.fillRect(x, y, w, h);
    if (w < 30) continue; // no room for a word that can be read
    ink.fillStyle = "#16191f";
    ink.font = "600 13px system-ui, sans-serif";
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    ink.fillText(header.prefix[t].replace(/[[\]]/g, "").replace("register ", "R"), x + w / 2, y + h / 2 + 0.5);
  }
  ink.globalAlpha = 1;
}

/** The bars of numbers under the row: they grow, take up their positions, and go where the tokens go. */
function drawBars(ink, { frame, bars }, places, { chapter, share }, flight) {
  const { name } = CHAPTERS[chapter];
  if (!["numbers", "places", "blocks"].includes(name) || (name === "blocks" && flight === 1)) return;
  const patches = places.length - frame.prefix;
  const placed = name === "numbers" ? 0 : name === "places" ? eased(Math.max(0, share * 2.5 - 1.5)) : 1;
  ink.imageSmoothingEnabled = false;
  for (let token = 0; token < places.length; token++) {
    const place = places[token];
    if (!place) continue;
    const patch = token - frame.prefix;
    const grown = name === "numbers" ? inTurn(share, patch, patches) : 1;
    const bar = barUnder(frame, place, grown);
    const draw = (canvas, column, alpha) => {
      ink.globalAlpha = alpha * (name === "blocks" ? 1 - flight : 1);
      if (ink.globalAlpha > 0.01) ink.drawImage(canvas, column, 0, 1, canvas.height, ...bar);
    };
    if (patch >= 0 && placed < 1) draw(bars.before, patch, 1);
    if (patch < 0 || placed > 0) draw(bars.after, token, patch < 0 ? 1 : placed);
  }
  ink.globalAlpha = 1;
  ink.imageSmoothingEnabled = true;
}

/** What the classifier would say after the blocks so far: the classes that win in the end, with their probabilities. */
function drawAnswer(ink, { frame, header, arrays }, { block, passed }, style) {
  const [x, y, width, height] = frame.right;
  const text = style.getPropertyValue("--st-text-color");
  ink.textBaseline = "alphabetic";
  ink.textAlign = "left";
  ink.fillStyle = text;
  ink.font = "650 15px system-ui, sans-serif";
  const count = header.top.length;
  ink.fillText(count ? "What the classifier would say now" : "This model has no classifier: it gives features", x, y + 18, width);
  const pitch = Math.min(52, (height - 34) / Math.max(1, count));
  for (let i = 0; i < count; i++) {
    const [now, then] = [arrays.lens[block * count + i], arrays.lens[(block + 1) * count + i]];
    const p = now + (then - now) * eased(passed);
    const top = y + 40 + i * pitch;
    ink.font = `${i ? 400 : 650} 14px system-ui, sans-serif`;
    ink.fillStyle = text;
    ink.textAlign = "left";
    ink.fillText(header.top[i][0], x, top + 4, width - 60);
    ink.textAlign = "right";
    ink.fillText(percent(passed < 0.5 ? now : then), x + width, top + 4); // never a number between two that the classifier gave
    ink.globalAlpha = 0.12;
    ink.fillRect(x, top + 10, width, 9);
    ink.globalAlpha = 1;
    ink.fillStyle = style.getPropertyValue("--st-primary-color");
    ink.fillRect(x, top + 10, Math.max(1, width * p), 9);
  }
  ink.textAlign = "left";
}
