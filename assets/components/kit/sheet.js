// What a page shows as one picture to keep: canvases, words, numbers of axes and colour bars, placed as on the page, under a title.
import { el } from "./dom.js";

const [MARGIN, TITLE_LINE] = [14, 22]; // px
const LEFT_OUT = ".controls, button, input, select, label, [role=radiogroup], .visually-hidden, [hidden], style";
const COLOUR = /rgba?\([^)]*\)/g;

/** A text broken into lines that fit, from `y` down; the height below the last. */
function written(ink, text, x, y, width, line) {
  let words = "";
  for (const word of text.split(/\s+/)) {
    if (words && ink.measureText(`${words} ${word}`).width > width + 4) {
      ink.fillText(words, x, y);
      [words, y] = [word, y + line];
    } else words = words ? `${words} ${word}` : word;
  }
  ink.fillText(words, x, y);
  return y + line;
}

/** Everything below `node` that is drawn: a canvas, the strip of a colour bar, or a run of words. */
function* drawn(node) {
  for (const child of node.childNodes) {
    if (child instanceof Text) {
      if (child.data.trim()) yield child;
      continue;
    }
    if (!(child instanceof HTMLElement) || child.matches(LEFT_OUT)) continue;
    if (child instanceof HTMLCanvasElement || getComputedStyle(child).backgroundImage !== "none") yield child;
    yield* drawn(child);
  }
}

function boxOf(node) {
  if (!(node instanceof Text)) return node.getBoundingClientRect();
  const range = document.createRange();
  range.selectNodeContents(node);
  return range.getBoundingClientRect();
}

function drawWords(ink, node, [x, y, width]) {
  const style = getComputedStyle(node.parentElement);
  ink.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  ink.fillStyle = style.color;
  written(ink, node.data.trim(), x, y, width, 1.35 * parseFloat(style.fontSize));
}

/** The strip of a colour bar: the stops of its gradient, evenly spaced. */
function drawStrip(ink, node, [x, y, width, height]) {
  const stops = getComputedStyle(node).backgroundImage.match(COLOUR) ?? [];
  const strip = ink.createLinearGradient(x, 0, x + width, 0);
  stops.forEach((stop, i) => strip.addColorStop(i / Math.max(1, stops.length - 1), stop));
  ink.fillStyle = strip;
  ink.fillRect(x, y, width, height);
}

function drawCanvas(ink, node, [x, y, width, height]) {
  if (!node.width || !node.height) return;
  ink.imageSmoothingEnabled = getComputedStyle(node).imageRendering !== "pixelated";
  ink.drawImage(node, x, y, width, height);
}

/** `nodes` of a view on one sheet, twice as fine as the screen at least. */
export function sheetOf(root, nodes, title) {
  const found = nodes.flatMap((node) => [...drawn(node)].map((part) => ({ part, box: boxOf(part) }))).filter(({ box }) => box.width);
  const left = Math.min(...found.map(({ box }) => box.left));
  const top = Math.min(...found.map(({ box }) => box.top));
  const wide = Math.max(...found.map(({ box }) => box.right)) - left;
  const tall = Math.max(...found.map(({ box }) => box.bottom)) - top;
  const scale = Math.max(2, devicePixelRatio);
  const sheet = el("canvas");
  const ink = sheet.getContext("2d");
  const style = getComputedStyle(root);
  const heading = `650 16px ${style.fontFamily}`;
  ink.font = heading;
  const lines = Math.ceil(ink.measureText(title).width / Math.max(1, wide - 40)); // words do not fill every line
  const head = MARGIN + lines * TITLE_LINE + 8;
  [sheet.width, sheet.height] = [(wide + 2 * MARGIN) * scale, (head + tall + MARGIN) * scale];
  ink.scale(scale, scale);
  ink.fillStyle = style.getPropertyValue("--st-background-color");
  ink.fillRect(0, 0, sheet.width, sheet.height);
  ink.textBaseline = "top";
  ink.font = heading;
  ink.fillStyle = style.getPropertyValue("--st-text-color");
  written(ink, title, MARGIN, MARGIN, wide, TITLE_LINE);
  for (const { part, box } of found) {
    /** @type {any} */
    const place = [MARGIN + box.left - left, head + box.top - top, box.width, box.height];
    const draw = part instanceof Text ? drawWords : part instanceof HTMLCanvasElement ? drawCanvas : drawStrip;
    draw(ink, part, place);
  }
  return sheet;
}
