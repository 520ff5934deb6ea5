// The numbers beside the picture: of the weight under the pointer, and of the head.
import { showFacts } from "../kit/facts.js";
import { evenText, four, timesEven } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { meanDistance } from "./math.js";
import { averaged, byColumn, subjectOf } from "./state.js";

export function showPointer(view, { query, key, values }, weight) {
  const { header, heads } = view.data;
  const side = byColumn(view) ? "from" : "to";
  let rank = 1;
  for (const value of values) if (value > weight) rank++;
  showFacts(view.pointer, [
    ["query", `${tokenName(header, query)} · #${query}`],
    ["key", `${tokenName(header, key)} · #${key}`],
    ["weight", four(weight), weight],
    ["times the even share", timesEven(weight, heads.tokens), `1/${heads.tokens} = ${four(1 / heads.tokens)} would be even`],
    ["rank", `${rank} of ${heads.tokens}`],
    ...header.prefix.map((label, i) => [`${side} ${label}`, `${four(values[i])} · ${evenText(values[i], heads.tokens)}`, values[i]]),
  ]);
}

export function showHead(view, { layer, head, values, total, bits }) {
  const { header, heads } = view.data;
  const far = meanDistance(header, subjectOf(view), values);
  const most = Math.log2(heads.tokens).toFixed(2);
  showFacts(view.thisHead, [
    ["layer, head", `${layer + 1}/${header.depth}, ${averaged(view) ? `mean of ${header.heads}` : `${head + 1}/${header.heads}`}`],
    ["distance", far === null ? "no place" : `${four(far)} px`, far],
    byColumn(view) ? ["received in all", four(total)] : ["entropy", `${bits.toFixed(2)} of ${most} bit`, bits],
  ]);
}
