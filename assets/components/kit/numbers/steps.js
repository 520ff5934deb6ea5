// Arrays in whole steps: each column's numbers counted from its least, so that 20 bits hold what 32 bits of a float would.

/**
 * The numbers of an array that `ui.standalone.steps` has packed into `body` at `offset`: columns run along the last axis, groups of rows
 * along all before the last two. First the least and the step of every column, then the steps as planes: the high eight bits, and, of more
 * than eight `bits`, the eight below them and the low ones, packed one after the other.
 */
export function fromSteps(body, { shape, offset, bits }) {
  const [rows, columns] = shape.slice(-2);
  const groups = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const count = groups * rows * columns;
  const least = new Float32Array(body.buffer, offset, groups * columns);
  const step = new Float32Array(body.buffer, offset + least.byteLength, groups * columns);
  const counted = stepsOf(new Uint8Array(body.buffer, offset + 2 * least.byteLength), count, bits);
  const out = new Float32Array(count);
  for (let column = 0, at = 0; column < groups * columns; column++) {
    const first = Math.floor(column / columns) * rows * columns + (column % columns);
    for (let row = 0; row < rows; row++, at++) out[first + row * columns] = least[column] + step[column] * counted[at];
  }
  return out;
}

/** The whole numbers of `count` steps, from their planes. */
function stepsOf(planes, count, bits) {
  if (bits === 8) return planes;
  const [left, mask] = [bits - 16, (1 << (bits - 16)) - 1];
  const low = 2 * count; // where the low bits begin
  const out = new Uint32Array(count);
  for (let i = 0, bit = 0; i < count; i++, bit += left) {
    const at = low + (bit >> 3);
    const lowest = ((planes[at] | ((planes[at + 1] ?? 0) << 8)) >> (bit & 7)) & mask;
    out[i] = planes[i] * 2 ** (bits - 8) + (planes[count + i] << left) + lowest;
  }
  return out;
}
