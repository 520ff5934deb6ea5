// Every layer's first principal components as colours: one layer large, all of them beside it; the first one as a mask.
import { decodePicture, outlinePatch, paintCells, themeOf, watched } from "../kit/picture/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { minus, percent } from "../kit/numbers/format.js";
import { patchName, stepToken, tokenAt } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { fromView, selected, withView } from "../kit/view.js";
import { chooseToken, tokenOf } from "../features/choices.js";
import { ROWS } from "../features/words.js";
import { COUNT, MASKS, between, decimalsOf, endsOf, keeps, keptBy, rainbow } from "./rainbow.js";

const ORDER = ["first", "second", "third"];

export default mounts((root) => {
  const keepMask = (mask) => store.commit({ view: withView("features_components", { mask }) });
  /** @type {any} */
  const view = {
    root,
    data: null, // {header, arrays, bitmap}
    hovered: null,
    canvas: el("canvas", { tabindex: 0, role: "img" }),
    cells: el("canvas"),
    title: el("strong"),
    masks: choiceOf("Mask by the first component", MASKS, keepMask),
    through: rangeOf("Through the layers", { min: 1, step: 0.02 }),
    place: null, // where the slider is between two layers, from 0; null where it stands on the chosen one
    layers: el("div", { class: "layers", role: "group", "aria-label": "Layers" }),
    shares: el("dl", { class: "facts inked" }),
    pointed: el("dl", { class: "facts pointed" }),
    note: el("p", { class: "muted" }),
    painted: "",
  };
  layOut(view);
  view.draw = everyFrame(() => view.data && drawAll(view));
  view.fit = watched(view.canvas, view.draw);
  view.say = speaker(root);
  listen(view);
  const unsubscribe = store.subscribe(view.draw);
  return {
    update(bytes) {
      const next = unpack(bytes);
      if (next.header.id === view.data?.header.id) return view.draw();
      decodePicture(next.arrays.picture).then((bitmap) => {
        view.data = { ...next, bitmap };
        view.painted = "";
        view.hovered = null;
        build(view);
        view.draw();
      });
    },
    destroy: unsubscribe,
  };
});

function layOut(view) {
  const card = (title, ...nodes) => el("section", { class: "card" }, el("h2", { text: title }), ...nodes);
  const menu = figureMenu({
    name: "principal components",
    root: view.root,
    nodes: () => [view.canvas],
    title: () => view.title.textContent,
    rows: () => alongRows(view.data),
  });
  view.stage = el(
    "div",
    {},
    el("div", { class: "head-line" }, view.title, menu),
    view.masks.node,
    el(
      "div",
      { class: "components" },
      el("div", {}, el("div", { class: "scene" }, view.canvas), view.through.node),
      el(
        "div",
        {},
        view.layers,
        el("div", { class: "shares" }, card("Variance explained", view.shares), card("Patch under the pointer", view.pointed)),
      ),
    ),
  );
  view.root.append(view.stage, view.note);
}

/** One small picture a layer, to choose it by. */
function build(view) {
  const { header } = view.data;
  view.stage.hidden = Boolean(header.problem);
  if (header.problem) return;
  view.thumbs = Array.from({ length: header.depth }, () => el("canvas", { "aria-hidden": "true" }));
  const buttons = view.thumbs.map((canvas, layer) =>
    el(
      "button",
      { type: "button", "aria-label": `Layer ${layer + 1}`, onclick: () => store.commit({ layer }) },
      canvas,
      el("span", { class: "small", text: layer + 1 }),
    ),
  );
  view.layers.replaceChildren(...buttons);
}

const whereOf = ({ header, arrays }, layer) => {
  const count = COUNT * header.grid[0] * header.grid[1];
  return arrays.where.subarray(layer * count, (layer + 1) * count);
};

/** Where the chosen layer's patches lie along the components, and whether the mask shows them. */
function alongRows(data) {
  const mask = fromView("features_components", "mask");
  const where = whereOf(data, selected(data.header).layer);
  const along = (c) => where.filter((_, i) => i % COUNT === c);
  const [first, second, third] = [0, 1, 2].map(along);
  return patchRows(data.header.grid, { first, second, third, shown: first.map((value) => (keeps(mask, value) ? 1 : 0)) });
}

function drawAll(view) {
  const { header } = view.data;
  if (header.problem) put(view.note, header.problem);
  else drawLayer(view, { layer: selected(header).layer, token: tokenOf(header) });
  view.root.dataset.ready = header.id;
}

function drawLayer(view, { layer, token }) {
  const { header, arrays } = view.data;
  const mask = fromView("features_components", "mask");
  const style = themeOf(view.root);
  const where = whereOf(view.data, layer);
  const patch = view.hovered ?? Math.max(0, token - header.prefix.length);
  if (view.painted !== mask) {
    view.thumbs.forEach((canvas, at) => paintCells(canvas, header.grid, rainbow(whereOf(view.data, at), mask)));
    view.painted = mask;
  }
  [...view.layers.children].forEach((button, at) => mark(button, "aria-pressed", at === layer));
  view.masks.show(mask);
  showSlider(view, layer);
  paintLarge(view, mask, patch, style);
  const title = `Principal components: layer ${layer + 1}, ${ROWS[header.rows]}${header.content ? ", position removed" : ""}`;
  put(view.title, title);
  const explained = arrays.explained.subarray(COUNT * layer, COUNT * (layer + 1));
  const total = explained.reduce((a, b) => a + b, 0);
  const shares = ORDER.map((name, c) => [name, percent(explained[c]), explained[c]]);
  const kept = [`patches ${MASKS[mask] === MASKS.none ? "shown" : MASKS[mask]}`, `${keptBy(where, mask)} of ${where.length / COUNT}`];
  showFacts(view.shares, [...shares, ["together", percent(total), total], kept]);
  const places = decimalsOf(where);
  const along = ORDER.map((name, c) => [`along the ${name}`, minus(where[COUNT * patch + c].toFixed(places))]);
  showFacts(view.pointed, [["patch", patchName(header.grid, patch)], ...along]);
  put(view.note, noteOf(mask));
  mark(view.canvas, "aria-label", `${title}: the first three principal components as red, green and blue. Arrow keys move.`);
  view.root.rainbow = { where, ends: endsOf(where, mask) };
  view.say(`${title}. Explained: ${shares.map(([name, share]) => `${name} ${share}`).join(", ")}.`);
}

/** The slider stands on the chosen layer, unless it is under way. */
function showSlider({ through, place, data }, layer) {
  mark(through.input, "max", data.header.depth);
  if (place === null && +through.input.value !== layer + 1) through.input.value = layer + 1;
  put(through.value, `${layer + 1}/${data.header.depth}`);
}

/** The colours of the chosen layer, or on the way from one to the next. */
function coloursOf(view, mask) {
  const { layer } = selected(view.data.header);
  const place = Math.min(view.place ?? layer, view.data.header.depth - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, view.data.header.depth - 1);
  return between(rainbow(whereOf(view.data, below), mask), rainbow(whereOf(view.data, above), mask), place - below);
}

function paintLarge(view, mask, patch, style) {
  const { header } = view.data;
  const { ink, width, height } = view.fit();
  const colours = coloursOf(view, mask);
  view.root.colours = colours;
  paintCells(view.cells, header.grid, colours);
  ink.imageSmoothingEnabled = false;
  ink.drawImage(view.cells, 0, 0, width, height);
  outlinePatch(ink, style, patch, header.grid, [width, height], 2);
}

function noteOf(mask) {
  const scale = "Each of the first three is a colour, from its smallest to its largest among the patches shown: red, green, blue.";
  const sides =
    mask === "none"
      ? "Patches of one colour lie close together along all three; the tokens in front are left out."
      : "The first component often parts what is in front from what is behind; which side is which, it does not say.";
  return `${scale} ${sides}`;
}

function listen(view) {
  const { canvas, through } = view;
  through.input.addEventListener("input", () => {
    view.place = through.input.value - 1;
    store.preview({ layer: Math.round(view.place) });
  });
  through.input.addEventListener("change", () => {
    view.place = null;
    store.commit({ layer: Math.round(through.input.value - 1) });
  });
  const hover = (patch) => {
    view.hovered = patch;
    view.draw();
  };
  const at = (event) => tokenAt(event, canvas, { prefix: [], grid: view.data.header.grid });
  for (const kind of ["pointermove", "pointerdown"]) canvas.addEventListener(kind, (event) => view.data && hover(at(event)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hover(null));
  canvas.addEventListener("click", (event) => view.data && chooseToken(view.data.header.prefix.length + at(event)));
  canvas.addEventListener("keydown", (event) => {
    if (!view.data) return;
    const { grid, prefix } = view.data.header;
    const now = view.hovered ?? Math.max(0, tokenOf(view.data.header) - prefix.length);
    if (event.key === "Enter" || event.key === " ") chooseToken(prefix.length + now);
    else {
      const next = stepToken({ prefix: [], grid }, now, event.key);
      if (next === null) return;
      hover(next);
    }
    event.preventDefault();
  });
}
