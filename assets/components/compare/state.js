// What the comparison shows: mode, stage or heads, and the token in question on both sides.
import { patchName } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { patchesBeside, tokenBeside } from "./math.js";

export const commit = (changes) => store.commit({ view: withView("compare", changes) });

/** Whether residual streams are compared; else it is attention. */
export const streams = ({ data }) => data.header.mode === "stream";

/** Whether left rows can be compared with right ones: they have as many numbers. */
export const comparable = ({ data: { header } }) => header.left.dim === header.right.dim;

/** Whether the third picture shows how alike left and right are, place by place. */
export const placesShown = (view) => streams(view) && comparable(view) && fromView("compare", "third") === "places";

/** The stage of the stream, as its place in the list of stages that are sent. */
export function stageOf({ data }) {
  const last = data.header.left.stages.length - 1;
  return fromView("compare", "stage", { stages: last }) ?? last;
}

export function stageName(view, side) {
  const at = side.stages[stageOf(view)];
  return at === 0 ? "before the first layer" : `after layer ${at} of ${side.depth}`;
}

/** The heads on the left and on the right, the latter at the same share of its row; null for the mean of all. */
export function headsOf({ data: { header } }) {
  if (fromView("compare", "mean")) return [null, null];
  const { head } = selected(header.left);
  return [head, Math.floor((head * header.right.heads) / header.left.heads)];
}

/** The token in question on the left and on the right; null where the right has none like it. */
export function tokensOf({ data: { header }, spot }) {
  const { left, right } = header;
  if (spot?.side === 1) {
    const patch = patchesBeside(right.grid, left.grid)[spot.patch];
    return [left.prefix.length + patch, right.prefix.length + spot.patch];
  }
  const token = spot ? left.prefix.length + spot.patch : selected(left).token;
  return [token, tokenBeside(left, right, token)];
}

export function nameOf(side, token) {
  if (token === null) return "none";
  return token < side.prefix.length ? side.prefix[token] : patchName(side.grid, token - side.prefix.length);
}

/** Both sides' values on their own patches, and the right one's on the left grid. Attention on a larger patch counts for its area. */
export function valuesOf(view) {
  const { sides, places } = view.data;
  const pair = tokensOf(view);
  const at = streams(view) ? [stageOf(view), stageOf(view)] : headsOf(view);
  const own = sides.map((side, i) => (pair[i] === null ? null : side.row(pair[i], at[i])));
  const patches = own.map((row, i) => row?.subarray(sides[i].facts.prefix.length) ?? null);
  const scale = streams(view) ? 1 : places.ratio;
  const moved = patches[1] === null ? null : Float32Array.from(places.list, (place) => patches[1][place] * scale);
  const spots = pair.map((token, i) => (token === null ? -1 : token - sides[i].facts.prefix.length)).map((p) => (p < 0 ? null : p));
  return { pair, own, patches, moved, scale, spots };
}
