// Models side by side on parallel axes, and where their parameters are. Each axis has a scale and a unit of its own and is read by the
// line that crosses it, and a bar's parts are buttons that open a formula: neither is a chart with two axes, so both stay drawn by us.
import { el } from "../kit/dom.js";
import { countText, exactText, percentText } from "../kit/numbers/format.js";
import { parameterParts } from "../memory_scaling/math.js";
import { howShort } from "./table.js";

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
