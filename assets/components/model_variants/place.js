// What is set on this page, and its form in the link.
import { store } from "../kit/store.js";
import { fromView, named, partOf, withView } from "../kit/view.js";

const KEPT = { sort: "s", words: "w", family: "f", picks: "p", bars: "b", own: "o" };
const OWN = ["width", "depth", "heads", "ratio", "patch"];
const WHOLE_PATCHES = [4, 7, 8, 14, 16, 28, 32, 56, 112];

export function readPlace(view) {
  const bounds = { models: view.rows.filter((row) => row.facts).map((row) => row.name), families: view.rows.map((row) => row.family) };
  const next = named(KEPT, fromView("model_variants", "var", bounds));
  const own = Object.fromEntries(OWN.map((name, i) => [name, next.own[i]]));
  if (224 % own.patch) own.patch = WHOLE_PATCHES.reduce((best, p) => (Math.abs(p - own.patch) < Math.abs(best - own.patch) ? p : best));
  return { ...next, own };
}

export function setPlace(view, changes, quietly = false) {
  view.place = { ...view.place, ...changes };
  const own = OWN.map((name) => +view.place.own[name].toPrecision(6));
  store[quietly ? "preview" : "commit"]({ view: withView("model_variants", { var: partOf(KEPT, { ...view.place, own }) }) });
}

export function openPart(view, kind) {
  view.opened = kind;
  view.draw();
}
