// What is chosen: the token, the output dimension and the panel, and how they are kept.
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";

export const onHover = (view, down, across) => {
  if (!view.data) return;
  const [rows, cols] = view.data.header.grid;
  const hold = (v, count) => Math.max(0, Math.min(count - 1, Math.floor(v * count)));
  view.hovered = down === null ? null : view.data.header.prefix.length + hold(down, rows) * cols + hold(across, cols);
  view.draw();
};

export const onPick = (view, down, across) => (onHover(view, down, across), keepToken(view, view.hovered));

export const tokenOf = (view) => {
  const {
    grid: [rows, cols],
    prefix,
  } = view.data.header;
  const kept = store.selection.token ?? 0;
  const middle = prefix.length + Math.floor(rows / 2) * cols + Math.floor(cols / 2);
  return Math.min(view.hovered ?? (kept === 0 && !view.touched ? middle : kept), prefix.length + rows * cols - 1);
};

function keepToken(view, next) {
  view.touched = true;
  view.hovered = null;
  store.commit({ token: next });
}

export function keepDim(view, next) {
  view.dim = next;
  store.commit({ view: withView("patch_embedding", { dim: next }) });
  view.draw();
}

export function readView(view) {
  view.dim = fromView("patch_embedding", "dim");
  openTab(view, fromView("patch_embedding", "panel"));
}

function openTab(view, key) {
  if (key === view.tab && view.panel.childElementCount) return;
  view.tab = key;
  view.panel.replaceChildren(view.panels[key].node);
}

export function keepTab(view, key) {
  openTab(view, key);
  store.commit({ view: withView("patch_embedding", { panel: key }) });
  view.draw();
}
