// Two models, pictures or settings side by side: the token under the pointer, on both sides, and the difference.
import { decodePicture } from "../kit/picture/canvas.js";
import { colourTable } from "../kit/picture/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, speaker } from "../kit/dom.js";
import { exactAnswer, percent } from "../kit/numbers/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { lightTable } from "../kit/picture/spotlight.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { withView } from "../kit/view.js";
import { linesTo, namesOn, zoomOf } from "../kit/picture/zoom.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { drawCompared } from "./frame.js";
import { AttentionSide, StreamSide, patchesBeside } from "./math.js";
import { commit, streams, tokensOf } from "./state.js";
import { buildStrip } from "./strip.js";

/** The last comparison that was brought into sight. */
let brought = 0;

export default mounts((root) => {
  const tables = { spotlight: lightTable(), viridis: colourTable("viridis"), diverging: colourTable("diverging") };
  // data: {header, sides: [left, right], bitmaps, places}; spot: {side, patch} under the pointer
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, tables, say: speaker(root), data: null, spot: null };
  view.redraw = everyFrame(() => view.data && drawCompared(view));
  Object.assign(view, elements(view));
  layOut(view);
  listen(view);
  const unsubscribe = store.subscribe(view.redraw);
  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === view.data?.header.id) return view.redraw();
      Promise.all([decodePicture(arrays.left_picture), decodePicture(arrays.right_picture)]).then((bitmaps) => {
        view.data = { header, sides: sidesOf(header, arrays), bitmaps, places: placesOf(header) };
        view.spot = null;
        build(view);
        root.dataset.ready = header.id;
        drawCompared(view);
        if (header.brought > brought) intoSight(root, header.brought);
      });
    },
    destroy: unsubscribe,
  };
});

/** Whoever asked for a comparison elsewhere sees it, once, and not the top of the page that holds it. */
function intoSight(root, count) {
  brought = count;
  root.style.scrollMarginTop = "12rem";
  root.scrollIntoView({ block: "start" });
}

function elements(view) {
  return {
    left: figureOf(view, 0, "Left map"),
    right: figureOf(view, 1, "Right map"),
    third: figureOf(view, 0, "Third map"),
    prefix: el("span", { class: "prefix" }),
    mean: choiceOf("Heads", { one: "one head", mean: "mean of heads" }, (name) => commit({ mean: name === "mean" })),
    kinds: choiceOf("Third picture", { difference: "difference", places: "left with right" }, (third) => commit({ third })),
    stage: rangeOf("After layer", { min: 0, step: 1 }),
    facts: el("dl", { class: "facts" }),
    strip: el("div", { class: "strip-of-layers", role: "group", "aria-label": "The same maps after every layer" }),
    note: el("p", { class: "aside" }),
  };
}

const sideOf = ({ data: { header } }, side) => [header.left, header.right][side];

function figureOf(view, side, name) {
  const found = {
    spot: null, // the patch that is outlined
    title: el("strong"),
    bar: el("span", { class: "colourbar small" }),
    said: el("p", { class: "small muted" }),
    answers: el("div", { class: "answers" }),
  };
  const point = (patch) => (view.spot = patch === null ? null : { side, patch });
  found.scene = patchScene({
    redraw: view.redraw,
    hover: (patch) => {
      point(patch);
      view.redraw();
    },
    choose: (_, patch) => {
      point(patch);
      store.commit({ token: tokensOf(view)[0] });
    },
  });
  found.zoom = zoomOf(found.scene.node, {
    name,
    canvas: found.scene.canvas,
    says: () => [found.title, found.said].map((node) => node.textContent).join(", "),
    names: (width, height) => namesOn(sideOf(view, side), width, height),
    lines: () => linesTo(sideOf(view, side), found.spot),
  });
  const caption = el("figcaption", { class: "head-line" }, found.title, found.zoom.button);
  found.node = el("figure", {}, caption, el("div", { class: "under-title" }, found.bar), found.scene.node, found.said, found.answers);
  return found;
}

/** All three maps as they stand; as numbers, each on its own grid. */
function menuOf(view) {
  const { root, left, right, third } = view;
  const titles = () => view.data.header.titles;
  const shown = () => root.compared;
  return figureMenu({
    name: "the comparison",
    root,
    nodes: () => [left.node, right.node, third.node],
    title: () => `${titles()[0]} beside ${titles()[1]}`,
    file: () => "compared",
    rows: () => {
      const { header } = view.data;
      const patches = [header.left, header.right].map((side, i) => [shown().left, shown().right][i]?.subarray(side.prefix.length) ?? []);
      const grids = [header.left, header.right].map(({ grid }) => grid);
      const sides = patches.map((values, i) => patchRows(grids[i], { value: values }).slice(1));
      const change = shown().change ? patchRows(grids[0], { value: shown().change }).slice(1) : [];
      const named = Object.entries({ left: sides[0], right: sides[1], [third.title.textContent]: change });
      return [["map", "row", "column", "value"], ...named.flatMap(([name, rows]) => rows.map((row) => [name, ...row]))];
    },
  });
}

function layOut(view) {
  const { root, left, right, third, prefix, mean, kinds, stage, facts, strip, note } = view;
  third.node.append(el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), facts));
  root.append(
    el("div", { class: "choices" }, prefix, mean.node, kinds.node, stage.node, menuOf(view)),
    el("div", { class: "compared" }, left.node, right.node, third.node),
    strip,
    note,
  );
}

function sidesOf(header, arrays) {
  return ["left", "right"].map((name) =>
    header.mode === "stream"
      ? new StreamSide(header[name], arrays[`${name}_stream`])
      : new AttentionSide(header[name], arrays[`${name}_q`], arrays[`${name}_k`]),
  );
}

/** Which right patch stands beside each left one, and how many right patches there are for a left one. */
function placesOf({ left, right }) {
  const count = ({ grid }) => grid[0] * grid[1];
  return { list: patchesBeside(left.grid, right.grid), ratio: count(right) / count(left) };
}

/** What stands once for a payload: the tokens before the patches, the answers, the strip of layers. */
function build(view) {
  const { header } = view.data;
  const choose = (token) => {
    view.spot = null;
    store.commit({ token });
  };
  view.prefix.replaceChildren(
    ...header.left.prefix.map((label, i) => el("button", { type: "button", text: label, onclick: () => choose(i) })),
  );
  const shown = streams(view) ? 5 : 3;
  view.left.answers.replaceChildren(...answersOf(header.left, shown));
  view.right.answers.replaceChildren(...answersOf(header.right, shown));
  if (streams(view)) buildStrip(view);
}

function answersOf(side, most) {
  if (!side.top.length) return [el("span", { class: "small muted", text: side.short })];
  return side.top
    .slice(0, most)
    .map(([label, p, whole]) =>
      el(
        "div",
        { class: "row", title: exactAnswer([label, p, whole]) },
        el("span", { class: "name", text: label }),
        el("span", { text: percent(p) }),
        el("span", { class: "track" }, el("span", { class: "fill", style: `width:${100 * p}%` })),
      ),
    );
}

function listen({ stage }) {
  stage.input.addEventListener("input", () => store.preview({ view: withView("compare", { stage: +stage.input.value }) }));
  stage.input.addEventListener("change", () => commit({ stage: +stage.input.value }));
}
