// Which patches share a token, and the mean colour of each.
import { el } from "../kit/dom.js";

/** The number of patches. */
export const countOf = ({ data }) => data.header.grid[0] * data.header.grid[1];

/** The token that holds each patch after `stage` layers at the slider's stop; negative where it was dropped. */
export function ownersAt(view, stage) {
  const from = (view.stop * (view.data.header.depth + 1) + stage) * countOf(view);
  return view.data.arrays.owners.subarray(from, from + countOf(view));
}

/** Patches by the token that holds them. */
export function groupsOf(owners) {
  const groups = new Map();
  owners.forEach((owner, patch) => owner >= 0 && (groups.get(owner) ?? groups.set(owner, []).get(owner)).push(patch));
  return groups;
}

/** The mean colour of every patch of the picture. */
export function patchMeans(image, [rows, cols]) {
  const canvas = el("canvas", { width: image.width, height: image.height });
  const ink = canvas.getContext("2d", { willReadFrequently: true });
  ink.drawImage(image, 0, 0);
  const { data: pixels } = ink.getImageData(0, 0, image.width, image.height);
  const [w, h] = [image.width / cols, image.height / rows];
  return Array.from({ length: rows * cols }, (_, p) => {
    const sum = [0, 0, 0];
    const [left, up] = [Math.round((p % cols) * w), Math.round(Math.floor(p / cols) * h)];
    for (let y = up; y < up + h; y++)
      for (let x = left; x < left + w; x++) for (let c = 0; c < 3; c++) sum[c] += pixels[4 * (y * image.width + x) + c];
    return sum.map((v) => v / (w * h));
  });
}
