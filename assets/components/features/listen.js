// Pointer, touch and keys on the picture; the layer's slider.
import { stepToken, tokenAt } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { chooseToken, previewToken, tokenOf } from "./choices.js";

export function listen(view) {
  const { base, layer } = view;
  view.hover = (token) => {
    view.hovered = token;
    view.draw();
  };
  for (const kind of ["pointermove", "pointerdown"])
    base.addEventListener(kind, (event) => view.data && view.hover(tokenAt(event, base, view.data.header)));
  base.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && view.hover(null));
  base.addEventListener("click", (event) => view.data && chooseToken(tokenAt(event, base, view.data.header)));
  base.addEventListener("keydown", (event) => view.data && onKey(view, event));
  base.addEventListener("keyup", (event) => /^(Arrow|Home|End)/.test(event.key) && view.data && keep(view));
  layer.input.addEventListener("input", () => store.preview({ layer: layer.input.value - 1 }));
  layer.input.addEventListener("change", () => store.commit({ layer: layer.input.value - 1 }));
}

const keep = (view) => chooseToken(tokenOf(view.data.header));

function onKey(view, event) {
  if (event.key === "Enter" || event.key === " ") keep(view);
  else {
    const next = stepToken(view.data.header, view.hovered ?? tokenOf(view.data.header), event.key);
    if (next === null) return;
    view.hovered = null;
    previewToken(next);
  }
  event.preventDefault();
}
