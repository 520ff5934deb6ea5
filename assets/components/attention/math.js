// Attention from q and k: the same numbers as `trace.attn_weights`, computed where the pointer is.
import { Columns } from "../kit/numbers/columns.js";
import { ceilingOf } from "../kit/picture/colours.js";

/**
 * All heads of all layers for one picture. `q` and `k` are `[layers, tokens, dim]`; `lse` `[layers, heads, tokens]` is the logarithm of
 * every row's softmax denominator, so that a column (who looks at this token) costs what a row costs; the first column
 * computes it where it is not given.
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
    this.keys = this.columnsOf(k);
    this.queries = null; // made when a column is first asked for
  }

  columnsOf(rows) {
    return new Columns(rows, { layers: this.layers, count: this.tokens, heads: this.heads });
  }

  /** What `query` looks at, in one head: softmax of its scores, into `out` `[tokens]`. `factor` stands for 1/sqrt(head_dim). */
  row(layer, head, query, out, factor = this.scale) {
    return this.keys.softmax(layer * this.heads + head, this.q, this.placeOf(layer, head, query), out, factor);
  }

  /** Where a token's part for a head begins in `q` and `k`. */
  placeOf(layer, head, token) {
    return (layer * this.tokens + token) * this.dim + head * this.headDim;
  }

  /** Who looks at `key`, in one head: that column of the attention matrix, into `out` `[tokens]`. */
  column(layer, head, key, out, factor = this.scale) {
    this.queries ??= this.columnsOf(this.q);
    const group = layer * this.heads + head;
    const lse = factor === this.scale ? (this.lse ??= this.denominators(factor)) : this.denominators(factor);
    this.queries.powers(group, this.k, this.placeOf(layer, head, key), lse, group * this.tokens, out, factor);
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
      const from = this.placeOf(layer, head, token);
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
