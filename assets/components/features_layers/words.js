// What is said of layers beside each other.
import { commas, minus } from "../kit/numbers/format.js";
import { ROWS } from "../features/words.js";

/** CKA with the decimals that some thousand tokens give; a dash where it is not known. */
export const cka = (value) => (Number.isNaN(value) ? "—" : minus(value.toFixed(3)));

export const titleOf = ({ rows, names }) => `How alike layers are (CKA): ${ROWS[rows]} of ${names.join(" and ")}`;

export function headOf({ names }, side) {
  return side ? `Rows: layers of ${names[0]}, the first on top; columns: of ${names[1]}` : `Layers of ${names[0]}, the first on top left`;
}

export function restsOn({ pictures, ofPictures, patches }) {
  if (!pictures) return "No picture has been compared yet.";
  const sofar = pictures < ofPictures ? ` so far, of ${ofPictures}` : "";
  return `It rests on ${commas(pictures * patches)} tokens: ${patches} patches of each of ${pictures} pictures${sofar}.`;
}

/** The column with the largest value in a row; of equals, and where none is known, the first. */
export function bestBeside(values, columns, row) {
  let best = 0;
  for (let at = 1; at < columns; at++) if (values[row * columns + at] > values[row * columns + best]) best = at;
  return best;
}

export function factsOf({ names, depths }, parts, { side, row, column }) {
  const rows = [
    [names[0], `layer ${row + 1}`],
    [side ? names[1] : "with its own", `layer ${column + 1}`],
    ["CKA", cka(parts[side][row * depths[side] + column])],
  ];
  if (names.length < 2) return rows;
  const best = bestBeside(parts[1], depths[1], row);
  return [...rows, [`most like layer ${row + 1} in ${names[1]}`, `layer ${best + 1} · ${cka(parts[1][row * depths[1] + best])}`]];
}

export function noteOf({ said }) {
  return (
    "Two layers are alike where the same patches are alike to each other in both; how rows are turned or scaled does not matter. Below, " +
    "one part of that on this picture: how alike each patch is to the chosen one in the two layers, red for alike, blue for opposite. " +
    said.join(" ")
  );
}
