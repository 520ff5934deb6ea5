// Every head as a dot, by depth and measure, and all of them sorted. A click opens the head above.
import { HEAD_COLOURS } from "../kit/colours.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { cellAt, clamp } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { selected } from "../kit/view.js";
import { drawDots, drawSorted } from "./charts.js";

const MEASURES = { distance: "mean distance, px", entropy: "entropy, bit", prefix: "mass on tokens in front" };

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = elements();
  Object.assign(view, { root, data: null, measure: "distance", hovered: null, places: [], order: [] });
  const draw = everyFrame(() => view.data && drawAll(view));
  view.choice = choiceOf("Measure", MEASURES, (name) => {
    view.measure = name;
    draw();
  });
  layOut(view);
  listen(view, draw);
  const unsubscribe = store.subscribe(draw);
  const resized = new ResizeObserver(draw);
  resized.observe(root);
  return {
    update(bytes) {
      view.data = unpack(bytes);
      draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

function elements() {
  return {
    dots: el("canvas", { class: "dots", tabindex: 0, role: "img" }),
    sorted: el("canvas", { class: "sorted", role: "img" }),
    facts: el("dl", { class: "facts" }),
    legend: el("div", { class: "legend small" }),
    summary: el("p", { class: "visually-hidden", role: "status" }),
  };
}

function layOut({ root, choice, dots, legend, sorted, facts, summary }) {
  const hint = el("span", { class: "small muted", text: "each dot is a head; click to open it" });
  const sortedTitle = el("div", { class: "small muted", text: "the same heads, sorted" });
  root.append(
    el(
      "div",
      { class: "heads" },
      el("div", {}, el("div", { class: "bar" }, choice.node, hint), dots, legend, sortedTitle, sorted),
      el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts),
    ),
    summary,
  );
}

function chosen({ data: { header } }) {
  const { layer, head } = selected(header);
  return layer * header.heads + head;
}

function drawAll(view) {
  const { data, measure, dots, sorted, root } = view;
  const { header, arrays } = data;
  const values = arrays[measure];
  const ring = view.hovered ?? chosen(view);
  const style = getComputedStyle(root);
  const colours = {
    text: style.getPropertyValue("--st-text-color"),
    line: style.getPropertyValue("--st-border-color"),
    ground: style.getPropertyValue("--st-background-color"),
  };
  const even = measure === "distance" ? header.uniform : null;
  const top = Math.max(...values, even ?? 0) * 1.04 || 1;
  view.order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  view.places = drawDots(dots, { header, values, top, even, ring, colours });
  drawSorted(sorted, { header, values, top, ring, colours, order: view.order });
  const rows = factsOf(data, ring);
  showFacts(view.facts, rows);
  showLegend(view.legend, header.kinds);
  view.choice.show(measure);
  dots.setAttribute(
    "aria-label",
    `${MEASURES[measure]} of ${values.length} heads by layer. Arrow keys walk them in order of the measure, Enter opens one.`,
  );
  sorted.setAttribute("aria-label", `The heads sorted by ${MEASURES[measure]}.`);
  view.summary.textContent = rows.map(([name, value]) => `${name} ${value}`).join(", ");
  root.dataset.ready = header.id;
}

function factsOf({ header, arrays }, head) {
  return [
    ["head", `layer ${Math.floor(head / header.heads) + 1}, head ${(head % header.heads) + 1}`],
    ["type", header.kinds[head]],
    ["mean distance", `${four(arrays.distance[head])} px`],
    ["entropy", `${four(arrays.entropy[head])} bit`],
    ["on tokens in front", four(arrays.prefix[head])],
    ["within 3×3", four(arrays.local[head])],
    ["on its row", four(arrays.row[head])],
    ["on its column", four(arrays.column[head])],
  ];
}

function showLegend(legend, kinds) {
  const count = (kind) => kinds.filter((one) => one === kind).length;
  legend.replaceChildren(
    ...Object.entries(HEAD_COLOURS).map(([kind, colour]) =>
      el("span", {}, el("i", { style: `background:${colour}` }), `${kind} ${count(kind)}`),
    ),
  );
}

/** The dot that is nearest to the pointer. */
function nearest(event, dots, places) {
  const box = dots.getBoundingClientRect();
  const away = ([x, y]) => Math.hypot(x - event.clientX + box.left, y - event.clientY + box.top);
  return places.reduce((best, place, i) => (away(place) < away(places[best]) ? i : best), 0);
}

function listen(view, draw) {
  const { dots, sorted } = view;
  const open = (i) => store.commit({ layer: Math.floor(i / view.data.header.heads), head: i % view.data.header.heads });
  const hover = (i) => {
    view.hovered = i;
    draw();
  };
  for (const [canvas, at] of [
    [dots, (event) => nearest(event, dots, view.places)],
    [sorted, (event) => view.order[cellAt(event, sorted, [1, view.order.length])[1]]],
  ]) {
    canvas.addEventListener("pointermove", (event) => view.data && hover(at(event)));
    canvas.addEventListener("pointerleave", () => hover(null));
    canvas.addEventListener("click", (event) => view.data && open(at(event)));
  }
  dots.addEventListener("keydown", (event) => {
    if (!view.data) return;
    const head = view.hovered ?? chosen(view);
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (event.key === "Enter") open(head);
    if (!step) return;
    event.preventDefault();
    hover(view.order[clamp(view.order.indexOf(head) + step, 0, view.order.length - 1)]);
  });
}
