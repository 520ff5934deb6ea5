// A chart of curves over resolution, drawn in a canvas within a frame: log or linear axes, marks, and what lies under the pointer.

const LINE = 16; // px from one line of words to the next

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
  return { plan, style, ink, width, box, px, py, text, ...placing(ink, text, font) };
}

/** Words that keep clear of each other: `label` goes a line further down until there is room, `tick` is left out where there is none. */
function placing(ink, text, font) {
  const taken = [];
  const room = (words, x, y, align, weight) => {
    ink.font = font(weight);
    const wide = ink.measureText(words).width;
    const left = align === "right" ? x - wide : align === "center" ? x - wide / 2 : x;
    return [left - 3, y - LINE + 2, left + wide + 3, y + 2];
  };
  /** @param {number[]} box Left, top, right, bottom. */
  const free = ([l, t, r, b]) => taken.every(([left, top, right, bottom]) => r <= left || l >= right || b <= top || t >= bottom);
  const label = (words, x, y, align, colour, weight = 400) => {
    let at = y;
    while (!free(room(words, x, at, align, weight)) && at < y + 8 * LINE) at += LINE;
    taken.push(room(words, x, at, align, weight));
    text(words, x, at, align, colour, weight);
  };
  const tick = (words, x, y, align) => {
    const box = room(words, x, y, align, 400);
    if (!free(box)) return;
    taken.push(box);
    text(words, x, y, align);
  };
  return { label, tick };
}

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
  for (const mark of plan.verticals.filter((m) => m.at >= plan.x[0] && m.at <= plan.x[1])) {
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
      label(mark.label, x + (leftward ? -6 : 6), box.top + 8, leftward ? "right" : "left", style.text, mark.strong ? 650 : 400);
    }
  }
}

function drawHorizontals({ plan, style, ink, box, py, label }) {
  for (const mark of plan.horizontals.filter((m) => m.at >= plan.y[0] && m.at <= plan.y[1])) {
    ink.beginPath();
    ink.moveTo(box.left, py(mark.at));
    ink.lineTo(box.right, py(mark.at));
    ink.setLineDash([7, 4]);
    ink.strokeStyle = style.text;
    ink.lineWidth = 1.2;
    ink.stroke();
    label(mark.label, box.left + 6, py(mark.at) - 5, "left", style.text);
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
      label(dot.label, px(dot.x) + (leftward ? -9 : 9), py(dot.y) + (dot.below ? 17 : -9), leftward ? "right" : "left", style.text, 650);
    }
  }
}
