// The answer before and after tokens are changed, in bars and in words.
import { el, put } from "../kit/dom.js";
import { four, percent } from "../kit/numbers/format.js";
import { followedNote } from "./parts.js";

const SWAP_AND_SHUFFLE =
  "Swap: the first of the chosen tokens changes places with the last, the second with the last but one, and so on. " +
  "Shuffle: every chosen token gets another’s row, in a random order that is the same every time.";
const WITH_THEIR_PLACES =
  "Once positions are added, a patch carries its place in its own row: changing places of rows changes the order of the sequence, " +
  "which nothing in the model looks at. What is left is rounding. ";

export function showAnswers({ data, answers, verdict, note }) {
  const { header, arrays } = data;
  const [old, now] = header.answers.length ? header.answers : [[], []];
  const names = new Set(old.map(([label]) => label));
  const all = [...old, ...now.filter(([label]) => !names.has(label))].sort((a, b) => b[2] - a[2]);
  answers.replaceChildren(...all.map(answerRow));
  put(
    verdict,
    arrays.chosen.length && !header.problem ? verdictOf(header, old, now) : "Nothing is changed yet: choose tokens on the left.",
  );
  const placed = header.way !== "zero" && header.stage >= 1 && arrays.chosen.every((token) => token >= header.prefix.length);
  put(note, `${placed ? WITH_THEIR_PLACES : ""}${SWAP_AND_SHUFFLE} ${followedNote(header)}`);
}

function answerRow([label, before, now, whole]) {
  return el(
    "div",
    { class: "row" },
    el("span", { class: "name", text: label, title: whole }),
    el("span", { title: `${before} → ${now}`, text: `${percent(before)} → ${percent(now)}` }),
    el("span", { class: "track" }, el("span", { class: "fill old", style: `width:${100 * before}%` })),
    el("span", { class: "track" }, el("span", { class: "fill", style: `width:${100 * now}%` })),
  );
}

function verdictOf(header, old, now) {
  if (header.label === null) return `Similarity of the features with the unchanged ones: ${four(header.left)}.`;
  const best = now[0]?.[0];
  const moved = header.moved !== null ? ` The largest change of any probability is ${four(header.moved)}.` : "";
  return `${best === old[0]?.[0] ? "It still says" : "It now says"} ${best}.${moved}`;
}
