import assert from "node:assert/strict";
import { test } from "node:test";
import { pairsAlong, pairsIn, seesAlong, seesToken, sightMacs, sightStored } from "../../assets/components/practice/sight/math.js";

const KINDS = ["full", "windows", "neighbourhood", "strided"];

test("who sees whom along a side", () => {
  assert.ok(seesAlong("windows", 4, 0, 3) && !seesAlong("windows", 4, 3, 4));
  assert.ok(seesAlong("neighbourhood", 2, 5, 3) && !seesAlong("neighbourhood", 2, 5, 2));
  assert.ok(seesAlong("strided", 3, 1, 7) && !seesAlong("strided", 3, 1, 6));
  assert.ok(seesAlong("full", 1, 0, 99));
});

test("tokens before the patches see all and are seen by all", () => {
  assert.ok(seesToken("windows", 2, 4, 1, 0, 16));
  assert.ok(seesToken("windows", 2, 4, 1, 16, 0));
  assert.ok(seesToken("windows", 2, 4, 1, 1, 6)); // patches 0 and 5 of a row of four: one window
  assert.ok(!seesToken("windows", 2, 4, 1, 1, 3));
});

for (const kind of KINDS)
  test(`pairs are counted as they are seen: ${kind}`, () => {
    for (const count of [1, 5, 7])
      for (const size of [1, 2, 3]) {
        let seen = 0;
        for (let i = 0; i < count; i++) for (let j = 0; j < count; j++) seen += seesAlong(kind, size, i, j) ? 1 : 0;
        assert.equal(pairsAlong(kind, size, count), seen, `${count} places, size ${size}`);
      }
  });

test("pairs of a grid, with one token in front", () => {
  assert.equal(pairsIn("windows", 7, [14, 14], 1), (2 * 49) ** 2 + 2 * 196 + 1);
});

test("work and memory: every pair costs 2D and holds a number a head; linear attention does not know pairs", () => {
  const model = { dim: 192, heads: 12, headDim: 16 };
  assert.equal(sightMacs("full", 1, [14, 14], 1, model), 2 * 192 * 197 ** 2);
  assert.equal(sightStored("full", 1, [14, 14], 1, model), 12 * 197 ** 2);
  assert.equal(sightMacs("linear", 1, [14, 14], 1, model), 197 * 192 * 33);
  assert.equal(sightStored("linear", 1, [14, 14], 1, model), 192 * 17);
});
