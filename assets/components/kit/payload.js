// Payloads: the bytes that Python packs, as arrays.
import { fromSteps } from "./numbers/steps.js";

/** Decode the bytes of `ui.kit.payload.pack`: `{header, arrays}`, every array a copy of its own. */
export function unpack(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const body = bytes.slice(4 + length); // a copy at offset 0: typed arrays need alignment
  const kinds = { float32: Float32Array, float16: Uint16Array, uint8: Uint8Array, int32: Int32Array };
  const arrays = {};
  for (const [name, { dtype, shape, offset, bits }] of Object.entries(header.arrays)) {
    if (dtype === "steps") {
      arrays[name] = fromSteps(body, { shape, offset, bits });
      continue;
    }
    const count = shape.reduce((a, b) => a * b, 1);
    const raw = new kinds[dtype](body.buffer, offset, count);
    arrays[name] = dtype === "float16" ? halfToFloat(raw) : raw;
  }
  return { header, arrays };
}

const HALVES = (() => {
  const table = new Float32Array(65536);
  const bits = new Uint32Array(table.buffer);
  for (let h = 0; h < 65536; h++) {
    const sign = (h & 0x8000) << 16;
    const exponent = (h >> 10) & 31;
    const mantissa = h & 1023;
    if (exponent === 0) table[h] = (sign ? -1 : 1) * mantissa * 2 ** -24;
    else bits[h] = sign | ((exponent === 31 ? 255 : exponent + 112) << 23) | (mantissa << 13);
  }
  return table;
})();

/** Half floats, given as 16-bit integers, as 32-bit floats. */
export function halfToFloat(halves) {
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = HALVES[halves[i]];
  return floats;
}
