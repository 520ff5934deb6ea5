// What is told of the token under the pointer: what it draws on, or how long it is.
import { evenText, four } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { median } from "../kit/numbers/statistics.js";

/** What a token draws on, itself and the tokens in front among it: facts of its row. */
export function drawnOn(header, token, values) {
  const strongest = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  return [
    ["token", tokenName(header, token)],
    ["draws most on", tokenName(header, strongest)],
    ["share", `${four(values[strongest])} · ${evenText(values[strongest], values.length)}`, values[strongest]],
    ...header.prefix.map((name, i) => [`share of ${name}`, `${four(values[i])} · ${evenText(values[i], values.length)}`, values[i]]),
    ["sum of the row", four(values.reduce((a, b) => a + b, 0))],
  ];
}

/** How long the rows of a layer are. */
export function normsOf(header, token, values, patches, flagged) {
  return [
    ["token", tokenName(header, token)],
    ["norm", four(values[token])],
    ["median patch", four(median(patches))],
    ["longest patch", four(Math.max(...patches))],
    ["flagged", String(flagged)],
  ];
}
