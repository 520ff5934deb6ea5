// A chart of curves over resolution, drawn in a canvas within a frame: log or linear axes, marks, and what lies under the pointer.
import { boxOf, clearOf, placeOf } from "./labels.js";

const FAR = 1e5; // px

/** Steps of a linear axis, few and round. */
function linearTicks(top, most) {
  const rough = top / most;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * size).find((s) => s >= rough);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => i * step);
}

/** Powers of `base` between low and high, thinned to at most `most`. */
function logTicks(low, high, base, most) {
  const [first, last] = [low, high].map((v) => Math.log(v) / Math.log(base));
  const every = Math.max(1, Math.ceil((last - first) / most));
  const ticks = [];
  for (let i = Math.ceil(first - 1e-9); i <= last + 1e-9; i++) if (i % every === 0) ticks.push(base ** i);
  return ticks;
}

/**
 * Draw into `canvas`. `plan`: log, x [low, high], y [low, high], areas (stacked in linear axes) and lines `{colour, width, dash, values}`
 * over `xs`, verticals and horizontals `{at, label, dash, strong}`, dots `{x, y, label, below}`, textX and textY. Returns pixels of x, and
 * x of pixels.
 */
export function drawCurves(canvas, plan, style) {
  const frame = frameOf(canvas, plan, style);
  drawAxes(frame);
  drawValues(frame);
  drawVerticals(frame);
  drawHorizontals(frame);
  drawDots(frame);
  frame.write();
  const { px, box } = frame;
  const back = (pixel) => {
    const share = Math.min(1, Math.max(0, (pixel - box.left) / (box.right - box.left)));
    return plan.log ? plan.x[0] * (plan.x[1] / plan.x[0]) ** share : plan.x[0] + share * (plan.x[1] - plan.x[0]);
  };
  return { px, back, box };
}

/** The canvas, cleared: its ink, the box between the axes, pixels of values, and words that stand out from what is under them. */
function frameOf(canvas, plan, style) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio))
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const ink = canvas.getContext("2d");
  ink.setTransform(ratio, 0, 0, ratio, 0, 0);
  ink.clearRect(0, 0, width, height);
  const box = { left: 62, right: width - 22, top: 14, bottom: height - 40 };
  const scale = (value, [low, high], from, to) => {
    const share = plan.log ? Math.log(Math.max(value, 1e-30) / low) / Math.log(high / low) : (value - low) / (high - low);
    return from + (to - from) * share;
  };
  const px = (value) => scale(value, plan.x, box.left, box.right);
  const py = (value) => Math.min(box.bottom + 30, Math.max(box.top - 60, scale(value, plan.y, box.bottom, box.top)));
  const font = (weight) => `${weight} 13px ${style.font}`;
  const text = (words, x, y, align = "left", colour = style.muted, weight = 400) => {
    ink.font = font(weight);
    ink.textAlign = align;
    ink.lineWidth = 3;
    ink.strokeStyle = style.ground;
    ink.strokeText(words, x, y);
    ink.fillStyle = colour;
    ink.fillText(words, x, y);
  };
  const frame = { plan, style, ink, width, box, px, py, text };
  return { ...frame, ...placing(frame, font) };
}

/** What words should not lie on: the lines of the marks, from one side of the box to the other, and what is outside the canvas. */
function linesOf({ plan, width, box, px, py }) {
  const upright = marksWithin(plan.verticals, plan.x).map(({ at }) => [px(at) - 2, box.top - 4, px(at) + 2, box.bottom]);
  const flat = marksWithin(plan.horizontals, plan.y).map(({ at }) => [box.left, py(at) - 2, box.right, py(at) + 2]);
  const outside = [
    [-FAR, -FAR, 0, FAR],
    [width, -FAR, FAR, FAR],
  ];
  return [...upright, ...flat, ...outside];
}

const marksWithin = (marks, [low, high]) => marks.filter(({ at }) => at >= low && at <= high);

/**
 * Words that keep clear of each other and of the marks' lines: `label` is written when all lines are drawn, at the first of its places
 * that is clear; `tick` is left out where there is no room.
 */
function placing(frame, font) {
  const { ink, text, style } = frame;
  const [taken, waiting, lines] = [[], [], linesOf(frame)];
  const wideOf = (words, weight) => {
    ink.font = font(weight);
    return ink.measureText(words).width;
  };
  const label = (words, places, y, weight = 400) => {
    const found = placeOf(wideOf(words, weight), places, y, taken, lines);
    taken.push(found.box);
    waiting.push({ words, weight, ...found });
  };
  const write = () => {
    for (const { words, weight, x, y, align, box } of waiting) {
      if (!clearOf(box, lines)) {
        ink.fillStyle = style.ground;
        ink.fillRect(box[0], box[1], box[2] - box[0], box[3] - box[1]);
      }
      text(words, x, y, align, style.text, weight);
    }
  };
  const tick = (words, x, y, align) => {
    const box = boxOf(wideOf(words, 400), x, y, align);
    if (!clearOf(box, taken)) return;
    taken.push(box);
    text(words, x, y, align);
  };
  return { label, tick, write };
}

/** To the right of `x` and to its left, in the order that leaves more room. */
const besides = (x, gap, leftward) => {
  const sides = [
    { x: x + gap, align: "left" },
    { x: x - gap, align: "right" },
  ];
  return leftward ? sides.reverse() : sides;
};

function drawAxes({ plan, style, ink, width, box, px, py, text, tick: tickAt }) {
  const xTicks = plan.log
    ? logTicks(...plan.x, 2, width < 500 ? 5 : 9)
    : linearTicks(plan.x[1], width < 500 ? 4 : 8).filter((t) => t >= plan.x[0]);
  const yTicks = plan.log ? logTicks(...plan.y, 10, 7) : linearTicks(plan.y[1], 6);
  ink.strokeStyle = style.line;
  ink.lineWidth = 1;
  ink.beginPath();
  for (const tick of yTicks) (ink.moveTo(box.left, py(tick)), ink.lineTo(box.right, py(tick)));
  for (const tick of xTicks) (ink.moveTo(px(tick), box.bottom), ink.lineTo(px(tick), box.bottom + 4));
  ink.stroke();
  for (const tick of yTicks) tickAt(tick ? plan.textY(tick) : "0", box.left - 7, py(tick) + 4, "right");
  for (const tick of xTicks) tickAt(plan.textX(tick), px(tick), box.bottom + 17, "center");
  text(plan.xTitle, (box.left + box.right) / 2, box.bottom + 34, "center");
}

/** Areas and lines, cut off where the axes end. */
function drawValues({ plan, ink, box, px, py }) {
  ink.save();
  ink.beginPath();
  ink.rect(box.left, box.top - 8, box.right - box.left, box.bottom - box.top + 8);
  ink.clip();
  const { xs } = plan;
  let floor = new Float64Array(xs.length);
  for (const area of plan.log ? [] : plan.areas) {
    const roof = floor.map((value, i) => value + area.values[i]);
    ink.beginPath();
    xs.forEach((x, i) => ink.lineTo(px(x), py(roof[i])));
    for (let i = xs.length - 1; i >= 0; i--) ink.lineTo(px(xs[i]), py(floor[i]));
    ink.globalAlpha = 0.82;
    ink.fillStyle = area.colour;
    ink.fill();
    ink.globalAlpha = 1;
    floor = roof;
  }
  for (const line of plan.log ? [...plan.areas, ...plan.lines] : plan.lines) {
    ink.beginPath();
    xs.forEach((x, i) => line.values[i] > 0 && ink.lineTo(px(x), py(line.values[i])));
    ink.strokeStyle = line.colour;
    ink.lineWidth = line.width ?? 2;
    ink.setLineDash(line.dash ?? []);
    ink.stroke();
  }
  ink.restore();
}

function drawVerticals({ plan, style, ink, box, px, label }) {
  for (const mark of marksWithin(plan.verticals, plan.x)) {
    const x = px(mark.at);
    ink.beginPath();
    ink.moveTo(x, box.top - 4);
    ink.lineTo(x, box.bottom);
    ink.setLineDash(mark.strong ? [] : [3, 4]);
    ink.strokeStyle = mark.strong ? style.text : style.muted;
    ink.lineWidth = mark.strong ? 2 : 1.2;
    ink.stroke();
    if (mark.label) {
      const leftward = x > (box.left + box.right) / 2;
      label(mark.label, besides(x, 6, leftward), box.top + 8, mark.strong ? 650 : 400);
    }
  }
}

function drawHorizontals({ plan, style, ink, box, py, label }) {
  for (const mark of marksWithin(plan.horizontals, plan.y)) {
    ink.beginPath();
    ink.moveTo(box.left, py(mark.at));
    ink.lineTo(box.right, py(mark.at));
    ink.setLineDash([7, 4]);
    ink.strokeStyle = style.text;
    ink.lineWidth = 1.2;
    ink.stroke();
    const places = [
      { x: box.left + 6, align: "left" },
      { x: box.right - 6, align: "right" },
    ];
    label(mark.label, places, py(mark.at) - 5);
  }
  ink.setLineDash([]);
}

function drawDots({ plan, style, ink, box, px, py, label }) {
  for (const dot of plan.dots.filter((d) => d.x >= plan.x[0] && d.x <= plan.x[1])) {
    ink.beginPath();
    ink.arc(px(dot.x), py(dot.y), dot.strong ? 6 : 4.5, 0, 7);
    ink.fillStyle = dot.strong ? style.text : style.ground;
    ink.fill();
    ink.lineWidth = 2;
    ink.strokeStyle = dot.strong ? style.ground : style.text;
    ink.stroke();
    if (dot.label) {
      const leftward = dot.below ? box.right - px(dot.x) < 70 : px(dot.x) - box.left > 80;
      label(dot.label, besides(px(dot.x), 9, leftward), py(dot.y) + (dot.below ? 17 : -9), 650);
    }
  }
}
