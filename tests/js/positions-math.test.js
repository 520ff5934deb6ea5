import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PositionRows,
  PositionTables,
  fillSincos1d,
  fillSincos2d,
  rootMeanSquare,
} from "../../assets/components/positional_encoding/math.js";

const close = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-6, `${found} where ${wanted} is expected`);

test("sine and cosine of column and row, at frequencies from 1 to 1/10000", () => {
  const out = new Float32Array(4 * 8);
  fillSincos2d(out, 2, 8);
  const last = out.subarray(3 * 8); // row 1, column 1
  const small = 1 / 10000;
  [Math.sin(1), Math.sin(small), Math.cos(1), Math.cos(small)].forEach((value, i) => {
    close(last[i], value);
    close(last[4 + i], value);
  });
  assert.deepEqual([...out.subarray(0, 8)], [0, 0, 1, 1, 0, 0, 1, 1]);
});

test("sine and cosine along one sequence take turns", () => {
  const out = new Float32Array(3 * 4);
  fillSincos1d(out, 3, 4);
  [Math.sin(2), Math.cos(2), Math.sin(2 / 100), Math.cos(2 / 100)].forEach((value, i) => close(out[8 + i], value));
});

test("similarity is a cosine; a row of zeros is similar to nothing", () => {
  const rows = new PositionRows(Float32Array.of(3, 4, 4, 3, 0, 0), 2, 0, [1, 3]);
  close(rows.similarity(0, 1), 24 / 25);
  assert.equal(rows.similarity(0, 2), 0);
  close(rows.norms[0], 5);
  const matrix = rows.matrix();
  [1, 24 / 25, 0].forEach((value, i) => close(matrix[i], value));
  assert.deepEqual([...rows.row(1)], [...matrix.subarray(3, 6)]);
});

test("a learned table is resized by one matrix along the rows and one along the columns", () => {
  const header = { dim: 1, posPrefix: ["[CLS]"], nativeGrid: [2, 2], sides: [1] };
  const mean = Float32Array.of(0.5, 0.5);
  const arrays = {
    table: Float32Array.of(9, 1, 2, 3, 6),
    toRows: mean,
    toCols: mean,
    fromRows: Float32Array.of(1, 1),
    fromCols: Float32Array.of(1, 1),
  };
  const tables = new PositionTables(header, { ...arrays, errors: Float32Array.of(0.1, 0.2, 0.3, 0.4) });
  assert.deepEqual([...tables.at("learned", null).rows], [9, 1, 2, 3, 6]);
  assert.deepEqual([...tables.at("learned", 1).rows], [9, 3]); // [CLS] stays, the four become their mean
  assert.deepEqual([...tables.roundTrip("learned", 1).rows], [9, 3, 3, 3, 3]);
  assert.equal(tables.errors(1).length, 4);
  assert.equal(tables.at("learned", 1), tables.at("learned", 1)); // made once
});

test("the root mean square", () => close(rootMeanSquare([3, -4]), Math.sqrt(12.5)));
