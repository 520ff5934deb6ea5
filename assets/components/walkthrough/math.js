// What the steps compute from the arrays of a part: its patches as lines, one head of a layer, and the MLP of a layer for one token.
import { ceilingOf, OVER } from "../kit/picture/colours.js";
import { normalised } from "../patch_embedding/kernel.js";

/** Where pixel `i` of a patch lies in the picture, counted in reading order. */
export function patchPixel(header, patch, i) {
  const [p, cols] = [header.patchSize, header.grid[1]];
  return (Math.floor(patch / cols) * p + Math.floor(i / p)) * header.imageSize[1] + (patch % cols) * p + (i % p);
}

/** All patches as lines of what the model reads, `[N, P·P·C]`. */
export function flatPatches(part) {
  const { header, arrays } = part;
  const [p, n, chans] = [header.patchSize, header.grid[0] * header.grid[1], header.chans];
  const out = new Float32Array(n * p * p * chans);
  const levels = new Uint8Array(p * p * chans);
  for (let patch = 0; patch < n; patch++) {
    for (let i = 0; i < p * p; i++) {
      const at = patchPixel(header, patch, i) * 3;
      for (let ch = 0; ch < chans; ch++) levels[i * chans + ch] = arrays.pixels[at + ch];
    }
    out.set(normalised(levels, header.mean, header.std), patch * p * p * chans);
  }
  return out;
}

/** The numbers of one head: q, k, v `[T, head_dim]`, scores before and after scaling, weights, and what the weighted values give. */
export function oneHead(part, head) {
  const { header, arrays } = part;
  const size = header.dim / header.heads;
  const total = arrays.q.length / header.dim;
  const cut = (rows) => {
    const out = new Float32Array(total * size);
    for (let t = 0; t < total; t++) out.set(rows.subarray(t * header.dim + head * size, t * header.dim + (head + 1) * size), t * size);
    return out;
  };
  const [q, k, v] = [cut(arrays.q), cut(arrays.k), cut(arrays.v)];
  const [dots, scaled, weights] = [new Float32Array(total * total), new Float32Array(total * total), new Float32Array(total * total)];
  const factor = 1 / Math.sqrt(size);
  for (let i = 0; i < total; i++) {
    let top = -Infinity;
    for (let j = 0; j < total; j++) {
      let dot = 0;
      for (let d = 0; d < size; d++) dot += q[i * size + d] * k[j * size + d];
      dots[i * total + j] = dot;
      scaled[i * total + j] = dot * factor;
      top = Math.max(top, dot * factor);
    }
    let sum = 0;
    for (let j = 0; j < total; j++) sum += weights[i * total + j] = Math.exp(scaled[i * total + j] - top);
    for (let j = 0; j < total; j++) weights[i * total + j] /= sum;
  }
  return { q, k, v, dots, scaled, weights, out: cut(arrays.headOut), size, total };
}

/** What `Q @ K.transpose(-1, -2)` gives for one token where heads and tokens were not swapped: `[heads, heads]`. */
export function headsMeetHeads(part, token) {
  const { header, arrays } = part;
  const [heads, size] = [header.heads, header.dim / header.heads];
  const out = new Float32Array(heads * heads);
  const at = token * header.dim;
  for (let a = 0; a < heads; a++)
    for (let b = 0; b < heads; b++)
      for (let d = 0; d < size; d++) out[a * heads + b] += arrays.q[at + a * size + d] * arrays.k[at + b * size + d];
  return out;
}

/** The error function, to about 1.2e-7 (a rational Chebyshev fit of erfc). */
function erf(x) {
  const t = 1 / (1 + 0.5 * Math.abs(x));
  const poly = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  let sum = 0;
  for (let i = poly.length - 1; i >= 0; i--) sum = sum * t + poly[i];
  const tail = t * Math.exp(-x * x - 1.26551223 + t * sum);
  return x >= 0 ? 1 - tail : tail - 1;
}

/** The model's activation functions by the names of its configuration. */
export const ACTIVATION_OF = {
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  quick_gelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  silu: (x) => x / (1 + Math.exp(-x)),
};

/** Numbers before the bend in one token's row: in a gated MLP the gates, then what they are multiplied with. */
const widthOf = (header) => (header.ffn === "swiglu" ? 2 : 1) * header.hidden;

/** What stands before the bend for a token: the neurons, or their gates; from `hidden` on the values of the gates. */
export function ofToken({ header, arrays }, token, from = 0) {
  const start = token * widthOf(header) + from;
  return arrays.pre.subarray(start, start + header.hidden);
}

/**
 * The MLP of a token: `normed` goes in, `pre` stands before the bend, `post` after it (times `values` where it is gated), `update`
 * comes out; `order`: the neurons by their activity, the strongest first.
 */
export function neuronsOf(part, token) {
  const { header, arrays } = part;
  const { dim, hidden } = header;
  const gated = header.ffn === "swiglu";
  const bend = gated ? "silu" : header.act;
  const act = ACTIVATION_OF[bend];
  const pre = ofToken(part, token);
  const values = gated ? ofToken(part, token, hidden) : null;
  const post = Float64Array.from(pre, (v, i) => act(v) * (gated ? values[i] : 1));
  const order = Array.from(post.keys()).sort((a, b) => post[b] - post[a]);
  const row = (rows) => rows.subarray(token * dim, (token + 1) * dim);
  return { token, gated, bend, act, wide: widthOf(header), pre, values, post, order, normed: row(arrays.norm), update: row(arrays.update) };
}

/** How a map of weights is drawn: from 0 to the end of its scale, with what lies above it in a colour of its own. */
export const weightMap = (map) => ({ map, low: 0, high: ceilingOf(map), over: OVER });
