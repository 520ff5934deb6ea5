// What a component keeps in the link's `view`, held in the limits of the schema. `ui.state.view` does the same in Python.
import { SCHEMA } from "./schema.js";
import { store } from "./store.js";

/** What a link's view says; empty where it says nothing that can be read. */
export function viewValues(view) {
  try {
    const found = JSON.parse(view || "{}");
    return isPart(found) ? found : {};
  } catch {
    return {};
  }
}

/** Every key of a component, at the nearest to `values` that can be shown. `bounds` are the limits that the schema only names. */
export function clampView(component, values, bounds = {}) {
  return heldPart(SCHEMA.view[component], values, bounds);
}

/** What the link's view says under one of the component's keys, or under all of them: the nearest that can be shown. */
export function fromView(component, key = null, bounds = {}) {
  const { keys } = SCHEMA.view[component];
  if (key === null) return clampView(component, viewValues(store.selection.view), bounds);
  if (!declared(component, keys, key)) return null;
  return held(keys[key], viewValues(store.selection.view)[key], bounds);
}

/** The link's view with some of the component's keys changed, as a text. Null, and what stands at its default, is left out. */
export function withView(component, changes) {
  return viewText(component, store.selection.view, changes);
}

/** `withView` of any view. Of a part only the keys that are given change; what no component here knows stays as it is. */
export function viewText(component, view, changes) {
  const values = merged(component, SCHEMA.view[component].keys, viewValues(view), changes);
  return Object.keys(values).length ? JSON.stringify(values) : "";
}

/** A part's values under the names that a component gives to its short keys, and the part of values under such names. */
export const named = (names, part) => Object.fromEntries(Object.entries(names).map(([name, key]) => [name, part[key]]));
export const partOf = (names, values) => Object.fromEntries(Object.entries(names).map(([name, key]) => [key, values[name]]));

/** Layer, head and token of a selection, within a model's limits: `{depth, heads, tokens}`, or those of them that are known. */
export function clampSelection(selection, bounds) {
  const limited = Object.entries(SCHEMA.selection).filter(([, field]) => bounds[field.below] !== undefined);
  const clamped = limited.map(([name, { below }]) => [name, Math.max(0, Math.min(selection[name] ?? 0, bounds[below] - 1))]);
  return Object.fromEntries(clamped);
}

/** What is selected, within the limits of the model and the grid that a payload's header tells. */
export function selected({ depth, heads, prefix, grid }) {
  const tokens = prefix && grid ? prefix.length + grid[0] * grid[1] : undefined;
  return clampSelection(store.selection, { depth, heads, tokens });
}

const isPart = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Whether the component declares a key. One that it does not declare is an error in tests; for a person it is left alone. */
function declared(component, keys, key) {
  if (Object.hasOwn(keys, key)) return true;
  if (globalThis.__vitStrict) throw new Error(`${component} does not declare the key “${key}” of the view.`);
  return false;
}

function merged(component, keys, before, changes) {
  const values = { ...before };
  for (const [key, change] of Object.entries(changes)) {
    if (!declared(component, keys, key)) continue;
    let value = change;
    if (keys[key].type === "part" && value !== null) {
      value = merged(component, keys[key].keys, isPart(values[key]) ? values[key] : {}, value);
      if (!Object.keys(value).length) value = null;
    } else if (same(value, defaultOf(keys[key]))) value = null;
    if (value === null) delete values[key];
    else values[key] = value;
  }
  return values;
}

function defaultOf(entry) {
  if (entry.type === "part") return heldPart(entry, {}, {});
  return "default" in entry ? entry.default : entry.of.map(defaultOf);
}

function heldPart({ keys }, values, bounds) {
  const found = isPart(values) ? values : {};
  return Object.fromEntries(
    Object.entries(keys).map(([key, entry]) => [key, held(entry, Object.hasOwn(found, key) ? found[key] : null, bounds)]),
  );
}

function held(entry, value, bounds) {
  if (entry.type === "part") return heldPart(entry, value, bounds);
  if (value === null || value === undefined) return defaultOf(entry);
  return HELD[entry.type](entry, value, bounds);
}

const limit = (entry, name, bounds) => {
  const found = entry[name];
  if (typeof found !== "string") return found;
  if (!(found in bounds)) throw new Error(`The limit “${found}” of the view is not given.`);
  return bounds[found];
};

const HELD = {
  whole: heldNumber,
  rounded: heldNumber,
  number: heldNumber,
  list: heldList,
  text: heldText,
  flag: (entry, value) => (typeof value === "boolean" ? value : entry.default),
  choice: (entry, value, bounds) => (limit(entry, "choices", bounds).includes(value) ? value : entry.default),
  some(entry, value, bounds) {
    if (!Array.isArray(value)) return entry.default;
    const choices = limit(entry, "choices", bounds);
    return value.filter((one) => choices.includes(one)).slice(0, entry.most);
  },
};

function heldNumber(entry, value, bounds) {
  if (!Number.isFinite(value) || (entry.type === "whole" && !Number.isInteger(value))) return entry.default;
  const number = entry.type === "number" ? value : Math.round(value);
  const low = limit(entry, "low", bounds) ?? -Infinity;
  const high = limit(entry, "high", bounds) ?? Infinity;
  const kept = Math.min(high, Math.max(low, number));
  return kept !== number && "outside" in entry ? entry.default : kept;
}

function heldText(entry, value) {
  const { longest = Infinity } = entry;
  if (typeof value !== "string" || (value.length > longest && "outside" in entry)) return entry.default;
  return value.slice(0, longest);
}

function heldList(entry, value, bounds) {
  const usual = entry.of.map(defaultOf);
  const strict = entry.exact || entry.together;
  if (!Array.isArray(value) || (strict && value.length !== entry.of.length)) return usual;
  const found = entry.of.map((inner, i) => held(inner, value[i], bounds));
  return entry.together && !same(found, value) ? usual : found;
}
