// Which rows are looked at, and whether place is taken out of them: the same two choices wherever the page asks for them.
import { choiceOf } from "../kit/controls.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { ROWS } from "./words.js";

/** Change what the link says of the page. */
export const set = (changes) => store.commit({ view: withView("features", changes) });

/** Both choices, as `{nodes, show()}`. */
export function rowChoices() {
  const kinds = choiceOf("Rows", ROWS, (rows) => set({ rows }));
  const places = choiceOf("Position", { kept: "as they are", removed: "position removed" }, (place) =>
    set({ content: place === "removed" }),
  );
  const show = () => {
    const { rows, content } = fromView("features");
    kinds.show(rows);
    places.show(content ? "removed" : "kept");
  };
  return { nodes: [kinds.node, places.node], show };
}
