// One frame of the explorer: map, wall, marks, controls and numbers of the query under the pointer.
import { aboveOf, ceilingOf, gradient, sinkNote } from "../kit/picture/colours.js";
import { mark, put } from "../kit/dom.js";
import { evenText, four } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { KEY_COLOUR, paintMap, paintWall, placeBox, QUERY_COLOUR } from "./draw.js";
import { entropy, massMask } from "./math.js";
import { showHead, showPointer } from "./numbers.js";
import { strengthOf } from "./options.js";
import { averaged, byColumn, chosen, compute, factorOf, headShown, pairOf, subjectOf, wallHere, weightsOf } from "./state.js";

export function drawExplorer(view) {
  const start = performance.now();
  const colours = themeColours(view.root);
  const open = view.panels[view.options.tab];
  if (view.panel.firstChild !== open.node) view.panel.replaceChildren(open.node);
  compute(view);
  const shown = frameOf(view);
  paintMaps(view, shown);
  drawMarks(view, shown, colours);
  showControls(view);
  showNumbers(view, shown);
  const { header, heads } = view.data;
  const second = view.options.second ?? view.hovered ?? heads.tokens - 1;
  const factor = factorOf(view);
  const table = tableOf(view);
  open.draw({ ...shown, heads, header, factor, byColumn: byColumn(view), colours, table, first: chosen(view).token, second });
  for (const zoom of [view.zooms.map, view.zooms.wall, open.zoom]) zoom?.draw();
  globalThis.__vitTimes?.push(performance.now() - start);
}

/** The colours of weights: those of the overlay. */
const tableOf = ({ tables, options }) => tables[options.colours];

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
  const { layer, head } = headShown(view);
  const values = weightsOf(view);
  const [query, key] = pairOf(view);
  const total = values.reduce((a, b) => a + b, 0);
  const top = brightest(view, layer, head, values);
  return { layer, head, query, key, values, total, bits: entropy(values), top };
}

function brightest(view, layer, head, values) {
  const { options, tops, weights, data } = view;
  if (options.scale === "raw") return 1;
  if (options.scale === "head" && averaged(view)) return ceilingOf(values, data.header.prefix.length);
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

function paintMaps(view, { values, top }) {
  const { data, options, map, fitMap, wall, weights, tops } = view;
  const { header, heads, spotlight } = data;
  const table = tableOf(view);
  const patches = values.subarray(header.prefix.length);
  const log = options.scale === "log";
  const mask = options.keep < 100 ? massMask(patches, options.keep / 100) : null;
  const strength = strengthOf(options) / 100;
  const light = options.colours === "spotlight" ? spotlight : null;
  paintMap(map, fitMap, { patches, grid: header.grid, table, top, log, strength, mask, spotlight: light });
  const topOf = (i) => (options.scale === "head" ? tops[i] : top);
  paintWall(wall, { weights, header, tokens: heads.tokens, topOf, table, log, wall: wallHere(view) });
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

function showControls(view) {
  const { options } = view;
  const { header } = view.data;
  const { layer, head } = chosen(view);
  for (const [control, value, of] of [
    [view.layer, layer, header.depth],
    [view.head, head, header.heads],
  ]) {
    mark(control.input, "max", of);
    if (+control.input.value !== value + 1) control.input.value = value + 1;
    put(control.value, `${value + 1}/${of}`);
  }
  for (const [name, value] of Object.entries({ overlay: strengthOf(options), keep: options.keep })) {
    const control = view[name];
    if (+control.input.value !== value) control.input.value = value;
    put(control.value, `${value}%`);
  }
  view.ways.show(options.way);
  view.scales.show(options.scale);
  view.overs.show(options.colours);
  view.walls.show(options.wall);
  showOpenings(view);
  for (const button of view.tabs.children) mark(button, "aria-selected", button.dataset.tab === options.tab);
  showWall(view);
}

/** Which of the heads that one begins with is shown. */
function showOpenings({ openings, options, data }) {
  const { layer, head } = chosen({ data });
  const here = ([l, h]) => !options.average && l === layer && h === head;
  put(openings.found, `most object-like: ${data.header.opening.map((at) => at + 1).join("/")}`);
  mark(openings.found, "aria-pressed", here(data.header.opening));
  mark(openings.mean, "aria-pressed", options.average);
  openings.text.hidden = !data.header.text;
  mark(openings.text, "aria-pressed", Boolean(data.header.text) && here(data.header.text));
}

/** What lies over the wall: frames around the chosen head and the one under the pointer, and the heads' numbers. */
function showWall(view) {
  const { header } = view.data;
  const wall = wallHere(view);
  const { layer, head } = chosen(view);
  const at = ([l, h]) => l * header.heads + h - wall.first;
  placeBox(view.chosenBox, header, wall, at([layer, head]));
  placeBox(view.hoveringBox, header, wall, view.thumb ? at(view.thumb) : -1);
  mark(view.axes, "data-wall", view.options.wall);
  const name = view.options.wall === "layer" ? `${wall.count}/${wall.columns}/${header.grid}` : "";
  if (view.badges.dataset.name === name) return;
  view.badges.dataset.name = name;
  view.badges.replaceChildren(
    ...Array.from({ length: name ? wall.count : 0 }, (_, n) => {
      const badge = document.createElement("div");
      badge.append(Object.assign(document.createElement("span"), { textContent: n + 1 }));
      placeBox(badge, header, wall, n);
      return badge;
    }),
  );
}

function showNumbers(view, shown) {
  const { layer, head, query, key, values, bits } = shown;
  const { header, heads } = view.data;
  const name = tokenName(header, subjectOf(view));
  const weight = values[byColumn(view) ? query : key];
  showPointer(view, shown, weight);
  showHead(view, shown);
  const heading = byColumn(view) ? `Who looks at ${name}` : `${name} looks at`;
  showScales(view, shown, heading);
  const [from, to] = [query, key].map((token) => tokenName(header, token));
  put(view.pair, `${from} → ${to}`);
  put(view.times, `${four(weight)} · ${evenText(weight, heads.tokens)}`, weight);
  for (const [i, button] of view.prefixButtons.entries()) {
    mark(button, "aria-pressed", subjectOf(view) === i);
    put(button, `${header.prefix[i]} ${four(values[i])}`, evenText(values[i], heads.tokens));
  }
  put(view.hint, view.options.pinned ? "pinned: the pointer reads keys; click again to let go" : "a click pins the query");
  const found = `weight ${four(weight)}, ${evenText(weight, heads.tokens)}; entropy ${bits.toFixed(2)} bit`;
  const who = averaged(view) ? `mean of ${header.heads} heads` : `head ${head + 1}`;
  view.say(`Layer ${layer + 1}, ${who}. ${heading}: strongest with ${byColumn(view) ? from : to}, ${found}.`);
}

function showScales(view, { layer, head, top, values }, heading) {
  const { data, options, thumb, mapTitle, mapLow, mapTop, strip, wallTitle, wallBar, sink } = view;
  const { depth, heads, prefix } = data.header;
  const all = options.wall === "all";
  put(mapTitle, heading);
  put(view.shownHead, averaged(view) ? `layer ${layer + 1}, mean of ${heads} heads` : `layer ${layer + 1}, head ${head + 1}`);
  const still = all ? `${depth * heads} heads: layers down, heads across` : `Layer ${layer + 1}: its ${heads} heads`;
  put(wallTitle, thumb ? `Layer ${layer + 1}, head ${head + 1}: click to keep it` : still);
  mapLow.data = options.scale === "log" ? "≤ 0.00001" : "0";
  put(mapTop, `${four(top)} · ${evenText(top, data.heads.tokens)}`, top);
  mark(strip, "style", `background:${gradient(tableOf(view))}`);
  put(wallBar, options.scale === "head" ? "each to its own top" : `all maps: ${mapLow.data} to ${four(top)}`);
  const above = options.scale === "log" ? { count: 0, most: 0, share: 0 } : aboveOf(values.subarray(prefix.length), top);
  put(sink, sinkNote(above));
}
