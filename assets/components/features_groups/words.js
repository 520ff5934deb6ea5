// What is said of groups, of what patches would say, and of a layer.
import { minus, percent } from "../kit/numbers/format.js";
import { patchName } from "../kit/grid.js";
import { ROWS } from "../features/words.js";
import { TINTS, countsOf } from "./tints.js";

const MOST = 7; // classes that are told one by one

export function titleOf({ rows, content, groups }, layer) {
  return `${groups} groups: layer ${layer + 1}, ${ROWS[rows]}${content ? ", position removed" : ""}`;
}

const patches = (count) => `${count} patch${count === 1 ? "" : "es"}`;
const index = (value) => (value === null ? "—" : minus(value.toFixed(2)));

const inOrder = (kinds) => countsOf(kinds).sort(([one], [other]) => one - other);

export const groupFacts = (kinds) => inOrder(kinds).map(([kind, count]) => [`group ${kind + 1}`, patches(count)]);

/** The kinds of `groupFacts`' rows, for their colours. */
export const groupKinds = (kinds) => inOrder(kinds).map(([kind]) => kind);

export function answerFacts({ labels }, kinds) {
  const counts = countsOf(kinds);
  const rest = counts.slice(MOST);
  const told = counts.slice(0, MOST).map(([kind, count]) => [labels[kind], patches(count)]);
  const others = rest.reduce((sum, [, count]) => sum + count, 0);
  return others ? [...told, [`${rest.length} other class${rest.length === 1 ? "" : "es"}`, patches(others)]] : told;
}

/** The kinds of `answerFacts`' rows, for their colours; what is summed up has none of its own. */
export const answerKinds = (kinds) => {
  const counts = countsOf(kinds);
  return [...counts.slice(0, MOST).map(([kind]) => kind), ...(counts.length > MOST ? [TINTS.length] : [])];
};

export function layerFacts({ parted, before, withAnswers, noClasses }, layer) {
  const rows = [
    ["variance between groups", parted[layer] === null ? "—" : percent(parted[layer]), parted[layer] ?? ""],
    [`Rand index with layer ${layer || "before"}`, index(before[layer]), before[layer] ?? ""],
  ];
  return noClasses ? rows : [...rows, ["Rand index with what patches say", index(withAnswers[layer]), withAnswers[layer] ?? ""]];
}

export function pointedFacts({ grid, labels, noClasses }, { patch, groups, answers, probability }) {
  const rows = [
    ["patch", patchName(grid, patch)],
    ["group", groups[patch] < 0 ? "—" : String(groups[patch] + 1)],
  ];
  if (noClasses) return rows;
  if (answers[patch] < 0) return [...rows, ["would say", "—"], ["with", "—"]];
  return [...rows, ["would say", labels[answers[patch]]], ["with", percent(probability), probability]];
}

export function noteOf({ noClasses, groups }) {
  return (
    `By k-means, patches whose rows point the same way come into one of ${groups} groups, in each layer anew; a group has the colour of ` +
    "the one in the layer before with which it shares most patches. It knows no classes. " +
    (noClasses ??
      "Beside it, the classifier reads every patch’s row as it will read the picture’s in the end: no patch was trained to answer.")
  );
}
