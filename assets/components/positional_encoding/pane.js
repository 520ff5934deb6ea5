// All positions at once: every one's map as a wall, or the whole matrix.
import { paintGrid } from "../kit/picture/canvas.js";
import { four } from "../kit/numbers/format.js";
import { otherOf, positionName, prefixOf, rowsOf, sideOf } from "./place.js";
import { extremes, paintWall, wallSize } from "./story.js";
import { fineness } from "../kit/fineness.js";

// The wall changes with the encoding and the grid, not with the pointer; while the grid is dragged it follows one frame later.
export function drawPane(view, here) {
  const wanted = `${view.data.header.id}/${view.place.enc}/${sideOf(view)}/${view.place.pane}/${view.place.range}`;
  if (view.painted !== wanted) {
    if (rowsOf(view).all) paintPane(view, wanted);
    else setTimeout(() => view.data && (rowsOf(view).matrix(), view.draw()), 0);
  }
  const isWall = view.place.pane === "wall";
  view.chosen.hidden = !isWall;
  view.across.hidden = view.down.hidden = isWall;
  if (isWall) frameInWall(view, here);
  else crossInMatrix(view, here);
}

function frameInWall(view, here) {
  const { grid, count } = rowsOf(view);
  const { gap, top, width, height } = wallSize(rowsOf(view));
  const patch = here - prefixOf(view);
  const [x, y] =
    patch < 0 ? [here * (grid[1] + gap), 0] : [(patch % grid[1]) * (grid[1] + gap), top + Math.floor(patch / grid[1]) * (grid[0] + gap)];
  const [wide, high] = [(100 * grid[1]) / width, (100 * grid[0]) / height];
  view.chosen.style.cssText = `left:${(100 * x) / width}%;top:${(100 * y) / height}%;width:${wide}%;height:${high}%`;
  const above = prefixOf(view) ? `, ${view.data.header.posPrefix.join(" and ")} above` : "";
  view.paneTitle.textContent = `${count} small maps${above}: each stands where its position does. Click one to keep it.`;
  view.wall.setAttribute("aria-label", `Wall of ${count} similarity maps. Arrow keys move.`);
}

function crossInMatrix(view, here) {
  const { count } = rowsOf(view);
  const to = otherOf(view, here);
  const percent = (p) => `${(100 * (p + 0.5)) / count}%`;
  view.across.style.cssText = `left:0;right:0;height:1px;top:${percent(here)}`;
  view.down.style.cssText = `top:0;bottom:0;width:1px;left:${percent(to)}`;
  const names = `${positionName(view, here)} and ${positionName(view, to)}`;
  view.paneTitle.textContent = `${count} × ${count}: ${names}, ${four(rowsOf(view).similarity(here, to))}`;
  view.wall.setAttribute("aria-label", `Similarity matrix, ${view.paneTitle.textContent}. Arrow keys move.`);
}

function paintPane(view, wanted) {
  view.painted = wanted;
  const own = view.place.range === "own";
  if (view.place.pane === "wall") paintWall(view.wall, rowsOf(view), view.colours, own);
  else {
    const { count } = rowsOf(view);
    const [low, high] = own ? extremes(rowsOf(view).matrix(), -1) : [-1, 1];
    paintGrid(view.wall, rowsOf(view).matrix(), [count, count], own ? view.colours.viridis : view.colours.diverging, low, high);
  }
  view.wall.classList.toggle("shrunk", view.wall.width > view.wall.clientWidth * fineness());
}
