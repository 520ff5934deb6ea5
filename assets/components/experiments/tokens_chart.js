// How far rows move from layer to layer: the chosen tokens, the other patches, the tokens before them.
import { el, mark } from "../kit/dom.js";
import { four } from "../kit/format.js";
import { rangeFrom } from "./tokens_choice.js";

export const INVITATION = "Click a patch of the picture, or drag over several.";
const LINES = { changed: "#d55e00", others: "#0072b2", prefix: "#cc79a7" };
const NOTHING = 1e-9; // below it no row has moved
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 12, 10, 24]; // px around the chart

export function drawMovement({ data, fit, chart, legend, root }, tokens, shown) {
  const { header } = data;
  const { ink, width, height } = fit();
  if (!data.arrays.chosen.length) return invite({ ink, width, height, chart, legend, root });
  const lines = meansOf(data, tokens);
  let top = NOTHING;
  for (const values of Object.values(lines)) for (const value of values) if (value > top) top = value;
  const x = (layer) => LEFT + ((width - LEFT - RIGHT) * layer) / header.depth;
  const y = (value) => height - BOTTOM - ((height - TOP - BOTTOM) * value) / top;
  const style = getComputedStyle(root);
  drawAxes(ink, { x, y, top, width, height, depth: header.depth }, style);
  ink.lineWidth = 2.5;
  for (const [name, values] of Object.entries(lines)) {
    ink.strokeStyle = LINES[name];
    ink.beginPath();
    values.forEach((value, layer) => !Number.isNaN(value) && ink.lineTo(x(layer), y(value)));
    ink.stroke();
  }
  drawPlace(ink, x(shown), height, style);
  const key = (name, text) => [
    el("i", { class: "key", style: `background:${LINES[name]}` }),
    `${text} ${Number.isNaN(lines[name][shown]) ? "—" : four(lines[name][shown])}`,
  ];
  legend.replaceChildren(
    ...key("changed", "chosen tokens, mean"),
    ...key("others", "other patches, mean"),
    ...(header.prefix.length ? key("prefix", header.prefix.length > 1 ? "special tokens, mean" : header.prefix[0]) : []),
  );
  mark(chart, "aria-label", `Movement of the rows by layer, at the chosen layer: ${legend.textContent}.`);
}

/** Before anything is chosen: what to do, in place of a chart of nothing. */
function invite({ ink, width, height, chart, legend, root }) {
  const style = getComputedStyle(root);
  ink.font = `15px ${style.fontFamily}`;
  ink.fillStyle = style.getPropertyValue("--muted");
  ink.textAlign = "center";
  ink.fillText(INVITATION, width / 2, height / 2);
  legend.replaceChildren("\u00a0"); // keeps its line
  mark(chart, "aria-label", INVITATION);
}

/** Mean movement of each group by layer; NaN for a group that is empty. */
function meansOf({ header, arrays }, tokens) {
  const marked = new Set(arrays.chosen);
  const mean = (wanted) => {
    const list = rangeFrom(0, tokens).filter((token) => wanted(token));
    const sum = (layer) => list.reduce((all, token) => all + arrays.change[layer * tokens + token], 0);
    return Float32Array.from({ length: header.depth + 1 }, (_, layer) => (list.length ? sum(layer) / list.length : NaN));
  };
  const lead = header.prefix.length;
  return {
    changed: mean((token) => marked.has(token)),
    others: mean((token) => !marked.has(token) && token >= lead),
    prefix: mean((token) => !marked.has(token) && token < lead),
  };
}

function drawAxes(ink, { x, y, top, width, height, depth }, style) {
  ink.font = `13px ${style.fontFamily}`;
  ink.fillStyle = style.getPropertyValue("--muted");
  ink.strokeStyle = style.getPropertyValue("--line");
  ink.lineWidth = 1;
  ink.textAlign = "right";
  for (const part of top > NOTHING ? [0, 0.5, 1] : [0]) {
    ink.fillText(part === 0 ? "0" : four(part * top), LEFT - 6, y(part * top) + 4);
    ink.beginPath();
    ink.moveTo(LEFT, y(part * top));
    ink.lineTo(width - RIGHT, y(part * top));
    ink.stroke();
  }
  ink.textAlign = "center";
  for (let layer = 0; layer <= depth; layer++)
    if (layer % Math.ceil(depth / 12) === 0) ink.fillText(layer === 0 ? "start" : layer, x(layer), height - 6);
}

function drawPlace(ink, x, height, style) {
  ink.strokeStyle = style.getPropertyValue("--text");
  ink.lineWidth = 1;
  ink.globalAlpha = 0.5;
  ink.beginPath();
  ink.moveTo(x, TOP);
  ink.lineTo(x, height - BOTTOM);
  ink.stroke();
  ink.globalAlpha = 1;
}
