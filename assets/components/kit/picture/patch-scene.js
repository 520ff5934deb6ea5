// A picture with a map over its patches, that answers to pointer, touch and keys.
import { el } from "../dom.js";
import { cellAt } from "../grid.js";
import { outlinePatch, paintCells, watched } from "./canvas.js";
import { spotlightOf } from "./spotlight.js";

/** The patch after an arrow key, Home or End; null for another key. */
export function stepPatch([rows, cols], patch, key) {
  const [row, col] = [Math.floor(patch / cols), patch % cols];
  const moves = {
    ArrowLeft: [row, Math.max(0, col - 1)],
    ArrowRight: [row, Math.min(cols - 1, col + 1)],
    ArrowUp: [Math.max(0, row - 1), col],
    ArrowDown: [Math.min(rows - 1, row + 1), col],
    Home: [0, 0],
    End: [rows - 1, cols - 1],
  };
  return key in moves ? moves[key][0] * cols + moves[key][1] : null;
}

/**
 * A picture with a map over it. `hover(patch)` follows pointer, touch and arrow keys (null where the pointer leaves); `choose(from, to)` is
 * called on Enter, and on a click or at the end of a drag, with the patches where it began and ended.
 */
export function patchScene({ redraw, hover, choose }) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const node = el("div", { class: "scene patch-scene" }, canvas);
  const fit = watched(canvas, redraw);
  const cells = el("canvas");
  let grid = null;
  let at = 0;
  let began = null;
  const place = (event) => {
    const [row, col] = cellAt(event, canvas, grid);
    return row * grid[1] + col;
  };
  canvas.addEventListener("pointermove", (event) => grid && hover((at = place(event)), began));
  canvas.addEventListener("pointerdown", (event) => {
    if (!grid || event.button > 0) return;
    began = at = place(event);
    canvas.setPointerCapture(event.pointerId);
    hover(at, began);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (began === null) return;
    const from = began;
    began = null;
    choose(from, place(event));
  });
  canvas.addEventListener("pointercancel", () => ((began = null), hover(null, null)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && began === null && hover(null, null));
  canvas.addEventListener("keydown", (event) => {
    if (!grid) return;
    const next = stepPatch(grid, at, event.key);
    if (next !== null) hover((at = next), null);
    else if (event.key === "Enter" || event.key === " ") choose(at, at);
    else return;
    event.preventDefault();
  });
  canvas.addEventListener("blur", () => hover(null, null));

  /** `colours` as of `cellColours`, `lightsOf` for a picture under the light, or null; `outlined` patches get a line. */
  function paint(bitmap, size, colours, opacity, outlined, label) {
    grid = size;
    const { ink, width, height } = fit();
    ink.imageSmoothingEnabled = true;
    ink.drawImage(bitmap, 0, 0, width, height);
    if (colours?.levels) spotlightOf(bitmap).paint({ ink, width, height }, grid, colours);
    else if (colours) {
      paintCells(cells, grid, colours);
      ink.imageSmoothingEnabled = false;
      ink.globalAlpha = opacity;
      ink.drawImage(cells, 0, 0, width, height);
      ink.globalAlpha = 1;
    }
    const style = getComputedStyle(canvas);
    for (const patch of outlined) if (patch !== null) outlinePatch(ink, style, patch, grid, [width, height]);
    if (canvas.getAttribute("aria-label") !== label) canvas.setAttribute("aria-label", label);
  }
  return { node, canvas, paint, start: (patch) => (at = patch) };
}
