// How the explorer is painted: the map over the picture, and the wall of heads.
import { levelOf, OVER } from "../kit/picture/colours.js";
import { lightsOf } from "../kit/picture/spotlight.js";

export const QUERY_COLOUR = "#0072b2";
export const KEY_COLOUR = "#d55e00";

/** One head's weights over the picture, in the chosen way; `strength` is 1 where they hide it. */
export function paintMap(canvas, fit, { patches, grid, table, top, log, strength, mask, spotlight }) {
  canvas.classList.toggle("lit", Boolean(spotlight));
  if (spotlight) spotlight.paint(fit(), grid, lightsOf(patches, top, { log, mask }), strength);
  else paintColours(canvas, { patches, grid, table, top, log, strength, mask });
}

/**
 * A pixel a patch; low weights let more of the picture through, masked ones are dark. What lies above the scale has a colour of its own. */
function paintColours(canvas, { patches, grid: [rows, cols], table, top, log, strength, mask }) {
  if (canvas.width !== cols || canvas.height !== rows) [canvas.width, canvas.height] = [cols, rows];
  const image = new ImageData(cols, rows);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) {
    const level = levelOf(patches[i], top, log);
    const hidden = mask && !mask[i];
    const alpha = strength * (hidden ? 1 : 0.45 + (0.55 * level) / 255);
    const colour = patches[i] > top && !log ? OVER : table[level];
    out[i] = ((hidden ? 0x0a0705 : colour & 0xffffff) | (Math.round(255 * alpha) << 24)) >>> 0;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/**
 * Which heads the wall has and how they lie: all (layers down, heads across), or one layer's in two rows or more, as wide as there is
 * room for. `first` counts heads through all layers.
 * @returns {{first: number, count: number, columns: number, rows: number}}
 */
export function wallOf({ depth, heads }, kind, layer, narrow) {
  if (kind === "all") return { first: 0, count: depth * heads, columns: heads, rows: depth };
  const most = narrow ? 4 : 6;
  const rows = Math.ceil(heads / most);
  return { first: layer * heads, count: heads, columns: Math.ceil(heads / rows), rows };
}

const gapOf = (cols) => Math.max(1, Math.round(cols / 10));

/** The heads' maps side by side; `topOf(i)` is the end of the scale of map `i`. What no head fills is clear. */
export function paintWall(canvas, { weights, header, tokens, topOf, table, log, wall }) {
  const [rows, cols] = header.grid;
  const gap = gapOf(cols);
  const width = wall.columns * (cols + gap) - gap;
  const height = wall.rows * (rows + gap) - gap;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  if (canvas.image?.width !== width || canvas.image?.height !== height) canvas.image = new ImageData(width, height);
  // Of 150,000 pixels a frame: as integers with a sign they need no conversion.
  const [out, colours, over] = [new Int32Array(canvas.image.data.buffer), new Int32Array(table.buffer), OVER | 0];
  for (let n = 0; n < wall.count; n++) {
    const i = wall.first + n;
    const top = topOf(i);
    const factor = 255 / top;
    let from = i * tokens + header.prefix.length;
    let to = Math.floor(n / wall.columns) * (rows + gap) * width + (n % wall.columns) * (cols + gap);
    for (let y = 0; y < rows; y++, to += width) {
      if (log) for (let x = 0; x < cols; x++) out[to + x] = colours[levelOf(weights[from++], top, true)];
      else for (let x = 0; x < cols; x++, from++) out[to + x] = weights[from] > top ? over : colours[(weights[from] * factor) | 0];
    }
  }
  canvas.getContext("2d").putImageData(canvas.image, 0, 0);
}

/** Put a frame around the `n`th map of the wall; none where the wall has no such map. */
export function placeBox(frame, { grid: [rows, cols] }, { columns, rows: lines, count }, n) {
  frame.hidden = n < 0 || n >= count;
  const gap = gapOf(cols);
  const [w, h] = [columns * (cols + gap) - gap, lines * (rows + gap) - gap];
  const share = (part, whole) => `${(100 * part) / whole}%`;
  const corner = `left:${share((n % columns) * (cols + gap), w)};top:${share(Math.floor(n / columns) * (rows + gap), h)}`;
  frame.style.cssText = `${corner};width:${share(cols, w)};height:${share(rows, h)}`;
}
