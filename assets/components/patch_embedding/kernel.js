// The matrix W of E = xW + b for the chosen patch size, from the stored kernel: W of one output is S K Sᵀ, channel by channel.
import { four } from "../kit/numbers/format.js";

/**
 * `kernel` is `[dim, chans, side, side]` as stored, `resize` `[patch, side]` (the identity where the size is the kernel's own), `bias`
 * `[dim]`. Values of a patch are in the order in which the model flattens it: pixel rows, pixels, channels.
 */
export class PatchKernel {
  /** @param {any} arrays @param {any} header The payload that holds them. */
  constructor({ kernel, resize, bias }, { dim, chans, side, patchSize }) {
    this.kernel = kernel;
    this.resize = resize;
    this.bias = bias;
    this.dim = dim;
    this.chans = chans;
    this.side = side;
    this.patch = patchSize;
  }

  /** The weights of one output, `[patch * patch * chans]`. */
  weights(d) {
    const { chans, side, patch, resize, kernel } = this;
    const out = new Float64Array(patch * patch * chans);
    const half = new Float64Array(patch * side);
    for (let c = 0; c < chans; c++) {
      const at = (d * chans + c) * side * side;
      for (let i = 0; i < patch; i++)
        for (let b = 0; b < side; b++) {
          let sum = 0;
          for (let a = 0; a < side; a++) sum += resize[i * side + a] * kernel[at + a * side + b];
          half[i * side + b] = sum;
        }
      for (let i = 0; i < patch; i++)
        for (let j = 0; j < patch; j++) {
          let sum = 0;
          for (let b = 0; b < side; b++) sum += half[i * side + b] * resize[j * side + b];
          out[(i * patch + j) * chans + c] = sum;
        }
    }
    return out;
  }

  /** All `dim` numbers of a patch's embedding. The patch is first brought to the kernel's size, Sᵀ x S, which gives the same sums. */
  embed(x) {
    const { chans, side, patch, resize, kernel, dim } = this;
    const small = new Float64Array(chans * side * side);
    const half = new Float64Array(side * patch);
    for (let c = 0; c < chans; c++) {
      for (let a = 0; a < side; a++)
        for (let j = 0; j < patch; j++) {
          let sum = 0;
          for (let i = 0; i < patch; i++) sum += resize[i * side + a] * x[(i * patch + j) * chans + c];
          half[a * patch + j] = sum;
        }
      for (let a = 0; a < side; a++)
        for (let b = 0; b < side; b++) {
          let sum = 0;
          for (let j = 0; j < patch; j++) sum += half[a * patch + j] * resize[j * side + b];
          small[(c * side + a) * side + b] = sum;
        }
    }
    const out = new Float64Array(dim);
    for (let d = 0; d < dim; d++) {
      let sum = this.bias[d];
      for (let i = 0, at = d * small.length; i < small.length; i++) sum += kernel[at + i] * small[i];
      out[d] = sum;
    }
    return out;
  }
}

/** Levels 0 to 255 as the numbers that the model reads: (level / 255 − mean) / std of the channel. */
export function normalised(levels, mean, std) {
  const out = new Float64Array(levels.length);
  for (let i = 0; i < levels.length; i++) out[i] = (levels[i] / 255 - mean[i % mean.length]) / std[i % std.length];
  return out;
}

/** Of a picture's 255 levels, what there is of a rebuilt one's distance below this is rounding, which differs from machine to machine. */
export const ROUNDING = 0.01;

/** How far a rebuilt patch is off, in levels: with the digits that it has. */
export const offBy = (distance) => (distance < ROUNDING ? `<${ROUNDING}` : four(distance));
