// The picture with its grid, the sequence beside it, and the patches on their way from one to the other.
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { el } from "../kit/dom.js";
import { fineness } from "../kit/fineness.js";
import { drawInput } from "./cut.js";

const GAP = 34;
const FLIGHT = 0.1; // share of the time that one patch is on its way
const LAST = 0.94; // when the last patch has landed and [CLS] sets off
const VEIL = 0.62;

/** `show(state)` draws; `tokenAt(event)` is the token under the pointer, or null. */
export function patchScene() {
  const scene = {
    node: el("canvas", { class: "scene", tabindex: 0, role: "img" }),
  };
  // Never in the page: the input, its cells, the sequence.
  [scene.field, scene.cells, scene.sequence] = [el("canvas"), el("canvas"), el("canvas")];
  scene.made = "";
  scene.image = null; // the sequence's pixels
  scene.place = null; // where picture and sequence lie, in CSS pixels

  return {
    node: scene.node,
    show: (state) => show(scene, state),
    tokenAt: (event, counts, prefix) => tokenAt(scene, event, counts, prefix),
  };
}

function arrange(width, counts, prefix) {
  const [rows, cols] = counts.grid;
  const beside = width >= 560;
  const side = beside ? Math.min(0.45 * (width - GAP), 560) : width;
  const room = beside ? width - GAP - side : width;
  const unit = Math.min(side / cols, side / rows);
  const picture = { x: (side - unit * cols) / 2, y: beside ? (side - unit * rows) / 2 : 0, unit, w: unit * cols, h: unit * rows };
  const total = counts.patches + prefix;
  const high = beside ? side : 0.8 * side;
  let across = Math.max(1, Math.ceil(Math.sqrt((total * room) / high)));
  while (Math.ceil(total / across) * (room / across) > high + 0.01) across++;
  const pitch = Math.min(room / across, unit * 1.15 + 2, 64);
  return {
    picture,
    sequence: { x: beside ? side + GAP : 0, y: beside ? 0 : side + 26, across, pitch, total, room, high },
    height: beside ? side : side + 26 + high,
  };
}

/** The sequence as one image, made by copying cells in reading order; only when something changed. */
function prepare(scene, { bitmap, setting, counts, source, prefix, exact }) {
  const { pitch, across, total } = scene.place.sequence;
  const step = Math.max(1, Math.floor(pitch * fineness()));
  const name = [setting.size, setting.patch, setting.fit, bitmap.id, exact?.id, step, across, scene.place.picture.unit].join("/");
  if (name === scene.made) return;
  scene.made = name;
  const shape = [counts.height, counts.width];
  const scale = Math.min(1, (scene.place.picture.unit * fineness()) / counts.patch); // no more pixels than the screen shows
  [scene.field.width, scene.field.height] = [Math.max(1, Math.round(counts.width * scale)), Math.max(1, Math.round(counts.height * scale))];
  const ink = scene.field.getContext("2d", { willReadFrequently: true });
  if (exact && scale === 1) ink.putImageData(exact.image, 0, 0);
  else drawInput(ink, bitmap.image, setting.fit, shape, source, scale);
  const [rows, cols] = counts.grid;
  const cell = Math.max(1, step - (step > 12 ? Math.round(2.5 * fineness()) : 1));
  [scene.cells.width, scene.cells.height] = [cols * cell, rows * cell];
  const cut = scene.cells.getContext("2d", { willReadFrequently: true });
  cut.imageSmoothingEnabled = cell < counts.patch * scale;
  cut.drawImage(scene.field, 0, 0, scene.cells.width, scene.cells.height);
  const from = new Uint32Array(cut.getImageData(0, 0, scene.cells.width, scene.cells.height).data.buffer);
  const [wide, high] = [across * step, Math.ceil(total / across) * step];
  if (scene.sequence.width !== wide || scene.sequence.height !== high) [scene.sequence.width, scene.sequence.height] = [wide, high];
  if (scene.image?.width !== scene.sequence.width || scene.image.height !== scene.sequence.height)
    scene.image = new ImageData(scene.sequence.width, scene.sequence.height);
  const out = new Uint32Array(scene.image.data.buffer);
  out.fill(0);
  for (let t = prefix; t < total; t++) {
    const p = t - prefix;
    let a = Math.floor(p / cols) * cell * scene.cells.width + (p % cols) * cell;
    let b = Math.floor(t / across) * step * scene.sequence.width + (t % across) * step;
    for (let y = 0; y < cell; y++, a += scene.cells.width, b += scene.sequence.width)
      for (let x = 0; x < cell; x++) out[b + x] = from[a + x];
  }
  scene.sequence.getContext("2d").putImageData(scene.image, 0, 0);
  scene.sequence.cellSize = cell / fineness();
  scene.sequence.step = step / fineness();
}

const home = (scene, p, cols) => ({
  x: scene.place.picture.x + (p % cols) * scene.place.picture.unit,
  y: scene.place.picture.y + Math.floor(p / cols) * scene.place.picture.unit,
  size: scene.place.picture.unit,
});

const seat = (scene, t) => ({
  x: scene.place.sequence.x + (t % scene.place.sequence.across) * scene.sequence.step,
  y: scene.place.sequence.y + Math.floor(t / scene.place.sequence.across) * scene.sequence.step,
  size: scene.sequence.cellSize,
});

/** Cells `0 … count-1` of rows of `across`, as at most two rectangles `[x, y, w, h]` in cells. */
function filled(count, across) {
  const whole = Math.floor(count / across);
  return [
    [0, 0, across, whole],
    [0, whole, count % across, 1],
  ].filter(([, , w, h]) => w > 0 && h > 0);
}

function drawPicture(scene, ink, style, { counts, departed, token, prefix, playing }) {
  const { x, y, unit, w, h } = scene.place.picture;
  const [rows, cols] = counts.grid;
  ink.imageSmoothingEnabled = scene.field.width > w * fineness();
  ink.drawImage(scene.field, x, y, w, h);
  if (playing) {
    ink.globalAlpha = VEIL;
    ink.fillStyle = style.getPropertyValue("--st-background-color");
    for (const [a, b, c, d] of filled(departed, cols)) ink.fillRect(x + a * unit, y + b * unit, c * unit, d * unit);
    ink.globalAlpha = 1;
  }
  ink.strokeStyle = `rgba(255,255,255,${unit > 9 ? 0.55 : 0.28})`;
  ink.lineWidth = unit > 20 ? 1 : 0.75;
  ink.beginPath();
  for (let r = 1; r < rows; r++) (ink.moveTo(x, y + r * unit), ink.lineTo(x + w, y + r * unit));
  for (let c = 1; c < cols; c++) (ink.moveTo(x + c * unit, y), ink.lineTo(x + c * unit, y + h));
  ink.stroke();
  if (token >= prefix) {
    const at = home(scene, token - prefix, cols);
    outlineCell(ink, style, at.x, at.y, unit, unit);
  }
}

function drawSequence(scene, ink, style, { landed, token, prefix, names, prefixShare, total }) {
  const { x, y, across } = scene.place.sequence;
  const step = scene.sequence.step;
  ink.imageSmoothingEnabled = false;
  ink.strokeStyle = style.getPropertyValue("--st-border-color");
  if (landed < total - prefix && step > 9)
    for (let t = prefix + landed; t < total; t++) {
      const at = seat(scene, t);
      ink.strokeRect(at.x + 0.5, at.y + 0.5, at.size - 1, at.size - 1);
    }
  for (const [a, b, c, d] of filled(prefix + landed, across)) {
    ink.drawImage(
      scene.sequence,
      a * step * fineness(),
      b * step * fineness(),
      c * step * fineness(),
      d * step * fineness(),
      x + a * step,
      y + b * step,
      c * step,
      d * step,
    );
  }
  for (let t = 0; t < prefix; t++) {
    const at = seat(scene, t);
    const from = at.y - 46 - 40 * t;
    drawPrefix(
      ink,
      names[t],
      at.x,
      prefixShare >= 1 ? at.y : Math.max(0, from) + (at.y - Math.max(0, from)) * prefixShare,
      at.size,
      prefixShare,
    );
  }
  if (token !== null && token < total) {
    const at = seat(scene, token);
    outlineCell(ink, style, at.x, at.y, at.size, at.size);
  }
}

function drawPrefix(ink, name, x, y, size, share) {
  if (share <= 0) return;
  ink.globalAlpha = Math.min(1, share * 2);
  ink.fillStyle = "#cc79a7";
  ink.fillRect(x, y, size, size);
  const words = name.replace(/[[\]]/g, "").replace("register ", "R");
  ink.font = "600 13px system-ui, sans-serif";
  if (ink.measureText(words).width < size) {
    ink.fillStyle = "#16191f";
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    ink.fillText(words, x + size / 2, y + size / 2);
  }
  ink.globalAlpha = 1;
}

function drawFlight(scene, ink, style, first, last, share, { counts, prefix }) {
  const [, cols] = counts.grid;
  const size = scene.field.width / cols;
  ink.imageSmoothingEnabled = false;
  for (let p = last - 1; p >= first; p--) {
    const s = share(p);
    const ease = s * s * (3 - 2 * s);
    const [a, b] = [home(scene, p, cols), seat(scene, p + prefix)];
    const [x, y, side] = ["x", "y", "size"].map((key) => a[key] + (b[key] - a[key]) * ease);
    ink.drawImage(scene.field, (p % cols) * size, Math.floor(p / cols) * size, size, size, x, y - 26 * Math.sin(Math.PI * s), side, side);
  }
}

/** `moment` goes from 0 (nothing has left) to 1 (all have landed); with `jumps` patches go without flying. */
function show(scene, state) {
  const { counts, prefix, names, token } = state;
  scene.place = arrange(scene.node.clientWidth || 600, counts, prefix);
  if (scene.node.style.height !== `${scene.place.height}px`) scene.node.style.height = `${scene.place.height}px`;
  const { ink } = sharp(scene.node);
  const style = getComputedStyle(scene.node);
  prepare(scene, state);
  const { done, span, departed, landed, prefixShare, share } = progress(state);
  const { total } = scene.place.sequence;
  drawPicture(scene, ink, style, { counts, departed, token, prefix, playing: !done });
  drawSequence(scene, ink, style, { landed, token, prefix, names, prefixShare, total });
  if (!done && span) drawFlight(scene, ink, style, landed, departed, share, { counts, prefix });
  return { landed, prefixThere: prefixShare >= 1 };
}

/** How many have left and landed, how far [CLS] is, and what share of its way patch `p` has behind it. */
function progress({ counts, moment, jumps }) {
  const span = jumps ? 0 : Math.max(FLIGHT, Math.min(0.5, 2 / counts.patches));
  const starts = (p) => ((LAST - span) * p) / Math.max(1, counts.patches - 1);
  const count = (time) =>
    Math.max(
      0,
      Math.min(counts.patches, time < 0 ? 0 : Math.floor((time / Math.max(1e-9, LAST - span)) * Math.max(1, counts.patches - 1)) + 1),
    );
  const done = moment >= 1;
  const departed = done ? counts.patches : moment <= 0 ? 0 : count(moment);
  const landed = done ? counts.patches : count(moment - span - 1e-9);
  const prefixShare = done ? 1 : jumps ? 0 : Math.max(0, (moment - LAST) / (1 - LAST));
  return { done, span, departed, landed, prefixShare, share: (p) => Math.max(0, Math.min(1, (moment - starts(p)) / span)) };
}

function tokenAt(scene, event, counts, prefix) {
  if (!scene.place) return null;
  const box = scene.node.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const { picture } = scene.place;
  const [rows, cols] = counts.grid;
  const [col, row] = [Math.floor((x - picture.x) / picture.unit), Math.floor((y - picture.y) / picture.unit)];
  if (row >= 0 && row < rows && col >= 0 && col < cols) return prefix + row * cols + col;
  const [c, r] = [
    Math.floor((x - scene.place.sequence.x) / scene.sequence.step),
    Math.floor((y - scene.place.sequence.y) / scene.sequence.step),
  ];
  const token = r * scene.place.sequence.across + c;
  return r >= 0 && c >= 0 && c < scene.place.sequence.across && token < scene.place.sequence.total ? token : null;
}
