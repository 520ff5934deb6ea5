// The explorer's part of the link: direction, colours, what is kept, the open panel, pinned and second query.
import { withView } from "../kit/parts.js";
import { store } from "../kit/shared.js";

export const SCALES = { raw: "raw", head: "per head", shared: "shared", log: "log" };
const DEFAULTS = { way: "row", scale: "head", overlay: 70, keep: 100, tab: "working", pinned: false, second: null };

/** What the link says; what it leaves out, or says wrongly, stands at its default. */
export function optionsHere(panels) {
  const next = { ...DEFAULTS };
  try {
    const view = JSON.parse(store.selection.view || "{}");
    const allowed = { way: ["row", "column"], scale: Object.keys(SCALES), tab: Object.keys(panels) };
    for (const [key, values] of Object.entries(allowed)) if (values.includes(view[key])) next[key] = view[key];
    if (view.overlay >= 0 && view.overlay <= 100) next.overlay = +view.overlay;
    if (view.keep >= 5 && view.keep <= 100) next.keep = +view.keep;
    if (view.pinned === true) next.pinned = true;
    if (Number.isInteger(view.second) && view.second >= 0) next.second = view.second;
  } catch {
    // A view that is not JSON leaves the defaults.
  }
  return next;
}

/** The view with these options; what other parts of the page keep there stays. */
export function viewWith(options) {
  const changes = Object.entries(DEFAULTS).map(([key, usual]) => [key, options[key] === usual ? null : options[key]]);
  return withView(store.selection.view, Object.fromEntries(changes));
}

/** Change some options; `quietly` while a slider is dragged, without a word to the server. */
export function setOptions(view, changes, quietly = false) {
  view.options = { ...view.options, ...changes };
  const text = viewWith(view.options);
  if (!quietly && text !== (store.selection.view ?? "")) store.commit({ view: text });
  view.draw();
}
