// Charts of published results as SVG: points joined into lines on a log axis, and rows of bars or dots.
import { el } from "../kit/dom.js";
import { DATA_COLOURS, resultMark, svg } from "../model_variants/charts.js";

const NEAR = 26; // CSS pixels within which a point answers the pointer

/**
 * Points and lines. `spec`: {label, x: {label, ticks}, y: {label, range}, lines: [{name, points: [{x, y, data, protocol, …}]}]}.
 * `pick(point)` hears of the nearest.
 */
export function linePlot(spec, { height = 330, width = 560, pick }) {
  const plot = { spec, width, height, pick, at: -1, ...scalesOf(spec, width, height) };
  const { points, px, py } = plot;
  const strokes = spec.lines.map((line) => strokeOf(plot, line));
  const marks = points.map((point) => resultMark({ protocol: "trained or fine-tuned", ...point }, px(point.x), py(point.y), 5.2));
  const ring = svg("circle", { r: 10, class: "ring", visibility: "hidden" });
  const said = svg("text", { class: "name" });
  const node = svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "plot",
      tabindex: 0,
      role: "img",
      "aria-label": `${spec.label}: ${points.length} published results. Arrow keys go through them from left to right.`,
    },
    ...axesOf(plot),
    ...strokes,
    ...marks,
    ...namesOf(plot),
    ring,
    said,
  );
  Object.assign(plot, { node, marks, ring, said });
  listen(plot);
  return {
    node,
    points,
    show: (point) => show(plot, point),
    light(kept) {
      marks.forEach((one, i) => (one.style.opacity = kept(points[i]) ? 1 : 0.18));
      strokes.forEach((one, i) => (one.style.opacity = spec.lines[i].points.some(kept) ? 0.75 : 0.12));
    },
  };
}

/** The points from left to right, the room around them, and pixels of their values. */
function scalesOf(spec, width, height) {
  const [left, right, top, bottom] = [46, spec.named ? 66 : 14, 12, 42];
  const points = spec.lines
    .flatMap((line) => line.points.map((point) => Object.assign(point, { line: line.name })))
    .sort((a, b) => a.x - b.x || a.y - b.y);
  const [low, high] = [
    Math.min(...points.map((p) => p.x), ...spec.x.ticks.map(([v]) => v)),
    Math.max(...points.map((p) => p.x), ...spec.x.ticks.map(([v]) => v)),
  ];
  const room = (high / low) ** 0.05;
  const px = (v) => left + ((width - left - right) * Math.log((v / low) * room)) / Math.log((high / low) * room * room);
  const [worst, best] = spec.y.range;
  const py = (v) => height - bottom - ((height - top - bottom) * (v - worst)) / (best - worst);
  return { left, right, top, bottom, points, px, py };
}

function axesOf({ spec, width, height, left, right, top, bottom, px, py }) {
  const [worst, best] = spec.y.range;
  const parts = [];
  const anchor = (x) => (x < 34 ? "start" : x > width - 40 ? "end" : "middle");
  let written = -Infinity;
  for (const [value, text] of [...spec.x.ticks].sort(([a], [b]) => a - b)) {
    const free = px(value) - written > 32;
    if (free) written = px(value);
    parts.push(
      svg("line", { x1: px(value), x2: px(value), y1: top, y2: height - bottom, class: "grid" }),
      svg("text", { x: px(value), y: height - bottom + 17, "text-anchor": anchor(px(value)), text: free ? text : "" }),
    );
  }
  for (let tick = worst; tick <= best; tick += best - worst > 20 ? 10 : 5)
    parts.push(
      svg("line", { x1: left, x2: width - right, y1: py(tick), y2: py(tick), class: "grid" }),
      svg("text", { x: left - 7, y: py(tick) + 4, "text-anchor": "end", text: `${tick}%` }),
    );
  parts.push(svg("text", { x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle", text: spec.x.label }));
  return parts;
}

function strokeOf({ px, py }, line) {
  const along = [...line.points].sort((a, b) => a.x - b.x);
  const data = new Set(along.map((p) => p.data));
  return svg("polyline", {
    points: along.map((p) => `${px(p.x)},${py(p.y)}`).join(" "),
    class: "joined",
    style: data.size === 1 ? `stroke:${DATA_COLOURS[along[0].data]}` : null,
  });
}

/** The lines' names, or the points' own. */
function namesOf({ spec, width, points, px, py }) {
  if (spec.named) return lineNames(spec.lines, px, py);
  return points
    .filter((point) => point.caption)
    .map((point) =>
      svg("text", {
        x: px(point.x) + (px(point.x) > width - 90 ? -10 : 10),
        y: py(point.y) + 15,
        "text-anchor": px(point.x) > width - 90 ? "end" : "start",
        class: "name",
        text: point.caption,
      }),
    );
}

function show(plot, point) {
  const { width, points, px, py, ring, said } = plot;
  const at = (plot.at = points.indexOf(point));
  ring.setAttribute("visibility", at < 0 ? "hidden" : "visible");
  if (at < 0) return;
  ring.setAttribute("cx", px(point.x));
  ring.setAttribute("cy", py(point.y));
  said.textContent = point.row?.name ?? "";
  const late = px(point.x) > width - 140;
  for (const [key, value] of [
    ["x", px(point.x) + (late ? -14 : 14)],
    ["y", py(point.y) - 9],
    ["text-anchor", late ? "end" : "start"],
  ])
    said.setAttribute(key, value);
}

function choose(plot, index, how) {
  const { points, marks, pick } = plot;
  show(plot, points[Math.max(0, Math.min(points.length - 1, index))]);
  pick(points[plot.at], how, marks[plot.at]);
}

function listen(plot) {
  const { node, width, points, marks, px, py, pick } = plot;
  node.addEventListener("pointermove", (event) => {
    const box = node.getBoundingClientRect();
    const scale = width / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    let [nearest, distance] = [-1, (NEAR * scale) ** 2];
    points.forEach((p, i) => {
      const d = (px(p.x) - x) ** 2 + (py(p.y) - y) ** 2;
      if (d < distance) [nearest, distance] = [i, d];
    });
    if (nearest >= 0 && nearest !== plot.at) choose(plot, nearest, "hover");
  });
  node.addEventListener("click", () => plot.at >= 0 && pick(points[plot.at], "click", marks[plot.at]));
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (step) choose(plot, plot.at + step, "key");
    else if (event.key === "Enter" && plot.at >= 0) pick(points[plot.at], "click", marks[plot.at]);
    else return;
    event.preventDefault();
  });
}

/** The name of each line beside its last point, moved apart where they would meet. */
function lineNames(lines, px, py) {
  const ends = lines
    .map((line) => ({ name: line.name, last: line.points.reduce((a, b) => (b.x > a.x ? b : a)) }))
    .sort((a, b) => b.last.y - a.last.y);
  let low = -Infinity;
  return ends.map(({ name, last }) => {
    low = Math.max(py(last.y) + 4, low + 13);
    return svg("text", { x: px(last.x) + 9, y: low, class: "name", text: name });
  });
}

/** Rows with a bar each; dots instead where the axis does not begin at zero. */
export function barPlot(spec) {
  const [low, high] = spec.range;
  const dots = low > 0;
  const share = (v) => (100 * (v - low)) / (high - low);
  const rows = spec.bars.map((bar) => {
    const from = dots ? share(bar.value) : share(Math.min(0, bar.value));
    const length = dots ? 0 : share(Math.max(0, bar.value)) - from;
    const colour = DATA_COLOURS[bar.data] ?? "var(--muted)";
    const ink = dots
      ? el("i", { class: "dot", style: `left:${from}%;background:${colour}` })
      : el("i", { class: "stroke", style: `left:${from}%;width:${Math.max(0.6, length)}%;background:${colour}` });
    return el(
      "li",
      { class: "figure published", "data-note": bar.note, tabindex: 0, "aria-label": `${bar.label}: ${bar.text}. ${bar.note}` },
      el("span", { text: bar.label }),
      el("span", { class: "lane" }, ink),
      el("strong", { text: bar.text }),
    );
  });
  const axis = el(
    "li",
    { class: "axis small muted", "aria-hidden": "true" },
    el("span"),
    el("span", { class: "ends" }, el("span", { text: dots ? low : "" }), el("span", { text: dots ? high : "" })),
    el("span"),
  );
  return el("div", {}, el("ul", { class: "bars" }, ...rows, dots ? axis : ""), el("p", { class: "small muted unit", text: spec.unit }));
}

/** The colours of the data sets: buttons that leave one out or bring it back. */
export function dataLegend(names, isOn, toggle) {
  return el(
    "div",
    { class: "legend small", role: "group", "aria-label": "Data sets" },
    ...names.map((name) =>
      el(
        "button",
        { type: "button", class: "key", "aria-pressed": isOn(name), "data-name": name, onclick: () => toggle(name) },
        el("i", { class: "swatch", style: `background:${DATA_COLOURS[name]}` }),
        name,
      ),
    ),
  );
}
