// The picture with both patches.
import { outlinePatch, outlinePath, sharp } from "../kit/picture/canvas.js";

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
