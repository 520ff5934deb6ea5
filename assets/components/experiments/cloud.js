// Every patch as a dot, by its rank in attention and its rank in the drop. Drawn by us, as the maps beside it are: it moves with every
// frame of the layer's slider and rings the patch under the pointer on any map; its axes are ranks, without a number to read.
import { sharp } from "../kit/picture/canvas.js";
import { mark } from "../kit/dom.js";

const [LOW, EDGE] = [26, 8]; // px for the words along the axes, and around the dots
const NEAR = 18; // px within which the pointer reaches a dot

/** The place of each value in rising order, from 0. */
export function ranksOf(values) {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  const ranks = new Float32Array(values.length);
  order.forEach((patch, rank) => (ranks[patch] = rank));
  return ranks;
}

export function drawCloud(view, looks, spot) {
  const { cloud, agreement, data } = view;
  const { ink, width, height } = sharp(cloud);
  const style = getComputedStyle(cloud);
  drawFrame(ink, width, height, style);
  mark(cloud, "aria-label", `Every patch by its rank in attention and in the drop. ${agreement.textContent}`);
  view.dots = null;
  if (!data.dropRanks) return;
  const across = ranksOf(looks);
  const last = looks.length - 1;
  const x = (patch) => LOW + 5 + ((width - LOW - EDGE - 10) * across[patch]) / last;
  const y = (patch) => height - LOW - 5 - ((height - LOW - EDGE - 10) * data.dropRanks[patch]) / last;
  view.dots = { x, y, count: looks.length };
  ink.fillStyle = style.getPropertyValue("--accent");
  ink.globalAlpha = 0.55;
  for (let patch = 0; patch <= last; patch++) {
    ink.beginPath();
    ink.arc(x(patch), y(patch), 2.6, 0, 7);
    ink.fill();
  }
  ink.globalAlpha = 1;
  if (spot === null) return;
  ink.beginPath();
  ink.arc(x(spot), y(spot), 6, 0, 7);
  ink.lineWidth = 2;
  ink.strokeStyle = style.getPropertyValue("--text");
  ink.stroke();
}

function drawFrame(ink, width, height, style) {
  ink.font = `13px ${style.fontFamily}`;
  ink.fillStyle = style.getPropertyValue("--muted");
  ink.textAlign = "center";
  ink.fillText("rank of attention →", (LOW + width) / 2, height - 6);
  ink.save();
  ink.translate(13, (height - LOW) / 2);
  ink.rotate(-Math.PI / 2);
  ink.fillText("rank of the drop →", 0, 0);
  ink.restore();
  ink.strokeStyle = style.getPropertyValue("--line");
  ink.strokeRect(LOW, EDGE, width - LOW - EDGE, height - LOW - EDGE);
}

/** The patch whose dot is under the pointer, or null. */
export function nearestInCloud(event, { cloud, dots }) {
  if (!dots) return null;
  const box = cloud.getBoundingClientRect();
  const away = (patch) => Math.hypot(dots.x(patch) - event.clientX + box.left, dots.y(patch) - event.clientY + box.top);
  let best = 0;
  for (let patch = 1; patch < dots.count; patch++) if (away(patch) < away(best)) best = patch;
  return away(best) < NEAR ? best : null;
}
