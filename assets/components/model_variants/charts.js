// Charts of the variants page, drawn as SVG: accuracy against size, models side by side on parallel axes, and where parameters are.
import { el } from "../kit/dom.js";
import { countText, exactText, percentText } from "../kit/format.js";
import { parameterParts } from "../memory_scaling/math.js";
import { howShort } from "./table.js";

export const DATA_COLOURS = {
  "ImageNet-1k": "#0072b2",
  "ImageNet-21k": "#56b4e9",
  "JFT-300M": "#e69f00",
  "JFT-3B": "#d55e00",
  "JFT-4B": "#999999",
  "ImageNet-1k, no labels": "#009e73",
  "LVD-142M, no labels": "#cc79a7",
  "400M image-text pairs": "#f0e442",
};
export const PROTOCOL_SHAPES = {
  "trained or fine-tuned": "circle",
  "linear probe": "triangle",
  "nearest neighbours": "square",
  "zero-shot": "diamond",
};
export const PICK_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];
export const PART_WORDS = {
  patch: "patch embedding",
  tokens: "tokens",
  positions: "positions",
  attention: "attention",
  mlp: "MLP",
  norms: "norms, scales",
  head: "classifier",
};
export const PART_TINTS = {
  patch: "#56b4e9",
  tokens: "#f0e442",
  positions: "#e69f00",
  attention: "#d55e00",
  mlp: "#0072b2",
  norms: "#999999",
  head: "#009e73",
};

/** An SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else if (value !== null) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const OUTLINES = {
  circle: (x, y, r) => svg("circle", { cx: x, cy: y, r }),
  square: (x, y, r) => svg("rect", { x: x - 0.88 * r, y: y - 0.88 * r, width: 1.76 * r, height: 1.76 * r }),
  triangle: (x, y, r) => svg("path", { d: `M${x},${y - 1.15 * r}L${x + 1.1 * r},${y + 0.85 * r}L${x - 1.1 * r},${y + 0.85 * r}Z` }),
  diamond: (x, y, r) => svg("path", { d: `M${x},${y - 1.25 * r}L${x + 1.1 * r},${y}L${x},${y + 1.25 * r}L${x - 1.1 * r},${y}Z` }),
};

/** A mark of its protocol's shape and its data's colour. */
export function resultMark(point, x, y, r) {
  const shape = OUTLINES[PROTOCOL_SHAPES[point.protocol]](x, y, r);
  shape.setAttribute("fill", DATA_COLOURS[point.data]);
  shape.classList.add("mark");
  return shape;
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 330, 46, 12, 12, 40]; // of the charts, and room for their axes

/** Lines and words of a log axis from `low` to `high` across, and of percent down. */
function axesOf(title, low, high, px, py) {
  const axis = [];
  for (let tick = low; tick <= high; tick *= 10) {
    axis.push(
      svg("line", { x1: px(tick), x2: px(tick), y1: TOP, y2: HEIGHT - BOTTOM, class: "grid" }),
      svg("text", { x: px(tick), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle", text: countText(tick).replace(/\.0+/, "") }),
    );
  }
  for (let tick = 60; tick <= 90; tick += 10) {
    axis.push(
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: py(tick), y2: py(tick), class: "grid" }),
      svg("text", { x: LEFT - 7, y: py(tick) + 4, "text-anchor": "end", text: `${tick}%` }),
    );
  }
  axis.push(svg("text", { x: (LEFT + WIDTH - RIGHT) / 2, y: HEIGHT - 6, "text-anchor": "middle", text: title }));
  return axis;
}

/** Accuracy against a size on a log axis. `pick(point)` is called for the point under the pointer or chosen by arrow keys. */
export function scatter(name, title, points, read, pick) {
  const known = points.filter((p) => read(p) > 0).sort((a, b) => read(a) - read(b));
  const [low, high, worst, best] = [10 ** Math.floor(Math.log10(read(known[0]) * 0.9)), read(known.at(-1)) * 1.35, 60, 92];
  const px = (v) => LEFT + ((WIDTH - LEFT - RIGHT) * Math.log(v / low)) / Math.log(high / low);
  const py = (v) => HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * (v - worst)) / (best - worst);
  const axis = axesOf(title, low, high, px, py);
  const ring = svg("circle", { r: 10, class: "ring", visibility: "hidden" });
  const marks = known.map((point) => {
    const node = resultMark(point, px(read(point)), py(point.value), 5.2);
    node.addEventListener("pointerenter", () => choose(known.indexOf(point)));
    return node;
  });
  let at = -1;
  function choose(index) {
    at = Math.max(0, Math.min(known.length - 1, index));
    pick(known[at]);
  }
  const node = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "scatter",
      tabindex: 0,
      role: "img",
      "aria-label": `${name}: ${known.length} published results. Arrow keys go through them from small to large.`,
    },
    ...axis,
    ...marks,
    ring,
  );
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    choose(at + step);
  });
  return {
    node,
    show(point, chosen) {
      const here = known.indexOf(point);
      ring.setAttribute("visibility", here < 0 ? "hidden" : "visible");
      if (here >= 0) ((at = here), ring.setAttribute("cx", px(read(point))), ring.setAttribute("cy", py(point.value)));
      marks.forEach((one, i) => (one.style.opacity = !chosen.size || chosen.has(known[i].name) || known[i] === point ? 1 : 0.4));
    },
  };
}

/** What the colours and shapes mean. */
export function scatterLegend() {
  const small = (child) => svg("svg", { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, child);
  const colours = Object.entries(DATA_COLOURS).map(([data, colour]) =>
    el("span", {}, small(svg("circle", { cx: 7, cy: 7, r: 5.5, fill: colour, class: "mark" })), data),
  );
  const shapes = Object.entries(PROTOCOL_SHAPES).map(([protocol, shape]) => el("span", {}, small(OUTLINES[shape](7, 7, 5)), protocol));
  return el("div", { class: "legend small" }, ...colours, ...shapes);
}

/** @type {[string, (row: any) => number, (value: any, row?: any) => string][]} Heading, what is read, its words. */
const AXES = [
  ["parameters", (row) => row.count, (v) => countText(v)],
  ["MACs at 224 px", (row) => row.macs, (v) => countText(v)],
  ["width", (row) => row.dim, String],
  ["layers", (row) => row.depth, String],
  ["heads", (row) => row.heads, String],
  ["MLP width", (row) => row.hidden, String],
  ["patch, px", (row) => row.patch, String],
  ["best top-1", (row) => row.best, (v, row) => (v ? `${v}%${row ? ` ${howShort(row.bestOf)}` : ""}` : "none")],
];

/** Up to four models as lines over parallel axes, each scaled to the range of all published models (log, but the accuracy). */
export function parallel(rows, picks) {
  const [width, height, side, top, bottom] = [1000, 250, 62, 40, 22];
  const step = (width - 2 * side) / (AXES.length - 1);
  const scales = AXES.map(([, read], i) => {
    const values = rows.map(read).filter((v) => v > 0);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const share = (v) => (i === AXES.length - 1 ? (v - low) / (high - low) : Math.log(v / low) / Math.log(high / low));
    return (v) => height - bottom - (height - top - bottom) * share(v);
  });
  const axes = AXES.flatMap(([name, read, words], i) => {
    const values = rows.map(read).filter((v) => v > 0);
    const x = side + i * step;
    return [
      svg("line", { x1: x, x2: x, y1: top, y2: height - bottom, class: "axis" }),
      svg("text", { x, y: 14, "text-anchor": "middle", class: "name", text: name }),
      svg("text", { x, y: 30, "text-anchor": "middle", text: words(Math.max(...values)) }),
      svg("text", { x, y: height - 6, "text-anchor": "middle", text: words(Math.min(...values)) }),
    ];
  });
  const lines = picks.flatMap((row, n) => {
    const places = AXES.map(([, read], i) => [side + i * step, read(row) > 0 ? scales[i](read(row)) : null]).filter(([, y]) => y !== null);
    return [
      svg("polyline", { points: places.map(([x, y]) => `${x},${y}`).join(" "), class: "line", stroke: PICK_COLOURS[n] }),
      ...places.map(([x, y], i) =>
        svg(
          "circle",
          { cx: x, cy: y, r: 5, fill: PICK_COLOURS[n] },
          svg("title", { text: `${row.name}, ${AXES[i][0]}: ${AXES[i][2](AXES[i][1](row), row)}` }),
        ),
      ),
    ];
  });
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "parallel",
      role: "img",
      "aria-label": `${picks.map((row) => row.name).join(", ")} on parallel axes`,
    },
    ...axes,
    ...lines,
  );
}

/** The same as numbers. */
export function comparison(picks) {
  const head = el(
    "tr",
    {},
    el("td"),
    ...picks.map((row, n) => el("th", { scope: "col" }, el("i", { class: "swatch", style: `background:${PICK_COLOURS[n]}` }), row.name)),
  );
  const body = AXES.map(([name, read, words]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", text: name }),
      ...picks.map((row) => el("td", { text: words(read(row), row), title: Number.isInteger(read(row)) ? exactText(read(row)) : null })),
    ),
  );
  return el("table", { class: "numbers" }, head, ...body);
}

/** A bar of a model's parameters by kind; `open(kind)` is called for the part that is pressed. */
export function parameterBar(row, longest, shares, open) {
  const parts = parameterParts(row.facts);
  const whole = shares ? row.count : longest;
  const segments = Object.entries(parts)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) =>
      el("button", {
        type: "button",
        class: "segment",
        style: `width:${(100 * count) / whole}%;background:${PART_TINTS[kind]}`,
        "aria-label": `${row.name}, ${PART_WORDS[kind]}: ${exactText(count)} parameters, ${percentText(count / row.count)}`,
        title: `${PART_WORDS[kind]}: ${exactText(count)} (${percentText(count / row.count)})`,
        onclick: () => open(kind),
      }),
    );
  return el(
    "div",
    { class: "bar-row" },
    el("span", { text: row.name }),
    el("div", { class: "bar" }, ...segments),
    el("strong", { text: countText(row.count), title: exactText(row.count) }),
  );
}
