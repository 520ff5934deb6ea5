// Arrays in whole steps: each column's numbers counted from its least, so that 20 bits hold what 32 bits of a float would.

/**
 * The numbers of an array that `ui.standalone.steps` has packed into `body` at `offset`: columns run along the last axis, groups of rows
 * along all before the last two. First the least and the step of every column, then the steps as three planes: the high eight bits, the
 * eight below them, and the low four, two in a byte.
 */
export function fromSteps(body, { shape, offset }) {
  const [rows, columns] = shape.slice(-2);
  const groups = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  const count = groups * rows * columns;
  const least = new Float32Array(body.buffer, offset, groups * columns);
  const step = new Float32Array(body.buffer, offset + least.byteLength, groups * columns);
  const high = new Uint8Array(body.buffer, offset + 2 * least.byteLength, count);
  const middle = new Uint8Array(body.buffer, high.byteOffset + count, count);
  const low = new Uint8Array(body.buffer, middle.byteOffset + count, Math.ceil(count / 2));
  const out = new Float32Array(count);
  for (let column = 0, at = 0; column < groups * columns; column++) {
    const first = Math.floor(column / columns) * rows * columns + (column % columns);
    for (let row = 0; row < rows; row++, at++) {
      const nibble = at % 2 ? low[at >> 1] >> 4 : low[at >> 1] & 15;
      out[first + row * columns] = least[column] + step[column] * (high[at] * 4096 + middle[at] * 16 + nibble);
    }
  }
  return out;
}
