// The picture as the model reads it, and the pointer and keys on it.
import { outlinePatch, sharp } from "../kit/picture/canvas.js";
import { cellAt, stepToken } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { countOf, patchAt, placeOf, tokenOf, wayOf } from "./ways.js";

export function listenToPicture(view) {
  view.canvas.addEventListener("pointermove", (event) => hoverPatch(view, event));
  view.canvas.addEventListener("pointerdown", (event) => hoverPatch(view, event));
  view.canvas.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && ((view.hovered = null), view.draw()));
  view.canvas.addEventListener("click", (event) => view.data && store.commit({ token: placeAt(view, event) }));
  view.canvas.addEventListener("keydown", (event) => {
    if (!view.data) return;
    if (event.key === "Enter" || event.key === " ") store.commit({ token: tokenOf(view) });
    else {
      const next = stepToken(view.data.header, tokenOf(view), event.key);
      if (next === null) return;
      view.hovered = Math.max(next, view.data.header.prefix.length);
      view.draw();
    }
    event.preventDefault();
  });
  view.canvas.addEventListener("blur", () => ((view.hovered = null), view.draw()));
}

export function drawPicture(view) {
  const {
    header: {
      grid: [rows, cols],
    },
    bitmap,
  } = view.data;
  const [width, height] = [view.canvas.clientWidth, (view.canvas.clientWidth * rows) / cols];
  const { ink } = sharp(view.canvas, [width, height]);
  const [w, h, sx, sy] = [width / cols, height / rows, bitmap.width / cols, bitmap.height / rows];
  const gap = wayOf() === "zeroed" ? Math.min(3, w / 6) : 0;
  for (let patch = 0; patch < countOf(view); patch++) {
    const at = placeOf(view, patch);
    ink.drawImage(
      bitmap,
      (patch % cols) * sx,
      Math.floor(patch / cols) * sy,
      sx,
      sy,
      (at % cols) * w + gap / 2,
      Math.floor(at / cols) * h + gap / 2,
      w - gap,
      h - gap,
    );
  }
  const at = placeOf(view, tokenOf(view) - view.data.header.prefix.length);
  outlinePatch(ink, getComputedStyle(view.root), at, [rows, cols], [width, height]);
}

const placeAt = (view, event) => {
  const [row, col] = cellAt(event, view.canvas, view.data.header.grid);
  return view.data.header.prefix.length + patchAt(view, row * view.data.header.grid[1] + col);
};

const hoverPatch = (view, event) => view.data && ((view.hovered = placeAt(view, event)), view.draw());
