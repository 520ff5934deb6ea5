// Which tokens see each other in a variant of attention, and what that costs: the browser's copy of
// `vit_core.study.efficiency.attention_variants`.

/** Along one side of the grid: does place i see place j? */
export function seesAlong(kind, size, i, j) {
  if (kind === "windows") return Math.floor(i / size) === Math.floor(j / size);
  if (kind === "neighbourhood") return Math.abs(i - j) <= size;
  if (kind === "strided") return i % size === j % size;
  return true;
}

/** Does token `query` see token `key`? `front` tokens stand before the patches; they see all and are seen by all. */
export function seesToken(kind, size, cols, front, query, key) {
  if (query < front || key < front) return true;
  const [q, k] = [query - front, key - front];
  return seesAlong(kind, size, Math.floor(q / cols), Math.floor(k / cols)) && seesAlong(kind, size, q % cols, k % cols);
}

/** How many pairs of places along one side see each other. */
export function pairsAlong(kind, size, count) {
  const [whole, rest] = [Math.floor(count / size), count % size];
  if (kind === "windows") return whole * size ** 2 + rest ** 2;
  if (kind === "strided") return rest * (whole + 1) ** 2 + (size - rest) * whole ** 2;
  if (kind !== "neighbourhood") return count ** 2;
  const reach = Math.min(size, count - 1);
  return count * (2 * reach + 1) - reach * (reach + 1);
}

/** Pairs of tokens that see each other. */
export function pairsIn(kind, size, [rows, cols], front) {
  return pairsAlong(kind, size, rows) * pairsAlong(kind, size, cols) + 2 * front * rows * cols + front ** 2;
}

/** One layer's multiply-accumulates of scores and weighted values. `model`: dim, heads, headDim. */
export function sightMacs(kind, size, grid, front, model) {
  if (kind === "linear") return (grid[0] * grid[1] + front) * model.dim * (2 * model.headDim + 1);
  return 2 * model.dim * pairsIn(kind, size, grid, front);
}

/** Numbers that one layer holds between q, k, v and the heads' outputs, where they are stored. */
export function sightStored(kind, size, grid, front, model) {
  return kind === "linear" ? model.dim * (model.headDim + 1) : model.heads * pairsIn(kind, size, grid, front);
}
