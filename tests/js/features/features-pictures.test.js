import assert from "node:assert/strict";
import { test } from "node:test";
import { countMutual, isMutual, middleOfPatch } from "../../../assets/components/features_pair/matches.js";

test("a match is mutual where each is the other's best", () => {
  const matches = { there: [1, 1, 0], back: [2, 0, 0] };
  assert.deepEqual([0, 1, 2].map((patch) => isMutual(matches, patch)), [true, false, true]); // prettier-ignore
  assert.equal(countMutual(matches), 2);
  assert.deepEqual(middleOfPatch([2, 4], 6), [0.75, 0.625]);
});
