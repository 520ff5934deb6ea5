// What the link carries for a page: its part of `view`.

/** What this page keeps in the link's view under `key`; null if there is nothing, or the view is not what it should be. */
export function fromView(view, key) {
  try {
    return JSON.parse(view || "{}")[key] ?? null;
  } catch {
    return null;
  }
}

/** The view with some keys changed (null takes one away), as the text that the link carries. */
export function withView(view, changes) {
  let values = {};
  try {
    values = JSON.parse(view || "{}") ?? {};
  } catch {
    // A view that is not JSON is left behind.
  }
  values = { ...values, ...changes };
  for (const key of Object.keys(values)) if (values[key] === null) delete values[key];
  return Object.keys(values).length ? JSON.stringify(values) : "";
}
