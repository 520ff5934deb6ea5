// A matrix, map or stage that grows over the page: names at its rows and columns, the picture beside it, and lines from a cell to its
// patch. It is the same element with the same pointer and keys; Escape makes it small again, and the focus goes back.
import { sharp } from "./canvas.js";
import { el, put } from "../dom.js";

const [TOP, NARROW] = [26, 760]; // px: room for names, and the width of a window below which the picture lies below the figure
export const ROW_ROOM = 18; // px that a name needs
export const COLUMN_ROOM = 26;
const roomAt = (wide) => (wide < NARROW ? [34, 8] : [76, 20]); // px: for names at the left, and air around
const [SHARE_BESIDE, SHARE_BELOW, GROWS] = [0.62, 0.56, 180]; // of the room that the figure takes beside its picture; ms
const SVG = "http://www.w3.org/2000/svg";

/**
 * How wide a figure can be, in px, in a window: `aspect` is width over height of its canvas, `extra` what else of it stands below the
 * other; with `beside`, there is a picture too.
 * @param {number[]} window
 * @param {{aspect: number, extra?: number, beside?: boolean}} figure
 */
export function grownWidth([width, height], { aspect, extra = 0, beside = false }) {
  const narrow = width < NARROW;
  const [left, around] = roomAt(width);
  const wide = (width - 2 * around - left) * (beside && !narrow ? SHARE_BESIDE : 1);
  const tall = (height - 2 * around - TOP - extra) * (beside && narrow ? SHARE_BELOW : 1);
  return Math.max(160, Math.floor(Math.min(wide, tall * aspect)));
}

/** Every which one of `count` names fits where each needs `least` px: 1, 2, 5, 10, 20 … */
export function everyNth(count, size, least) {
  for (let ten = 1; ; ten *= 10)
    for (const step of [ten, 2 * ten, 5 * ten]) if (step >= count || (size * step) / count >= least) return step;
}

/** Names of the middles of `count` rows or columns, as [share, text]; as many as fit into `size` px. */
export function namesOf(count, text, size, least) {
  const step = everyNth(count, size, least);
  const found = [];
  for (let i = 0; i < count; i += step) found.push([(i + 0.5) / count, text(i)]);
  return found;
}

/** `namesOf` along both sides of a map in patches. */
export function namesOn({ grid: [rows, cols] }, width, height) {
  return {
    rows: namesOf(rows, (i) => `row ${i + 1}`, height, ROW_ROOM),
    columns: namesOf(cols, (i) => i + 1, width, COLUMN_ROOM),
  };
}

/** From the names of its row and its column to a patch, in `colour`; none where there is no patch. */
export function linesTo({ grid: [rows, cols] }, patch, colour = "var(--q)") {
  if (patch === null || patch < 0) return [];
  const to = [(Math.floor(patch / cols) + 0.5) / rows, ((patch % cols) + 0.5) / cols];
  return [
    { from: [to[0], 0], to, colour },
    { from: [0, to[1]], to, colour },
  ];
}

/** `namesOf` along both sides of a matrix of tokens: those in front, and the first of every row of patches. */
export function tokenNames({ prefix, grid: [rows, cols] }, width, height) {
  const tokens = prefix.length + rows * cols;
  const along = (size, least) => {
    const found = prefix.length ? [[0.5 / tokens, prefix[0]]] : [];
    for (const [share, text] of namesOf(rows, (i) => `row ${i + 1}`, (size * rows * cols) / tokens, least)) {
      const at = (prefix.length + Math.floor(share * rows) * cols + 0.5) / tokens;
      if (!found.length || (at - found[0][0]) * size >= least) found.push([at, text]);
    }
    return found;
  };
  return { rows: along(height, ROW_ROOM), columns: along(width, 2 * COLUMN_ROOM) };
}

/**
 * What lets a figure grow: `button` for its head, `draw` to be called with each frame. `about`: its `name`; the `canvas` that rows and
 * columns are named along; `names(width, height)` gives {rows, columns} as of `namesOf`; `says()` tells in words what is shown; `lines()`
 * gives [{from, to, colour}], places as shares [down, across] of the canvas and of the picture beside it (of the canvas where there is
 * none); `beside()` the canvases of that picture; `aspect()` width over height, where it is not that of the canvas's pixels.
 */
export function zoomOf(figure, about) {
  const view = { figure, about, dialog: null };
  view.button = el("button", {
    type: "button",
    class: "enlarge small",
    text: "Enlarge",
    "aria-label": `Enlarge: ${about.name}`,
    onclick: () => open(view),
  });
  return { button: view.button, draw: () => view.dialog?.open && !view.growing && drawOver(view) };
}

function open(view) {
  const { figure, about } = view;
  const [before, canvas] = [figure.getBoundingClientRect(), about.canvas.getBoundingClientRect()];
  const aspect = about.aspect?.() ?? canvas.width / canvas.height;
  view.room = { aspect, extra: before.height - canvas.height + 60, beside: Boolean(about.beside) };
  view.place = el("div", { style: `height:${before.height}px` });
  figure.replaceWith(view.place);
  build(view);
  view.place.closest(".vit").append(view.dialog);
  view.dialog.showModal();
  fit(view);
  (about.canvas.tabIndex === 0 ? about.canvas : view.dialog.querySelector("button")).focus();
  view.resize = () => (fit(view), drawOver(view));
  window.addEventListener("resize", view.resize);
  grow(view, before);
}

function build(view) {
  const { figure, about } = view;
  const shrink = el("button", { type: "button", text: "Make small again (Esc)", onclick: () => view.dialog.close() });
  view.lines = document.createElementNS(SVG, "svg");
  view.lines.setAttribute("aria-hidden", "true");
  view.labels = el("div", { class: "zoom-names", "aria-hidden": "true" });
  view.copy = about.beside ? el("canvas", { role: "img", "aria-label": "The picture, with the patches that the lines lead to" }) : null;
  view.said = el("p", { class: "visually-hidden", role: "status" });
  const body = el("div", { class: "zoom-body" }, el("div", { class: "zoom-figure" }, figure), view.copy, view.lines, view.labels);
  view.dialog = el(
    "dialog",
    { class: "zoom", "aria-label": `${about.name}, enlarged` },
    el("div", { class: "zoom-head" }, el("strong", { text: about.name }), (view.words = el("span")), shrink),
    body,
    view.said,
  );
  view.dialog.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation(); // the figure has an Escape of its own
      view.dialog.close();
    },
    true,
  );
  view.dialog.addEventListener("close", () => shut(view));
}

function fit({ figure, copy, room }) {
  const width = grownWidth([innerWidth, innerHeight], room);
  figure.style.width = `${width}px`;
  if (!copy) return;
  const [left, around] = roomAt(innerWidth);
  copy.style.width = `${innerWidth < NARROW ? width : Math.min(innerHeight * 0.7, innerWidth - 3 * around - left - width)}px`;
}

/** From where it lay to where it lies now; at once where less motion is asked for. */
function grow(view, before) {
  const { figure, said, about } = view;
  const ready = () => {
    view.growing = false;
    if (!view.dialog?.open) return; // made small before it had grown
    drawOver(view);
    put(said, `${about.name}, enlarged. Escape makes it small again.`);
  };
  view.growing = true;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return requestAnimationFrame(ready);
  const after = figure.getBoundingClientRect();
  const from = `translate(${before.left - after.left}px, ${before.top - after.top}px) scale(${before.width / after.width})`;
  const steps = [
    { transform: from, transformOrigin: "0 0" },
    { transform: "none", transformOrigin: "0 0" },
  ];
  figure.animate(steps, { duration: GROWS, easing: "ease-out" }).finished.then(ready);
}

function shut(view) {
  const { figure, place, dialog, button } = view;
  window.removeEventListener("resize", view.resize);
  figure.style.width = "";
  place.replaceWith(figure);
  dialog.remove();
  view.dialog = null;
  button.focus();
}

/** Names, lines and the picture beside, where things lie now. */
function drawOver(view) {
  const { about, labels, lines, copy, dialog } = view;
  if (copy) copyPicture(copy, about.beside());
  if (about.says) put(view.words, about.says());
  const body = dialog.querySelector(".zoom-body").getBoundingClientRect();
  const boxOf = (node) => {
    const { left, top, width, height } = node.getBoundingClientRect();
    return { left: left - body.left, top: top - body.top, width, height };
  };
  const here = boxOf(about.canvas);
  const { rows = [], columns = [] } = about.names(here.width, here.height);
  const brief = (text) => (innerWidth < NARROW ? String(text).replace(/^\D+ /, "") : text); // "row 3" as "3"
  const name = (kind, text, left, top) => el("span", { class: kind, style: `left:${left}px;top:${top}px`, text: brief(text) });
  labels.replaceChildren(
    ...rows.map(([share, text]) => name("row", text, here.left - 6, here.top + share * here.height)),
    ...columns.map(([share, text]) => name("column", text, here.left + share * here.width, here.top - 4)),
  );
  const there = copy ? boxOf(copy) : here;
  const at = (box, [down, across]) => [box.left + across * box.width, box.top + down * box.height];
  lines.replaceChildren(
    ...(about.lines?.() ?? []).flatMap(({ from, to, colour }) => {
      const [x1, y1] = at(here, from);
      const [x2, y2] = at(there, to);
      return ["halo", ""].map((kind) => {
        const line = document.createElementNS(SVG, "line");
        for (const [key, value] of Object.entries({ x1, y1, x2, y2, class: kind })) line.setAttribute(key, String(value));
        if (!kind) line.style.stroke = colour;
        return line;
      });
    }),
  );
}

function copyPicture(copy, canvases) {
  const [first] = canvases;
  const ratio = first.height / first.width;
  copy.style.aspectRatio = `${first.width} / ${first.height}`;
  const { ink, width } = sharp(copy, [copy.clientWidth, copy.clientWidth * ratio]);
  for (const canvas of canvases) {
    ink.imageSmoothingEnabled = getComputedStyle(canvas).imageRendering !== "pixelated";
    if (canvas.width && canvas.height) ink.drawImage(canvas, 0, 0, width, width * ratio);
  }
}
