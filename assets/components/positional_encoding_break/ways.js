// The ways to change the rows that are added: which one is chosen, and the rows of each.
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { PositionRows, fillSincos1d, fillSincos2d } from "../positional_encoding/math.js";

export const WAYS = {
  kept: ["kept", "Every patch gets the learned row of its own place."],
  zeroed: [
    "zeroed",
    "Nothing is added. Without positions the order is lost: every order of the patches gives the same answer, and this is one of them.",
  ],
  shuffled: [
    "shuffled",
    "Learned rows, given to the wrong patches. That is the same as shuffling the picture: this is what the model now reads.",
  ],
  sincos2d: [
    "2D sine-cosine",
    "A rule’s rows, as long as the learned ones on average. They tell all places apart, but this model has never learned to read them.",
  ],
  sincos1d: [
    "1D sine-cosine",
    "A rule’s rows for the place in the sequence, as long as the learned ones on average. This model has never learned to read them.",
  ],
  random: ["random", "Random rows, as long as the learned ones on average. Every place has its mark, and no two are related."],
};

export const wayOf = () => fromView("positional_encoding_break", "broken");
export const countOf = (view) => view.data.header.grid[0] * view.data.header.grid[1];

const exampleToken = (view) =>
  view.data.header.prefix.length +
  Math.floor(view.data.header.grid[0] / 4) * view.data.header.grid[1] +
  Math.floor(view.data.header.grid[1] / 4);

export const tokenOf = (view) =>
  view.hovered ??
  (store.selection.token >= view.data.header.prefix.length && store.selection.token < view.data.header.prefix.length + countOf(view)
    ? store.selection.token
    : exampleToken(view));

export function rowsOf(header, arrays) {
  const { dim, grid, posPrefix } = header;
  const lead = posPrefix.length;
  const size = grid[0] * grid[1] * dim;
  const patches = (fill) => {
    const rows = new Float32Array(lead * dim + size);
    rows.set(arrays.learned.subarray(0, lead * dim));
    fill(rows.subarray(lead * dim));
    return new PositionRows(rows, dim, lead, grid);
  };
  const learned = arrays.learned.subarray(lead * dim);
  return {
    kept: new PositionRows(arrays.learned, dim, lead, grid),
    zeroed: patches(() => {}),
    shuffled: patches((out) => arrays.order.forEach((from, to) => out.set(learned.subarray(from * dim, (from + 1) * dim), to * dim))),
    sincos2d: patches((out) => fillSincos2d(out, grid[0], dim)),
    sincos1d: patches((out) => fillSincos1d(out, grid[0] * grid[1], dim)),
    random: patches((out) => out.set(arrays.random)),
  };
}

// Where patch i stands in the picture that the model reads: with shuffled rows it has the row of another place.
export const placeOf = (view, patch) => (wayOf() === "shuffled" || wayOf() === "zeroed" ? view.data.arrays.order[patch] : patch);

export function patchAt(view, cell) {
  return wayOf() === "shuffled" || wayOf() === "zeroed" ? view.data.arrays.order.indexOf(cell) : cell;
}

export function chooseWay(view, name) {
  store.commit({ view: withView("positional_encoding_break", { broken: name }) });
  view.draw();
}
