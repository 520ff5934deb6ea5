// What the page says of the rows that are looked at, and of a token among the others.
import { minus } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";

export const ROWS = { stream: "stream", query: "queries", key: "keys", value: "values", update: "update" };

const MEANING = {
  stream: "The residual stream after this layer: what each token has become.",
  query: "The layer’s queries, all heads side by side: what each token looks for.",
  key: "The layer’s keys, all heads side by side: by what each token can be found.",
  value: "The layer’s values, all heads side by side: what each token hands over.",
  update: "What this layer’s block adds to the stream, attention and MLP together.",
};

/** What the rows are, and what was taken from them. */
export function meaningOf({ rows, content, pictures }) {
  const without = content ? ` From each token the mean over the gallery’s ${pictures} pictures at its place is subtracted.` : "";
  return `${MEANING[rows]}${without}`;
}

/** A cosine with the three decimals that half precision leaves. */
export const cosine = (value) => minus(value.toFixed(3));

/** Facts of a token: the patches most and least like it, the mean, and how like it is to the tokens in front. */
export function factsOf(header, token, values, others) {
  const first = header.prefix.length;
  const at = (patch) => (patch === null ? "no other patch" : `${tokenName(header, first + patch)} · ${cosine(values[first + patch])}`);
  return [
    ["token", tokenName(header, token)],
    ["most alike", at(others.most)],
    ["least alike", at(others.least)],
    ["mean of the other patches", others.mean === null ? "—" : cosine(others.mean)],
    ...header.prefix.map((name, i) => [`${name}, its cosine`, cosine(values[i])]),
  ];
}
