// The drawings of the MLP: the bend with the neurons on it, and the patches of the gallery that drive one of them.
import { outlineCell } from "../../kit/picture/canvas.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { store } from "../../kit/store.js";
import { numeral } from "../parts.js";

const LEFT = "Which patches of the gallery drive a neuron most is in the app.";
const CROP = 56; // pixels of a driver's picture, each way
const DOT = 6.5; // pixels: the radius of the chosen neuron's dot
const EDGE = 7; // pixels beside the curve's ends, where that dot has room

/**
 * Lowest and highest value on the curve.
 * @returns {[number, number]}
 */
export const reachOf = (pre) => [Math.min(-4, ...pre), Math.max(3, ...pre)];

/** The value that stands so many pixels from the left of a curve of that width; `reach` as `reachOf`. */
export function valueAt([low, high], pixels, width) {
  return low + ((pixels - EDGE) / (width - 2 * EDGE)) * (high - low);
}

export function drawCurve({ ctx, curve, fitCurve, neuron }, pre, act, name) {
  const { ink, width, height } = fitCurve();
  const { style } = ctx;
  const reach = reachOf(pre);
  const [low, high] = reach;
  const [bottom, top] = [-0.6, Math.max(1, act(high))];
  const x = (v) => EDGE + ((v - low) / (high - low)) * (width - 2 * EDGE);
  const y = (v) => height - 16 - ((v - bottom) / (top - bottom)) * (height - 24);
  ink.strokeStyle = style.getPropertyValue("--st-border-color");
  ink.beginPath();
  (ink.moveTo(0, y(0)), ink.lineTo(width, y(0)), ink.moveTo(x(0), 0), ink.lineTo(x(0), height - 14));
  ink.stroke();
  ink.strokeStyle = style.getPropertyValue("--st-text-color");
  ink.lineWidth = 1.5;
  ink.beginPath();
  for (let i = 0; i <= width; i += 2) ink.lineTo(i, y(act(valueAt(reach, i, width))));
  ink.stroke();
  ink.fillStyle = "rgba(230,159,0,0.55)";
  for (const v of pre) ink.fillRect(x(v) - 1.5, y(act(v)) - 1.5, 3, 3);
  const dot = (colour, radius) => {
    ink.fillStyle = style.getPropertyValue(colour);
    ink.beginPath();
    ink.arc(x(pre[neuron]), y(act(pre[neuron])), radius, 0, 7);
    ink.fill();
  };
  dot("--st-background-color", DOT);
  dot("--st-text-color", 5);
  dot("--st-background-color", 3);
  ink.fillStyle = style.getPropertyValue("--st-text-color");
  ink.font = "13px system-ui, sans-serif";
  for (let v = Math.ceil(low); v <= high; v += Math.ceil((high - low) / 10))
    ink.fillText(String(v).replace("-", "−"), Math.min(width - 14, x(v) + 2), height - 2);
  const told = `Neuron ${neuron + 1}: ${four(pre[neuron])} becomes ${four(act(pre[neuron]))}.`;
  curve.setAttribute("aria-label", `${name} with ${pre.length} neurons on it. ${told} Arrow keys go to the next neuron.`);
}

export function drawDrivers(view, { header, drivers: found }) {
  const { driversTitle, drivers, neuron } = view;
  const without = store.saved ? LEFT : "The model is being run on the gallery…";
  driversTitle.textContent = found ? `Patches of the gallery that drive neuron ${neuron + 1} most:` : without;
  if (!found) return drivers.replaceChildren();
  const { gallery, gallerySize, drivers: count } = found.header;
  const cols = gallerySize[0] / gallerySize[1];
  drivers.replaceChildren(
    ...Array.from({ length: count }, (_, i) => {
      const at = neuron * count + i;
      const patch = found.arrays.drivePatch[at];
      const driver = { ...gallery[found.arrays.drivePicture[at]], row: Math.floor(patch / cols), col: patch % cols, cols };
      const value = numeral(found.arrays.driveValue[at], `drive:${header.layer}:${neuron}:${i}`);
      return driverFigure(view, driver, value);
    }),
  );
}

/** A patch that drives the neuron, painted as soon as its picture is there. */
function driverFigure({ ctx, images }, driver, value) {
  const { title, address, row, col } = driver;
  const canvas = el("canvas", {
    width: CROP,
    height: CROP,
    style: `width:${CROP}px;height:${CROP}px`,
    role: "img",
    "aria-label": `${title}, row ${row + 1}, column ${col + 1}`,
  });
  const known = images.get(address);
  if (known?.complete) paintCrop(ctx.style, canvas, known, driver);
  else {
    const image = known ?? new Image();
    images.set(address, image);
    image.addEventListener("load", () => paintCrop(ctx.style, canvas, image, driver), { once: true });
    image.src ||= address;
  }
  const place = `${title}, row ${row + 1}, col ${col + 1}`;
  return el("figure", { title: place }, canvas, el("figcaption", { class: "small" }, value));
}

/** The patch and what lies around it, three by three within the picture, so that one sees what it belongs to. */
function paintCrop(style, canvas, image, { row, col, cols }) {
  const own = image.naturalWidth / cols;
  const ink = canvas.getContext("2d");
  const [x, y] = [col, row].map((i) => Math.max(0, Math.min(cols - 3, i - 1)));
  ink.drawImage(image, x * own, y * own, 3 * own, 3 * own, 0, 0, CROP, CROP);
  outlineCell(ink, style, ((col - x) * CROP) / 3, ((row - y) * CROP) / 3, CROP / 3, CROP / 3);
}
