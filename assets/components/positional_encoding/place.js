// Where the explorer stands: the position that is looked at, the one it is compared with, and what the link keeps of both.
import { store } from "../kit/store.js";
import { selected, withView } from "../kit/view.js";

export const ENCODINGS = { learned: "learned", sincos2d: "2D sin-cos", sincos1d: "1D sin-cos", random: "random", none: "none" };

// A position is a row of the table at the slider's grid; the shared selection names a token of the picture's own grid.

export const prefixOf = (view) => view.data.header.posPrefix.length;

export const sideOf = (view) =>
  Math.max(view.data.header.sides[0], Math.min(view.data.header.sides.at(-1), view.place.side ?? view.data.header.grid[0]));
export const rowsOf = (view) => view.data.tables.at(view.place.enc, sideOf(view));
export const encName = (view) =>
  view.place.enc.startsWith("snapshot-") ? view.data.header.snapshots[+view.place.enc.slice(9)].label : ENCODINGS[view.place.enc];

function fromToken(view, token) {
  const { header } = view.data;
  if (token < header.prefix.length) return Math.max(0, header.posPrefix.indexOf(header.prefix[token]));
  const patch = token - header.prefix.length;
  const scaled = (index, of) => Math.min(sideOf(view) - 1, Math.floor(((index + 0.5) * sideOf(view)) / of));
  return (
    prefixOf(view) +
    scaled(Math.floor(patch / header.grid[1]), header.grid[0]) * sideOf(view) +
    scaled(patch % header.grid[1], header.grid[1])
  );
}

function toToken(view, cell) {
  const { header } = view.data;
  if (cell < prefixOf(view)) return header.prefix.indexOf(header.posPrefix[cell]);
  const patch = cell - prefixOf(view);
  const scaled = (index, of) => Math.floor(((index + 0.5) * of) / sideOf(view));
  return (
    header.prefix.length +
    scaled(Math.floor(patch / sideOf(view)), header.grid[0]) * header.grid[1] +
    scaled(patch % sideOf(view), header.grid[1])
  );
}

export function heldCell(view) {
  const token = selected(view.data.header).token;
  if (view.place.at !== null && view.place.at < prefixOf(view) + sideOf(view) ** 2 && toToken(view, view.place.at) === token)
    return view.place.at;
  // Until one is chosen, there is a place to start with.
  return token > 0 ? fromToken(view, token) : prefixOf(view) + Math.floor(sideOf(view) / 4) * (sideOf(view) + 1);
}

export const cellOf = (view) => view.compared?.[0] ?? (view.place.hold || view.hovered === null ? heldCell(view) : view.hovered);

const EQUAL = 1e-6; // of similarities that differ by no more, the first is the nearest: rules give several positions the very same one

export function otherOf(view, here = cellOf(view)) {
  if (view.compared) return view.compared[1];
  if (view.place.hold && view.hovered !== null && view.hovered !== here) return view.hovered;
  const values = rowsOf(view).row(here);
  let best = -1;
  for (let i = prefixOf(view); i < values.length; i++) if (i !== here && (best < 0 || values[i] > values[best] + EQUAL)) best = i;
  return best;
}

export function positionName(view, p) {
  return p < prefixOf(view)
    ? view.data.header.posPrefix[p]
    : `row ${Math.floor((p - prefixOf(view)) / sideOf(view)) + 1}, col ${((p - prefixOf(view)) % sideOf(view)) + 1}`;
}

export function keep(view, changes, quietly = false) {
  view.place = { ...view.place, ...changes };
  store[quietly ? "preview" : "commit"]({ view: withView("positional_encoding", view.place) });
  view.draw();
}

export function choose(view, p, changes = {}, quietly = false) {
  const token = toToken(view, p);
  view.place = { ...view.place, ...changes, at: null };
  if (token === 0 || fromToken(view, token) !== p) view.place.at = p;
  store[quietly ? "preview" : "commit"]({ token, view: withView("positional_encoding", view.place) });
  view.draw();
}
