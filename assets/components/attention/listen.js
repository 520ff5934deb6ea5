// Pointer and keys of the explorer: the picture chooses tokens, the wall heads, the sliders both.
import { el } from "../kit/dom.js";
import { cellAt, clamp, stepToken, tokenAt } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { setOptions } from "./options.js";
import { chosen, pin, wallHere } from "./state.js";

export function listen(view) {
  listenToPicture(view);
  listenToWall(view);
  listenToSliders(view);
  listenToTabs(view);
}

function listenToPicture(view) {
  const { base } = view;
  const hover = (token) => {
    view.hovered = token;
    view.draw();
  };
  for (const kind of ["pointermove", "pointerdown"])
    base.addEventListener(kind, (event) => view.data && hover(tokenAt(event, base, view.data.header)));
  base.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hover(null));
  base.addEventListener("click", (event) => {
    if (!view.data) return;
    const token = tokenAt(event, base, view.data.header);
    if (event.shiftKey) setOptions(view, { second: token, tab: "compare" });
    else if (event.pointerType === "touch" && token !== chosen(view).token) store.commit({ token });
    else pin(view, token);
  });
  base.addEventListener("keydown", (event) => view.data && onPictureKey(view, event));
  base.addEventListener("keyup", (event) => {
    if (event.key.startsWith("Arrow") && !view.options.pinned) store.commit({ token: chosen(view).token });
  });
}

function onPictureKey(view, event) {
  const { token } = chosen(view);
  if (event.key === "Enter" && event.shiftKey) setOptions(view, { second: view.hovered ?? token, tab: "compare" });
  else if (event.key === "Enter" || event.key === " ") pin(view, token);
  else if (event.key === "Escape" && view.options.pinned) pin(view, token);
  else {
    const { pinned } = view.options;
    const next = stepToken(view.data.header, pinned ? (view.hovered ?? token) : token, event.key);
    if (next === null) return;
    view.hovered = pinned ? next : null;
    if (!pinned) store.preview({ token: next });
    view.draw();
  }
  event.preventDefault();
}

function listenToWall(view) {
  const { wall } = view;
  /** [layer, head] of the tile under the pointer; null where the wall has none. */
  const headAt = (event) => {
    const { first, count, columns, rows } = wallHere(view);
    const [row, column] = cellAt(event, wall, [rows, columns]);
    const { heads } = view.data.header;
    const at = first + row * columns + column;
    return at < first + count ? [Math.floor(at / heads), at % heads] : null;
  };
  const hover = (thumb) => {
    if (thumb?.join() === view.thumb?.join()) return;
    view.thumb = thumb;
    view.draw();
  };
  wall.addEventListener("pointermove", (event) => view.data && event.pointerType !== "touch" && hover(headAt(event)));
  wall.addEventListener("pointerleave", () => hover(null));
  wall.addEventListener("click", (event) => {
    const found = view.data && headAt(event);
    if (found) store.commit({ layer: found[0], head: found[1] });
  });
  wall.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || !view.data) return;
    event.preventDefault();
    view.thumb = null;
    const { depth, heads } = view.data.header;
    const { layer, head } = chosen(view);
    store.commit({ layer: clamp(layer + step[0], 0, depth - 1), head: clamp(head + step[1], 0, heads - 1) });
  });
}

function listenToSliders(view) {
  for (const name of ["layer", "head"]) {
    const { input } = view[name];
    input.addEventListener("input", () => store.preview({ [name]: input.value - 1 }));
    input.addEventListener("change", () => store.commit({ [name]: input.value - 1 }));
  }
  for (const name of ["overlay", "keep"]) {
    const { input } = view[name];
    input.addEventListener("input", () => setOptions(view, { [name]: +input.value }, true));
    input.addEventListener("change", () => setOptions(view, { [name]: +input.value }));
  }
}

function listenToTabs(view) {
  const tabs = Object.entries(view.panels).map(([tab, { title }]) =>
    el("button", { type: "button", role: "tab", "data-tab": tab, text: title, onclick: () => setOptions(view, { tab }) }),
  );
  view.tabs.append(...tabs);
  view.tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(view.panels);
    const next = (names.indexOf(view.options.tab) + step + names.length) % names.length;
    setOptions(view, { tab: names[next] });
    view.tabs.children[next].focus();
  });
}
