// What is said of two pictures' patches.
import { patchName } from "../kit/grid.js";
import { ROWS, cosine } from "../features/words.js";
import { countMutual, isMutual } from "./matches.js";

export const LINES = { mutual: "mutual matches", all: "all matches", one: "this one" };

export function titleOf({ layer, rows, content, titles }) {
  return `Best matches: ${titles.join(" and ")}, layer ${layer + 1}, ${ROWS[rows]}${content ? ", position removed" : ""}`;
}

export function factsOf({ header, arrays }, { side, patch, match }, value) {
  const mutual = side ? arrays.there[match] === patch : arrays.back[match] === patch;
  const mean = arrays.cosines.reduce((sum, one) => sum + one, 0) / arrays.cosines.length;
  return [
    [header.titles[side], patchName(header.grid, patch)],
    [header.titles[1 - side], patchName(header.grid, match)],
    ["cosine", cosine(value)],
    ["mutual", mutual ? "yes" : "no"],
    ["mutual matches", `${countMutual(arrays)} of ${arrays.there.length}`],
    ["mean of all best cosines", cosine(mean), mean],
  ];
}

export function noteOf({ titles }) {
  return (
    "Point at either picture: the other shows how alike each of its patches is, red for alike, blue for opposite. A line leads from a " +
    `patch of ${titles[0]} to the patch of ${titles[1]} that is most like it. A match is mutual where each is the other’s best.`
  );
}

/** The rows of the figure's table: each patch, its best match, their cosine, and whether it is mutual. */
export function matchRows({ header: { grid }, arrays }) {
  const place = (patch) => [Math.floor(patch / grid[1]) + 1, (patch % grid[1]) + 1];
  const rows = Array.from(arrays.there, (match, patch) => [
    ...place(patch),
    ...place(match),
    arrays.cosines[patch],
    isMutual(arrays, patch) ? 1 : 0,
  ]);
  return [["row", "column", "row of the match", "its column", "cosine", "mutual"], ...rows];
}
