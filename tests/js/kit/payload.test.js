import assert from "node:assert/strict";
import { test } from "node:test";
import { halfToFloat, unpack } from "../../../assets/components/kit/payload.js";

/** Bytes as `ui.kit` packs them, behind `lead` bytes that belong to something else. */
function packed(header, body, lead) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(lead + 4 + text.length + body.length);
  new DataView(bytes.buffer).setUint32(lead, text.length, true);
  bytes.set(text, lead + 4);
  bytes.set(body, lead + 4 + text.length);
  return bytes.subarray(lead);
}

test("half floats as floats: normal, subnormal, infinite, negative", () => {
  const halves = Uint16Array.of(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x7c00, 0x8000);
  const floats = halfToFloat(halves);
  assert.deepEqual([...floats], [1, -2, 0.333251953125, 2 ** -24, 65504, Infinity, -0]);
});

test("not a number stays none", () => {
  assert.ok(Number.isNaN(halfToFloat(Uint16Array.of(0x7e00))[0]));
});

for (const lead of [0, 1, 3])
  test(`a payload is read wherever its bytes begin: at ${lead}`, () => {
    const body = new Uint8Array(24);
    new DataView(body.buffer).setFloat32(0, 1.5, true);
    new DataView(body.buffer).setFloat32(4, -2, true);
    body.set([0x00, 0x3c], 8); // half 1
    body.set([7, 8, 9], 16);
    const arrays = {
      a: { dtype: "float32", shape: [2, 1], offset: 0 },
      half: { dtype: "float16", shape: [1], offset: 8 },
      pixels: { dtype: "uint8", shape: [3], offset: 16 },
    };
    const { header, arrays: found } = unpack(packed({ title: "patch ÷", arrays }, body, lead));
    assert.equal(header.title, "patch ÷");
    assert.deepEqual([...found.a], [1.5, -2]);
    assert.deepEqual([...found.half], [1]);
    assert.deepEqual([...found.pixels], [7, 8, 9]);
  });
