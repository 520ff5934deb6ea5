// The two charts of all heads: dots by layer, and bars in order.
import { sharp } from "../kit/canvas.js";
import { HEAD_COLOURS } from "../kit/colours.js";
import { four } from "../kit/format.js";

const [LEFT, BOTTOM, UP] = [52, 34, 10]; // px around the dots
const TICK = 24; // px that the number of a layer takes
const BARS = [60, 56]; // px: the foot of the bars, and the longest

function fitted(canvas) {
  const fit = sharp(canvas);
  fit.ink.font = "13px system-ui, sans-serif";
  return fit;
}

function lineAcross(ink, y, width) {
  ink.beginPath();
  ink.moveTo(LEFT, y);
  ink.lineTo(width, y);
  ink.stroke();
}

/** A dot a head: across by layer and head, up by value. `even` is what even attention would have, or null. Returns where the dots are. */
export function drawDots(canvas, { header, values, top, even, ring, colours }) {
  const { depth, heads, kinds } = header;
  const { ink, width, height } = fitted(canvas);
  const x = (layer, head) => LEFT + ((layer + 0.5 + (head / Math.max(1, heads - 1) - 0.5) * 0.5) / depth) * (width - LEFT - 8);
  const y = (value) => height - BOTTOM - (value / top) * (height - BOTTOM - UP);
  drawAxes(ink, { x, y, top, depth, heads, width, height, colours });
  const places = Array.from(values, (value, i) => [x(Math.floor(i / heads), i % heads), y(value)]);
  places.forEach(([px, py], i) => {
    ink.beginPath();
    ink.arc(px, py, i === ring ? 6.5 : 4.5, 0, 7);
    ink.fillStyle = HEAD_COLOURS[kinds[i]];
    ink.fill();
    if (i !== ring) return;
    ink.lineWidth = 2;
    ink.strokeStyle = colours.text;
    ink.stroke();
    ink.lineWidth = 1;
  });
  if (even !== null) drawEven(ink, y(even), width, colours);
  return places;
}

function drawAxes(ink, { x, y, top, depth, heads, width, height, colours }) {
  ink.fillStyle = colours.text;
  ink.strokeStyle = colours.line;
  ink.textAlign = "right";
  for (let i = 0; i <= 4; i++) {
    const value = (top * i) / 4;
    ink.fillText(four(value), LEFT - 8, y(value) + 4);
    lineAcross(ink, y(value), width);
  }
  ink.textAlign = "center";
  const every = Math.ceil((depth * TICK) / (width - LEFT));
  for (let layer = 0; layer < depth; layer += every) ink.fillText(String(layer + 1), x(layer, (heads - 1) / 2), height - BOTTOM + 16);
  ink.fillText("layer", LEFT + (width - LEFT) / 2, height - 4);
}

function drawEven(ink, y, width, { text: colour, ground }) {
  ink.setLineDash([5, 4]);
  ink.strokeStyle = colour;
  lineAcross(ink, y, width);
  ink.setLineDash([]);
  ink.textAlign = "left";
  ink.lineWidth = 4; // keeps the dots behind the words apart
  ink.strokeStyle = ground;
  ink.strokeText("even attention", LEFT + 4, y - 5);
  ink.lineWidth = 1;
  ink.fillText("even attention", LEFT + 4, y - 5);
}

/** A bar a head, in `order`; the chosen one is underlined. */
export function drawSorted(canvas, { header, values, top, ring, colours, order }) {
  const { ink, width } = fitted(canvas);
  const [foot, longest] = BARS;
  const step = width / order.length;
  order.forEach((head, at) => {
    const size = Math.max(1, (values[head] / top) * longest);
    ink.fillStyle = HEAD_COLOURS[header.kinds[head]];
    ink.fillRect(at * step, foot - size, Math.max(1, step - 1), size);
    if (head !== ring) return;
    ink.fillStyle = colours.text;
    ink.fillRect(at * step, foot + 1, Math.max(2, step - 1), 3);
  });
}
