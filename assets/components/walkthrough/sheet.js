// What a step shows as one picture to keep.
import { el } from "../kit/dom.js";

/** A text broken into lines that fit. */
function written(ink, text, x, y, width) {
  let line = "";
  for (const word of text.split(" ")) {
    if (line && ink.measureText(`${line} ${word}`).width > width + 4) {
      ink.fillText(line, x, y);
      [line, y] = [word, y + 17];
    } else line = line ? `${line} ${word}` : word;
  }
  ink.fillText(line, x, y);
}

/** The step's pictures and their captions on one sheet, placed as on the page. */
export function sheetOf(root, stage) {
  const area = stage.getBoundingClientRect();
  const scale = Math.max(2, devicePixelRatio);
  const sheet = el("canvas", { width: area.width * scale, height: area.height * scale });
  const ink = sheet.getContext("2d");
  const style = getComputedStyle(root);
  ink.scale(scale, scale);
  ink.fillStyle = style.getPropertyValue("--st-background-color");
  ink.fillRect(0, 0, area.width, area.height);
  ink.fillStyle = style.getPropertyValue("--st-text-color");
  ink.font = "13px system-ui, sans-serif";
  ink.textBaseline = "top";
  for (const node of stage.querySelectorAll(
    "canvas, .caption, figcaption, h3, dt, dd, td, th, li, .card p, .stack > p, .read, .scale span",
  )) {
    const box = node.getBoundingClientRect();
    if (!box.width) continue;
    const [x, y] = [box.left - area.left, box.top - area.top];
    if (node instanceof HTMLCanvasElement) ink.drawImage(node, x, y, box.width, box.height);
    else written(ink, node.textContent, x, y, box.width);
  }
  return sheet;
}
