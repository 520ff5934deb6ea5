// The explorer's part of the link: direction, colours, what is kept, the open panel, pinned and second query.
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";

export const SCALES = { raw: "raw", head: "per head", shared: "shared", log: "log" };

/** What the link says; what it leaves out, or says wrongly, stands at its default. */
export const optionsHere = () => fromView("attention");

/** Change some options; `quietly` while a slider is dragged, without a word to the server. */
export function setOptions(view, changes, quietly = false) {
  view.options = { ...view.options, ...changes };
  const text = withView("attention", view.options);
  if (!quietly && text !== (store.selection.view ?? "")) store.commit({ view: text });
  view.draw();
}
