// What a page shows as one picture to keep: canvases, words, numbers of axes and colour bars, placed as on the page, under a title. The
// same parts become a PNG of any fineness, or an SVG whose words stay words.
import { el } from "../dom.js";

const [MARGIN, TITLE, NOTE] = [14, { size: 16, line: 22 }, { size: 12, line: 16 }]; // px
const NARROWEST = 340; // px: a narrower figure has its title and notes beside it
const CONTROLS = ".controls, .hint, .menu, button:not(.cell, .way), input, select, label, [role=radiogroup]:not(.cards)";
const LEFT_OUT = `${CONTROLS}, .visually-hidden, [hidden], style`;
const COLOUR = /(?:rgba?|color)\([^)]*\)/g;
const PIXEL = el("canvas", { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

const colours = new Map();

/** A colour of CSS as red, green, blue (of 255) and opacity (of 1): not every program that reads SVG knows the others. */
function plain(name) {
  if (!colours.has(name)) {
    PIXEL.clearRect(0, 0, 1, 1);
    PIXEL.fillStyle = name;
    PIXEL.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = PIXEL.getImageData(0, 0, 1, 1).data;
    colours.set(name, { rgb: `rgb(${r},${g},${b})`, alpha: a / 255 });
  }
  return colours.get(name);
}

/** Everything below `node` that is drawn: a box, a canvas, the strip of a colour bar, or a run of words. */
function* drawn(node) {
  for (const child of node.childNodes) {
    if (child instanceof Text) {
      if (child.data.trim()) yield child;
      continue;
    }
    if (!(child instanceof HTMLElement) || child.matches(LEFT_OUT) || !child.checkVisibility()) continue;
    yield child;
    yield* drawn(child);
  }
}

/** The right edge at which the page cuts a run of words by dots; infinite where it does not. */
function cutAt(node) {
  for (let box = node.parentElement; box && getComputedStyle(box).whiteSpace === "nowrap"; box = box.parentElement) {
    const style = getComputedStyle(box);
    if (style.textOverflow === "ellipsis" && box.scrollWidth > box.clientWidth)
      return box.getBoundingClientRect().right - parseFloat(style.paddingRight) - parseFloat(style.borderRightWidth);
  }
  return Infinity;
}

/** A line as the page shows it: no wider than up to `right`, with dots for what is cut. */
function cutLine(line, right) {
  let { text } = line;
  const wide = (shown) => line.x + widthOf({ text: shown, font: line.font }) > right + 0.5;
  if (!wide(text)) return line;
  while (text && wide(`${text}…`)) text = text.slice(0, -1).trimEnd();
  return { ...line, text: `${text}…` };
}

/** The lines of a run of words, each where it stands. */
function linesOf(node, [left, top]) {
  const style = getComputedStyle(node.parentElement);
  const font = { weight: style.fontWeight, size: parseFloat(style.fontSize), family: style.fontFamily };
  const [range, lines] = [document.createRange(), []];
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    if (!box.width) continue;
    const y = box.top + box.height / 2 - top;
    const last = lines.at(-1);
    if (last && Math.abs(last.y - y) < 2) last.text += ` ${word}`;
    else lines.push({ kind: "words", text: word, x: box.left - left, y, font, colour: style.color });
  }
  const right = cutAt(node) - left;
  return right === Infinity ? lines : lines.map((line) => cutLine(line, right));
}

/** A node as it is painted: a canvas's pixels, a gradient, a ground, a line around it. */
function partsOf(node, from) {
  if (node instanceof Text) return linesOf(node, from);
  const { left, top, width: w, height: h } = node.getBoundingClientRect();
  if (!w || !h) return [];
  const place = { x: left - from[0], y: top - from[1], w, h };
  const style = getComputedStyle(node);
  const radius = Math.min(parseFloat(style.borderTopLeftRadius) || 0, h / 2);
  const thick = style.borderTopStyle === style.borderBottomStyle && style.borderTopStyle !== "none" ? parseFloat(style.borderTopWidth) : 0;
  const found = [];
  const line = thick && parseFloat(style.borderLeftWidth) ? { thick, line: style.borderTopColor } : { thick: 0, line: "" };
  if (style.backgroundImage.startsWith("linear-gradient"))
    found.push({ kind: "strip", ...place, stops: style.backgroundImage.match(COLOUR) ?? [] });
  else if (plain(style.backgroundColor).alpha || line.thick)
    found.push({ kind: "box", ...place, radius, ground: style.backgroundColor, ...line });
  if (node instanceof HTMLCanvasElement && node.width && node.height)
    found.push({ kind: "image", ...place, image: node, smooth: style.imageRendering !== "pixelated", opacity: +style.opacity });
  return found;
}

/**
 * `nodes` of a view as parts of a picture: `{width, height, parts}` in px.
 * @param {HTMLElement[]} nodes
 */
export function drawnOf(nodes) {
  const seen = nodes.flatMap((node) => [...drawn({ childNodes: [node] })]);
  const parts = seen.flatMap((node) => partsOf(node, [0, 0]));
  const left = Math.min(...parts.map(({ x }) => x));
  const top = Math.min(...parts.map((part) => (part.kind === "words" ? part.y - part.font.size * 0.7 : part.y)));
  for (const part of parts) {
    part.x -= left;
    part.y -= top;
  }
  const right = (part) => part.x + (part.kind === "words" ? widthOf(part) : part.w);
  const below = (part) => part.y + (part.kind === "words" ? part.font.size * 0.7 : part.h);
  return { width: Math.max(...parts.map(right)), height: Math.max(...parts.map(below)), parts };
}

const fontOf = ({ weight, size, family }) => `${weight} ${size}px ${family}`;

function widthOf({ text, font }) {
  PIXEL.font = fontOf(font);
  return PIXEL.measureText(text).width;
}

/** A text broken into lines that fit; a word that is too long for one (an address) is broken, too. */
function broken(text, font, width) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (widthOf({ text: longer, font }) <= width) {
      lines[lines.length - 1] = longer;
      continue;
    }
    if (lines.at(-1)) lines.push("");
    for (const letter of word) {
      if (widthOf({ text: lines.at(-1) + letter, font }) > width) lines.push("");
      lines[lines.length - 1] += letter;
    }
  }
  return lines;
}

/**
 * A sheet: a title, what was drawn, and notes below it (of what, and the link that shows it), on the ground of the page.
 * @param {HTMLElement} root
 * @param {{width: number, height: number, parts: any[]}} picture
 * @param {{title: string, notes: string[]}} words
 */
export function sheetOf(root, picture, { title, notes }) {
  const style = getComputedStyle(root);
  const colour = style.getPropertyValue("--st-text-color").trim();
  const inner = Math.max(NARROWEST, Math.ceil(picture.width));
  const parts = [];
  const write = (text, y, { size, line }, weight) => {
    const font = { weight, size, family: style.fontFamily };
    const lines = broken(text, font, inner);
    lines.forEach((words, i) => parts.push({ kind: "words", text: words, x: MARGIN, y: y + (i + 0.5) * line, font, colour }));
    return y + lines.length * line;
  };
  const head = write(title, MARGIN, TITLE, 650) + 8;
  for (const part of picture.parts) parts.push({ ...part, x: part.x + MARGIN, y: part.y + head });
  let foot = head + picture.height + 12;
  for (const note of notes.filter(Boolean)) foot = write(note, foot, NOTE, 400);
  return { width: inner + 2 * MARGIN, height: Math.ceil(foot + MARGIN), ground: style.getPropertyValue("--st-background-color"), parts };
}

// ---- as pixels --------------------------------------------------------------------------------------------------------------------------

const INK = {
  words(ink, { text, x, y, font, colour }) {
    ink.font = fontOf(font);
    ink.fillStyle = colour;
    ink.fillText(text, x, y);
  },
  strip(ink, { x, y, w, h, stops }) {
    const strip = ink.createLinearGradient(x, 0, x + w, 0);
    stops.forEach((stop, i) => strip.addColorStop(i / Math.max(1, stops.length - 1), stop));
    ink.fillStyle = strip;
    ink.fillRect(x, y, w, h);
  },
  box(ink, { x, y, w, h, radius, ground, thick, line }) {
    ink.beginPath();
    ink.roundRect(x + thick / 2, y + thick / 2, w - thick, h - thick, radius);
    ink.fillStyle = ground;
    ink.fill();
    if (!thick) return;
    [ink.lineWidth, ink.strokeStyle] = [thick, line];
    ink.stroke();
  },
  image(ink, { x, y, w, h, image, smooth, opacity = 1 }) {
    ink.imageSmoothingEnabled = smooth;
    ink.globalAlpha = opacity;
    ink.drawImage(image, x, y, w, h);
    ink.globalAlpha = 1;
  },
};

/** A sheet on a canvas, `scale` pixels a CSS pixel. */
export function onCanvas({ width, height, ground, parts }, scale) {
  const canvas = el("canvas", { width: width * scale, height: height * scale });
  const ink = canvas.getContext("2d");
  ink.scale(scale, scale);
  ink.fillStyle = ground;
  ink.fillRect(0, 0, width, height);
  ink.textBaseline = "middle";
  for (const part of parts) INK[part.kind](ink, part);
  return canvas;
}

// ---- as a drawing -----------------------------------------------------------------------------------------------------------------------

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const filled = (name, colour) => `${name}="${plain(colour).rgb}" ${name}-opacity="${+plain(colour).alpha.toFixed(3)}"`;
const boxed = ({ x, y, w, h }) => `x="${+x.toFixed(2)}" y="${+y.toFixed(2)}" width="${+w.toFixed(2)}" height="${+h.toFixed(2)}"`;

const DRAWN = {
  words: ({ text, x, y, font, colour }) =>
    `<text x="${+x.toFixed(2)}" y="${+(y + 0.35 * font.size).toFixed(2)}" font-family="${escaped(font.family)}" ` +
    `font-size="${font.size}" font-weight="${font.weight}" ${filled("fill", colour)}>${escaped(text)}</text>`,
  strip(part, i) {
    const stops = part.stops.map(
      (stop, at) => `<stop offset="${at / Math.max(1, part.stops.length - 1)}" stop-color="${plain(stop).rgb}"/>`,
    );
    return `<linearGradient id="strip${i}">${stops.join("")}</linearGradient><rect ${boxed(part)} fill="url(#strip${i})"/>`;
  },
  box(part) {
    const { thick, line, ground, radius } = part;
    const inner = { x: part.x + thick / 2, y: part.y + thick / 2, w: part.w - thick, h: part.h - thick };
    const stroke = thick ? ` ${filled("stroke", line)} stroke-width="${thick}"` : "";
    return `<rect ${boxed(inner)} rx="${radius}" ${filled("fill", ground)}${stroke}/>`;
  },
  image(part) {
    if (part.svg) return part.svg.replace(/^[^]*?<svg/, `<svg x="${part.x}" y="${part.y}"`);
    const seen = part.opacity < 1 ? ` opacity="${part.opacity}"` : "";
    const how = part.smooth ? seen : `${seen} style="image-rendering:pixelated"`;
    return `<image ${boxed(part)} preserveAspectRatio="none"${how} href="${part.image.toDataURL("image/png")}"/>`;
  },
};

/** A sheet as SVG: words as words, maps as images within it. */
export function asSvg({ width, height, ground, parts }) {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" ` +
    `viewBox="0 0 ${width} ${height}">\n<rect width="100%" height="100%" ${filled("fill", ground)}/>\n` +
    `${parts.map((part, i) => DRAWN[part.kind](part, i)).join("\n")}\n</svg>\n`
  );
}
