// The picture with its grid, the sequence beside it, and the patches on their way from one to the other.
import { outlineCell, sharp } from "../kit/canvas.js";
import { el } from "../kit/dom.js";
import { drawInput } from "./cut.js";

const GAP = 34;
const FLIGHT = 0.1; // share of the time that one patch is on its way
const LAST = 0.94; // when the last patch has landed and [CLS] sets off
const VEIL = 0.62;

/** `show(state)` draws; `tokenAt(event)` is the token under the pointer, or null. */
export function patchScene() {
  const node = el("canvas", { class: "scene", tabindex: 0, role: "img" });
  const [field, cells, sequence] = [el("canvas"), el("canvas"), el("canvas")]; // never in the page: the input, its cells, the sequence
  let made = "";
  let image = null; // the sequence's pixels
  let place = null; // where picture and sequence lie, in CSS pixels

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
  function prepare({ bitmap, setting, counts, source, prefix, exact }) {
    const { pitch, across, total } = place.sequence;
    const step = Math.max(1, Math.floor(pitch * devicePixelRatio));
    const name = [setting.size, setting.patch, setting.fit, bitmap.id, exact?.id, step, across, place.picture.unit].join("/");
    if (name === made) return;
    made = name;
    const shape = [counts.height, counts.width];
    const scale = Math.min(1, (place.picture.unit * devicePixelRatio) / counts.patch); // no more pixels than the screen shows
    [field.width, field.height] = [Math.max(1, Math.round(counts.width * scale)), Math.max(1, Math.round(counts.height * scale))];
    const ink = field.getContext("2d", { willReadFrequently: true });
    if (exact && scale === 1) ink.putImageData(exact.image, 0, 0);
    else drawInput(ink, bitmap.image, setting.fit, shape, source, scale);
    const [rows, cols] = counts.grid;
    const cell = Math.max(1, step - (step > 12 ? Math.round(2.5 * devicePixelRatio) : 1));
    [cells.width, cells.height] = [cols * cell, rows * cell];
    const cut = cells.getContext("2d", { willReadFrequently: true });
    cut.imageSmoothingEnabled = cell < counts.patch * scale;
    cut.drawImage(field, 0, 0, cells.width, cells.height);
    const from = new Uint32Array(cut.getImageData(0, 0, cells.width, cells.height).data.buffer);
    const [wide, high] = [across * step, Math.ceil(total / across) * step];
    if (sequence.width !== wide || sequence.height !== high) [sequence.width, sequence.height] = [wide, high];
    if (image?.width !== sequence.width || image.height !== sequence.height) image = new ImageData(sequence.width, sequence.height);
    const out = new Uint32Array(image.data.buffer);
    out.fill(0);
    for (let t = prefix; t < total; t++) {
      const p = t - prefix;
      let a = Math.floor(p / cols) * cell * cells.width + (p % cols) * cell;
      let b = Math.floor(t / across) * step * sequence.width + (t % across) * step;
      for (let y = 0; y < cell; y++, a += cells.width, b += sequence.width) for (let x = 0; x < cell; x++) out[b + x] = from[a + x];
    }
    sequence.getContext("2d").putImageData(image, 0, 0);
    sequence.cellSize = cell / devicePixelRatio;
    sequence.step = step / devicePixelRatio;
  }

  const home = (p, cols) => ({
    x: place.picture.x + (p % cols) * place.picture.unit,
    y: place.picture.y + Math.floor(p / cols) * place.picture.unit,
    size: place.picture.unit,
  });
  const seat = (t) => ({
    x: place.sequence.x + (t % place.sequence.across) * sequence.step,
    y: place.sequence.y + Math.floor(t / place.sequence.across) * sequence.step,
    size: sequence.cellSize,
  });

  /** Cells `0 … count-1` of rows of `across`, as at most two rectangles `[x, y, w, h]` in cells. */
  function filled(count, across) {
    const whole = Math.floor(count / across);
    return [
      [0, 0, across, whole],
      [0, whole, count % across, 1],
    ].filter(([, , w, h]) => w > 0 && h > 0);
  }

  function drawPicture(ink, style, { counts, departed, token, prefix, playing }) {
    const { x, y, unit, w, h } = place.picture;
    const [rows, cols] = counts.grid;
    ink.imageSmoothingEnabled = field.width > w * devicePixelRatio;
    ink.drawImage(field, x, y, w, h);
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
      const at = home(token - prefix, cols);
      outlineCell(ink, style, at.x, at.y, unit, unit);
    }
  }

  function drawSequence(ink, style, { landed, token, prefix, names, prefixShare, total }) {
    const { x, y, across } = place.sequence;
    const step = sequence.step;
    ink.imageSmoothingEnabled = false;
    ink.strokeStyle = style.getPropertyValue("--st-border-color");
    if (landed < total - prefix && step > 9)
      for (let t = prefix + landed; t < total; t++) {
        const at = seat(t);
        ink.strokeRect(at.x + 0.5, at.y + 0.5, at.size - 1, at.size - 1);
      }
    for (const [a, b, c, d] of filled(prefix + landed, across)) {
      ink.drawImage(
        sequence,
        a * step * devicePixelRatio,
        b * step * devicePixelRatio,
        c * step * devicePixelRatio,
        d * step * devicePixelRatio,
        x + a * step,
        y + b * step,
        c * step,
        d * step,
      );
    }
    for (let t = 0; t < prefix; t++) {
      const at = seat(t);
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
      const at = seat(token);
      outlineCell(ink, style, at.x, at.y, at.size, at.size);
    }
  }

  function drawPrefix(ink, name, x, y, size, share) {
    if (share <= 0) return;
    ink.globalAlpha = Math.min(1, share * 2);
    ink.fillStyle = "#cc79a7";
    ink.fillRect(x, y, size, size);
    if (size > 22) {
      ink.fillStyle = "#16191f";
      ink.font = `600 ${Math.min(13, size / 3)}px system-ui, sans-serif`;
      ink.textAlign = "center";
      ink.textBaseline = "middle";
      ink.fillText(name.replace(/[[\]]/g, "").replace("register ", "R"), x + size / 2, y + size / 2);
    }
    ink.globalAlpha = 1;
  }

  function drawFlight(ink, style, first, last, share, { counts, prefix }) {
    const [, cols] = counts.grid;
    const size = field.width / cols;
    ink.imageSmoothingEnabled = false;
    for (let p = last - 1; p >= first; p--) {
      const s = share(p);
      const ease = s * s * (3 - 2 * s);
      const [a, b] = [home(p, cols), seat(p + prefix)];
      const [x, y, side] = ["x", "y", "size"].map((key) => a[key] + (b[key] - a[key]) * ease);
      ink.drawImage(field, (p % cols) * size, Math.floor(p / cols) * size, size, size, x, y - 26 * Math.sin(Math.PI * s), side, side);
    }
  }

  /** `moment` goes from 0 (nothing has left) to 1 (all have landed); with `jumps` patches go without flying. */
  function show(state) {
    const { counts, prefix, names, token, moment, jumps } = state;
    place = arrange(node.clientWidth || 600, counts, prefix);
    if (node.style.height !== `${place.height}px`) node.style.height = `${place.height}px`;
    const { ink } = sharp(node);
    const style = getComputedStyle(node);
    prepare(state);
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
    drawPicture(ink, style, { counts, departed, token, prefix, playing: !done });
    drawSequence(ink, style, { landed, token, prefix, names, prefixShare, total: place.sequence.total });
    if (!done && span)
      drawFlight(ink, style, landed, departed, (p) => Math.max(0, Math.min(1, (moment - starts(p)) / span)), { counts, prefix });
    return { landed, prefixThere: prefixShare >= 1 };
  }

  function tokenAt(event, counts, prefix) {
    if (!place) return null;
    const box = node.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { picture } = place;
    const [rows, cols] = counts.grid;
    const [col, row] = [Math.floor((x - picture.x) / picture.unit), Math.floor((y - picture.y) / picture.unit)];
    if (row >= 0 && row < rows && col >= 0 && col < cols) return prefix + row * cols + col;
    const [c, r] = [Math.floor((x - place.sequence.x) / sequence.step), Math.floor((y - place.sequence.y) / sequence.step)];
    const token = r * place.sequence.across + c;
    return r >= 0 && c >= 0 && c < place.sequence.across && token < place.sequence.total ? token : null;
  }

  return { node, show, tokenAt };
}
