// A little of WebAssembly's binary format, as much as `kernel.js` is written in: instructions are lists of bytes that stand in each other.
// The numbers are those of the WebAssembly specification, 2.0 (vector instructions begin with 0xfd).

/** @typedef {(number | Code)[]} Code Bytes, nested as the instructions are. */

export const [I32, F32, V128] = [0x7f, 0x7d, 0x7b];

/** A number from zero up, seven bits a byte. */
export function leb(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** An integer with its sign, seven bits a byte. */
function signed(value) {
  const bytes = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value & 127];
}

const floatBytes = (value) => [...new Uint8Array(Float32Array.of(value).buffer)];
const vector = (code) => [0xfd, ...leb(code)];
const two = (code) => (a, b) => [a, b, ...code];
const one = (code) => (a) => [a, ...code];
const access = (code, align) => (at, offset) => [at, ...vector(code), align, ...leb(offset)];

export const get = (local) => [0x20, local];
export const set = (local, value) => [value, 0x21, local];
export const integer = (value) => [0x41, ...signed(value)];
export const float = (value) => [0x43, ...floatBytes(value)];
export const [add, subtract, multiply, less] = [[0x6a], [0x6b], [0x6c], [0x49]].map(two); // of 32-bit integers
export const [plus, over, larger] = [[0x92], [0x95], [0x97]].map(two); // of single numbers with a point
export const splat = one(vector(0x13));
export const lane = (value, n) => [value, ...vector(0x1f), n];
export const [vAdd, vSubtract, vTimes, vMost] = [0xe4, 0xe5, 0xe6, 0xe9].map((code) => two(vector(code)));
export const [atLeast, both] = [0x46, 0x4e].map((code) => two(vector(code)));
export const nearest = one(vector(0x6a));
export const toIntegers = one(vector(0xf8));
export const [intAdd, shiftLeft] = [0xae, 0xab].map((code) => two(vector(code)));
export const intSplat = one(vector(0x11));
/** Four numbers at an address; one number four times. */
export const [load, loadSplat] = [access(0x00, 2), access(0x09, 2)];
export const store = (at, offset, value) => [at, value, ...vector(0x0b), 2, ...leb(offset)];
/** The body once, and again while the condition is not zero. */
export const repeat = (body, condition) => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];

const sized = (bytes) => [...leb(bytes.length), ...bytes];
const list = (items) => [...leb(items.length), ...items.flat(Infinity)];
const section = (id, items) => [id, ...sized(list(items))];
const text = (word) => sized([...new TextEncoder().encode(word)]);

/**
 * A module with one memory, imported as `of.memory`, and functions `{name: {takes, gives, holds, code}}`: types of what it takes, gives,
 * and of its further locals.
 * @param {Record<string, {takes: number[], gives?: number[], holds?: number[], code: Code}>} functions
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function moduleOf(functions) {
  const all = Object.entries(functions);
  const body = ({ holds = [], code }) => sized([...list(holds.map((type) => [1, type])), ...code.flat(Infinity), 0x0b]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      all.map(([, { takes, gives = [] }]) => [0x60, list(takes), list(gives)]),
    ),
    ...section(2, [[text("of"), text("memory"), 0x02, 0x00, 0]]),
    ...section(
      3,
      all.map((_, i) => leb(i)),
    ),
    ...section(
      7,
      all.map(([name], i) => [text(name), 0x00, leb(i)]),
    ),
    ...section(
      10,
      all.map(([, one]) => body(one)),
    ),
  ]);
}
