// What the experiments share: a picture with a map over its patches, colours of values, and words for what is followed.
import { decodePicture, outlineCell, watched } from "../kit/canvas.js";
import { gradient } from "../kit/colours.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/format.js";

/** Colours of `values` between `low` and `high` as 32-bit pixels; what is not known is clear. */
export function cellColours(values, table, low, high) {
  const out = new Uint32Array(values.length);
  const factor = 255 / (high - low || 1);
  for (let i = 0; i < out.length; i++)
    out[i] = Number.isNaN(values[i]) ? 0 : table[Math.max(0, Math.min(255, (values[i] - low) * factor + 0.5)) | 0];
  return out;
}

/** The largest magnitude of what is known; never 0. */
export function reachOf(values) {
  let far = 1e-9;
  for (const value of values) if (Math.abs(value) > far) far = Math.abs(value);
  return far;
}

/** A colour bar between two numbers; a dash where nothing is known yet. */
export function barBetween(node, table, low, high) {
  if (high <= 1e-9) return node.replaceChildren("—");
  node.replaceChildren(
    el("span", { text: four(low), title: low }),
    el("i", { style: `background:${gradient(table)}` }),
    el("strong", { text: four(high), title: high }),
  );
}

/** What is followed, as the middle of a sentence. */
export function followedName(header) {
  return header.label === null ? "similarity of the features" : `probability of ${header.label}`;
}

/** Why it is a similarity, where the model has no classes. */
export function followedNote(header) {
  return header.label === null
    ? "This model has no classes to name. In place of a probability, the cosine similarity of its pooled features with those of the unchanged picture is followed: 1 where nothing changed."
    : "";
}

/** What a person calls a patch, rows and columns from 1. */
export function patchName(grid, patch) {
  return `row ${Math.floor(patch / grid[1]) + 1}, col ${(patch % grid[1]) + 1}`;
}

/** A picture that is decoded once for as long as it is the same. */
export function pictureKeeper() {
  let name = null;
  let bitmap = null;
  return (header, arrays) => {
    if (name !== header.shown) [name, bitmap] = [header.shown, decodePicture(arrays.picture)];
    return bitmap;
  };
}

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
  const node = el("div", { class: "scene" }, canvas);
  const fit = watched(canvas, redraw);
  const cells = el("canvas");
  let grid = null;
  let at = 0;
  let began = null;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const along = (v, from, size, count) => Math.max(0, Math.min(count - 1, Math.floor(((v - from) / size) * count)));
    return along(event.clientY, box.top, box.height, grid[0]) * grid[1] + along(event.clientX, box.left, box.width, grid[1]);
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

  /** `colours` as of `cellColours`, or null; `outlined` patches get a line, the first the thickest. */
  function paint(bitmap, size, colours, opacity, outlined, label) {
    grid = size;
    const { ink, width, height } = fit();
    ink.imageSmoothingEnabled = true;
    ink.drawImage(bitmap, 0, 0, width, height);
    if (colours) {
      [cells.width, cells.height] = [grid[1], grid[0]];
      const image = new ImageData(grid[1], grid[0]);
      new Uint32Array(image.data.buffer).set(colours);
      cells.getContext("2d").putImageData(image, 0, 0);
      ink.imageSmoothingEnabled = false;
      ink.globalAlpha = opacity;
      ink.drawImage(cells, 0, 0, width, height);
      ink.globalAlpha = 1;
    }
    const style = getComputedStyle(canvas);
    const [w, h] = [width / grid[1], height / grid[0]];
    for (const patch of outlined) if (patch !== null) outlineCell(ink, style, (patch % grid[1]) * w, Math.floor(patch / grid[1]) * h, w, h);
    if (canvas.getAttribute("aria-label") !== label) canvas.setAttribute("aria-label", label);
  }
  return { node, canvas, paint, start: (patch) => (at = patch) };
}

/** Says a summary to readers of the screen, when it has been still for a moment. */
export function speaker(root) {
  const node = el("p", { class: "visually-hidden", role: "status" });
  root.append(node);
  let waiting = null;
  return (text) => {
    if (root.dataset.summary === text) return;
    root.dataset.summary = text;
    clearTimeout(waiting);
    waiting = setTimeout(() => (node.textContent = text), 250);
  };
}
