// What the explorer shows of a position: its map and marks, the controls and the numbers.
import { paintGrid } from "../kit/picture/canvas.js";
import { colourBar } from "../kit/picture/colours.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/numbers/format.js";
import { drawPane } from "./pane.js";
import { cellOf, encName, otherOf, positionName, prefixOf, rowsOf, sideOf } from "./place.js";
import { extremes } from "./story.js";
import { fineness } from "../kit/fineness.js";

const MADE = { none: "zeros", random: "drawn" };

export function drawAll(view) {
  const start = performance.now();
  const here = cellOf(view);
  const values = rowsOf(view).row(here);
  const patches = values.subarray(prefixOf(view));
  const own = view.place.range === "own";
  const [low, high] = own ? extremes(patches, here - prefixOf(view)) : [-1, 1];
  const table = own ? view.colours.viridis : view.colours.diverging;
  paintGrid(view.map, patches, rowsOf(view).grid, table, low, high);
  colourBar(view.mapBar, table, low, high);
  drawMarks(view, here);
  showControls(view);
  showNumbers(view, here, values);
  drawPane(view, here);
  view.panels[view.place.open].draw(sceneOf(view, here));
  for (const zoom of view.zooms) zoom.draw();
  globalThis.__vitTimes?.push(performance.now() - start);
}

const sceneOf = (view, here) => ({
  ...view.data,
  rows: rowsOf(view),
  enc: view.place.enc,
  encName: encName(view),
  learned: view.data.tables.isLearned(view.place.enc),
  side: sideOf(view),
  cell: here,
  other: otherOf(view, here),
  prefix: prefixOf(view),
  name: view.nameOf,
});

function drawMarks(view, here) {
  const { clientWidth: width, clientHeight: height } = view.marks;
  [view.marks.width, view.marks.height] = [Math.max(1, width * fineness()), Math.max(1, height * fineness())];
  const ink = view.marks.getContext("2d");
  ink.scale(fineness(), fineness());
  const style = getComputedStyle(view.root);
  const pitch = width / sideOf(view);
  const mark = (p, dashed) => {
    if (p < prefixOf(view)) return;
    const [x, y] = [((p - prefixOf(view)) % sideOf(view)) * pitch, Math.floor((p - prefixOf(view)) / sideOf(view)) * pitch];
    for (const [line, colour] of [
      [5, style.getPropertyValue("--st-background-color")],
      [2, style.getPropertyValue("--st-text-color")],
    ]) {
      ink.setLineDash(dashed && line === 2 ? [4, 3] : []);
      ink.lineWidth = line;
      ink.strokeStyle = colour;
      ink.strokeRect(x, y, pitch, pitch);
    }
  };
  if (view.compared || (view.place.hold && view.hovered !== null)) mark(otherOf(view, here), true);
  mark(here, false);
}

function showControls(view) {
  const { header } = view.data;
  const { sides, nativeGrid } = header;
  [view.gridInput.min, view.gridInput.max] = [sides[0], sides.at(-1)];
  if (+view.gridInput.value !== sideOf(view)) view.gridInput.value = sideOf(view);
  const native = nativeGrid[0] === sideOf(view) && nativeGrid[1] === sideOf(view);
  const learned = view.data.tables.isLearned(view.place.enc);
  view.gridValue.textContent = `${sideOf(view)} × ${sideOf(view)} ${native ? "· native" : learned ? "· interpolated" : ""}`;
  view.gridInput.setAttribute("aria-valuetext", view.gridValue.textContent);
  view.nativeTick.style.left = `calc(8px + (100% - 16px) * ${(nativeGrid[0] - sides[0]) / (sides.at(-1) - sides[0])})`;
  view.nativeTick.textContent = "▲";
  view.nativeTick.title = `The table’s own grid: ${nativeGrid[0]} × ${nativeGrid[1]}`;
  view.encodings.show(view.place.enc);
  view.ranges.show(view.place.range);
  view.panes.show(view.place.pane);
  for (const button of view.tabs.children) {
    button.setAttribute("aria-selected", button.dataset.tab === view.place.open);
    button.tabIndex = button.dataset.tab === view.place.open ? 0 : -1;
  }
}

function showNumbers(view, here, values) {
  const { header } = view.data;
  const to = otherOf(view, here);
  const [value, length] = [values[to], rowsOf(view).norms[here]];
  const apart =
    here < prefixOf(view) || to < prefixOf(view)
      ? null
      : Math.hypot(
          Math.floor((here - prefixOf(view)) / sideOf(view)) - Math.floor((to - prefixOf(view)) / sideOf(view)),
          ((here - prefixOf(view)) % sideOf(view)) - ((to - prefixOf(view)) % sideOf(view)),
        );
  view.mapTitle.textContent = `Similarity to ${positionName(view, here)}`;
  showFacts(view.pointer, [
    ["position", positionName(view, here)],
    ["ID", here],
    [view.compared || (view.place.hold && view.hovered !== null) ? "with" : "nearest", positionName(view, to), `ID ${to}`],
    ["similarity", four(value), value],
    ["apart", apart === null ? "no place" : `${+apart.toPrecision(4)} ${apart === 1 ? "patch" : "patches"}`, apart],
    ["length", four(length), length],
    ...header.posPrefix.map((label, i) => [`to ${label}`, four(values[i]), values[i]]),
  ]);
  showAbout(view);
  for (const [i, button] of [...view.prefixRow.querySelectorAll("button")].entries()) {
    button.setAttribute("aria-pressed", here === i);
    button.textContent = `${header.posPrefix[i]} ${four(values[i])}`;
    button.setAttribute("aria-label", `${button.textContent}, as position`); // what is read out has what is seen in it
  }
  view.hint.textContent = view.place.hold ? "kept: the pointer compares; click again to let go" : "a click keeps the position";
  view.map.setAttribute(
    "aria-label",
    `Similarity of ${positionName(view, here)} to all ${sideOf(view)} by ${sideOf(view)} positions. ` +
      "Arrow keys move, Enter keeps, Escape lets go.",
  );
  const learned = view.data.tables.isLearned(view.place.enc);
  const found =
    learned || view.place.enc !== "none"
      ? `similarity ${four(value)} to ${positionName(view, to)}`
      : "every row is zero, similar to nothing";
  view.say(`${encName(view)}, grid ${sideOf(view)} by ${sideOf(view)}, ${positionName(view, here)}, ID ${here}: ${found}.`);
}

function showAbout(view) {
  const { header } = view.data;
  const learned = view.data.tables.isLearned(view.place.enc);
  const [r, c] = header.nativeGrid;
  const count = header.posPrefix.length + r * c;
  const found = header.explained[header.structured.indexOf(view.place.enc)];
  const share = (key) => (found && Number.isFinite(found[key]) ? found[key].toFixed(3) : "—");
  showFacts(view.about, [
    ["kind", encName(view)],
    ["rows × width", learned ? `${count} × ${header.dim}` : `${rowsOf(view).count - prefixOf(view)} × ${header.dim}`],
    ["parameters", learned ? (count * header.dim).toLocaleString("en") : "0"],
    [
      "at this grid",
      learned ? (r === sideOf(view) && c === sideOf(view) ? "as learned" : header.posMode) : (MADE[view.place.enc] ?? "by formula"),
    ],
    ["R² rows", share("row"), found?.row],
    ["R² columns", share("column"), found?.column],
    ["R² distance", share("distance"), found?.distance],
  ]);
}
