import { decodePicture } from "../kit/picture/canvas.js";
import { chart } from "../kit/charts/chart.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/numbers/format.js";
import { clamp, stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { drawPicture } from "./draw.js";

const stageCount = (view) => view.data.arrays.kept.length;
const stageName = (i) => (i === 0 ? "embedded" : i === 1 ? "+ position" : `layer ${i - 1}`);
const stageAt = (view) => Math.min(view.stage ?? 1, stageCount(view) - 1);

// The same patch in two places: equal until positions are added, and what becomes of the difference in every layer.
export default mounts((root) => {
  const view = {
    root,
    data: null, // {header, arrays, bitmap}
    stage: null, // the stage under the pointer
  };
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  listen(view);
  const resized = new ResizeObserver(() => view.draw());
  resized.observe(view.root);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      view.plot.show(header.figure, header.looks); // again where the theme is another
      if (header.id === view.data?.header.id) return view.draw();
      decodePicture(arrays.picture).then((bitmap) => {
        view.data = { header, arrays, bitmap };
        view.root.dataset.ready = header.id;
        view.draw();
      });
    },
    destroy() {
      resized.disconnect();
      view.plot.destroy();
    },
  };
});

function makeElements(view) {
  view.picture = el("canvas", { tabindex: 0, role: "img" });
  view.plot = chart({
    slider: "the stage",
    step: (by) => view.data && showStage(view, clamp(stageAt(view) + by, 0, stageCount(view) - 1)),
    pick: (stage) => stage !== null && showStage(view, stage),
  });
  view.facts = el("dl", { class: "facts" });
  view.heading = el("h3");
  view.said = el("p", { class: "aside" });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
}

function layOut(view) {
  view.root.append(
    el(
      "div",
      { class: "title-line" },
      el("h2", { text: "Two identical patches" }),
      el("span", { class: "muted", text: "one is a copy: only its position can tell it apart. Click another patch to copy that one" }),
    ),
    el(
      "div",
      { class: "twins" },
      el("div", {}, view.picture),
      el("div", {}, view.plot.node, view.said),
      el("section", { class: "card" }, view.heading, view.facts),
    ),
    view.summary,
  );
}

function showStage(view, stage) {
  view.stage = stage;
  view.draw();
}

function listen(view) {
  view.picture.addEventListener("click", (event) => {
    if (!view.data) return;
    store.commit({ token: tokenAt(event, view.picture, view.data.header) });
  });
  view.picture.addEventListener("keydown", (event) => {
    const next = view.data && stepToken(view.data.header, view.data.header.prefix.length + view.data.header.first, event.key);
    if (next === null || next < view.data.header.prefix.length) return;
    event.preventDefault();
    store.commit({ token: next });
  });
}

function drawAll(view) {
  const { header, arrays } = view.data;
  drawPicture(view);
  const i = stageAt(view);
  view.plot.stand(i);
  view.heading.textContent = i < 2 ? { 0: "Patch embeddings", 1: "Positions added" }[i] : `After layer ${i - 1} of ${header.depth}`;
  showFacts(view.facts, [
    ["similarity", four(arrays.kept[i]), arrays.kept[i]],
    ["without positions", four(arrays.zeroed[i]), arrays.zeroed[i]],
    ["any two patches", four(arrays.usual[i]), arrays.usual[i]],
    ["difference / length", four(arrays.keptDistance[i]), arrays.keptDistance[i]],
    ["without positions", four(arrays.zeroedDistance[i]), arrays.zeroedDistance[i]],
  ]);
  const name = (patch) => tokenName(header, header.prefix.length + patch);
  view.said.textContent =
    `The patch of ${name(header.first)} stands at ${name(header.second)} too. ` +
    `Embedded, the two rows are equal (difference ${four(arrays.keptDistance[0])}); ` +
    `with positions they differ by ${four(arrays.keptDistance[1])} of their length, ` +
    `after the last layer by ${four(arrays.keptDistance.at(-1))}. ` +
    `Without positions they stay equal in every layer: largest difference ${four(Math.max(...arrays.zeroedDistance))}.`;
  const [kept, zeroed, usual] = [arrays.kept, arrays.zeroed, arrays.usual].map((values) => four(values[i]));
  const text = `${stageName(i)}: similarity ${kept} with positions, ${zeroed} without, ${usual} between any two patches.`;
  if (view.summary.textContent !== text) view.summary.textContent = text;
  view.picture.setAttribute(
    "aria-label",
    `The picture with the patch of ${name(header.first)} copied to ${name(header.second)}. Arrow keys choose another patch.`,
  );
}
