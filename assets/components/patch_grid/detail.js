// One patch, pixel by pixel: enlarged with its RGB values, and flattened as bars in the order in which the model reads them.
import { outlineCell, sharp } from "../kit/canvas.js";
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, grouped } from "../kit/format.js";
import { cellAt } from "../kit/grid.js";

const CHANNELS = ["#d8392b", "#2a9d4a", "#3b6fd4"];
const NAMES = ["R", "G", "B"];

/** `draw({levels, values, patch, reach, name, exact})`, then `describe()`: levels are 0 to 255, values what the model reads; null for a token without pixels. */
export function patchDetail(changed) {
  const square = el("canvas", { class: "square", tabindex: 0, role: "img" });
  const bars = el("canvas", { class: "bars", tabindex: 0, role: "img" });
  const [caption, barCaption, note, axis] = [
    el("span"),
    el("span"),
    el("p", { class: "small muted note" }),
    el("div", { class: "small muted axis" }),
  ];
  const facts = el("dl", { class: "facts" });
  const units = choiceOf(
    "Numbers",
    { levels: "0 to 255", values: "as the model reads them" },
    (name) => ((unit = name), units.show(unit), changed()),
  );
  const node = el(
    "div",
    { class: "detail" },
    el("div", {}, el("div", { class: "head-line" }, caption), square, facts),
    el("div", {}, el("div", { class: "head-line" }, barCaption, units.node), bars, axis, note),
  );
  let unit = "levels";
  let hovered = null; // index of a value
  let state = null;
  let lines = null; // how the bars are broken into lines
  units.show(unit);

  const pixelOf = (index) => Math.floor(index / 3);

  function drawSquare(style) {
    const { ink, width } = sharp(square);
    const { levels, patch } = state;
    const cell = width / patch;
    for (let i = 0; i < patch * patch; i++) {
      ink.fillStyle = `rgb(${levels[3 * i]},${levels[3 * i + 1]},${levels[3 * i + 2]})`;
      ink.fillRect((i % patch) * cell, Math.floor(i / patch) * cell, cell + 0.5, cell + 0.5);
    }
    if (cell >= 36) drawNumbers(ink, cell);
    if (hovered === null) return;
    const pixel = pixelOf(hovered);
    const row = Math.floor(pixel / patch);
    outlineCell(ink, style, 1, row * cell, width - 2, cell, 1.5);
    outlineCell(ink, style, (pixel % patch) * cell, row * cell, cell, cell);
  }

  function drawNumbers(ink, cell) {
    const { levels, patch } = state;
    ink.font = `500 ${Math.min(12, cell / 4)}px system-ui, sans-serif`;
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    for (let i = 0; i < patch * patch; i++) {
      const [r, g, b] = levels.subarray(3 * i, 3 * i + 3);
      ink.fillStyle = 0.3 * r + 0.59 * g + 0.11 * b > 128 ? "#000" : "#fff";
      [r, g, b].forEach((v, c) => ink.fillText(v, ((i % patch) + 0.5) * cell, (Math.floor(i / patch) + 0.22 + 0.28 * c) * cell));
    }
  }

  /** Whole pixel rows to a line, so that every line starts at the left edge of the patch. */
  function breakLines(width) {
    const run = state.patch * 3;
    const most = Math.max(1, Math.min(state.patch, Math.floor(width / (1.7 * run))));
    const count = Math.ceil(state.patch / most);
    const rows = Math.ceil(state.patch / count);
    const high = Math.max(24, Math.min(150, 250 / count));
    return { run, perLine: rows * run, count, high, step: width / (rows * run) };
  }

  function drawBars(style) {
    const { levels, values, patch } = state;
    lines = breakLines(bars.clientWidth || 600);
    const tallAll = `${lines.count * lines.high}px`;
    if (bars.style.height !== tallAll) bars.style.height = tallAll;
    const { ink, width } = sharp(bars);
    const shown = unit === "levels" ? levels : values;
    let [low, high] = [0, 255];
    if (unit === "values") {
      high = Math.max(1e-6, ...state.reach.map(Math.abs));
      low = -high;
    }
    const tall = lines.high - 5;
    const y = (line, value) => line * lines.high + 1 + tall * (1 - (value - low) / (high - low));
    if (hovered !== null) {
      const row = Math.floor(pixelOf(hovered) / patch);
      const at = row * lines.run;
      ink.globalAlpha = 0.22;
      ink.fillStyle = style.getPropertyValue("--st-primary-color");
      ink.fillRect((at % lines.perLine) * lines.step, Math.floor(at / lines.perLine) * lines.high, lines.run * lines.step, lines.high - 2);
      ink.globalAlpha = 1;
    }
    const wide = Math.max(0.6, lines.step - (lines.step > 4 ? 1 : 0));
    for (let c = 0; c < 3; c++) {
      ink.fillStyle = CHANNELS[c];
      for (let i = c; i < shown.length; i += 3) {
        const line = Math.floor(i / lines.perLine);
        const [from, to] = [y(line, 0), y(line, shown[i])];
        ink.fillRect((i % lines.perLine) * lines.step, Math.min(from, to), wide, Math.max(0.5, Math.abs(to - from)));
      }
    }
    ink.fillStyle = style.getPropertyValue("--st-border-color");
    for (let line = 0; line < lines.count; line++) ink.fillRect(0, y(line, 0), width, 0.75);
    if (hovered !== null)
      outlineCell(
        ink,
        style,
        (hovered % lines.perLine) * lines.step - 1,
        Math.floor(hovered / lines.perLine) * lines.high + 1,
        wide + 2,
        tall,
        1.5,
      );
    lines.top = high;
  }

  /** The words around the picture; called after all canvases are drawn, because changed text makes the next size that is read expensive. */
  function describe() {
    node.classList.toggle("empty", !state.levels);
    if (!state.levels) {
      caption.textContent = `${state.name} has no pixels`;
      barCaption.textContent = "It is a learned row of numbers, the same for every picture.";
      note.textContent = axis.textContent = "";
      facts.replaceChildren();
      return;
    }
    axis.textContent =
      unit === "levels"
        ? "bars from 0 to 255"
        : `bars from −${four(lines.top)} to ${four(lines.top)}: level ÷ 255, less the channel’s mean, ÷ its spread`;
    const { levels, values, patch, name, exact } = state;
    const count = patch * patch;
    caption.textContent = `${name}, enlarged`;
    barCaption.textContent = `Flattened: ${grouped(count)} pixels × 3 = ${grouped(3 * count)} values`;
    const how = `Pixel rows from the top, pixels from the left, R, G, B of each: one pixel row is a run of ${patch} × 3 = ${3 * patch} values.`;
    note.textContent = exact ? how : `${how} While you drag, the browser resizes the picture; on release these are the model’s own pixels.`;
    const i = hovered ?? 0;
    const pixel = pixelOf(i);
    const rgb = [0, 1, 2].map((c) => 3 * pixel + c);
    showFacts(facts, [
      ["pixel", `row ${Math.floor(pixel / patch) + 1}, col ${(pixel % patch) + 1}`],
      ["R, G, B", rgb.map((k) => levels[k]).join(", ")],
      ["the model reads", rgb.map((k) => four(values[k])).join(", "), rgb.map((k) => values[k]).join(", ")],
      ["value", `${NAMES[i % 3]}, number ${grouped(i + 1)} of ${grouped(3 * count)}`],
    ]);
    const said = `row ${Math.floor(pixel / patch) + 1}, column ${(pixel % patch) + 1}: red ${levels[rgb[0]]}, green ${levels[rgb[1]]}, blue ${levels[rgb[2]]}`;
    square.setAttribute("aria-label", `${name}, ${patch} by ${patch} pixels. Pixel at ${said}. Arrow keys move.`);
    bars.setAttribute(
      "aria-label",
      `${3 * count} values of the flattened patch as bars; number ${i + 1} is ${NAMES[i % 3]} of the pixel at ${said}. Arrow keys move.`,
    );
  }

  function draw(next) {
    state = next;
    if (!state.levels) return;
    if (hovered !== null && hovered >= state.levels.length) hovered = null;
    const style = getComputedStyle(node);
    drawSquare(style);
    drawBars(style);
  }

  const inside = (v, count) => Math.max(0, Math.min(count - 1, v));
  const over = (canvas, at) => {
    canvas.addEventListener("pointermove", (event) => state?.levels && ((hovered = at(event)), changed()));
    canvas.addEventListener("pointerdown", (event) => state?.levels && ((hovered = at(event)), changed()));
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), changed()));
    canvas.addEventListener("keydown", (event) => {
      if (!state?.levels) return;
      const { patch, levels } = state;
      const sideways = canvas === bars ? 1 : 3;
      const step = { ArrowRight: sideways, ArrowLeft: -sideways, ArrowDown: 3 * patch, ArrowUp: -3 * patch }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = (hovered ?? 0) + step;
      if (next >= 0 && next < levels.length) hovered = next;
      changed();
    });
  };
  over(square, (event) => {
    const { patch } = state;
    const [row, col] = cellAt(event, square, [patch, patch]);
    return 3 * (row * patch + col);
  });
  over(bars, (event) => {
    const box = bars.getBoundingClientRect();
    const line = inside(Math.floor((event.clientY - box.top) / lines.high), lines.count);
    return inside(line * lines.perLine + inside(Math.floor((event.clientX - box.left) / lines.step), lines.perLine), state.levels.length);
  });

  return { node, draw, describe };
}
