// The matrix as a map of weights, outputs across and inputs down, and one row of it on the staircase that rounds it.
import { sharp } from "../../kit/picture/canvas.js";
import { gradient } from "../../kit/picture/colours.js";
import { el, mark } from "../../kit/dom.js";
import { fineness } from "../../kit/fineness.js";
import { four } from "../../kit/numbers/format.js";
import { magnitudeAt } from "../../kit/numbers/statistics.js";
import { rowOf, scaleOf, stepsOf, topOf } from "./math.js";

export const SHOWN = { weight: "as trained", rounded: "rounded", error: "the error" };

/** The map, painted anew where matrix, bits or look have changed, and a line on the chosen row. */
export function drawMap(view, style) {
  const { map, kept, shape, setting, shown } = view;
  const { header } = view.data;
  const [rows, cols] = shape;
  const key = [header.id, setting.bits, shown].join();
  if (view.painted !== key) paint(view, key);
  const { ink, width, height } = sharp(map);
  ink.imageSmoothingEnabled = rows > width * fineness();
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
  const last = values.length - 1;
  const most = magnitudeAt(values, Math.floor(0.995 * last)) || magnitudeAt(values, last) || 1;
  for (let i = 0; i < values.length; i++) cells[i] = table[Math.max(0, Math.min(255, Math.round(127.5 + (127.5 * values[i]) / most)))];
  ink.putImageData(pixels, 0, 0);
  view.measured = { key, error, norm, most };
  scale.replaceChildren(`−${four(most)}`, el("i", { style: `background:${gradient(table)}` }), four(most));
}

/** What the map shows as a table: a line for each input, a number for each output. */
export function matrixRows(view) {
  const [outputs, inputs] = view.shape;
  const { values } = valuesOf(view);
  const lines = Array.from({ length: inputs }, (_, c) => [c + 1, ...values.subarray(c * outputs, (c + 1) * outputs)]);
  return [["input", ...Array.from({ length: outputs }, (_, r) => `output ${r + 1}`)], ...lines];
}

/** What the map shows, an input a row, and the sums of squares of errors and weights. */
function valuesOf(view) {
  const [rows, cols] = view.shape;
  const { shown } = view;
  const values = new Float32Array(rows * cols);
  let [error, norm] = [0, 0];
  for (let r = 0; r < rows; r++) {
    const [own, scale] = [rowOf(view, r), scaleOf(view, r)]; // once a row: this is run for every weight while the slider moves
    for (let c = 0; c < cols; c++) {
      const rounded = stepsOf(own[c], scale) * scale;
      const off = rounded - own[c];
      error += off * off;
      norm += own[c] * own[c];
      values[c * rows + r] = shown === "rounded" ? rounded : shown === "error" ? off : own[c];
    }
  }
  return { values, error, norm };
}

/** One row on its staircase: drawn again where the matrix, the bits or the row have changed; the weight under the pointer has a ring. */
export function showStairs(view, anew = false) {
  const { plot, setting, hovered } = view;
  const { row, bits } = setting;
  const { id, figure, looks } = view.data.header;
  plot.ring(hovered?.[0] === row ? [hovered[1]] : []);
  const key = [id, bits, row].join();
  if (!anew && key === view.stairsOf) return;
  view.stairsOf = key;
  const [stairs, dots] = figure.data;
  plot.show(
    {
      data: [
        { ...stairs, ...stairsOf(view, row) },
        { ...dots, ...dotsOf(view, row) },
      ],
      layout: figure.layout,
    },
    looks,
  );
}

function stairsOf(view, row) {
  const [step, top] = [scaleOf(view, row), topOf(view)];
  const levels = Array.from({ length: 2 * top + 1 }, (_, i) => i - top);
  const edge = (level) => Math.max(-top, Math.min(top, level)) * step;
  return { x: levels.flatMap((q) => [edge(q - 0.5), edge(q + 0.5)]), y: levels.flatMap((q) => [q * step, q * step]) };
}

function dotsOf(view, row) {
  const x = Array.from(rowOf(view, row));
  const scale = scaleOf(view, row);
  const y = x.map((weight) => stepsOf(weight, scale) * scale);
  return { x, y, customdata: x.map((weight, i) => [`input ${i + 1}`, four(weight), four(y[i]), "", i]) };
}
