// The curves of three orders over the share of the patches, and the band of the random ones.
import { mark } from "../kit/dom.js";
import { clamp } from "../kit/grid.js";
import { followedName } from "./parts.js";

export const CURVE_COLOURS = { attention: "#d55e00", occlusion: "#0072b2", random: "#8d949c" };
const [LEFT, RIGHT, TOP, BOTTOM] = [44, 10, 20, 34]; // px around the chart

/** The number of the share under the pointer, from 0 to `last`. */
export function shareAtPointer(event, canvas, last) {
  const box = canvas.getBoundingClientRect();
  return clamp(Math.round(((event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT)) * last), 0, last);
}

/**
 * One curve; for random orders the mean, the lowest and the highest of them.
 * @returns {{mean: Float32Array, low?: Float32Array, high?: Float32Array}}
 */
export function curveOf({ header, arrays }, name, kind) {
  const points = arrays.shares.length;
  const of = (i) => arrays[name].subarray(i * points, (i + 1) * points);
  if (kind !== "random") return { mean: of(kind === "attention" ? 0 : 1) };
  const all = Array.from({ length: header.seeds }, (_, i) => of(2 + i));
  const across = (pick) => Float32Array.from({ length: points }, (_, i) => pick(all.map((values) => values[i])));
  return {
    mean: across((v) => v.reduce((a, b) => a + b) / v.length),
    low: across((v) => Math.min(...v)),
    high: across((v) => Math.max(...v)),
  };
}

/** `shown`: the share `at`, the `order` that is drawn thick, and the `range` of values. */
export function drawChart({ name, title, canvas, fit }, data, { at, order, range: [low, high] }) {
  const { header, arrays } = data;
  const { ink, width, height } = fit();
  const style = getComputedStyle(canvas);
  const x = (i) => LEFT + (width - LEFT - RIGHT) * arrays.shares[i];
  const y = (value) => height - BOTTOM - ((height - TOP - BOTTOM) * (value - low)) / (high - low);
  drawAxes(ink, { y, low, high, width, height }, style);
  ink.textAlign = "left";
  ink.fillText(followedName(header), 2, 12);
  ink.textAlign = "right";
  ink.fillText(`share ${name === "deletion" ? "removed" : "added"}`, width - RIGHT, height - 4);
  for (const kind of ["random", "occlusion", "attention"]) {
    const curve = curveOf(data, name, kind);
    ink.strokeStyle = ink.fillStyle = CURVE_COLOURS[kind];
    if (curve.low && !Number.isNaN(curve.mean[curve.mean.length - 1])) drawBand(ink, curve, x, y);
    ink.lineWidth = kind === order ? 3 : 1.75;
    drawLine(ink, curve.mean, at, x, y);
  }
  drawPlace(ink, x(at), height, style);
  const what = `${title}: ${followedName(header)} by the share of the patches, in three orders`;
  mark(canvas, "aria-label", `${what}. The slider chooses a share.`);
}

function drawAxes(ink, { y, low, high, width, height }, style) {
  ink.font = `13px ${style.fontFamily}`;
  ink.strokeStyle = style.getPropertyValue("--line");
  ink.fillStyle = style.getPropertyValue("--muted");
  ink.lineWidth = 1;
  for (const part of [0, 0.5, 1]) {
    const value = low + part * (high - low);
    ink.textAlign = "right";
    ink.fillText(part === 0 && low === 0 ? "0" : value.toPrecision(2), LEFT - 6, y(value) + 4);
    ink.beginPath();
    ink.moveTo(LEFT, y(value));
    ink.lineTo(width - RIGHT, y(value));
    ink.stroke();
    ink.textAlign = part === 1 ? "right" : "center";
    ink.fillText(`${100 * part}%`, LEFT + (width - LEFT - RIGHT) * part, height - BOTTOM + 16);
  }
}

function drawBand(ink, /** @type {any} */ { low, high }, x, y) {
  ink.globalAlpha = 0.22;
  ink.beginPath();
  low.forEach((value, i) => ink.lineTo(x(i), y(value)));
  for (let i = high.length - 1; i >= 0; i--) ink.lineTo(x(i), y(high[i]));
  ink.fill();
  ink.globalAlpha = 1;
}

function drawLine(ink, values, at, x, y) {
  ink.beginPath();
  values.forEach((value, i) => !Number.isNaN(value) && ink.lineTo(x(i), y(value)));
  ink.stroke();
  ink.beginPath();
  if (!Number.isNaN(values[at])) ink.arc(x(at), y(values[at]), 4, 0, 7);
  ink.fill();
}

function drawPlace(ink, x, height, style) {
  ink.strokeStyle = style.getPropertyValue("--text");
  ink.lineWidth = 1;
  ink.globalAlpha = 0.5;
  ink.beginPath();
  ink.moveTo(x, TOP);
  ink.lineTo(x, height - BOTTOM);
  ink.stroke();
  ink.globalAlpha = 1;
}
