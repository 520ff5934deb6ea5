// The picture with the patches that share a token, and the number of tokens that enter each layer as bars,
// one for each stop of the slider, with its number written: there is no axis of values to read.
import { sharp } from "../kit/picture/canvas.js";
import { mark } from "../kit/dom.js";
import { countOf } from "./merge-groups.js";
import { inProportion } from "./place.js";

export function drawScene(view, style, owners, groups) {
  const { scene, image, hovered, stage } = view;
  const { grid } = view.data.header;
  inProportion(scene, grid);
  const { ink, width, height } = sharp(scene);
  const frame = { ink, rows: grid[0], cols: grid[1], w: width / grid[1], h: height / grid[0], style };
  ink.drawImage(image, 0, 0, width, height);
  fillGroups(view, frame, owners, groups);
  tracePath(frame, owners);
  for (const [thick, colour] of [
    [2, "rgba(0,0,0,0.45)"],
    [1, "rgba(255,255,255,0.85)"],
  ])
    ((ink.lineWidth = thick), (ink.strokeStyle = colour), ink.stroke());
  const owner = hovered === null ? -1 : owners[hovered];
  if (owner >= 0) outlineGroup(frame, owners, groups.get(owner), owner);
  mark(
    scene,
    "aria-label",
    `The picture after layer ${stage}: ${groups.size} tokens hold its ${countOf(view)} patches. Arrow keys move over the patches.`,
  );
}

/** Tints groups of several patches, or fills all with their mean colour; what was dropped takes the ground's colour. */
function fillGroups({ look, means }, { ink, cols, w, h, style }, owners, groups) {
  const fill = (patch, colour, alpha) => {
    ink.globalAlpha = alpha;
    ink.fillStyle = colour;
    ink.fillRect((patch % cols) * w - 0.3, Math.floor(patch / cols) * h - 0.3, w + 0.6, h + 0.6);
    ink.globalAlpha = 1;
  };
  for (const patches of groups.values()) {
    const mean = [0, 1, 2].map((c) => patches.reduce((sum, p) => sum + means[p][c], 0) / patches.length);
    for (const p of patches) {
      if (look === "mean") fill(p, `rgb(${mean.map(Math.round).join()})`, 1);
      else if (patches.length > 1) fill(p, `hsl(${(patches[0] * 137.508) % 360} 85% 52%)`, 0.5);
    }
  }
  owners.forEach((owner, p) => owner < 0 && fill(p, style.ground, 0.9));
}

/** A path along all edges between patches of different tokens. */
function tracePath({ ink, rows, cols, w, h }, owners) {
  ink.beginPath();
  for (let p = 0; p < rows * cols; p++) {
    const [row, col] = [Math.floor(p / cols), p % cols];
    if (col + 1 < cols && owners[p] !== owners[p + 1]) (ink.moveTo((col + 1) * w, row * h), ink.lineTo((col + 1) * w, (row + 1) * h));
    if (row + 1 < rows && owners[p] !== owners[p + cols]) (ink.moveTo(col * w, (row + 1) * h), ink.lineTo((col + 1) * w, (row + 1) * h));
  }
}

/** The outline of the patches of one token. */
function outlineGroup({ ink, rows, cols, w, h, style }, owners, patches, owner) {
  const inside = new Path2D();
  patches.forEach((p) => {
    const [x, y] = [(p % cols) * w, Math.floor(p / cols) * h];
    for (const [dx, dy, sx, sy, ex, ey] of [
      [-1, 0, 0, 0, 0, h],
      [1, 0, w, 0, w, h],
      [0, -1, 0, 0, w, 0],
      [0, 1, 0, h, w, h],
    ]) {
      const [col, row] = [(p % cols) + dx, Math.floor(p / cols) + dy];
      if (col < 0 || row < 0 || col >= cols || row >= rows || owners[row * cols + col] !== owner)
        (inside.moveTo(x + sx, y + sy), inside.lineTo(x + ex, y + ey));
    }
  });
  for (const [thick, colour] of [
    [6, style.ground],
    [3, style.text],
  ])
    ((ink.lineWidth = thick), (ink.strokeStyle = colour), (ink.lineCap = "square"), ink.stroke(inside));
}

export function drawBars({ data: { header }, bars, stop, stage }, style) {
  const counts = header.counts[stop];
  const { ink, width, height } = sharp(bars);
  const step = width / counts.length;
  ink.font = `13px ${style.font}`;
  ink.textAlign = "center";
  counts.forEach((tokens, i) => {
    const tall = (height - 34) * (tokens / header.counts[0][0]);
    ink.globalAlpha = i === stage ? 1 : 0.55;
    ink.fillStyle = "#0072b2";
    ink.fillRect(i * step + 1.5, height - 17 - tall, step - 3, tall);
    ink.globalAlpha = 1;
    ink.fillStyle = style.text;
    if (step > 24 || i === stage) ink.fillText(`${tokens}`, i * step + step / 2, height - 21 - tall);
    if (step > 15 || i % 4 === 0) ink.fillText(i < counts.length - 1 ? `${i + 1}` : "end", i * step + step / 2, height - 4);
  });
  mark(bars, "aria-label", `Tokens that enter each layer: ${counts.slice(0, -1).join(", ")}; at the end ${counts.at(-1)}.`);
}
