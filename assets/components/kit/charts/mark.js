// What moves over a chart while the pointer does: a line at a place, dots on the curves there, and a word. Drawn by us over Plotly's axes,
// in a fraction of a millisecond: a step of Plotly's own (restyle) takes longer than all else that a page draws.
const SVG = "http://www.w3.org/2000/svg";
const TAGS = { line: "path", dot: "circle", word: "text" };
const EDGE = 1; // px beyond the axes that still count as within

/**
 * `show(things)`: each has a `kind` of `TAGS`, a place `x` and `y` in the figure’s own values (a line has no `y`; a word without one stands
 * above the axes), a `look` (its class), and may have a `colour`, `r` (of a dot) or `text`. `place(axes, wordsOf)`: the axes as
 * they are drawn now, and what gives the boxes `[left, top, right, bottom]` of the words in the chart, which lines leave out: asked only
 * where there is a line, because it makes the browser lay the page out.
 */
export function moving() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "moving");
  svg.setAttribute("aria-hidden", "true");
  let [things, axes] = [[], null];
  let gapsOf = () => [];
  const nodes = []; // {node, kind, said: attributes as they were written last}

  const nodeOf = (i, kind) => {
    if (nodes[i]?.kind === kind) return nodes[i];
    const node = document.createElementNS(SVG, TAGS[kind]);
    if (nodes[i]) nodes[i].node.replaceWith(node);
    else svg.append(node);
    return (nodes[i] = { node, kind, said: {} });
  };
  const write = ({ node, said }, values) => {
    for (const [name, value] of Object.entries(values)) {
      if (said[name] === value) continue;
      said[name] = value;
      if (name === "text") node.textContent = value;
      else if (name === "colour") node.style.setProperty("--own", value);
      else node.setAttribute(name, value);
    }
  };
  const draw = () => {
    things.forEach((thing, i) => {
      const values = axes && placeOf(thing, axes, gapsOf);
      write(nodeOf(i, thing.kind), values ? { display: "inline", class: thing.look, ...values } : { display: "none" });
    });
    for (const { node } of nodes.splice(things.length)) node.remove();
  };

  return {
    node: svg,
    show(next) {
      things = next;
      draw();
    },
    place(next, wordsOf) {
      let found = null;
      axes = next;
      gapsOf = () => (found ??= wordsOf());
      draw();
    },
  };
}

const within = (axis, at) => at >= axis.offset - EDGE && at <= axis.offset + axis.length + EDGE;

/** The attributes of a thing over these axes; null where it is outside of them. */
function placeOf({ kind, x: value, y: height, colour = "", r = 5.5, text = "" }, { x: across, y: up }, gapsOf) {
  const x = across.at(value);
  if (!within(across, x)) return null;
  if (kind === "line") return { d: uprightOf(x, up, gapsOf()), colour };
  const y = height === undefined ? up.offset - 6 : up.at(height);
  if (height !== undefined && !within(up, y)) return null;
  if (kind === "dot") return { cx: x, cy: y, r, colour };
  const left = x - across.offset > across.length / 2;
  return { x: x + (left ? -8 : 8), y: height === undefined ? y : y + 17, "text-anchor": left ? "end" : "start", text };
}

/** An upright line through the axes that leaves out the boxes of words. */
function uprightOf(x, { offset, length }, gaps) {
  const crossed = gaps.filter(([left, , right]) => x >= left && x <= right).sort((a, b) => a[1] - b[1]);
  let from = offset;
  let path = "";
  for (const [, top, , bottom] of crossed) {
    if (top > from) path += `M${x} ${from}V${Math.min(top, offset + length)}`;
    from = Math.max(from, bottom);
  }
  return from < offset + length ? `${path}M${x} ${from}V${offset + length}` : path;
}

/** The axes of a drawn figure, each with its `offset` and `length` in pixels and `at(value)` and `value(at)` between. */
export function axesOf(place) {
  const of = (axis) => ({
    offset: axis._offset,
    length: axis._length,
    at: (value) => axis._offset + axis.d2p(value),
    value: (at) => axis.p2d(at - axis._offset),
  });
  return { x: of(place._fullLayout.xaxis), y: of(place._fullLayout.yaxis) };
}

/** The boxes of the words in a drawn figure. */
export function wordsIn(place) {
  const from = place.getBoundingClientRect();
  const boxOf = ({ left, top, right, bottom }) => [left - from.left, top - from.top, right - from.left, bottom - from.top];
  return [...place.querySelectorAll(".annotation-text-g")].map((words) => boxOf(words.getBoundingClientRect()));
}

/** What stands at points of a drawn figure's `traces` that are seen: a ring at those of the links `ringed`; a line and dots at `stood`. */
export function atPoints(traces, ringed, stood) {
  const things = [];
  for (const { visible, customdata, x, y, line } of traces) {
    if (visible !== true || !customdata) continue;
    customdata.forEach((row, i) => {
      const [link, at] = [row.at(-1), { kind: "dot", x: x[i], y: y[i] }];
      if (ringed.has(link)) things.push({ ...at, look: "ring", r: 9 });
      if (stood === null || link !== stood) return;
      if (things[0]?.kind !== "line") things.unshift({ kind: "line", look: "now", x: x[i] });
      if (Number.isFinite(y[i])) things.push({ ...at, look: "own", colour: line.color });
    });
  }
  return things;
}
