// Groups of patches in every layer beside what the head would say to each: borders over the picture, all layers small beside them.
import { outlinePatch, paintCells, themeOf } from "../kit/picture/canvas.js";
import { rangeOf } from "../kit/controls.js";
import { el, mark, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { fromView, selected, withView } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { chooseToken, rowChoices, tokenOf } from "../features/choices.js";
import { layerRange, lifeOf } from "../features/life.js";
import { drawBorders, tintOf, tinted, toTint } from "./tints.js";
import { answerFacts, answerKinds, groupFacts, groupKinds, layerFacts, noteOf, pointedFacts, titleOf } from "./words.js";

const TINT = 0.5; // opacity over the picture

export default mounts((root) => {
  const keep = (groups) => store.commit({ view: withView("features_groups", { groups }) });
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null, // {header, arrays, bitmap}
    hovered: null,
    title: el("strong"),
    choices: rowChoices(),
    layer: layerRange(),
    count: rangeOf("Groups", { min: 2, max: 12, step: 1 }),
    layers: el("div", { class: "layers", role: "group", "aria-label": "Layers" }),
    note: el("p", { class: "muted" }),
    ...Object.fromEntries(["ofLayer", "ofGroups", "ofAnswers", "pointed"].map((name) => [name, el("dl", { class: `facts ${name}` })])),
  };
  view.count.input.addEventListener("input", () => put(view.count.value, view.count.input.value));
  view.count.input.addEventListener("change", () => keep(+view.count.input.value));
  return lifeOf(view, {
    layOut,
    draw,
    pictures: ({ arrays }) => [arrays.picture],
    take: (next, [bitmap]) => {
      view.data = { ...next, bitmap };
      build(view);
    },
  });
});

function layOut(view) {
  const hover = (patch) => {
    view.hovered = patch;
    view.draw();
  };
  const choose = (_, patch) => chooseToken(view.data.header.prefix.length + patch);
  const scene = () => patchScene({ redraw: view.draw, hover, choose });
  [view.groups, view.answers] = [scene(), scene()];
  view.said = el("figure", {}, el("figcaption", { text: "What each patch would say" }), view.answers.node);
  const both = el("div", { class: "both" }, el("figure", {}, el("figcaption", { text: "Groups" }), view.groups.node), view.said);
  const menu = figureMenu({
    name: "groups",
    root: view.root,
    nodes: () => [both],
    title: () => view.title.textContent,
    rows: () => rowsOf(view),
  });
  const card = (title, ...nodes) => el("section", { class: "card" }, el("h2", { text: title }), ...nodes);
  view.saidCard = card("What patches would say", view.ofAnswers);
  view.root.append(
    el("div", { class: "choices" }, ...view.choices.nodes),
    el("div", { class: "head-line" }, view.title, menu),
    el(
      "div",
      { class: "grouped" },
      both,
      el(
        "div",
        { class: "side" },
        el("div", { class: "sliders" }, view.layer.node, view.count.node),
        card("Under the pointer", view.pointed),
        card("This layer", view.ofLayer),
      ),
    ),
    el("div", { class: "cards" }, card("Groups", view.ofGroups), view.saidCard),
    el("p", { class: "small muted", text: "Every layer, and the Rand index of its groups with those of the layer before:" }),
    view.layers,
    view.note,
  );
}

/** One small picture a layer, to choose it by. */
function build(view) {
  const { header } = view.data;
  view.said.hidden = view.saidCard.hidden = header.noClasses !== null;
  view.layers.replaceChildren(
    ...Array.from({ length: header.depth }, (_, layer) => {
      const canvas = el("canvas", { "aria-hidden": "true" });
      paintCells(canvas, header.grid, tinted(at(view.data, "groups", layer)));
      const agrees = header.before[layer];
      return el(
        "button",
        { type: "button", "aria-label": `Layer ${layer + 1}`, onclick: () => store.commit({ layer }) },
        canvas,
        el("span", { class: "small", text: layer + 1 }),
        el("span", { class: "small muted", text: agrees === null ? "—" : agrees.toFixed(2).replace("-", "−"), title: agrees ?? "" }),
      );
    }),
  );
}

/** A layer's part of an array with a row a layer. */
function at({ header, arrays }, name, layer) {
  const size = header.grid[0] * header.grid[1];
  return arrays[name].subarray(layer * size, (layer + 1) * size);
}

function draw(view) {
  const { header } = view.data;
  const { layer } = selected(header);
  const patch = view.hovered ?? Math.max(0, tokenOf(header) - header.prefix.length);
  const [groups, answers] = [at(view.data, "groups", layer), at(view.data, "answers", layer)];
  const title = titleOf(header, layer);
  put(view.title, title);
  paint(view, view.groups, groups, patch, `${title}, on the picture. Arrow keys move, Enter chooses.`);
  if (!header.noClasses) paint(view, view.answers, answers, patch, `What each patch would say after layer ${layer + 1}. Arrow keys move.`);
  showControls(view, layer);
  const shown = { layer, patch, groups, answers, probability: at(view.data, "probabilities", layer)[patch] };
  const told = pointedFacts(header, shown);
  showFacts(view.pointed, told);
  showFacts(view.ofLayer, layerFacts(header, layer));
  showFacts(view.ofGroups, groupFacts(groups));
  swatches(view.ofGroups, groupKinds(groups));
  showFacts(view.ofAnswers, answerFacts(header, answers));
  swatches(view.ofAnswers, answerKinds(answers));
  put(view.note, noteOf(header));
  view.root.groups = view.data.arrays.groups;
  view.root.dataset.ready = header.id;
  view.root.dataset.known = String(!view.data.arrays.groups.includes(-1));
  view.say(`${title}. ${told.map(([name, value]) => `${name} ${value}`).join(", ")}.`);
}

function paint(view, scene, kinds, patch, label) {
  const { header, bitmap } = view.data;
  scene.paint(bitmap, header.grid, tinted(kinds), TINT, [], label);
  const { canvas } = scene;
  const [ink, style, size] = [canvas.getContext("2d"), themeOf(view.root), [canvas.clientWidth, canvas.clientHeight]];
  drawBorders(ink, style, kinds.map(toTint), header.grid, size);
  outlinePatch(ink, style, patch, header.grid, size, 3);
}

/** A patch of colour before each row of a list. */
function swatches(list, kinds) {
  kinds.forEach((kind, row) => list.children[row].style.setProperty("--tint", tintOf(kind)));
}

function showControls(view, layer) {
  const { header } = view.data;
  view.choices.show();
  mark(view.layer.input, "max", header.depth);
  if (+view.layer.input.value !== layer + 1) view.layer.input.value = layer + 1;
  put(view.layer.value, `${layer + 1}/${header.depth}`);
  const wanted = fromView("features_groups", "groups");
  if (!view.count.input.matches(":active")) view.count.input.value = wanted;
  put(view.count.value, view.count.input.value);
  [...view.layers.children].forEach((button, of) => mark(button, "aria-pressed", of === layer));
}

function rowsOf({ data }) {
  const { layer } = selected(data.header);
  const said = data.header.noClasses ? {} : { class: Array.from(at(data, "answers", layer), (kind) => data.header.labels[kind] ?? "") };
  const probability = data.header.noClasses ? {} : { probability: at(data, "probabilities", layer) };
  return patchRows(data.header.grid, { group: at(data, "groups", layer).map((kind) => kind + 1), ...said, ...probability });
}
