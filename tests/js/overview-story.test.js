import assert from "node:assert/strict";
import { test } from "node:test";
import { besideAnswer, frameOf, inPicture, inRow, tokenIn } from "../../assets/components/overview_story/places.js";
import { beginning, blockAt, CHAPTERS, ending, inTurn, LENGTH, momentAt } from "../../assets/components/overview_story/timeline.js";

test("chapters follow each other without a gap", () => {
  CHAPTERS.forEach((_, i) => {
    assert.deepEqual(momentAt(beginning(i)), { chapter: i, share: 0 });
    const { chapter, share } = momentAt(ending(i));
    assert.ok(chapter === i && share > 0.999);
  });
  assert.deepEqual(momentAt(LENGTH + 5), { chapter: CHAPTERS.length - 1, share: 1 });
  assert.ok(LENGTH >= 20 && LENGTH <= 30);
});

test("many that set out in turn all arrive", () => {
  for (const index of [0, 57, 195]) {
    assert.equal(inTurn(0, index, 196), 0);
    assert.equal(inTurn(1, index, 196), 1);
  }
  assert.ok(inTurn(0.5, 0, 196) > inTurn(0.5, 195, 196));
});

test("every block has its turn, after the way back", () => {
  assert.deepEqual(blockAt(0, 12), { flight: 0, block: 0, passed: 0 });
  assert.deepEqual(blockAt(1, 12), { flight: 1, block: 11, passed: 1 });
  const seen = new Set(Array.from({ length: 200 }, (_, i) => blockAt(i / 199, 12).block));
  assert.equal(seen.size, 12);
});

for (const size of [
  [1300, 440],
  [358, 460],
]) {
  test(`all tokens stand on a stage of ${size.join(" by ")}`, () => {
    for (const [grid, prefix] of [
      [[14, 14], 1],
      [[32, 32], 5],
      [[2, 3], 0],
    ]) {
      const frame = frameOf(size, grid, prefix);
      const patches = grid[0] * grid[1];
      for (let i = 0; i < patches; i++) {
        for (const [x, y, w, h] of [inPicture(frame, i), inRow(frame, i + prefix), besideAnswer(frame, i + prefix)]) {
          assert.ok(x >= -0.01 && y >= -0.01 && x + w <= size[0] + 0.01 && y + h <= size[1] + 0.01, `${grid} ${i}`);
        }
      }
      const places = Array.from({ length: patches }, (_, i) => inPicture(frame, i));
      const [x, y, w, h] = places[patches - 1];
      assert.equal(tokenIn(places, [x + w / 2, y + h / 2]), patches - 1);
      assert.equal(tokenIn(places, [-1, -1]), null);
    }
  });
}
