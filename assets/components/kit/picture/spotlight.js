// The photograph in the dark, lit where attention is: one hue, brighter for more. What lies above the scale is lit in pink.
import { levelOf, OVER } from "./colours.js";

const [DARK, LIGHT] = [
  [19, 19, 22],
  [255, 201, 92],
];
const PINK = [OVER & 255, (OVER >> 8) & 255, (OVER >> 16) & 255];
const GREY = [115, 115, 118]; // white, unlit
const [LEAST, SHOWN] = [0.1, 0.6]; // how much of its colour a black part of the photograph gets: unlit, and lit
const LUMA = [0.2126, 0.7152, 0.0722]; // Rec. 709, of values as they are stored

/** The scale from dark to light as 256 pixels, for bars and for maps without a photograph. */
export function lightTable() {
  const table = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const [r, g, b] = DARK.map((dark, c) => Math.round(dark + ((LIGHT[c] - dark) * i) / 255));
    table[i] = (0xff000000 | (b << 16) | (g << 8) | r) >>> 0;
  }
  return table;
}

/**
 * How brightly each patch is lit, 0 to 255, and which lie above the scale (none by the logarithm); masked ones stay dark.
 * @param {ArrayLike<number>} values
 * @param {number} top
 * @param {{log?: boolean, mask?: ArrayLike<number> | null}} [how]
 */
export function lightsOf(values, top, { log = false, mask = null } = {}) {
  const levels = new Uint8ClampedArray(values.length);
  const over = new Uint8ClampedArray(values.length);
  let marked = false;
  for (let i = 0; i < values.length; i++) {
    if (mask && !mask[i]) continue;
    if (values[i] > top && !log) {
      over[i] = 255;
      marked = true;
    } else levels[i] = levelOf(values[i], top, log);
  }
  return { levels, over: marked ? over : null };
}

/**
 * The photograph in one colour: black parts keep `least` of it.
 * @param {ImageBitmap} bitmap
 * @param {number[]} colour
 * @param {number} least
 */
function tinted(bitmap, colour, least) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const ink = canvas.getContext("2d");
  ink.drawImage(bitmap, 0, 0);
  const image = ink.getImageData(0, 0, canvas.width, canvas.height);
  const { data } = image;
  for (let i = 0; i < data.length; i += 4) {
    const grey = (LUMA[0] * data[i] + LUMA[1] * data[i + 1] + LUMA[2] * data[i + 2]) / 255;
    const share = least + (1 - least) * grey;
    for (let c = 0; c < 3; c++) data[i + c] = colour[c] * share;
  }
  ink.putImageData(image, 0, 0);
  return canvas;
}

const made = new WeakMap();

/** The light over a photograph, made once. */
export function spotlightOf(bitmap) {
  if (!made.has(bitmap)) made.set(bitmap, new Spotlight(bitmap));
  return made.get(bitmap);
}

/** A version of the photograph at the size at which it is drawn: scaled once, and not in each frame. */
function scaledOnce(version) {
  let scaled = null;
  return (width, height) => {
    if (scaled?.width === width && scaled.height === height) return scaled;
    const canvas = new OffscreenCanvas(width, height);
    canvas.getContext("2d").drawImage(version, 0, 0, width, height);
    return (scaled = canvas.transferToImageBitmap());
  };
}

/** One photograph under the light, in three versions: unlit, lit, and above the scale. */
class Spotlight {
  constructor(bitmap) {
    this.unlit = scaledOnce(tinted(bitmap, GREY, LEAST));
    this.lit = scaledOnce(tinted(bitmap, LIGHT, SHOWN));
    this.marked = scaledOnce(tinted(bitmap, PINK, SHOWN));
    this.mask = new OffscreenCanvas(1, 1);
  }

  /**
   * Draw it over all of a canvas, in place of what is there; at `strength` 1 nothing below shows through. Three draws at the canvas's
   * own resolution: how lit each patch is, the lit version through that, and what is unlit behind it.
   * @param {{ink: any}} place
   * @param {any} grid
   * @param {{levels: Uint8ClampedArray, over: Uint8ClampedArray | null}} lights
   * @param {number} [strength]
   */
  paint({ ink }, grid, { levels, over }, strength = 1) {
    const { width, height } = ink.canvas;
    const draw = (how, alpha, ...what) => {
      ink.globalCompositeOperation = how;
      ink.globalAlpha = alpha;
      ink.drawImage(...what);
    };
    ink.save();
    ink.resetTransform();
    ink.imageSmoothingEnabled = false;
    draw("copy", strength, this.maskOf(grid, levels), 0, 0, width, height);
    draw("source-in", 1, this.lit(width, height), 0, 0);
    draw("destination-over", strength, this.unlit(width, height), 0, 0);
    const marked = over && this.marked(width, height);
    for (let i = 0; marked && i < over.length; i++)
      if (over[i]) {
        const place = pixelsOf(grid, i, width, height);
        draw("source-over", strength, marked, ...place, ...place);
      }
    ink.restore();
  }

  /** A pixel a patch, as opaque as it is lit. */
  maskOf([rows, cols], levels) {
    const { mask } = this;
    if (mask.width !== cols || mask.height !== rows) [mask.width, mask.height] = [cols, rows];
    const image = new ImageData(cols, rows);
    for (let i = 0; i < levels.length; i++) image.data[4 * i + 3] = levels[i];
    mask.getContext("2d").putImageData(image, 0, 0);
    return mask;
  }
}

/** The pixels of a patch where a pixel a patch is drawn as large as all of them, as left, top, width and height. */
function pixelsOf([rows, cols], patch, width, height) {
  const edges = (at, of, size) => [at, at + 1].map((i) => Math.round((i * size) / of));
  const [left, right] = edges(patch % cols, cols, width);
  const [top, bottom] = edges(Math.floor(patch / cols), rows, height);
  return [left, top, right - left, bottom - top];
}
