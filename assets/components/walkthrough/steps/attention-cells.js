// What is laid open for a cell of each matrix of one head: a row, a column, what is added, and the value that the model holds.
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";

const rowAt = (rows, n, r) => rows.subarray(r * n, (r + 1) * n);
const columnAt = (rows, cols, c) => Float32Array.from({ length: rows.length / cols }, (_, r) => rows[r * cols + c]);

/** The products of the cell in `row` and `col` of the matrix `name`, as a product card shows them. */
export function cellOf(view, name, row, col) {
  const cell = { ...view.ctx.part, found: view.found, sums: view.sums, head: view.number, name, row, col };
  cell.rowName = tokenName(cell.header, row);
  return MAKERS[name](cell);
}

const MAKERS = {
  x: streamCell,
  norm: normedCell,
  q: projectedCell,
  k: projectedCell,
  v: projectedCell,
  dots: scoreCell,
  scaled: scoreCell,
  weights: shareCell,
  mixed: mixedCell,
  update: updateCell,
  sum: updateCell,
};

function streamCell({ header, arrays, row, col, rowName }) {
  const value = arrays.resid[row * header.dim + col];
  return {
    title: `x of ${rowName}, number ${col + 1}`,
    a: [value],
    b: [1],
    aName: "the value itself",
    bName: "one",
    bias: 0,
    value,
    key: `resid:${header.layer}:${row}:${col}`,
  };
}

function normedCell({ header, arrays, row, col, rowName }) {
  const { dim } = header;
  const x = rowAt(arrays.resid, dim, row);
  const mean = x.reduce((a, b) => a + b, 0) / dim;
  const spread = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / dim + header.eps);
  return {
    title: `Normalised ${rowName}, number ${col + 1}`,
    a: [(x[col] - mean) / spread],
    b: [arrays.gamma[col]],
    aName: `(x − ${four(mean)}) ÷ ${four(spread)}`,
    bName: "the learned factor γ",
    bias: arrays.beta[col],
    value: arrays.norm[row * dim + col],
    key: `norm1:${header.layer}:${row}:${col}`,
  };
}

function projectedCell({ header, arrays, found, head, name, row, col, rowName }) {
  const { dim, layer } = header;
  const out = { q: 0, k: 1, v: 2 }[name] * dim + head * found.size + col;
  return {
    title: `${name} of ${rowName}, number ${col + 1}`,
    a: rowAt(arrays.norm, dim, row),
    b: rowAt(arrays.wQkv, dim, out),
    aName: "the normalised token",
    bName: `a column of W for ${name}`,
    bias: arrays.bQkv[out],
    value: found[name][row * found.size + col],
    key: `${name}:${layer}:${head}:${row}:${col}`,
  };
}

/** q of the row's token times k of the column's; `name` is the matrix the value stands in. */
function scoreCell({ header, found, head, name, row, col, rowName }) {
  const { q, k, size, total } = found;
  const other = tokenName(header, col);
  return {
    title: `${rowName} asks, ${other} answers`,
    a: rowAt(q, size, row),
    b: rowAt(k, size, col),
    aName: `q of ${rowName}`,
    bName: `k of ${other}`,
    value: found[name][row * total + col],
    key: `${name}:${header.layer}:${head}:${row}:${col}`,
    after: name === "scaled" ? { text: `÷ √${size}`, apply: (s) => s / Math.sqrt(size) } : null,
  };
}

function shareCell(cell) {
  const { size, scaled, total } = cell.found;
  const exps = rowAt(scaled, total, cell.row).reduce((s, x) => s + Math.exp(x), 0);
  return {
    ...scoreCell(cell),
    title: `Share of ${tokenName(cell.header, cell.col)} for ${cell.rowName}`,
    after: { text: `÷ √${size}, exp, ÷ ${four(exps)} (the row’s sum)`, apply: (s) => Math.exp(s / Math.sqrt(size)) / exps },
  };
}

function mixedCell({ header, found, head, row, col, rowName }) {
  const { weights, v, out, size, total } = found;
  return {
    title: `The mix of head ${head + 1} for ${rowName}, number ${col + 1}`,
    a: rowAt(weights, total, row),
    b: columnAt(v, size, col),
    aName: "the shares",
    bName: `number ${col + 1} of every v`,
    value: out[row * size + col],
    key: `headOut:${header.layer}:${head}:${row}:${col}`,
  };
}

/** What attention adds to a token, and for the matrix of sums the token with it. */
function updateCell({ header, arrays, sums, name, row, col, rowName }) {
  const { dim, layer } = header;
  const summed = name === "sum";
  const plus = summed ? arrays.resid[row * dim + col] : 0;
  const gamma = arrays.scale[col];
  const words = [gamma === 1 ? "" : `× γ ${four(gamma)}`, summed ? `+ x ${four(plus)}` : ""].filter(Boolean).join(" ");
  return {
    title: `${summed ? "What leaves" : "What is added"}: ${rowName}, number ${col + 1}`,
    a: rowAt(arrays.headOut, dim, row),
    b: rowAt(arrays.wOut, dim, col),
    aName: "all heads side by side",
    bName: "a column of W for the output",
    bias: arrays.bOut[col],
    value: (summed ? sums : arrays.update)[row * dim + col],
    key: `${summed ? "residMid" : "attnUpdate"}:${layer}:${row}:${col}`,
    after: words ? { text: words, apply: (s) => gamma * s + plus } : null,
  };
}
