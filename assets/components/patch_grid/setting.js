// What the sliders say: the cut that it means, the token that is chosen in it, and how both are kept.
import { store } from "../kit/store.js";
import { withView } from "../kit/view.js";
import { countsOf, nearestSize, shapeOf } from "./cut.js";

export const sourceSize = (view) => view.data.header.sourceSize;
export const cutOf = (view) =>
  countsOf(shapeOf(view.setting, sourceSize(view), view.data.header.limits.grids), view.setting.patch, 3, view.data.header.prefix.length);
export const isSettled = (view) => ["size", "patch", "fit"].every((key) => view.setting[key] === view.data.header.setting[key]);
export const layoutOf = (view) => ({ prefix: view.data.header.prefix, grid: cutOf(view).grid });

export const inApp = (view, s) => {
  const { sizes, patches, grids } = view.data.header.app;
  return (
    s.fit === "crop" && sizes.includes(s.size) && patches.includes(s.patch) && s.size / s.patch >= grids[0] && s.size / s.patch <= grids[1]
  );
};

export function tokenOf(view) {
  const {
    grid: [rows, cols],
    tokens,
  } = cutOf(view);
  const first = view.data.header.prefix.length;
  const kept = view.chosen ?? store.selection.token ?? 0;
  const middle = first + Math.floor(rows / 2) * cols + Math.floor(cols / 2);
  return Math.min(view.hovered ?? (kept === 0 && !view.touched ? middle : kept), tokens - 1);
}

export function keepToken(view, next) {
  view.touched = true;
  view.hovered = null;
  if (inApp(view, view.data.header.setting) && isSettled(view)) {
    view.chosen = null;
    store.commit({ token: next });
  } else view.chosen = next;
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
  view.asked = isSettled(view) ? null : view.setting;
  view.chosen = view.touched ? tokenOf(view) : null;
  const mine = inApp(view, view.setting)
    ? { grid: null, over: null }
    : { grid: [view.setting.size, view.setting.patch, view.setting.fit], over: view.data.header.over };
  const sizes = inApp(view, view.setting) ? { image_size: view.setting.size, patch_size: view.setting.patch } : {};
  store.commit({ ...sizes, view: withView("patch_grid", mine) });
  view.draw();
}
