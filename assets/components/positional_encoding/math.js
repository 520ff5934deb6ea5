// Position tables at any grid and their similarities: the same numbers as `vit_core.positions`, computed where the slider is.

/** Fixed rows `[sin x, cos x, sin y, cos y]` of a square grid, into `out` `[side², dim]`. */
export function fillSincos2d(out, side, dim) {
  const quarter = dim / 4;
  for (let i = 0; i < quarter; i++) {
    const frequency = 10000 ** (-i / Math.max(quarter - 1, 1));
    for (let place = 0; place < side * side; place++) {
      const [x, y] = [(place % side) * frequency, Math.floor(place / side) * frequency];
      const at = place * dim + i;
      out[at] = Math.sin(x);
      out[at + quarter] = Math.cos(x);
      out[at + 2 * quarter] = Math.sin(y);
      out[at + 3 * quarter] = Math.cos(y);
    }
  }
}

/** Fixed rows `sin, cos, sin, cos, …` of `count` places in a row, into `out` `[count, dim]`. */
export function fillSincos1d(out, count, dim) {
  for (let i = 0; i < dim; i += 2) {
    const frequency = 10000 ** (-i / dim);
    for (let place = 0; place < count; place++) {
      out[place * dim + i] = Math.sin(place * frequency);
      out[place * dim + i + 1] = Math.cos(place * frequency);
    }
  }
}

/** One kind of rows at one grid: `rows` and unit `units` `[prefix + side², dim]`, their `norms`, and similarities of rows to each other. */
export class PositionRows {
  constructor(rows, dim, prefix, grid) {
    this.rows = rows;
    this.dim = dim;
    this.prefix = prefix;
    this.grid = grid;
    this.count = rows.length / dim;
    this.all = null; // similarities of all pairs, once asked for
    this.norms = new Float32Array(this.count);
    this.units = new Float32Array(rows.length);
    for (let p = 0; p < this.count; p++) {
      let sum = 0;
      for (let d = p * dim; d < (p + 1) * dim; d++) sum += rows[d] * rows[d];
      const norm = (this.norms[p] = Math.sqrt(sum));
      if (norm > 1e-12) for (let d = p * dim; d < (p + 1) * dim; d++) this.units[d] = rows[d] / norm;
    }
  }

  /** Cosine similarity of two rows; a row of zeros is similar to nothing (0). */
  similarity(a, b) {
    const { units, dim } = this;
    let [at, other, s, t, u, v] = [a * dim, b * dim, 0, 0, 0, 0];
    const end = at + dim - 3;
    for (; at < end; at += 4, other += 4) {
      s += units[at] * units[other];
      t += units[at + 1] * units[other + 1];
      u += units[at + 2] * units[other + 2];
      v += units[at + 3] * units[other + 3];
    }
    for (; at < a * dim + dim; at++, other++) s += units[at] * units[other];
    return s + t + u + v;
  }

  /** Similarities of row `a` to all rows. */
  row(a) {
    if (this.all) return this.all.subarray(a * this.count, (a + 1) * this.count);
    return Float32Array.from({ length: this.count }, (_, b) => this.similarity(a, b));
  }

  /** Similarities of all pairs, `[count, count]`, made when first asked for. */
  matrix() {
    if (this.all) return this.all;
    const { count } = this;
    const all = new Float32Array(count * count);
    for (let a = 0; a < count; a++) for (let b = a; b < count; b++) all[a * count + b] = all[b * count + a] = this.similarity(a, b);
    return (this.all = all);
  }
}

/** All encodings of a payload, at every grid: learned tables are interpolated with the model's own filter, formulas are evaluated. */
export class PositionTables {
  constructor(header, arrays) {
    this.arrays = arrays;
    this.dim = header.dim;
    this.prefix = header.posPrefix.length;
    this.made = new Map();
    const [rows, cols] = header.nativeGrid;
    this.native = { rows, cols };
    this.offsets = new Map();
    let [r, c, place] = [0, 0, 0];
    for (const side of header.sides) {
      this.offsets.set(side, { rows: r, cols: c, place: place++ });
      r += side * rows;
      c += side * cols;
    }
  }

  learned(id) {
    const size = this.arrays.table.length;
    return id.startsWith("snapshot-") ? this.arrays.snapshots.subarray(size * id.slice(9), size * (+id.slice(9) + 1)) : this.arrays.table;
  }

  /** Whether an encoding is a table that was learned on the native grid. */
  isLearned(id) {
    return id === "learned" || id.startsWith("snapshot-");
  }

  /** The rows of an encoding on a grid `[rows, cols]`: its own, or `side` by `side`. */
  at(id, side) {
    const name = `${id}/${side}`;
    if (!this.made.has(name)) {
      if (this.made.size > 40) this.made.delete(this.made.keys().next().value);
      this.made.set(name, this.make(id, side));
    }
    return this.made.get(name);
  }

  make(id, side) {
    const { dim, prefix } = this;
    const own = side === null || (this.native.rows === side && this.native.cols === side);
    const grid = side === null ? [this.native.rows, this.native.cols] : [side, side];
    if (this.isLearned(id)) return new PositionRows(own ? this.learned(id) : this.resized(this.learned(id), side), dim, prefix, grid);
    const count = grid[0] * grid[1];
    const rows = new Float32Array((prefix + count) * dim);
    const patches = rows.subarray(prefix * dim);
    if (id === "sincos2d") fillSincos2d(patches, grid[0], dim);
    else if (id === "sincos1d") fillSincos1d(patches, count, dim);
    else if (id === "random") patches.set(this.arrays.random.subarray(0, count * dim));
    return new PositionRows(rows, dim, prefix, grid);
  }

  /** A learned table on another grid: one matrix along the rows, one along the columns. */
  resized(table, side) {
    const { rows, cols } = this.native;
    const { rows: r, cols: c } = this.offsets.get(side);
    return this.along(
      table,
      this.arrays.toRows.subarray(r, r + side * rows),
      this.arrays.toCols.subarray(c, c + side * cols),
      [rows, cols],
      side,
      side,
    );
  }

  /** The table after a way to `side` by `side` and back to its own grid. */
  roundTrip(id, side) {
    const name = `${id}/${side}/back`;
    if (!this.made.has(name)) {
      const { rows, cols } = this.native;
      const { rows: r, cols: c } = this.offsets.get(side);
      const there = this.at(id, side).rows;
      const back = this.along(
        there,
        this.arrays.fromRows.subarray(r, r + side * rows),
        this.arrays.fromCols.subarray(c, c + side * cols),
        [side, side],
        rows,
        cols,
      );
      this.made.set(name, new PositionRows(back, this.dim, this.prefix, [rows, cols]));
    }
    return this.made.get(name);
  }

  along(table, down, across, [oldRows, oldCols], newRows, newCols) {
    const { dim, prefix } = this;
    const line = oldCols * dim;
    const half = new Float32Array(newRows * line);
    for (let r = 0; r < newRows; r++)
      for (let i = 0; i < oldRows; i++) {
        const weight = down[r * oldRows + i];
        if (weight === 0) continue;
        const from = (prefix + i * oldCols) * dim;
        for (let j = 0; j < line; j++) half[r * line + j] += weight * table[from + j];
      }
    const out = new Float32Array((prefix + newRows * newCols) * dim);
    out.set(table.subarray(0, prefix * dim));
    for (let r = 0; r < newRows; r++)
      for (let s = 0; s < newCols; s++)
        for (let j = 0; j < oldCols; j++) {
          const weight = across[s * oldCols + j];
          if (weight === 0) continue;
          const to = (prefix + r * newCols + s) * dim;
          const from = r * line + j * dim;
          for (let d = 0; d < dim; d++) out[to + d] += weight * half[from + d];
        }
    return out;
  }

  /** What each native row loses on the way to `side` by `side` and back, over the root-mean-square length of the rows. */
  errors(side) {
    const count = this.native.rows * this.native.cols;
    const at = this.offsets.get(side).place * count;
    return this.arrays.errors.subarray(at, at + count);
  }
}

/** The root mean square of `values`. */
export function rootMeanSquare(values) {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
}
