// Names and values as a definition list.
import { el, put } from "./dom.js";

/** Rows of a definition list; the exact value, where there is one, on hover. Only what changed is written. */
export function showFacts(list, rows) {
  if (list.childElementCount !== 2 * rows.length) list.replaceChildren(...rows.flatMap(() => [el("dt"), el("dd")]));
  rows.forEach(([name, value, exact], i) => {
    put(list.children[2 * i], name);
    put(list.children[2 * i + 1], value, exact ?? "");
  });
}
