// What has to be known to read a comparison: what is compared, how left and right are matched, and what cannot be.
import { four } from "../kit/numbers/format.js";
import { comparable, streams } from "./state.js";

const ALIKE =
  "The maps show how alike the rows of the residual stream are to the row of the chosen token, on its own side: cosine similarity, " +
  "1 for the same direction.";
const TWO_TRAININGS =
  " Two models read their rows alike only if they come from one training; otherwise it stays near 0 whatever they know.";

export function noteOf(view) {
  const { said } = view.data.header;
  return [...said, ...(streams(view) ? ofStreams(view) : []), ...ofMatching(view), ...ofGrids(view)].join(" ");
}

function ofStreams(view) {
  const { left, right, sameRows } = view.data.header;
  const under = "Numbers under the layers: similarity of left with right in the same place, mean over the patches.";
  const apart =
    `The rows have ${left.dim} and ${right.dim} numbers: ` + "left and right cannot be compared with each other, only each with itself.";
  const all = left.depth + 1;
  const few = `Of ${all} stages ${left.stages.length} are shown: more would be too much to send.`;
  return [ALIKE, comparable(view) ? `${under}${sameRows ? "" : TWO_TRAININGS}` : apart, ...(left.stages.length < all ? [few] : [])];
}

function ofMatching(view) {
  const { left, right, differs } = view.data.header;
  const found = [];
  if (left.depth !== right.depth)
    found.push(`Layers are matched by relative depth: ${left.depth} on the left, ${right.depth} on the right.`);
  if (streams(view)) return found;
  if (left.heads !== right.heads)
    found.push(`Heads are matched by their share of the row, ${left.heads} and ${right.heads}: they have no kinship.`);
  else if (differs === "model") found.push("Heads of two models share a number, not a task, unless they come from one training.");
  return found;
}

function ofGrids(view) {
  const { left, right } = view.data.header;
  const [one, other] = [left, right].map(({ grid }) => grid.join(" × "));
  if (one === other) return [];
  const differ = `The grids differ, ${one} and ${other}: for the difference each left patch takes the right patch around its centre.`;
  if (streams(view)) return [differ];
  const { ratio } = view.data.places;
  return [differ, `Weights on the right are shown for an area as large as a left patch: times ${four(ratio)}.`];
}
