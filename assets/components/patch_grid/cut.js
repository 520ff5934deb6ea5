// How a picture is brought to a size and cut: the same rules as `ui.patch_grid.setting` and `vit_core.images.fit`.

/** Smallest and largest resolution that patches of `patch` pixels divide into a grid that the model takes. */
export function sizeRange(patch, { sizes, grids }) {
  const low = Math.ceil(Math.max(sizes[0], grids[0] * patch) / patch) * patch;
  const high = Math.floor(Math.min(sizes[1], grids[1] * patch) / patch) * patch;
  return [low, high];
}

/** The resolution closest to `wanted` that patches of `patch` pixels divide. */
export function nearestSize(wanted, patch, limits) {
  const [low, high] = sizeRange(patch, limits);
  return Math.min(high, Math.max(low, Math.ceil(wanted / patch - 0.5) * patch));
}

/** Height and width of the model's input; `source` is the picture's own. Only "keep" makes it other than square.
 *
 * @returns {[number, number]}
 */
export function shapeOf({ size, patch, fit }, source, grids) {
  if (fit !== "keep") return [size, size];
  const short = Math.floor((size * Math.min(...source)) / Math.max(...source) / patch + 0.5) * patch;
  const other = Math.min(size, Math.max(grids[0] * patch, short));
  return source[0] <= source[1] ? [other, size] : [size, other];
}

/** All counts of a cut of `[height, width]` pixels. */
export function countsOf([height, width], patch, chans, prefix) {
  /** @type {[number, number]} */
  const grid = [height / patch, width / patch];
  const patches = grid[0] * grid[1];
  return { height, width, patch, grid, patches, pixels: patch * patch, values: patch * patch * chans, tokens: patches + prefix };
}

/** Which part of the source lands where in an input of `[height, width]`. */
export function placement(fit, [height, width], [sourceHeight, sourceWidth]) {
  const [across, down] = [width / sourceWidth, height / sourceHeight];
  if (fit === "crop") {
    const scale = Math.max(across, down);
    const [w, h] = [width / scale, height / scale];
    return { from: [(sourceWidth - w) / 2, (sourceHeight - h) / 2, w, h], to: [0, 0, width, height] };
  }
  const all = [0, 0, sourceWidth, sourceHeight];
  if (fit === "keep") return { from: all, to: [0, 0, width, height] };
  const scale = Math.min(across, down);
  const inner = [Math.max(Math.round(sourceWidth * scale), 1), Math.max(Math.round(sourceHeight * scale), 1)];
  return { from: all, to: [Math.floor((width - inner[0]) / 2), Math.floor((height - inner[1]) / 2), ...inner] };
}

/** Draw the input into a canvas of `scale` times its size; `bitmap` is the source, of any resolution. */
export function drawInput(ink, bitmap, fit, shape, source, scale = 1) {
  const { from, to } = placement(fit, shape, source);
  const k = bitmap.width / source[1];
  ink.fillStyle = "rgb(128,128,128)";
  ink.fillRect(0, 0, shape[1] * scale, shape[0] * scale);
  ink.imageSmoothingEnabled = true;
  ink.imageSmoothingQuality = "medium";
  ink.drawImage(bitmap, ...from.map((v) => v * k), ...to.map((v) => v * scale));
}

/**
 * The flattened patch as the model reads it: pixel rows from the top, pixels from the left, the channels of each; levels 0 to 255. Of the
 * `apart` bytes of a pixel the first `chans` are read.
 */
export function flattened(pixels, stride, apart, row, col, patch, chans = 3) {
  const out = new Uint8ClampedArray(patch * patch * chans);
  let at = 0;
  for (let y = row * patch; y < (row + 1) * patch; y++)
    for (let x = col * patch; x < (col + 1) * patch; x++) for (let c = 0; c < chans; c++) out[at++] = pixels[(y * stride + x) * apart + c];
  return out;
}

/** Bytes `[height, width, 3]` as an image. */
export function asImage(pixels, height, width) {
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer); // little-endian RGBA
  for (let i = 0, j = 0; j < out.length; i += 3, j++) out[j] = 0xff000000 | (pixels[i + 2] << 16) | (pixels[i + 1] << 8) | pixels[i];
  return image;
}
