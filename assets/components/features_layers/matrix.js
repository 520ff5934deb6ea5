// A square of cells that is pointed at, touched or walked with arrow keys.
import { el } from "../kit/dom.js";
import { cellAt } from "../kit/grid.js";

/** `point(cell)` follows the pointer (null where it leaves), `keep(cell)` a click or Enter; `size()` gives rows and columns. */
export function matrixOf({ point, keep, size }) {
  const canvas = el("canvas", { tabindex: 0, role: "img", class: "pointed-at" });
  const [cells, marks, title] = [el("canvas", { class: "cells" }), el("canvas", { class: "marks" }), el("figcaption")];
  let at = [0, 0];
  const follow = (event) => point((at = cellAt(event, canvas, size())));
  for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, follow);
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && point(null));
  canvas.addEventListener("blur", () => point(null));
  canvas.addEventListener("click", (event) => keep(cellAt(event, canvas, size())));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === "Enter" || event.key === " ") keep(at);
    else if (step) point((at = at.map((place, i) => Math.max(0, Math.min(size()[i] - 1, place + step[i])))));
    else return;
    event.preventDefault();
  });
  return { canvas, cells, marks, title, node: el("figure", {}, title, el("div", { class: "square" }, cells, marks, canvas)) };
}
