// The place that is set, changed and kept in the link.
import { store } from "../kit/store.js";
import { countParameters } from "./math.js";
import { memoryPlaceText, modelOf, settle } from "./place.js";

export function setPlace(view, changes, quietly = false) {
  view.place = settle({ ...view.place, ...changes }, view.models);
  store[quietly ? "preview" : "commit"]({ view: memoryPlaceText(view.place) });
}

export const currentPlace = (view) => {
  const model = modelOf(view.place, view.models);
  return { ...view.place, registers: model.registers, posGrid: model.posGrid, parameters: countParameters(model) };
};
