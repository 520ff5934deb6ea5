// What the hovers of Attention and Features spend their time on, four numbers at a time (WebAssembly's vectors): dot products of one vector
// with many, and their softmax. Values lie in blocks of 32 vectors, `[block, dimension, 32]`, so that memory is read from front to back.
import * as w from "./wasm.js";

export const LANES = 32; // vectors of a block: eight registers of four
const BYTES = 4 * LANES;
const REGISTERS = LANES / 4;

/** From address `from` to `end`, four numbers at a time: `body` for each. */
const through = (from, end, body) => w.repeat([body, w.set(from, w.add(w.get(from), w.integer(16)))], w.less(w.get(from), w.get(end)));

const LN2 = Math.log(2);
const HIGH = Math.fround(0.693359375); // ln 2 in two parts: n times the first is exact
const LOW = LN2 - HIGH;
const LEAST = -87; // below it e^x is less than single precision tells from nothing

/**
 * e^x of four numbers up to 0, in local `x`; `n` is another local. x = n·ln 2 + r with |r| ≤ ln 2 / 2; e^r by its series up to r⁷/7!, which
 * leaves 6e-9 out; 2^n by its exponent. Nothing where x is less than −87.
 */
function exponential(x, n) {
  const number = (value) => w.splat(w.float(value));
  const [value, whole] = [w.get(x), w.get(n)];
  let series = number(1 / 5040);
  for (const factorial of [720, 120, 24, 6, 2, 1, 1]) series = w.vAdd(w.vTimes(series, value), number(1 / factorial));
  const power = w.shiftLeft(w.intAdd(w.toIntegers(whole), w.intSplat(w.integer(127))), w.integer(23));
  const rest = w.vSubtract(w.vSubtract(value, w.vTimes(whole, number(HIGH))), w.vTimes(whole, number(LOW)));
  return [
    w.set(n, w.nearest(w.vTimes(w.vMost(value, number(LEAST)), number(1 / LN2)))),
    w.both(w.atLeast(value, number(LEAST)), [w.set(x, rest), w.vTimes(series, power)]),
  ];
}

const laneSum = (v, of) => [1, 2, 3].reduce((sum, n) => of(sum, w.lane(w.get(v), n)), w.lane(w.get(v), 0));

/** `dots(vector, at, dims, blocks, out, factor)`: `factor` times the products of the vector with each of the blocks' vectors. */
function dotsCode() {
  const [vector, at, dims, blocks, out, factor, end, d, one, first] = Array.from({ length: 10 }, (_, i) => i);
  const sums = Array.from({ length: REGISTERS }, (_, i) => first + i);
  const step = [
    w.set(one, w.loadSplat(w.get(d), 0)),
    sums.map((sum, i) => w.set(sum, w.vAdd(w.get(sum), w.vTimes(w.get(one), w.load(w.get(at), 16 * i))))),
    w.set(at, w.add(w.get(at), w.integer(BYTES))),
    w.set(d, w.add(w.get(d), w.integer(4))),
  ];
  const block = [
    sums.map((sum) => w.set(sum, w.splat(w.float(0)))),
    w.set(d, w.get(vector)),
    w.repeat(step, w.less(w.get(d), w.get(end))),
    sums.map((sum, i) => w.store(w.get(out), 16 * i, w.vTimes(w.get(sum), w.splat(w.get(factor))))),
    w.set(out, w.add(w.get(out), w.integer(BYTES))),
    w.set(blocks, w.subtract(w.get(blocks), w.integer(1))),
  ];
  return {
    takes: [w.I32, w.I32, w.I32, w.I32, w.I32, w.F32],
    holds: [w.I32, w.I32, w.V128, ...sums.map(() => w.V128)],
    code: [w.set(end, w.add(w.get(vector), w.multiply(w.get(dims), w.integer(4)))), w.repeat(block, w.get(blocks))],
  };
}

/** `most(from, end)`: the largest. */
function mostCode() {
  const [from, end, top] = [0, 1, 2];
  const code = [w.set(top, w.load(w.get(from), 0)), through(from, end, w.set(top, w.vMost(w.get(top), w.load(w.get(from), 0))))];
  return { takes: [w.I32, w.I32], gives: [w.F32], holds: [w.V128], code: [...code, laneSum(top, w.larger)] };
}

/** `shares(from, end, top)`: e^(x − top) divided by the sum of these, in place; gives the sum. */
function sharesCode() {
  const [from, end, top, at, total, x, n, sum] = [0, 1, 2, 3, 4, 5, 6, 7];
  const each = [
    w.set(x, w.vSubtract(w.load(w.get(at), 0), w.splat(w.get(top)))),
    w.set(x, exponential(x, n)),
    w.store(w.get(at), 0, w.get(x)),
    w.set(total, w.vAdd(w.get(total), w.get(x))),
  ];
  const share = w.store(w.get(at), 0, w.vTimes(w.load(w.get(at), 0), w.splat(w.over(w.float(1), w.get(sum)))));
  const code = [
    w.set(at, w.get(from)),
    w.set(total, w.splat(w.float(0))),
    through(at, end, each),
    w.set(sum, laneSum(total, w.plus)),
    w.set(at, w.get(from)),
    through(at, end, share),
    w.get(sum),
  ];
  return { takes: [w.I32, w.I32, w.F32], gives: [w.F32], holds: [w.I32, w.V128, w.V128, w.V128, w.F32], code };
}

/** `powers(from, end, minus)`: e^(x − m), in place, with an m for each x. */
function powersCode() {
  const [from, end, minus, x, n] = [0, 1, 2, 3, 4];
  const each = [
    w.set(x, w.vSubtract(w.load(w.get(from), 0), w.load(w.get(minus), 0))),
    w.store(w.get(from), 0, exponential(x, n)),
    w.set(minus, w.add(w.get(minus), w.integer(16))),
  ];
  return { takes: [w.I32, w.I32, w.I32], holds: [w.V128, w.V128], code: through(from, end, each) };
}

let compiled;

/**
 * `dots`, `most`, `shares` and `powers` as above, over a memory of so many bytes of its own; null where the browser has no vectors, does
 * not allow them, or has no room.
 * @param {number} bytes
 */
export function kernelOver(bytes) {
  try {
    compiled ??= new WebAssembly.Module(w.moduleOf({ dots: dotsCode(), most: mostCode(), shares: sharesCode(), powers: powersCode() }));
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
    const { exports } = new WebAssembly.Instance(compiled, { of: { memory } });
    const { dots, most, shares, powers } = /** @type {Record<string, (...numbers: number[]) => number>} */ (exports);
    return { buffer: memory.buffer, dots, most, shares, powers };
  } catch {
    return null;
  }
}
