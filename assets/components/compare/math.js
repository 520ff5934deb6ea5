// Two sides of a comparison: which token of one stands beside which of the other, and the numbers of one side for one token.
import { AllHeads } from "../attention/math.js";

/** For each patch of `grid` the patch of `other` in which its centre lies: the same as `pairs.nearest_patches`. */
export function patchesBeside([rows, cols], [otherRows, otherCols]) {
  const at = (i, n, m) => Math.floor(((2 * i + 1) * m) / (2 * n));
  return Int32Array.from(
    { length: rows * cols },
    (_, i) => at(Math.floor(i / cols), rows, otherRows) * otherCols + at(i % cols, cols, otherCols),
  );
}

/** The token of `to` beside a token of `from`: of the same name before the patches, of the same place among them; null if there is none. */
export function tokenBeside(from, to, token) {
  if (token < from.prefix.length) {
    const found = to.prefix.indexOf(from.prefix[token]);
    return found < 0 ? null : found;
  }
  return to.prefix.length + patchesBeside(from.grid, to.grid)[token - from.prefix.length];
}

/** One side's attention in one layer. */
export class AttentionSide {
  constructor(facts, q, k) {
    this.facts = facts;
    this.heads = new AllHeads({ ...facts, depth: 1 }, q, k, new Float32Array(0));
    this.one = new Float32Array(this.heads.tokens);
  }

  /** What a token looks at, `[tokens]`, in a head; null for the mean over heads. */
  row(token, head) {
    const out = new Float32Array(this.heads.tokens);
    if (head !== null) {
      this.heads.row(0, head, token, out);
      return out;
    }
    for (let h = 0; h < this.facts.heads; h++) {
      this.heads.row(0, h, token, this.one);
      for (let i = 0; i < out.length; i++) out[i] += this.one[i] / this.facts.heads;
    }
    return out;
  }
}

/** One side's residual stream, its rows scaled to length 1. */
export class StreamSide {
  constructor(facts, rows) {
    this.facts = facts;
    this.dim = facts.dim;
    this.tokens = facts.prefix.length + facts.grid[0] * facts.grid[1];
    this.rows = rows;
    for (let from = 0; from < rows.length; from += this.dim) {
      let square = 0;
      for (let d = 0; d < this.dim; d++) square += rows[from + d] ** 2;
      const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
      for (let d = 0; d < this.dim; d++) rows[from + d] *= scale;
    }
  }

  vector(stage, token) {
    const from = (stage * this.tokens + token) * this.dim;
    return this.rows.subarray(from, from + this.dim);
  }

  /** Cosine similarity of a token with every token, `[tokens]`, at a stage. */
  row(token, stage) {
    const own = this.vector(stage, token);
    return Float32Array.from({ length: this.tokens }, (_, other) => dotOf(own, this.vector(stage, other)));
  }
}

export function dotOf(a, b) {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d] * b[d];
  return sum;
}

/** Cosine similarity of the rows in the same place, on the left grid: as `pairs.stream_similarity`. */
export function similarPlaces(left, right, stage) {
  const places = patchesBeside(left.facts.grid, right.facts.grid);
  const [lead, otherLead] = [left.facts.prefix.length, right.facts.prefix.length];
  return Float32Array.from(places, (place, i) => dotOf(left.vector(stage, lead + i), right.vector(stage, otherLead + place)));
}
