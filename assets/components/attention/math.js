// Attention from q and k: the same numbers as `trace.attn_weights`, computed where the pointer is.
import { ceilingOf } from "../kit/picture/colours.js";

/**
 * All heads of all layers for one picture. `q` and `k` are `[layers, tokens, dim]`; `lse` `[layers, heads, tokens]` is the logarithm of
 * every row's softmax denominator, so that a column (who looks at this token) costs what a row costs; the first column
 * computes it where it is not given.
 * Keys are stored transposed, `[layer, head, dimension, token]`, so that the inner loop runs over tokens.
 */
export class AllHeads {
  constructor(header, q, k, lse) {
    this.layers = header.depth;
    this.heads = header.heads;
    this.dim = header.dim;
    this.prefix = header.prefix.length;
    this.tokens = this.prefix + header.grid[0] * header.grid[1];
    this.headDim = this.dim / this.heads;
    this.scale = 1 / Math.sqrt(this.headDim);
    this.q = q;
    this.k = k;
    this.lse = lse;
    this.keys = this.transpose(k);
    this.queries = null; // transposed q, made when a column is first asked for
  }

  transpose(rows) {
    const { layers, heads, tokens, headDim, dim } = this;
    const out = new Float32Array(rows.length);
    for (let l = 0; l < layers; l++)
      for (let t = 0; t < tokens; t++) {
        const from = (l * tokens + t) * dim;
        for (let c = 0; c < dim; c++) out[(l * heads * headDim + c) * tokens + t] = rows[from + c];
      }
    return out;
  }

  /** One head's scores of one token against all, `factor` times the dot products, into `out`: eight dimensions in each pass over tokens. */
  scores(vectors, across, layer, head, token, factor, out) {
    const { tokens, headDim, dim, heads } = this;
    const from = (layer * tokens + token) * dim + head * headDim;
    let at = (layer * heads + head) * headDim * tokens;
    let d = 0;
    if (headDim < 8) out.fill(0);
    for (; d + 8 <= headDim; d += 8, at += 8 * tokens) {
      const v0 = vectors[from + d] * factor,
        v1 = vectors[from + d + 1] * factor,
        v2 = vectors[from + d + 2] * factor,
        v3 = vectors[from + d + 3] * factor;
      const v4 = vectors[from + d + 4] * factor,
        v5 = vectors[from + d + 5] * factor,
        v6 = vectors[from + d + 6] * factor,
        v7 = vectors[from + d + 7] * factor;
      const at1 = at + tokens,
        at2 = at1 + tokens,
        at3 = at2 + tokens,
        at4 = at3 + tokens,
        at5 = at4 + tokens,
        at6 = at5 + tokens,
        at7 = at6 + tokens;
      if (d === 0)
        for (let j = 0; j < tokens; j++)
          out[j] =
            v0 * across[at + j] +
            v1 * across[at1 + j] +
            v2 * across[at2 + j] +
            v3 * across[at3 + j] +
            v4 * across[at4 + j] +
            v5 * across[at5 + j] +
            v6 * across[at6 + j] +
            v7 * across[at7 + j];
      else
        for (let j = 0; j < tokens; j++)
          out[j] +=
            v0 * across[at + j] +
            v1 * across[at1 + j] +
            v2 * across[at2 + j] +
            v3 * across[at3 + j] +
            v4 * across[at4 + j] +
            v5 * across[at5 + j] +
            v6 * across[at6 + j] +
            v7 * across[at7 + j];
    }
    for (; d < headDim; d++, at += tokens) {
      const v = vectors[from + d] * factor;
      for (let j = 0; j < tokens; j++) out[j] += v * across[at + j];
    }
  }

  /** What `query` looks at, in one head: softmax of its scores, into `out` `[tokens]`. `factor` stands for 1/sqrt(head_dim). */
  row(layer, head, query, out, factor = this.scale) {
    this.scores(this.q, this.keys, layer, head, query, factor, out);
    let top = -Infinity;
    for (let j = 0; j < out.length; j++) if (out[j] > top) top = out[j];
    let sum = 0;
    for (let j = 0; j < out.length; j++) sum += out[j] = Math.exp(out[j] - top);
    const share = 1 / sum;
    for (let j = 0; j < out.length; j++) out[j] *= share;
    return top + Math.log(sum);
  }

  /** Who looks at `key`, in one head: that column of the attention matrix, into `out` `[tokens]`. */
  column(layer, head, key, out, factor = this.scale) {
    this.queries ??= this.transpose(this.q);
    this.scores(this.k, this.queries, layer, head, key, factor, out);
    const at = (layer * this.heads + head) * this.tokens;
    const lse = factor === this.scale ? (this.lse ??= this.denominators(factor)) : this.denominators(factor);
    for (let i = 0; i < out.length; i++) out[i] = Math.exp(out[i] - lse[at + i]);
  }

  /** The log-sum-exp of every row at another factor; the last one is kept. */
  denominators(factor) {
    if (this.other?.factor === factor) return this.other.lse;
    const lse = new Float32Array(this.layers * this.heads * this.tokens);
    const row = new Float32Array(this.tokens);
    for (let l = 0; l < this.layers; l++)
      for (let h = 0; h < this.heads; h++)
        for (let t = 0; t < this.tokens; t++) lse[(l * this.heads + h) * this.tokens + t] = this.row(l, h, t, row, factor);
    this.other = { factor, lse };
    return lse;
  }

  /** Rows (or columns) of one layer's heads for one token, into `out` `[layers, heads, tokens]`; the ends of their scales into `tops`. */
  layer(layer, token, byColumn, out, tops, factor = this.scale) {
    for (let h = 0; h < this.heads; h++) {
      const at = (layer * this.heads + h) * this.tokens;
      const part = out.subarray(at, at + this.tokens);
      if (byColumn) this.column(layer, h, token, part, factor);
      else this.row(layer, h, token, part, factor);
      tops[layer * this.heads + h] = ceilingOf(part, this.prefix);
    }
  }

  /** The whole attention matrix of a head, `[query, key]`. */
  matrix(layer, head, factor = this.scale) {
    const out = new Float32Array(this.tokens * this.tokens);
    for (let t = 0; t < this.tokens; t++) this.row(layer, head, t, out.subarray(t * this.tokens, (t + 1) * this.tokens), factor);
    return out;
  }

  /** One weight, step by step: the two vectors, their products, the sum, the scaled score, the denominator, the weight. */
  steps(layer, head, query, key, factor = this.scale) {
    const vector = (rows, token) => {
      const from = (layer * this.tokens + token) * this.dim + head * this.headDim;
      return rows.subarray(from, from + this.headDim);
    };
    const q = vector(this.q, query);
    const k = vector(this.k, key);
    const products = q.map((value, d) => value * k[d]);
    const dot = products.reduce((a, b) => a + b, 0);
    const score = dot * factor;
    const logSum = this.row(layer, head, query, new Float32Array(this.tokens), factor);
    return { q, k, products, dot, score, logSum, weight: Math.exp(score - logSum) };
  }
}

/** Entropy of a distribution in bits. */
export function entropy(weights) {
  let bits = 0;
  for (const w of weights) if (w > 0) bits -= w * Math.log2(w);
  return bits;
}

/** Mean distance in pixels between a patch's centre and the patches it is weighted with; null for a token without a place. */
export function meanDistance(header, token, weights) {
  const first = header.prefix.length;
  if (token < first) return null;
  const cols = header.grid[1];
  const row = Math.floor((token - first) / cols),
    col = (token - first) % cols;
  let far = 0,
    mass = 0;
  for (let t = first; t < weights.length; t++) {
    const dy = Math.floor((t - first) / cols) - row,
      dx = ((t - first) % cols) - col;
    far += weights[t] * Math.hypot(dy, dx);
    mass += weights[t];
  }
  return mass > 0 ? (header.patchSize * far) / mass : 0;
}

/** Which of `values` (patches only) hold the largest share `keep` of their sum: 1 or 0 for each. */
export function massMask(values, keep) {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a]);
  const total = values.reduce((a, b) => a + b, 0);
  const mask = new Uint8Array(values.length);
  let held = 0;
  for (const i of order) {
    if (held >= keep * total - 1e-9) break;
    mask[i] = 1;
    held += values[i];
  }
  return mask;
}
