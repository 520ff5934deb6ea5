// Every head as a dot, by depth and measure, or all of them sorted. A click opens the head above.
import { chart } from "../kit/charts/chart.js";
import { choiceOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/numbers/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { selected } from "../kit/view.js";

const MEASURES = { distance: "mean distance, px", entropy: "entropy, bit", prefix: "mass on tokens in front" };
const ALONG = { layer: "by layer", rank: "sorted" };

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, data: null, measure: "distance", along: "layer", hovered: null };
  view.draw = everyFrame(() => view.data && drawAll(view));
  view.plot = chart({ pick: (head, how) => pick(view, head, how) });
  view.facts = el("dl", { class: "facts" });
  const choose = (key) => (name) => {
    view[key] = name;
    showFigure(view);
    view.draw();
  };
  view.choices = [choiceOf("Measure", MEASURES, choose("measure")), choiceOf("Order", ALONG, choose("along"))];
  layOut(view);
  const unsubscribe = store.subscribe(view.draw);
  return {
    update(bytes) {
      view.data = unpack(bytes);
      showFigure(view);
      view.draw();
    },
    destroy() {
      unsubscribe();
      view.plot.destroy();
    },
  };
});

function layOut({ root, choices, plot, facts }) {
  const hint = el("span", { class: "small muted", text: "each dot is a head; click to open it" });
  const bar = el("div", { class: "bar" }, ...choices.map(({ node }) => node), hint);
  const card = el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts);
  root.append(el("div", { class: "heads" }, el("div", {}, bar, plot.node), card));
}

function showFigure({ data: { header }, plot, measure, along, choices }) {
  plot.show(header.figures[`${measure} ${along}`], header.looks);
  choices[0].show(measure);
  choices[1].show(along);
}

/** The head under the pointer is told; one that is clicked, or entered, is opened. */
function pick(view, head, how) {
  if (head !== null && how === "click") store.commit(placeOf(view, head));
  view.hovered = head;
  view.draw();
}

const placeOf = ({ data: { header } }, head) => ({ layer: Math.floor(head / header.heads), head: head % header.heads });

function drawAll({ data, hovered, facts, plot, root }) {
  const { layer, head } = selected(data.header);
  const chosen = layer * data.header.heads + head;
  plot.ring([hovered ?? chosen]);
  showFacts(facts, factsOf(data, hovered ?? chosen));
  root.dataset.ready = data.header.id;
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
