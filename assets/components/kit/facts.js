// Names and values as a definition list.
import { el, put } from "./dom.js";

/**
 * Rows of a definition list; the exact value, where there is one, on hover. Only what changed is written. A row is one line whatever its
 * value: where there is no room for both, the name is cut off and told on hover, so that nothing below moves.
 */
export function showFacts(list, rows) {
  if (list.childElementCount !== rows.length) list.replaceChildren(...rows.map(() => el("div", {}, el("dt"), el("dd"))));
  rows.forEach(([name, value, exact], i) => {
    const [term, said] = list.children[i].children;
    put(term, name, name);
    put(said, value, exact ?? "");
  });
}
