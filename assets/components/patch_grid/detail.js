// One patch, pixel by pixel: enlarged with its levels, and flattened as bars in the order in which the model reads them.
import { channelsOf, rgbAt } from "../kit/numbers/channels.js";
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, grouped } from "../kit/numbers/format.js";
import { cellAt } from "../kit/grid.js";

/**
 * `draw({levels, values, patch, chans, reach, name, exact})`, then `describe()`: levels are 0 to 255, values what the model reads; null
 * for a token without pixels.
 */
export function patchDetail(changed) {
  const view = {
    changed,
    square: el("canvas", { class: "square", tabindex: 0, role: "img" }),
    bars: el("canvas", { class: "bars", tabindex: 0, role: "img" }),
  };
  [view.caption, view.barCaption, view.note, view.axis] = [
    el("span"),
    el("span"),
    el("p", { class: "small muted note" }),
    el("div", { class: "small muted axis" }),
  ];
  view.facts = el("dl", { class: "facts" });
  const units = choiceOf(
    "Numbers",
    { levels: "0 to 255", values: "as the model reads them" },
    (name) => ((view.unit = name), units.show(view.unit), view.changed()),
  );
  view.node = el(
    "div",
    { class: "detail" },
    el("div", {}, el("div", { class: "head-line" }, view.caption), view.square, view.facts),
    el("div", {}, el("div", { class: "head-line" }, view.barCaption, units.node), view.bars, view.axis, view.note),
  );
  view.unit = "levels";
  view.hovered = null; // index of a value
  view.state = null;
  view.lines = null; // how the bars are broken into lines
  units.show(view.unit);
  listen(view, view.square, (event) => onSquare(view, event));
  listen(view, view.bars, (event) => onBars(view, event));

  return { node: view.node, draw: (next) => draw(view, next), describe: () => describe(view) };
}

const pixelOf = (view, index) => Math.floor(index / view.state.chans);

function drawSquare(view, style) {
  const { ink, width } = sharp(view.square);
  const { levels, patch, chans } = view.state;
  const cell = width / patch;
  for (let i = 0; i < patch * patch; i++) {
    ink.fillStyle = `rgb(${rgbAt(levels, i, chans).join(",")})`;
    ink.fillRect((i % patch) * cell, Math.floor(i / patch) * cell, cell + 0.5, cell + 0.5);
  }
  if (cell >= 40) drawNumbers(view, ink, cell);
  if (view.hovered === null) return;
  const pixel = pixelOf(view, view.hovered);
  const row = Math.floor(pixel / patch);
  outlineCell(ink, style, 1, row * cell, width - 2, cell, 1.5);
  outlineCell(ink, style, (pixel % patch) * cell, row * cell, cell, cell);
}

function drawNumbers(view, ink, cell) {
  const { levels, patch, chans } = view.state;
  ink.font = "500 13px system-ui, sans-serif";
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  for (let i = 0; i < patch * patch; i++) {
    const [r, g, b] = rgbAt(levels, i, chans);
    ink.fillStyle = 0.3 * r + 0.59 * g + 0.11 * b > 128 ? "#000" : "#fff";
    const down = chans === 1 ? [0.5] : [0.2, 0.5, 0.8];
    down.forEach((y, c) => ink.fillText(levels[chans * i + c], ((i % patch) + 0.5) * cell, (Math.floor(i / patch) + y) * cell));
  }
}

/** Whole pixel rows to a line, so that every line starts at the left edge of the patch. */
function breakLines(view, width) {
  const run = view.state.patch * view.state.chans;
  const most = Math.max(1, Math.min(view.state.patch, Math.floor(width / (1.7 * run))));
  const count = Math.ceil(view.state.patch / most);
  const rows = Math.ceil(view.state.patch / count);
  const high = Math.max(24, Math.min(150, 250 / count));
  return { run, perLine: rows * run, count, high, step: width / (rows * run) };
}

function drawBars(view, style) {
  const { levels, values, chans } = view.state;
  view.lines = breakLines(view, view.bars.clientWidth || 600);
  const tallAll = `${view.lines.count * view.lines.high}px`;
  if (view.bars.style.height !== tallAll) view.bars.style.height = tallAll;
  const { ink, width } = sharp(view.bars);
  const shown = view.unit === "levels" ? levels : values;
  let [low, high] = [0, 255];
  if (view.unit === "values") {
    high = Math.max(1e-6, ...view.state.reach.map(Math.abs));
    low = -high;
  }
  const tall = view.lines.high - 5;
  const y = (line, value) => line * view.lines.high + 1 + tall * (1 - (value - low) / (high - low));
  if (view.hovered !== null) tintRow(view, ink, style);
  const wide = Math.max(0.6, view.lines.step - (view.lines.step > 4 ? 1 : 0));
  for (let c = 0; c < chans; c++) {
    ink.fillStyle = channelsOf(chans).inks[c];
    for (let i = c; i < shown.length; i += chans) {
      const line = Math.floor(i / view.lines.perLine);
      const [from, to] = [y(line, 0), y(line, shown[i])];
      ink.fillRect((i % view.lines.perLine) * view.lines.step, Math.min(from, to), wide, Math.max(0.5, Math.abs(to - from)));
    }
  }
  ink.fillStyle = style.getPropertyValue("--st-border-color");
  for (let line = 0; line < view.lines.count; line++) ink.fillRect(0, y(line, 0), width, 0.75);
  if (view.hovered !== null)
    outlineCell(
      ink,
      style,
      (view.hovered % view.lines.perLine) * view.lines.step - 1,
      Math.floor(view.hovered / view.lines.perLine) * view.lines.high + 1,
      wide + 2,
      tall,
      1.5,
    );
  view.lines.top = high;
}

/** The pixel row of the value under the pointer. */
function tintRow(view, ink, style) {
  const at = Math.floor(pixelOf(view, view.hovered) / view.state.patch) * view.lines.run;
  ink.globalAlpha = 0.22;
  ink.fillStyle = style.getPropertyValue("--st-primary-color");
  ink.fillRect(
    (at % view.lines.perLine) * view.lines.step,
    Math.floor(at / view.lines.perLine) * view.lines.high,
    view.lines.run * view.lines.step,
    view.lines.high - 2,
  );
  ink.globalAlpha = 1;
}

/** The words around the picture; called after all canvases are drawn, because changed text makes the next size that is read expensive. */
function describe(view) {
  view.node.classList.toggle("empty", !view.state.levels);
  if (!view.state.levels) {
    view.caption.textContent = `${view.state.name} has no pixels`;
    view.barCaption.textContent = "It is a learned row of numbers, the same for every picture.";
    view.note.textContent = view.axis.textContent = "";
    view.facts.replaceChildren();
    return;
  }
  view.axis.textContent =
    view.unit === "levels"
      ? "bars from 0 to 255"
      : `bars from −${four(view.lines.top)} to ${four(view.lines.top)}: level ÷ 255, less the channel’s mean, ÷ its spread`;
  describePixel(view);
}

function describePixel(view) {
  const { levels, values, patch, chans, name, exact } = view.state;
  const [count, { short, long }] = [patch * patch, channelsOf(chans)];
  view.caption.textContent = `${name}, enlarged`;
  view.barCaption.textContent = `Flattened: ${grouped(count)} pixels × ${chans} = ${grouped(chans * count)} values`;
  const order = `Pixel rows from the top, pixels from the left${chans === 1 ? "" : ", R, G, B of each"}`;
  const how = `${order}: one pixel row is a run of ${patch} × ${chans} = ${chans * patch} values.`;
  view.note.textContent = exact
    ? how
    : `${how} While you drag, the browser resizes the picture; on release these are the model’s own pixels.`;
  const i = view.hovered ?? 0;
  const pixel = pixelOf(view, i);
  const all = short.map((_, c) => chans * pixel + c);
  showFacts(view.facts, [
    ["pixel", `row ${Math.floor(pixel / patch) + 1}, col ${(pixel % patch) + 1}`],
    [short.join(", "), all.map((k) => levels[k]).join(", ")],
    ["the model reads", all.map((k) => four(values[k])).join(", "), all.map((k) => values[k]).join(", ")],
    ["value", `${short[i % chans]}, number ${grouped(i + 1)} of ${grouped(chans * count)}`],
  ]);
  const place = `row ${Math.floor(pixel / patch) + 1}, column ${(pixel % patch) + 1}`;
  const said = `${place}: ${all.map((k, c) => `${long[c]} ${levels[k]}`).join(", ")}`;
  view.square.setAttribute("aria-label", `${name}, ${patch} by ${patch} pixels. Pixel at ${said}. Arrow keys move.`);
  view.bars.setAttribute(
    "aria-label",
    `${chans * count} values of the flattened patch as bars; ` +
      `number ${i + 1} is ${short[i % chans]} of the pixel at ${said}. Arrow keys move.`,
  );
}

function draw(view, next) {
  view.state = next;
  if (!view.state.levels) return;
  if (view.hovered !== null && view.hovered >= view.state.levels.length) view.hovered = null;
  const style = getComputedStyle(view.node);
  drawSquare(view, style);
  drawBars(view, style);
}

const inside = (v, count) => Math.max(0, Math.min(count - 1, v));

function listen(view, canvas, at) {
  canvas.addEventListener("pointermove", (event) => view.state?.levels && ((view.hovered = at(event)), view.changed()));
  canvas.addEventListener("pointerdown", (event) => view.state?.levels && ((view.hovered = at(event)), view.changed()));
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((view.hovered = null), view.changed()));
  canvas.addEventListener("keydown", (event) => {
    if (!view.state?.levels) return;
    const { patch, levels, chans } = view.state;
    const sideways = canvas === view.bars ? 1 : chans;
    const step = { ArrowRight: sideways, ArrowLeft: -sideways, ArrowDown: chans * patch, ArrowUp: -chans * patch }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (view.hovered ?? 0) + step;
    if (next >= 0 && next < levels.length) view.hovered = next;
    view.changed();
  });
}

function onSquare(view, event) {
  const { patch, chans } = view.state;
  const [row, col] = cellAt(event, view.square, [patch, patch]);
  return chans * (row * patch + col);
}

function onBars(view, event) {
  const box = view.bars.getBoundingClientRect();
  const line = inside(Math.floor((event.clientY - box.top) / view.lines.high), view.lines.count);
  return inside(
    line * view.lines.perLine + inside(Math.floor((event.clientX - box.left) / view.lines.step), view.lines.perLine),
    view.state.levels.length,
  );
}
