// What is set on this page, and its form in the link.
import { store } from "../kit/store.js";
import { fromView, named, partOf, withView } from "../kit/view.js";

export const X_AXES = { parameters: "parameters", macs: "compute", images: "data" };
export const SHORT = { x: "x", model: "m", off: "o", rows: "r", sort: "s", topic: "t", verdict: "v", words: "w" };

export function readPlace(view) {
  const bounds = {
    models: view.header.rows.map((row) => row.name),
    data: Object.keys(view.header.colours),
    topics: view.header.claims.map((claim) => claim.topic),
    verdicts: view.header.claims.map((claim) => claim.verdict),
  };
  return named(SHORT, fromView("performance", "perf", bounds));
}

export function setPlace(view, changes, quietly = false) {
  view.place = { ...view.place, ...changes };
  store[quietly ? "preview" : "commit"]({ view: withView("performance", { perf: partOf(SHORT, view.place) }) });
}

export const cellOf = (view, row, name) => row.cells[Object.keys(view.header.columns).indexOf(name)];
