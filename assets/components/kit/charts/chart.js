// A chart with axes: a figure that Python made (`vit_figures`), drawn by Plotly in the page's theme, with its numbers as a table.
import { chartMenu } from "./chart-menu.js";
import { rowsOf, showTable } from "./chart-table.js";
import { el, everyFrame, paper } from "../dom.js";
import { atPoints, axesOf, moving, wordsIn } from "./mark.js";
import { plotly, styled } from "./plotly.js";

const PHONE = 480; // CSS pixels: below, a figure has the height that it has on a phone
// Of Plotly's buttons: no selection, one reset, what is saved is in our menu, and nothing that would send the numbers away.
const REMOVED = ["lasso2d", "select2d", "autoScale2d", "toImage", "sendChartToCloud"];
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

/**
 * `pick(link, how)` hears of the point under the pointer (`hover`, and null when it leaves), of the one that the arrow keys reach (`key`),
 * and of the one clicked or entered (`click`); a point's link is what `vit_figures.look.told` was given for it. `toggle(name)` hears of a
 * series that was clicked in the legend, and shows or hides it itself; without it Plotly does, in this browser alone. `slider`: what the
 * chart sets, as a slider would; its owner has the arrow keys then (`step` hears of them, if it is given).
 */
export function chart({ pick = null, toggle = null, slider = "", step = null } = {}) {
  const plot = {
    pick,
    toggle,
    slider,
    step,
    moving: moving(),
    marks: [], // what moves over the chart
    ringed: new Set(), // the links of points with a ring
    stood: null, // the link of the points on which an upright line stands
    place: el("div", { class: "plotted-place", tabindex: 0, role: "group" }),
    table: el("details", { class: "small plotted-numbers" }, el("summary", { text: "Numbers as a table" })),
    said: el("p", { class: "visually-hidden", role: "status" }),
    figure: null, // {data, layout} as Python packed it
    looks: null, // the templates of both themes
    lit: null, // the links that stand out, or null for all
    points: null, // [curve, point] from left to right, when the keys ask for them
    at: -1,
  };
  const drawing = el("div", { class: "plotted-drawing" }, plot.place, plot.moving.node);
  plot.node = el("div", { class: "plotted" }, drawing);
  plot.node.append(el("div", { class: "plotted-foot" }, plot.table, chartMenu(plot)), ...(slider ? [] : [plot.said])); // its owner says it
  const redraw = everyFrame(() => plot.figure && draw(plot));
  const resized = new ResizeObserver(() => plot.place.clientWidth !== plot.width && redraw());
  const printed = () => plot.figure && draw(plot); // at once: while a page is printed there is no next frame
  paper.addEventListener("change", printed);
  resized.observe(plot.place);
  plot.table.addEventListener("toggle", () => showTable(plot));
  if (step || !slider) plot.place.addEventListener("keydown", (event) => (step ? stepped : walk)(plot, event));
  return {
    node: plot.node,
    place: plot.place,
    /** Draws a figure in the look of the page's theme; zoom and legend stay while the figure is of the same axes. */
    show(figure, looks) {
      Object.assign(plot, { figure, looks });
      plot.place.setAttribute("aria-label", nameOf(plot));
      plot.place.style.minHeight = `${heightOf(plot)}px`; // the page does not move when the chart comes
      redraw();
    },
    /** The axes that are drawn, each with its `offset` and `length` in pixels and `at(value)` and `value(at)` between; null before. */
    axes: () => (plot.drawn && plot.place.dataset.drawn ? axesOf(plot.place) : null),
    /** Draws what moves over the chart, and moves it with the axes; see `moving`. */
    mark: (marks) => showMarks(Object.assign(plot, { marks })),
    /** An upright line at the points of a link, and a dot on every curve there. */
    stand: (stood) => showMarks(Object.assign(plot, { stood })),
    /** A ring around the points of these links. */
    ring: (links) => showMarks(Object.assign(plot, { ringed: new Set(links) })),
    /** The points of these links stand out; null: all alike. */
    light(links) {
      plot.lit = links && new Set(links);
      redraw();
    },
    destroy() {
      resized.disconnect();
      paper.removeEventListener("change", printed);
      if (plot.drawn) globalThis.Plotly.purge(plot.place);
    },
  };
}

const meta = (plot) => plot.figure.layout.meta;

/** What a chart is to someone who cannot see it, and what the arrow keys do. */
function nameOf(plot) {
  const { title } = meta(plot);
  if (plot.slider) return `${title}. Arrow keys set ${plot.slider}; the numbers are in the table below.`;
  const words = `${title}: ${rowsOf(plot.figure).length} points`;
  return `${words}. Arrow keys go through them from left to right; the table below has their numbers.`;
}

const heightOf = (plot) => (plot.place.clientWidth < PHONE ? meta(plot).phone : plot.figure.layout.height);

async function draw(plot) {
  let Plotly;
  try {
    Plotly = await plotly();
  } catch (error) {
    plot.place.replaceChildren(el("p", { class: "muted", text: error.message }));
    return;
  }
  const { place, figure } = plot;
  if (!place.isConnected || !place.clientWidth) return; // it is drawn when it is seen
  styled(place);
  plot.width = place.clientWidth;
  place.style.minHeight = `${heightOf(plot)}px`;
  const first = !plot.drawn;
  plot.drawn = true;
  // The settings are given once: a second time, Plotly would take buttons of ours for new ones, and begin anew without end.
  if (first) await Plotly.newPlot(place, dataOf(plot), layoutOf(plot), CONFIG);
  else await Plotly.react(place, dataOf(plot), layoutOf(plot));
  if (!place._fullData) return;
  plot.points = null;
  if (first) listen(plot);
  if (plot.table.open) showTable(plot);
  place.dataset.drawn = figure.layout.uirevision;
  moveMarks(plot);
}

/** What moves stands where the axes are now; a point that is hidden has no ring. */
function moveMarks(plot) {
  plot.moving.place(axesOf(plot.place), () => wordsIn(plot.place));
  showMarks(plot);
}

function showMarks({ place, marks, ringed, stood, moving: over }) {
  const drawn = place.dataset.drawn && place._fullData && (stood !== null || ringed.size); // no data: the page was left
  over.show(drawn ? [...marks, ...atPoints(place._fullData, ringed, stood)] : marks);
}

/** The series, with the points that stand out as Plotly's selected ones. */
function dataOf({ figure, lit }) {
  if (!lit) return figure.data.map((trace) => ({ ...trace, selectedpoints: null }));
  const indices = (rows) => rows.flatMap((row, i) => (lit.has(row.at(-1)) ? [i] : []));
  return figure.data.map((trace) => (trace.customdata ? { ...trace, selectedpoints: indices(trace.customdata) } : trace));
}

/** Light or dark, as the page's ground is; a finger that moves over a chart scrolls the page. */
function layoutOf(plot) {
  const [red, green, blue] = colourOf(plot.place);
  const look = plot.looks[0.3 * red + 0.59 * green + 0.11 * blue < 128 ? "dark" : "light"];
  const drag = matchMedia("(pointer: coarse)").matches ? { dragmode: false } : {};
  return { ...plot.figure.layout, template: look, width: plot.width, height: heightOf(plot), ...drag };
}

const grounds = new Map(); // colours by their names in CSS

/** The page's ground as red, green and blue. */
function colourOf(node) {
  const name = getComputedStyle(node).getPropertyValue("--st-background-color") || "#ffffff";
  if (!grounds.has(name)) {
    const ink = document.createElement("canvas").getContext("2d");
    ink.fillStyle = name;
    ink.fillRect(0, 0, 1, 1);
    grounds.set(name, ink.getImageData(0, 0, 1, 1).data);
  }
  return grounds.get(name);
}

const CONFIG = {
  displayModeBar: true,
  displaylogo: false,
  showSendToCloud: false,
  modeBarButtonsToRemove: REMOVED,
  doubleClick: "reset",
};

// ---- what a person does ---------------------------------------------------------------------------------------------------------------

const linkOf = (point) => point.customdata?.at?.(-1) ?? null;

function listen(plot) {
  const { place, pick, toggle } = plot;
  const on = (name, then) => /** @type {any} */ (place).on(`plotly_${name}`, then);
  if (pick) {
    on("hover", ({ points }) => pick(linkOf(points[0]), "hover"));
    on("unhover", () => pick(null, "hover"));
    on("click", ({ points }) => pick(linkOf(points[0]), "click"));
  }
  if (toggle) {
    on("legendclick", ({ curveNumber }) => (toggle(plot.figure.data[curveNumber].name), false));
    on("legenddoubleclick", () => false);
  }
  on("relayouting", () => moveMarks(plot));
  on("afterplot", () => place._fullData && moveMarks(plot));
}

/** Every point that tells something and is seen, from left to right. */
function pointsOf(place) {
  const found = place.calcdata.flatMap((points, curve) => {
    if (!points[0].trace?.customdata) return [];
    return points
      .map((point, i) => ({ x: point.x ?? point.p, y: point.y ?? point.s, at: [curve, i] }))
      .filter(({ x }) => Number.isFinite(x));
  });
  return found.sort((a, b) => a.x - b.x || a.y - b.y).map(({ at }) => at);
}

/** The arrow keys of a chart that sets something. */
function stepped(plot, event) {
  if (!STEPS[event.key]) return;
  event.preventDefault();
  plot.step(STEPS[event.key]);
}

function walk(plot, event) {
  const step = STEPS[event.key];
  if (!plot.drawn || !(step || event.key === "Enter")) return;
  plot.points ??= pointsOf(plot.place);
  if (!plot.points.length) return;
  event.preventDefault();
  plot.at = Math.max(0, Math.min(plot.points.length - 1, step ? plot.at + step : plot.at));
  const [curveNumber, pointNumber] = plot.points[plot.at];
  globalThis.Plotly.Fx.hover(plot.place, [{ curveNumber, pointNumber }]);
  const row = plot.figure.data[curveNumber].customdata[pointNumber];
  plot.said.textContent = row.slice(0, -1).filter(Boolean).join(", ").replaceAll("<br>", " ");
  plot.pick?.(row.at(-1), step ? "key" : "click");
}
