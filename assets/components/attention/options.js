// The explorer's part of the link: direction, colours, what is kept, the open panel, pinned and second query.
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";

export const SCALES = { raw: "raw", head: "per head", shared: "shared", log: "log" };
export const OVERLAYS = { spotlight: "spotlight", viridis: "viridis" };
const USUAL = { spotlight: 100, viridis: 70 }; // how much of the picture the overlay hides, in percent

/** What the link says; what it leaves out, or says wrongly, stands at its default. */
export const optionsHere = () => fromView("attention");

/** How strong the overlay is, in percent: as chosen, or as is usual for its kind. */
export const strengthOf = ({ overlay, colours }) => overlay ?? USUAL[colours];

/** Change some options; `quietly` while a slider is dragged, without a word to the server. */
export function setOptions(view, changes, quietly = false) {
  view.options = { ...view.options, ...changes };
  const text = withView("attention", view.options);
  if (!quietly && text !== (store.selection.view ?? "")) store.commit({ view: text });
  view.draw();
}
