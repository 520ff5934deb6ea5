// The picture in its grid, and the same patches in the order in which the model reads them.
import { gridLines, outlineCell, outlinePatch, sharp } from "../kit/picture/canvas.js";

const PREFIX_COLOUR = "#cc79a7";
const PREFIX_INK = "#16191f";

/** The picture, its grid and the chosen patch. The canvas takes its height from the picture's proportions. */
export function drawPicture({ picture, bitmap, data, root }, token) {
  const { grid, imageSize, prefix } = data.header;
  const size = [picture.clientWidth, (picture.clientWidth * imageSize[0]) / imageSize[1]];
  const { ink } = sharp(picture, size);
  ink.drawImage(bitmap, 0, 0, size[0], size[1]);
  gridLines(ink, grid, size);
  outlinePatch(ink, getComputedStyle(root), token - prefix.length, grid, size);
}

/** Where the cells of the sequence stand: they wrap, the tokens before the patches first. */
function cells({ sequence, data }) {
  const { prefix, grid } = data.header;
  const count = prefix.length + grid[0] * grid[1];
  const across = Math.ceil(Math.sqrt(count * 1.35));
  return { count, across, pitch: (sequence.clientWidth || 500) / across };
}

export function drawSequence(view, token) {
  const { sequence, bitmap, root } = view;
  const { grid, prefix } = view.data.header;
  const { count, across, pitch } = cells(view);
  const side = pitch - (pitch > 14 ? 3 : 1);
  const { ink } = sharp(sequence, [sequence.clientWidth, Math.ceil(count / across) * pitch]);
  ink.imageSmoothingQuality = "medium";
  const [height, width] = [bitmap.height / grid[0], bitmap.width / grid[1]];
  for (let t = 0; t < count; t++) {
    const [x, y] = [(t % across) * pitch, Math.floor(t / across) * pitch];
    const patch = t - prefix.length;
    if (patch < 0) drawPrefix(ink, prefix[t], x, y, side);
    else ink.drawImage(bitmap, (patch % grid[1]) * width, Math.floor(patch / grid[1]) * height, width, height, x, y, side, side);
  }
  outlineCell(ink, getComputedStyle(root), (token % across) * pitch, Math.floor(token / across) * pitch, side, side);
}

function drawPrefix(ink, name, x, y, side) {
  ink.fillStyle = PREFIX_COLOUR;
  ink.fillRect(x, y, side, side);
  const words = name.replace(/[[\]]/g, "").replace("register ", "R");
  ink.font = "600 13px system-ui, sans-serif";
  if (ink.measureText(words).width > side) return;
  ink.fillStyle = PREFIX_INK;
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.fillText(words, x + side / 2, y + side / 2);
}

/** The token under the pointer in the sequence, or null. */
export function placeAt(event, view) {
  const box = view.sequence.getBoundingClientRect();
  const { count, across, pitch } = cells(view);
  const token = Math.floor((event.clientY - box.top) / pitch) * across + Math.floor((event.clientX - box.left) / pitch);
  return token >= 0 && token < count ? token : null;
}
