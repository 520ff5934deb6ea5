// Which rows are looked at, and whether place is taken out of them: the same two choices wherever the page asks for them.
import { choiceOf } from "../kit/controls.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { ROWS } from "./words.js";

/** Change what the link says of the page. */
export const set = (changes) => store.commit({ view: withView("features", changes) });

/** Both choices, or with `places: false` that of rows alone, as `{nodes, show()}`. */
export function rowChoices({ places: both = true } = {}) {
  const kinds = choiceOf("Rows", ROWS, (rows) => set({ rows }));
  const places = choiceOf("Position", { kept: "as they are", removed: "position removed" }, (place) =>
    set({ content: place === "removed" }),
  );
  const show = () => {
    const { rows, content } = fromView("features");
    kinds.show(rows);
    places.show(content ? "removed" : "kept");
  };
  return { nodes: both ? [kinds.node, places.node] : [kinds.node], show };
}

/** The token that is looked at: the one that was chosen, or until then the one that the picture is opened with. */
export function tokenOf(header) {
  const { token } = selected(header);
  return token || fromView("features", "front") ? token : (header.subject ?? 0);
}

const chosen = (token) => ({ token, view: withView("features", { front: token === 0 }) });

/** Choose a token. A link leaves out token 0: the view says that it was chosen. */
export const chooseToken = (token) => store.commit(chosen(token));

/** The same on the way, in this browser only. */
export const previewToken = (token) => store.preview(chosen(token));
