// One frame of the explorer: map, wall, marks, controls and numbers of the query under the pointer.
import { aboveOf, sinkNote } from "../kit/colours.js";
import { mark, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { tokenName } from "../kit/grid.js";
import { paintMap, paintWall, placeBox } from "./draw.js";
import { entropy, massMask, meanDistance } from "./math.js";
import { byColumn, chosen, compute, factorOf, pairOf, subjectOf, weightsOf } from "./state.js";

const [QUERY_COLOUR, KEY_COLOUR] = ["#0072b2", "#d55e00"];

export function drawExplorer(view) {
  const start = performance.now();
  const colours = themeColours(view.root);
  const open = view.panels[view.options.tab];
  if (view.panel.firstChild !== open.node) view.panel.replaceChildren(open.node);
  compute(view);
  const shown = frameOf(view);
  paintMaps(view, shown);
  drawMarks(view, shown, colours);
  showControls(view, shown);
  showNumbers(view, shown);
  const { header, heads } = view.data;
  const second = view.options.second ?? view.hovered ?? heads.tokens - 1;
  const factor = factorOf(view);
  open.draw({ ...shown, heads, header, factor, byColumn: byColumn(view), colours, first: chosen(view).token, second });
  globalThis.__vitTimes?.push(performance.now() - start);
}

/** The theme's colours; read before anything is written, when that costs nothing. */
function themeColours(root) {
  const style = getComputedStyle(root);
  return {
    background: style.getPropertyValue("--st-background-color"),
    primary: style.getPropertyValue("--st-primary-color"),
    line: style.getPropertyValue("--line"),
  };
}

/** What this frame shows of the chosen head: weights, the pair that is explained, and the value of the brightest colour. */
function frameOf(view) {
  const { layer, head } = chosen(view);
  const values = weightsOf(view);
  const [query, key] = pairOf(view);
  const total = values.reduce((a, b) => a + b, 0);
  return { layer, head, query, key, values, total, bits: entropy(values), top: brightest(view, layer, head) };
}

function brightest({ options, tops, weights, data }, layer, head) {
  if (options.scale === "raw") return 1;
  if (options.scale === "head") return tops[layer * data.header.heads + head];
  if (options.scale === "log") return largestOnPatches(weights, data);
  return tops.reduce((a, b) => Math.max(a, b), 0);
}

/** The largest weight on a patch in any head: a logarithmic scale has room for it. */
function largestOnPatches(weights, { header, heads }) {
  let top = 1e-12;
  for (let i = 0; i < weights.length; i++) if (weights[i] > top && i % heads.tokens >= header.prefix.length) top = weights[i];
  return top;
}

function paintMaps({ data, options, tables, map, wall, weights, tops }, { values, top }) {
  const { header, heads } = data;
  const patches = values.subarray(header.prefix.length);
  const log = options.scale === "log";
  const mask = options.keep < 100 ? massMask(patches, options.keep / 100) : null;
  paintMap(map, { patches, grid: header.grid, table: tables.map, top, log, overlay: options.overlay / 100, mask });
  const topOf = (i) => (options.scale === "head" ? tops[i] : top);
  paintWall(wall, { weights, header, tokens: heads.tokens, topOf, table: tables.map, log });
}

function drawMarks({ inkOfMarks, data }, { query, key }, colours) {
  const { ink, width, height } = inkOfMarks();
  const [rows, cols] = data.header.grid;
  for (const [token, colour] of [
    [key, KEY_COLOUR],
    [query, QUERY_COLOUR],
  ]) {
    const patch = token - data.header.prefix.length;
    if (patch < 0) continue;
    const place = [((patch % cols) * width) / cols, (Math.floor(patch / cols) * height) / rows, width / cols, height / rows];
    ink.lineWidth = 6;
    ink.strokeStyle = colours.background;
    ink.strokeRect(...place);
    ink.lineWidth = 3;
    ink.strokeStyle = colour;
    ink.strokeRect(...place);
  }
}

function showControls(view, { layer, head }) {
  const { options, thumb } = view;
  const { header } = view.data;
  for (const [control, value, of] of [
    [view.layer, layer, header.depth],
    [view.head, head, header.heads],
  ]) {
    mark(control.input, "max", of);
    if (+control.input.value !== value + 1) control.input.value = value + 1;
    put(control.value, `${value + 1}/${of}`);
  }
  for (const name of ["overlay", "keep"]) {
    const control = view[name];
    if (+control.input.value !== options[name]) control.input.value = options[name];
    put(control.value, `${options[name]}%`);
  }
  view.ways.show(options.way);
  view.scales.show(options.scale);
  placeBox(view.chosenBox, header, layer, head);
  view.hoveringBox.hidden = !thumb;
  if (thumb) placeBox(view.hoveringBox, header, ...thumb);
  for (const button of view.tabs.children) mark(button, "aria-selected", button.dataset.tab === options.tab);
}

function showNumbers(view, shown) {
  const { layer, head, query, key, values, bits } = shown;
  const { header } = view.data;
  const name = tokenName(header, subjectOf(view));
  const weight = values[byColumn(view) ? query : key];
  showPointer(view, shown, weight);
  showHead(view, shown);
  const heading = byColumn(view) ? `Who looks at ${name}` : `${name} looks at`;
  showScales(view, shown, heading);
  for (const [i, button] of view.prefixButtons.entries()) {
    mark(button, "aria-pressed", subjectOf(view) === i);
    put(button, `${header.prefix[i]} ${four(values[i])}`);
  }
  put(view.hint, view.options.pinned ? "pinned: the pointer reads keys; click again to let go" : "a click pins the query");
  const strongest = tokenName(header, byColumn(view) ? query : key);
  const found = `strongest with ${strongest}, weight ${four(weight)}; entropy ${bits.toFixed(2)} bit`;
  view.say(`Layer ${layer + 1}, head ${head + 1}. ${heading}: ${found}.`);
}

function showPointer(view, { query, key, values }, weight) {
  const { header, heads } = view.data;
  const side = byColumn(view) ? "from" : "to";
  let rank = 1;
  for (const value of values) if (value > weight) rank++;
  showFacts(view.pointer, [
    ["query", `${tokenName(header, query)} · #${query}`],
    ["key", `${tokenName(header, key)} · #${key}`],
    ["weight", four(weight), weight],
    ["rank", `${rank} of ${heads.tokens}`],
    ...header.prefix.map((label, i) => [`${side} ${label}`, four(values[i]), values[i]]),
  ]);
}

function showHead(view, { layer, head, values, total, bits }) {
  const { header, heads } = view.data;
  const far = meanDistance(header, subjectOf(view), values);
  const most = Math.log2(heads.tokens).toFixed(2);
  showFacts(view.thisHead, [
    ["layer, head", `${layer + 1}/${header.depth}, ${head + 1}/${header.heads}`],
    ["distance", far === null ? "no place" : `${four(far)} px`, far],
    byColumn(view) ? ["received in all", four(total)] : ["entropy", `${bits.toFixed(2)} of ${most} bit`, bits],
  ]);
}

function showScales({ data, options, thumb, mapTitle, mapLow, mapTop, wallTitle, wallBar, sink }, { top, values }, heading) {
  const { depth, heads } = data.header;
  put(mapTitle, heading);
  put(
    wallTitle,
    thumb ? `Layer ${thumb[0] + 1}, head ${thumb[1] + 1}: click to open` : `${depth * heads} heads: layers down, heads across`,
  );
  mapLow.data = options.scale === "log" ? "≤ 0.00001" : "0";
  put(mapTop, four(top), top);
  put(wallBar, options.scale === "head" ? "each to its own top" : `all maps: ${mapLow.data} to ${four(top)}`);
  const above = options.scale === "log" ? { count: 0, most: 0, share: 0 } : aboveOf(values.subarray(data.header.prefix.length), top);
  put(sink, sinkNote(above));
}
