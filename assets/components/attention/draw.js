// How the explorer is painted: the map over the picture, and the wall of all heads.
import { OVER } from "../kit/colours.js";

const LOG_FLOOR = 1e-5;

/** Colour 0 to 255 of a weight: in proportion to `top`, or by its logarithm from 0.00001 up. */
function shade(value, top, log) {
  if (!log) return value >= top ? 255 : ((255 * value) / top) | 0;
  return value <= LOG_FLOOR ? 0 : Math.min(255, 255 * (1 - Math.log(value / top) / Math.log(LOG_FLOOR / top))) | 0;
}

/**
 * One head's weights on the patches, a pixel a patch; low weights let more of the picture through, masked ones are dark. What
 * lies above the scale has a colour of its own. */
export function paintMap(canvas, { patches, grid: [rows, cols], table, top, log, overlay, mask }) {
  if (canvas.width !== cols || canvas.height !== rows) [canvas.width, canvas.height] = [cols, rows];
  const image = new ImageData(cols, rows);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) {
    const level = shade(patches[i], top, log);
    const hidden = mask && !mask[i];
    const alpha = overlay * (hidden ? 1 : 0.45 + (0.55 * level) / 255);
    const colour = patches[i] > top && !log ? OVER : table[level];
    out[i] = ((hidden ? 0x0a0705 : colour & 0xffffff) | (Math.round(255 * alpha) << 24)) >>> 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const gapOf = (cols) => Math.max(1, Math.round(cols / 10));

/** Every head's map, layers down and heads across; `topOf(i)` is the end of the scale of map `i`. */
export function paintWall(canvas, { weights, header, tokens, topOf, table, log }) {
  const [rows, cols] = header.grid;
  const gap = gapOf(cols);
  const width = header.heads * (cols + gap) - gap;
  const height = header.depth * (rows + gap) - gap;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  if (canvas.image?.width !== width || canvas.image?.height !== height) canvas.image = new ImageData(width, height);
  const out = new Uint32Array(canvas.image.data.buffer);
  for (let l = 0; l < header.depth; l++)
    for (let h = 0; h < header.heads; h++) {
      const i = l * header.heads + h;
      const top = topOf(i);
      const factor = 255 / top;
      let from = i * tokens + header.prefix.length;
      let to = l * (rows + gap) * width + h * (cols + gap);
      for (let y = 0; y < rows; y++, to += width) {
        if (log) for (let x = 0; x < cols; x++) out[to + x] = table[shade(weights[from++], top, true)];
        else
          for (let x = 0; x < cols; x++, from++)
            out[to + x] = weights[from] > top ? OVER : table[Math.min(255, weights[from] * factor) | 0];
      }
    }
  canvas.getContext("2d").putImageData(canvas.image, 0, 0);
}

/** Put a frame around one head's map on the wall. */
export function placeBox(frame, { grid: [rows, cols], depth, heads }, layer, head) {
  const gap = gapOf(cols);
  const [w, h] = [heads * (cols + gap) - gap, depth * (rows + gap) - gap];
  const share = (part, whole) => `${(100 * part) / whole}%`;
  const corner = `left:${share(head * (cols + gap), w)};top:${share(layer * (rows + gap), h)}`;
  frame.style.cssText = `${corner};width:${share(cols, w)};height:${share(rows, h)}`;
}
