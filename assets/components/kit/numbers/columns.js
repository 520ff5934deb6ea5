// Many vectors, and one vector's products with them: attention from queries and keys, likeness from tokens.
import { kernelOver, LANES } from "./kernel.js";

const ALIGNED = 4 * LANES;
const aligned = (bytes) => Math.ceil(bytes / ALIGNED) * ALIGNED;

/** `groups` of `count` vectors of `dims` numbers, where the kernel can read them; without one, the same is computed in JavaScript. */
export class Columns {
  /**
   * @param {Float32Array} rows `[layers, count, heads, dims]`: a group is a head of a layer
   * @param {{layers?: number, count: number, heads?: number}} shape
   * @param {typeof kernelOver} made
   */
  constructor(rows, { layers = 1, count, heads = 1 }, made = kernelOver) {
    this.count = count;
    this.dims = rows.length / (layers * count * heads);
    this.blocks = Math.ceil(count / LANES);
    const padded = 4 * this.blocks * LANES;
    this.at = { vector: 0, out: aligned(4 * this.dims), minus: 0, values: 0 };
    this.at.minus = this.at.out + padded;
    this.at.values = this.at.minus + padded;
    const bytes = this.at.values + layers * heads * this.dims * padded;
    this.kernel = made(bytes);
    const buffer = this.kernel?.buffer ?? new ArrayBuffer(bytes);
    const numbers = (from, length) => new Float32Array(buffer, from, length);
    this.vector = numbers(this.at.vector, this.dims);
    this.out = numbers(this.at.out, padded / 4);
    this.found = this.out.subarray(0, count);
    this.minus = numbers(this.at.minus, padded / 4);
    this.values = numbers(this.at.values, (bytes - this.at.values) / 4);
    this.fill(rows, layers, heads);
  }

  /** Blocks of 32 vectors, dimension by dimension. */
  fill(rows, layers, heads) {
    const { count, dims, blocks, values } = this;
    let from = 0;
    for (let l = 0; l < layers; l++)
      for (let t = 0; t < count; t++)
        for (let h = 0; h < heads; h++) {
          let to = ((l * heads + h) * blocks + Math.floor(t / LANES)) * dims * LANES + (t % LANES);
          for (let d = 0; d < dims; d++, to += LANES) values[to] = rows[from++];
        }
  }

  /** `factor` times the products of the vector at `from` of `vectors` with all of a group, into `this.out`. */
  products(group, vectors, from, factor) {
    for (let d = 0; d < this.dims; d++) this.vector[d] = vectors[from + d];
    const first = group * this.blocks * this.dims * LANES;
    if (this.kernel) this.kernel.dots(0, this.at.values + 4 * first, this.dims, this.blocks, this.at.out, factor);
    else this.plainProducts(first, factor);
  }

  /** Eight dimensions in each pass over a block. */
  plainProducts(first, factor) {
    const { vector, dims, values, out } = this;
    const whole = dims - (dims % 8);
    out.fill(0);
    for (let to = 0, at = first; to < out.length; to += LANES) {
      for (let d = 0; d < whole; d += 8, at += 8 * LANES) {
        const [v0, v1, v2, v3] = [vector[d] * factor, vector[d + 1] * factor, vector[d + 2] * factor, vector[d + 3] * factor];
        const [v4, v5, v6, v7] = [vector[d + 4] * factor, vector[d + 5] * factor, vector[d + 6] * factor, vector[d + 7] * factor];
        for (let j = 0, i = at; j < LANES; j++, i++)
          out[to + j] +=
            v0 * values[i] +
            v1 * values[i + LANES] +
            v2 * values[i + 2 * LANES] +
            v3 * values[i + 3 * LANES] +
            v4 * values[i + 4 * LANES] +
            v5 * values[i + 5 * LANES] +
            v6 * values[i + 6 * LANES] +
            v7 * values[i + 7 * LANES];
      }
      for (let d = whole; d < dims; d++, at += LANES) for (let j = 0; j < LANES; j++) out[to + j] += vector[d] * factor * values[at + j];
    }
  }

  /** The products, into `out` `[count]`. */
  dots(group, vectors, from, out, factor = 1) {
    this.products(group, vectors, from, factor);
    out.set(this.found);
  }

  /** The products of a group's own vector `t` with all of it, into `out` `[count]`: of vectors of length 1 these are cosines. */
  dotsWith(group, t, out) {
    const { dims, blocks, values } = this;
    let at = (group * blocks + Math.floor(t / LANES)) * dims * LANES + (t % LANES);
    const own = new Float32Array(dims);
    for (let d = 0; d < dims; d++, at += LANES) own[d] = values[at];
    this.dots(group, own, 0, out);
  }

  /** Softmax of the products, into `out` `[count]`. @returns {number} the logarithm of its denominator */
  softmax(group, vectors, from, out, factor = 1) {
    this.products(group, vectors, from, factor);
    this.out.fill(-Infinity, this.count);
    const { kernel, found, at } = this;
    if (kernel) {
      const end = at.out + 4 * this.out.length;
      const top = kernel.most(at.out, end);
      const sum = kernel.shares(at.out, end, top);
      out.set(found);
      return top + Math.log(sum);
    }
    const top = found.reduce((most, value) => Math.max(most, value), -Infinity);
    let sum = 0;
    for (let j = 0; j < found.length; j++) sum += out[j] = Math.exp(found[j] - top);
    for (let j = 0; j < found.length; j++) out[j] /= sum;
    return top + Math.log(sum);
  }

  /** e to the products less `minus` `[count]`, from place `first` of it, into `out` `[count]`. */
  powers(group, vectors, from, minus, first, out, factor = 1) {
    this.products(group, vectors, from, factor);
    for (let j = 0; j < this.count; j++) this.minus[j] = minus[first + j];
    const { kernel, at, found } = this;
    kernel?.powers(at.out, at.out + 4 * this.out.length, at.minus);
    if (kernel) out.set(found);
    else for (let j = 0; j < found.length; j++) out[j] = Math.exp(found[j] - this.minus[j]);
  }
}
