// What is drawn of the two patches: the picture with both, and their similarity stage by stage.
import { outlinePatch, outlinePath, sharp } from "../kit/canvas.js";
import { minus } from "../kit/format.js";

export const LINES = {
  kept: ["with positions", "#0072b2"],
  zeroed: ["without positions", "#d55e00"],
  usual: ["any two patches, on average", "#8d949c"],
};

export const stageCount = (view) => view.data.arrays.kept.length;
export const stageName = (i) => (i === 0 ? "embedded" : i === 1 ? "+ position" : `layer ${i - 1}`);
export const stageAt = (view) => Math.min(view.stage ?? 1, stageCount(view) - 1);

export function drawPicture(view) {
  const {
    header: {
      grid: [rows, cols],
      first,
      second,
    },
    bitmap,
  } = view.data;
  const [width, height] = [view.picture.clientWidth, (view.picture.clientWidth * rows) / cols];
  const { ink } = sharp(view.picture, [width, height]);
  ink.drawImage(bitmap, 0, 0, width, height);
  const style = getComputedStyle(view.root);
  const middle = (patch) => [((patch % cols) + 0.5) * (width / cols), (Math.floor(patch / cols) + 0.5) * (height / rows)];
  ink.setLineDash([5, 4]);
  ink.beginPath();
  for (const patch of [first, second]) ink.lineTo(...middle(patch));
  outlinePath(ink, style);
  ink.setLineDash([]);
  const [sx, sy] = [bitmap.width / cols, bitmap.height / rows];
  for (const patch of [first, second]) {
    const [x, y] = [(patch % cols) * (width / cols), Math.floor(patch / cols) * (height / rows)];
    ink.drawImage(bitmap, (patch % cols) * sx, Math.floor(patch / cols) * sy, sx, sy, x, y, width / cols, height / rows);
    outlinePatch(ink, style, patch, [rows, cols], [width, height]);
  }
}

export function axesOf(view) {
  const all = [...view.data.arrays.kept, ...view.data.arrays.zeroed, ...view.data.arrays.usual];
  const low = Math.min(0, Math.floor(Math.min(...all) * 10) / 10);
  const { clientWidth: width, clientHeight: height } = view.chart;
  return { low, x: (i) => 40 + (i / (stageCount(view) - 1)) * (width - 60), y: (v) => 10 + ((1 - v) / (1 - low)) * (height - 44) };
}

export function drawChart(view) {
  const { ink, width, height } = sharp(view.chart);
  const { low, x, y } = axesOf(view);
  const style = getComputedStyle(view.root);
  const [muted, line] = [style.getPropertyValue("--muted"), style.getPropertyValue("--line")];
  ink.font = "13px system-ui, sans-serif";
  for (const v of [low, (1 + low) / 2, 1]) {
    ink.fillStyle = line;
    ink.fillRect(x(0), y(v), width - 60, 1);
    ink.fillStyle = muted;
    ink.textAlign = "right";
    ink.fillText(minus(v.toFixed(2)), 32, y(v) + 4);
  }
  ink.textAlign = "center";
  const wide = (width - 60) / (stageCount(view) - 1) > 44;
  for (let i = 0; i < stageCount(view); i++) {
    const label = i === 0 ? "patch" : i === 1 ? "+ pos" : `${i - 1}`;
    if (wide || i < 1 || i % 2 === 1) ink.fillText(label, x(i), height - 18);
  }
  ink.fillText("layer", x((stageCount(view) + 1) / 2), height - 3);
  ink.fillStyle = style.getPropertyValue("--text");
  ink.globalAlpha = 0.5;
  ink.fillRect(x(stageAt(view)) - 0.5, y(1), 1, y(low) - y(1));
  ink.globalAlpha = 1;
  for (const name of ["usual", "zeroed", "kept"]) {
    ink.strokeStyle = ink.fillStyle = LINES[name][1];
    ink.lineWidth = 2;
    ink.beginPath();
    view.data.arrays[name].forEach((v, i) => ink.lineTo(x(i), y(v)));
    ink.stroke();
    ink.beginPath();
    ink.arc(x(stageAt(view)), y(view.data.arrays[name][stageAt(view)]), 4, 0, 7);
    ink.fill();
  }
}
