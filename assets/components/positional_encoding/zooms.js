// What of the positions can be enlarged: the map of one, and all of them as a wall or as a matrix.
import { middleOf } from "../kit/grid.js";
import { COLUMN_ROOM, namesOf, ROW_ROOM, tokenNames, zoomOf } from "../kit/picture/zoom.js";
import { cellOf, otherOf, rowsOf } from "./place.js";
import { wallSize } from "./story.js";

const [ONE, OTHER] = ["#0072b2", "#d55e00"];

/** The tokens that have a position here, and the grid of the others. */
const tokensOf = (view) => ({ prefix: view.data.header.posPrefix, grid: rowsOf(view).grid });

export function zoomsOf(view, scene) {
  const says = () => `${view.mapTitle.textContent}; ${view.paneTitle.textContent}`;
  return [
    zoomOf(scene, {
      name: "Map of one position",
      canvas: view.map,
      says: () => view.mapTitle.textContent,
      names: (width, height) => gridNames(rowsOf(view).grid, width, height),
      lines: () => onMap(view),
    }),
    zoomOf(view.frame, {
      name: "All positions",
      canvas: view.wall,
      says,
      names: (width, height) => (view.place.pane === "wall" ? wallNames(view, width, height) : tokenNames(tokensOf(view), width, height)),
      beside: () => [view.map, view.marks],
      lines: () => (view.place.pane === "wall" ? fromWall(view) : fromMatrix(view)),
    }),
  ];
}

const gridNames = ([rows, columns], width, height) => ({
  rows: namesOf(rows, (i) => `row ${i + 1}`, height, ROW_ROOM),
  columns: namesOf(columns, (i) => i + 1, width, COLUMN_ROOM),
});

/** The wall's rows begin below the maps of the tokens in front. */
function wallNames(view, width, height) {
  const { top, height: whole } = wallSize(rowsOf(view));
  const { rows, columns } = gridNames(rowsOf(view).grid, width, height * (1 - top / whole));
  return { rows: rows.map(([share, text]) => [(top + share * (whole - top)) / whole, text]), columns };
}

/** The position that is shown, and the one that it is compared with, where they have a place. */
function places(view) {
  const here = cellOf(view);
  const found = [
    { token: here, colour: ONE },
    { token: otherOf(view, here), colour: OTHER },
  ];
  return found.map((one) => ({ ...one, at: middleOf(tokensOf(view), one.token) })).filter(({ at }) => at);
}

const onMap = (view) =>
  places(view)
    .slice(0, 1)
    .flatMap(({ at: [down, across], colour }) => [
      { from: [down, 0], to: [down, across], colour },
      { from: [0, across], to: [down, across], colour },
    ]);

function fromWall(view) {
  const { top, height } = wallSize(rowsOf(view));
  return places(view)
    .slice(0, 1)
    .map(({ at: [down, across], colour }) => ({
      from: [(top + down * (height - top)) / height, across],
      to: [down, across],
      colour,
    }));
}

function fromMatrix(view) {
  const share = (token) => (token + 0.5) / rowsOf(view).count;
  return places(view).map(({ token, at, colour }) => ({
    from: colour === ONE ? [share(token), 1] : [1, share(token)],
    to: at,
    colour,
  }));
}
