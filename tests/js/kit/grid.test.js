import assert from "node:assert/strict";
import { test } from "node:test";
import * as grid from "../../../assets/components/kit/grid.js";

const { cellAt, cellInside, clamp, patchName, samePlace, shareAt, stepToken, tokenAt, tokenName } = grid;

// A node 140 wide and 70 high at (10, 20), as the browser would tell its box.
const node = { getBoundingClientRect: () => ({ left: 10, top: 20, width: 140, height: 70 }) };
const at = (clientX, clientY) => ({ clientX, clientY });
const header = { prefix: ["[CLS]", "register 1"], grid: [7, 14] };

test("the pointer as shares of a node", () => {
  assert.deepEqual(shareAt(at(10, 20), node), [0, 0]);
  assert.deepEqual(shareAt(at(80, 90), node), [1, 0.5]);
});

test("the cell under the pointer, held inside the grid", () => {
  assert.deepEqual(cellAt(at(10, 20), node, [7, 14]), [0, 0]);
  assert.deepEqual(cellAt(at(29.9, 30), node, [7, 14]), [1, 1]);
  assert.deepEqual(cellAt(at(150, 90), node, [7, 14]), [6, 13]); // the far edge belongs to the last cell
  assert.deepEqual(cellAt(at(-50, 500), node, [7, 14]), [6, 0]);
});

test("no cell where the pointer has left the node", () => {
  assert.deepEqual(cellInside(at(15, 25), node, [7, 14]), [0, 0]);
  assert.equal(cellInside(at(150, 25), node, [7, 14]), null);
  assert.equal(cellInside(at(15, 19), node, [7, 14]), null);
});

test("the token under the pointer counts those before the patches", () => {
  assert.equal(tokenAt(at(10, 20), node, header), 2);
  assert.equal(tokenAt(at(149, 89), node, header), 2 + 7 * 14 - 1);
});

test("tokens are called by name, patches by row and column from 1", () => {
  assert.equal(tokenName(header, 0), "[CLS]");
  assert.equal(tokenName(header, 1), "register 1");
  assert.equal(tokenName(header, 2 + 14), "row 2, col 1");
  assert.equal(patchName([7, 14], 13), "row 1, col 14");
});

test("arrow keys walk the grid and reach the tokens before it", () => {
  const step = (token, key) => stepToken(header, token, key);
  assert.equal(step(2, "ArrowUp"), 1); // from the first row to the last prefix token
  assert.equal(step(1, "ArrowDown"), 2);
  assert.equal(step(0, "ArrowLeft"), 0);
  assert.equal(step(20, "ArrowDown"), 34);
  assert.equal(step(34, "ArrowUp"), 20);
  assert.equal(step(99, "ArrowRight"), 99); // the last patch
  assert.equal(step(99, "ArrowDown"), 99);
  assert.equal(step(50, "Home"), 0);
  assert.equal(step(50, "End"), 99);
  assert.equal(step(50, "Enter"), null);
});

test("a value is held between two others", () => {
  assert.deepEqual(
    [-1, 0.5, 7].map((value) => clamp(value, 0, 3)),
    [0, 0.5, 3],
  );
});

test("a patch keeps its place in another grid, a token before the patches stays", () => {
  assert.equal(samePlace(1, 2, [14, 14], [7, 7]), 1);
  assert.equal(samePlace(2 + 13 * 14 + 13, 2, [14, 14], [7, 7]), 2 + 48);
  assert.equal(samePlace(2 + 9 * 14 + 4, 2, [14, 14], [13, 20]), 2 + 8 * 20 + 6);
  for (let token = 0; token < 198; token++) assert.equal(samePlace(token, 2, [14, 14], [14, 14]), token);
});
