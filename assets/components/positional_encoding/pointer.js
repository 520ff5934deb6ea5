// Pointer and keys on the map, the pane beside it, the grid's slider and the tabs.
import { choose, heldCell, keep, prefixOf, rowsOf, sideOf } from "./place.js";
import { wallSize } from "./story.js";

export function listenToPointer(view) {
  for (const [canvas, over] of [
    [view.map, (event) => overMap(view, event)],
    [view.wall, (event) => overPane(view, event)],
  ]) {
    canvas.addEventListener("pointermove", over);
    canvas.addEventListener("pointerdown", over);
    canvas.addEventListener("pointerleave", (event) => leave(view, event));
  }
  view.map.addEventListener("click", (event) => view.data && pick(view, onMap(view, event), event));
  view.wall.addEventListener("click", (event) => view.data && pick(view, onPane(view, event)[0], event));
}

export function listenToKeys(view) {
  for (const canvas of [view.map, view.wall]) {
    canvas.addEventListener("keydown", (event) => onKey(view, event));
    canvas.addEventListener(
      "keyup",
      (event) => view.data && /^(Arrow|Home|End)/.test(event.key) && !view.place.hold && choose(view, heldCell(view)),
    );
  }
  view.gridInput.addEventListener("input", () => view.data && keep(view, { side: +view.gridInput.value, at: null }, true));
  view.gridInput.addEventListener("change", () => {
    if (!view.data) return;
    const same = +view.gridInput.value === view.data.header.grid[0];
    keep(view, { side: same ? null : +view.gridInput.value, at: null });
  });
  view.tabs.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const names = Object.keys(view.panels);
    const next = (names.indexOf(view.place.open) + move + names.length) % names.length;
    keep(view, { open: names[next] });
    view.tabs.children[next].focus();
  });
}

const cellAlong = (value, from, size, count) => Math.max(0, Math.min(count - 1, Math.floor(((value - from) / size) * count)));

function onMap(view, event) {
  const box = view.map.getBoundingClientRect();
  return (
    prefixOf(view) +
    cellAlong(event.clientY, box.top, box.height, sideOf(view)) * sideOf(view) +
    cellAlong(event.clientX, box.left, box.width, sideOf(view))
  );
}

function onPane(view, event) {
  const box = view.wall.getBoundingClientRect();
  const { count, grid } = rowsOf(view);
  if (view.place.pane === "matrix")
    return [cellAlong(event.clientY, box.top, box.height, count), cellAlong(event.clientX, box.left, box.width, count)];
  const { gap, top, width, height } = wallSize(rowsOf(view));
  const [x, y] = [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  const col = Math.max(0, Math.min(grid[1] - 1, Math.floor(x / (grid[1] + gap))));
  if (top && y < grid[0]) return [Math.min(prefixOf(view) - 1, col), null];
  return [prefixOf(view) + Math.max(0, Math.min(grid[0] - 1, Math.floor((y - top) / (grid[0] + gap)))) * grid[1] + col, null];
}

export function pick(view, p, event) {
  if (event?.pointerType === "touch" && p !== heldCell(view)) return choose(view, p);
  choose(view, p, { hold: !(view.place.hold && p === heldCell(view)) });
}

const overMap = (view, event) => view.data && ((view.hovered = onMap(view, event)), view.draw());

function overPane(view, event) {
  if (!view.data) return;
  const [one, two] = onPane(view, event);
  view.compared = two === null ? null : [one, two];
  view.hovered = one;
  view.draw();
}

const leave = (view, event) => event.pointerType !== "touch" && ((view.hovered = view.compared = null), view.draw());

function stepFrom(view, from, key) {
  const first = prefixOf(view);
  const last = first + sideOf(view) ** 2 - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowLeft") return Math.max(0, from - 1);
  if (key === "ArrowRight") return Math.min(last, from + 1);
  if (key === "ArrowUp") return from - sideOf(view) >= first ? from - sideOf(view) : Math.max(0, first - 1);
  if (key === "ArrowDown") return from < first ? first : Math.min(from + sideOf(view), from + sideOf(view) <= last ? last : from);
  return null;
}

function onKey(view, event) {
  if (!view.data) return;
  if (event.key === "Enter" || event.key === " ") pick(view, heldCell(view));
  else if (event.key === "Escape" && view.place.hold) choose(view, heldCell(view), { hold: false });
  else {
    const next = stepFrom(view, view.place.hold ? (view.hovered ?? heldCell(view)) : heldCell(view), event.key);
    if (next === null) return;
    view.compared = null;
    view.hovered = view.place.hold ? next : null;
    if (view.place.hold) view.draw();
    else choose(view, next, {}, true);
  }
  event.preventDefault();
}
