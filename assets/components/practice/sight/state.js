// What the view of sight shows: kinds of attention, the sizes of the grid, and the query.
import { store } from "../../kit/store.js";

export const KINDS = { full: "full", windows: "windows", neighbourhood: "neighbourhood", strided: "strided", linear: "linear" };
export const SIGHT_COLOURS = { full: "#d55e00", windows: "#0072b2", neighbourhood: "#009e73", strided: "#cc79a7", linear: "#e69f00" };

export const colsOf = ({ data }) => data.header.grid[1];
/** Tokens in front of the patches. */
export const frontOf = ({ data }) => data.header.prefix.length;
/** All tokens. */
export const countOf = (view) => frontOf(view) + view.data.header.grid[0] * colsOf(view);
/** The size of the chosen kind, or of another; 1 where it has none. */
export const sizeOf = ({ setting }, kind = setting.kind) => setting.sizes[kind] ?? 1;

/** The token under the pointer, or the chosen one; the middle patch where [CLS] is chosen. */
export function queryOf(view) {
  const cols = colsOf(view);
  const middle = frontOf(view) + Math.floor(view.data.header.grid[0] / 2) * cols + Math.floor(cols / 2);
  return Math.min(countOf(view) - 1, view.hovered ?? (store.selection.token || middle));
}
