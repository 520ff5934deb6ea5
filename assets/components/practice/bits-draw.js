// The matrix as a map of weights, outputs across and inputs down, and one row of it as a staircase.
import { sharp } from "../kit/canvas.js";
import { gradient } from "../kit/colours.js";
import { el, mark } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { rowOf, scaleOf, stepOf, topOf } from "./bits-math.js";

export const SHOWN = { weight: "as trained", rounded: "rounded", error: "the error" };

/** The map, painted anew where matrix, bits or look have changed, and a line on the chosen row. */
export function drawMap(view, style) {
  const { map, kept, shape, setting, shown } = view;
  const { header } = view.data;
  const [rows, cols] = shape;
  const key = [header.id, setting.bits, shown].join();
  if (view.painted !== key) paint(view, key);
  const { ink, width, height } = sharp(map);
  ink.imageSmoothingEnabled = rows > width * devicePixelRatio;
  ink.drawImage(kept, 0, 0, width, height);
  const x = ((setting.row + 0.5) * width) / rows;
  for (const [thick, colour] of [
    [4, style.ground],
    [1.6, style.text],
  ]) {
    ink.beginPath();
    ink.moveTo(x, 0);
    ink.lineTo(x, height);
    ink.lineWidth = thick;
    ink.strokeStyle = colour;
    ink.stroke();
  }
  const size = `${rows} outputs by ${cols} inputs`;
  mark(
    map,
    "aria-label",
    `The weights of ${header.names[header.matrix]}, layer ${header.layer + 1}: ${size}, ${SHOWN[shown]}. Arrow keys move.`,
  );
}

/** Paints the kept canvas, a pixel a weight, and measures the error on the way. */
function paint(view, key) {
  const { kept, table, scale } = view;
  const [rows, cols] = view.shape;
  view.painted = key;
  [kept.width, kept.height] = [rows, cols];
  const ink = kept.getContext("2d");
  const pixels = ink.createImageData(rows, cols);
  const cells = new Uint32Array(pixels.data.buffer);
  const { values, error, norm } = valuesOf(view);
  const sorted = Float32Array.from(values, Math.abs).sort();
  const most = sorted[Math.floor(0.995 * (sorted.length - 1))] || sorted.at(-1) || 1;
  for (let i = 0; i < values.length; i++) cells[i] = table[Math.max(0, Math.min(255, Math.round(127.5 + (127.5 * values[i]) / most)))];
  ink.putImageData(pixels, 0, 0);
  view.measured = { key, error, norm, most };
  scale.replaceChildren(`−${four(most)}`, el("i", { style: `background:${gradient(table)}` }), four(most));
}

/** What the map shows, an input a row, and the sums of squares of errors and weights. */
function valuesOf(view) {
  const [rows, cols] = view.shape;
  const values = new Float32Array(rows * cols);
  let [error, norm] = [0, 0];
  for (let r = 0; r < rows; r++) {
    const own = rowOf(view, r);
    for (let c = 0; c < cols; c++) {
      const rounded = stepOf(view, r, own[c]) * scaleOf(view, r);
      error += (own[c] - rounded) ** 2;
      norm += own[c] ** 2;
      values[c * rows + r] = { weight: own[c], rounded, error: rounded - own[c] }[view.shown];
    }
  }
  return { values, error, norm };
}

/** One row as a staircase: across the weights as trained, up as they are rounded. */
export function drawStairs(view, style) {
  const { ink, width, height } = sharp(view.stairs);
  const row = view.setting.row;
  const [own, step, top] = [rowOf(view, row), scaleOf(view, row), topOf(view)];
  const reach = step * top * 1.06;
  const box = { left: 62, right: width - 14, top: 8, bottom: height - 34 };
  const px = (v) => box.left + ((v + reach) / (2 * reach)) * (box.right - box.left);
  const py = (v) => box.bottom - ((v + reach) / (2 * reach)) * (box.bottom - box.top);
  const frame = { ink, width, height, box, px, py, step, top, style };
  ink.font = `13px ${style.font}`;
  drawSteps(frame);
  drawWeights(view, frame, own);
  drawTicks(frame);
  mark(view.stairs, "aria-label", `Row ${row + 1} rounded to ${2 * top + 1} values, ${four(step)} apart.`);
}

/** A line at every value (where they are many, at every sixteenth), and the stairs. */
function drawSteps({ ink, box, px, py, step, top, style }) {
  ink.strokeStyle = style.line;
  ink.lineWidth = 1;
  for (let q = -top; q <= top; q++) {
    if (top > 40 && q % 16) continue;
    ink.beginPath();
    ink.moveTo(box.left, py(q * step));
    ink.lineTo(box.right, py(q * step));
    ink.stroke();
  }
  ink.strokeStyle = style.text;
  ink.lineWidth = 1.4;
  ink.beginPath();
  for (let q = -top; q <= top; q++) {
    ink.lineTo(px((q - (q > -top ? 0.5 : 0)) * step), py(q * step));
    ink.lineTo(px((q + (q < top ? 0.5 : 0)) * step), py(q * step));
  }
  ink.stroke();
}

function drawWeights(view, { ink, px, py, step, style }, own) {
  const { hovered, setting } = view;
  ink.fillStyle = "#0072b2";
  ink.globalAlpha = 0.6;
  for (const w of own) {
    ink.beginPath();
    ink.arc(px(w), py(stepOf(view, setting.row, w) * step), 3, 0, 7);
    ink.fill();
  }
  ink.globalAlpha = 1;
  if (!hovered || hovered[0] !== setting.row) return;
  const w = own[hovered[1]];
  ink.beginPath();
  ink.arc(px(w), py(stepOf(view, setting.row, w) * step), 6, 0, 7);
  ink.fillStyle = "#d55e00";
  ink.fill();
  ink.lineWidth = 2;
  ink.strokeStyle = style.text;
  ink.stroke();
}

function drawTicks({ ink, width, height, box, px, py, step, top, style }) {
  ink.fillStyle = style.text;
  ink.textAlign = "right";
  for (const q of [-top, 0, top]) ink.fillText(four(q * step), box.left - 6, py(q * step) + 4);
  ink.textAlign = "center";
  for (const q of [-1, 0, 1]) ink.fillText(four(q * top * step), Math.min(width - 24, px(q * top * step)), box.bottom + 15);
  ink.fillText("weight as trained", (box.left + box.right) / 2, height - 4);
}
