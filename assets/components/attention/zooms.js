// What of the explorer can be enlarged: the map over the picture, the wall of heads, the matrix.
import { middleOf } from "../kit/grid.js";
import { linesTo, namesOf, namesOn, ROW_ROOM, tokenNames, zoomOf } from "../kit/picture/zoom.js";
import { KEY_COLOUR, QUERY_COLOUR } from "./draw.js";
import { headShown, pairOf, wallHere } from "./state.js";

/** Where key and query lie, with their colours; those without a place are left out. */
function placesOf(view) {
  const [query, key] = pairOf(view);
  const { header } = view.data;
  return [
    { colour: QUERY_COLOUR, at: middleOf(header, query) },
    { colour: KEY_COLOUR, at: middleOf(header, key) },
  ].filter(({ at }) => at);
}

/** What grows: the map and the wall of heads, and what the matrix needs for it. */
export function zoomsOf(view, { base, map, marks, wall, scene, axes, shownHead, pair, times }) {
  const says = () => `${shownHead.textContent}: ${pair.textContent}, ${times.textContent}`;
  const header = () => view.data.header;
  const picture = () => [base, map, marks];
  return {
    map: zoomOf(scene, {
      name: "Map over the picture",
      canvas: base,
      says,
      names: (width, height) => namesOn(header(), width, height),
      lines: () => {
        const [query, key] = pairOf(view).map((token) => token - header().prefix.length);
        return [...linesTo(header(), query, QUERY_COLOUR), ...linesTo(header(), key, KEY_COLOUR)];
      },
    }),
    wall: zoomOf(axes, {
      name: "Maps of the heads",
      canvas: wall,
      says,
      names: (width, height) => wallNames(view, width, height),
      beside: picture,
      lines: () => wallLines(view),
    }),
    matrix: (figure, canvas) =>
      zoomOf(figure, {
        name: "Attention matrix",
        canvas,
        says,
        names: (width, height) => tokenNames(header(), width, height),
        beside: picture,
        lines: () => matrixLines(view),
      }),
  };
}

function wallNames(view, width, height) {
  const { first, columns, rows } = wallHere(view);
  if (view.options.wall === "layer") {
    const { count } = wallHere(view);
    const row = (i) => `${i * columns + 1}–${Math.min(count, (i + 1) * columns)}`;
    return { rows: namesOf(rows, row, height, ROW_ROOM) };
  }
  return {
    rows: namesOf(rows, (i) => `layer ${first + i + 1}`, height, ROW_ROOM),
    columns: namesOf(columns, (i) => `head ${i + 1}`, width, 56),
  };
}

/** From the place of query and key in the tile that is shown to their patches. */
function wallLines(view) {
  const { layer, head } = headShown(view);
  const { first, count, columns, rows } = wallHere(view);
  const n = layer * view.data.header.heads + head - first;
  if (n < 0 || n >= count) return [];
  return placesOf(view).map(({ at: [down, across], colour }) => ({
    from: [(Math.floor(n / columns) + down) / rows, ((n % columns) + across) / columns],
    to: [down, across],
    colour,
  }));
}

/** From the query's row to its patch, and from the key's column to its own. */
function matrixLines(view) {
  const [query, key] = pairOf(view);
  const share = (token) => (token + 0.5) / view.data.heads.tokens;
  return placesOf(view).map(({ at, colour }) => ({
    from: colour === QUERY_COLOUR ? [share(query), 1] : [1, share(key)],
    to: at,
    colour,
  }));
}
