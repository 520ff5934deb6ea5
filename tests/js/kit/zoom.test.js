import assert from "node:assert/strict";
import { test } from "node:test";
import { everyNth, grownWidth, namesOf, tokenNames } from "../../../assets/components/kit/picture/zoom.js";

test("as many names as there is room for, in steps of 1, 2, 5, 10", () => {
  assert.equal(everyNth(14, 400, 18), 1);
  assert.equal(everyNth(14, 200, 18), 2);
  assert.equal(everyNth(197, 600, 18), 10);
  assert.equal(everyNth(32, 300, 40), 5);
  assert.equal(everyNth(3, 10, 100), 5); // one is left
  assert.deepEqual(
    namesOf(4, (i) => `row ${i + 1}`, 40, 18),
    [
      [0.125, "row 1"],
      [0.625, "row 3"],
    ],
  );
});

test("what grows fits into its window, with its words and the picture beside it", () => {
  const square = grownWidth([1400, 900], { aspect: 1 });
  assert.ok(square <= 900 && square > 800);
  assert.ok(grownWidth([1400, 900], { aspect: 1, extra: 100 }) === square - 100);
  const wide = grownWidth([1400, 900], { aspect: 3 });
  assert.ok(wide <= 1400 - 76 && wide > 1200); // full width, less the names at its left
  assert.ok(grownWidth([1400, 900], { aspect: 3, beside: true }) < wide);
  const phone = grownWidth([390, 844], { aspect: 1, beside: true });
  assert.ok(phone <= 390 - 34 && phone >= 330);
  assert.ok(phone < 844 * 0.56); // its picture lies below
});

test("a matrix of tokens has names for the one in front and for the first patch of every row", () => {
  const { rows, columns } = tokenNames({ prefix: ["[CLS]"], grid: [4, 4] }, 170, 170);
  assert.deepEqual(rows[0], [0.5 / 17, "[CLS]"]);
  assert.deepEqual(
    rows.slice(1).map(([, text]) => text),
    ["row 2", "row 3", "row 4"], // the first row's name would lie on the one in front
  );
  assert.equal(rows[1][0], 5.5 / 17);
  assert.ok(columns.length < rows.length); // names are wider than they are high
  assert.deepEqual(tokenNames({ prefix: [], grid: [2, 2] }, 400, 400).rows, [
    [0.125, "row 1"],
    [0.625, "row 2"],
  ]);
});
