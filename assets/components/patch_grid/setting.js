// What the sliders say: the cut that it means, the token that is chosen in it, and how both are kept.
import { samePlace } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { countsOf, nearestSize, shapeOf } from "./cut.js";

export const sourceSize = (view) => view.data.header.sourceSize;
export function cutOf({ setting, data }) {
  const { limits, chans, prefix } = data.header;
  return countsOf(shapeOf(setting, sourceSize({ data }), limits.grids), setting.patch, chans, prefix.length);
}
export const isSettled = (view) => ["size", "patch", "fit"].every((key) => view.setting[key] === view.data.header.setting[key]);
export const layoutOf = (view) => ({ prefix: view.data.header.prefix, grid: cutOf(view).grid });

export const inApp = (view, s) => {
  const { sizes, patches, grids } = view.data.header.app;
  return (
    s.fit === "crop" && sizes.includes(s.size) && patches.includes(s.patch) && s.size / s.patch >= grids[0] && s.size / s.patch <= grids[1]
  );
};

/** The token that is shown; a kept one stays at its place of the picture, however that is cut. */
export function tokenOf(view) {
  const { grid, tokens } = cutOf(view);
  const [rows, cols] = grid;
  const first = view.data.header.prefix.length;
  const middle = first + Math.floor(rows / 2) * cols + Math.floor(cols / 2);
  const kept = view.chosen ?? ofThisPage(view) ?? ofTheApp();
  const shown = kept.token === 0 && !view.touched ? middle : samePlace(kept.token, first, kept.grid, grid);
  return Math.min(view.hovered ?? shown, tokens - 1);
}

/** The token that the link names in the page's own cut, which the rest of the app does not have; null where there is none. */
function ofThisPage({ data }) {
  const { setting, over, limits, prefix, chans } = data.header;
  const [grid, above, at] = ["grid", "over", "at"].map((key) => fromView("patch_grid", key));
  if (at === null || grid === null || above === null || above.some((size, i) => size !== over[i])) return null;
  return { token: at, grid: countsOf(shapeOf(setting, sourceSize({ data }), limits.grids), setting.patch, chans, prefix.length).grid };
}

/** The token that the whole app has chosen, and the grid that it belongs to. */
function ofTheApp() {
  const { token = 0, image_size: size, patch_size: patch } = store.selection;
  return { token, grid: [Math.floor(size / patch), Math.floor(size / patch)] };
}

export function keepToken(view, next) {
  view.touched = true;
  view.hovered = null;
  if (inApp(view, view.data.header.setting) && isSettled(view)) {
    view.chosen = null;
    store.commit({ token: next });
  } else {
    view.chosen = { token: next, grid: cutOf(view).grid };
    if (isSettled(view) && view.asked === null) store.commit({ view: withView("patch_grid", { at: next }) });
  }
  view.draw();
}

/** Change the sliders' setting; the resolution goes to the nearest that the patch size divides. */
export function chooseSetting(view, changes) {
  if (changes.size) view.wantedSize = changes.size;
  const next = { ...view.setting, ...changes };
  view.setting = { ...next, size: nearestSize(view.wantedSize, next.patch, view.data.header.limits) };
  view.hovered = null;
  view.draw();
}

/** Tell the server: through the app's own sizes where they can hold the setting, otherwise as this page's own view. */
export function releaseSetting(view) {
  if (isSettled(view) && view.asked === null) return;
  view.asked = isSettled(view) || store.saved ? null : view.setting;
  const { size, patch, fit } = view.setting;
  const token = tokenOf(view);
  const kept = view.touched || ofThisPage(view) !== null;
  if (inApp(view, view.setting)) {
    view.chosen = null;
    const cleared = withView("patch_grid", { grid: null, over: null, at: null });
    store.commit({ image_size: size, patch_size: patch, ...(kept || store.selection.token ? { token } : {}), view: cleared });
  } else {
    view.chosen = view.touched ? { token, grid: cutOf(view).grid } : null;
    store.commit({ view: withView("patch_grid", { grid: [size, patch, fit], over: view.data.header.over, at: kept ? token : null }) });
  }
  view.draw();
}
