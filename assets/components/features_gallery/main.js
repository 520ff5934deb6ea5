// All pictures of the gallery at once: the patches most like the chosen one, and principal components fitted over all of them.
import { outlinePatch, paintCells, sharp, themeOf } from "../kit/picture/canvas.js";
import { choiceOf } from "../kit/controls.js";
import { el, mark, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { fineness } from "../kit/fineness.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { fromView, selected, withView } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { chooseToken, rowChoices } from "../features/choices.js";
import { layerRange, lifeOf } from "../features/life.js";
import { MASKS, keptBy, rainbow } from "../features_components/rainbow.js";
import { bestOf, cropOf, nameOf, nearestRows, noteOf, sharesOf, titleOf } from "./words.js";

export default mounts((root) => {
  const keep = (side) => store.commit({ view: withView("features_gallery", { side }) });
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null, // {header, arrays, bitmap, bitmaps: the gallery's}
    hovered: null,
    drawn: "", // for what all but the scene was drawn
    title: el("strong"),
    choices: rowChoices(),
    layer: layerRange(),
    masks: choiceOf("Mask by the first component", MASKS, keep),
    nearest: el("div", { class: "nearest" }),
    pictures: el("div", { class: "pictures" }),
    facts: el("dl", { class: "facts" }),
    note: el("p", { class: "muted" }),
  };
  return lifeOf(view, {
    layOut,
    draw,
    pictures: ({ header, arrays }) => [arrays.picture, ...header.titles.map((_, at) => arrays[`picture${at}`])],
    take: (next, [bitmap, ...bitmaps]) => {
      view.data = { ...next, bitmap, bitmaps };
      build(view);
    },
  });
});

function layOut(view) {
  const hover = (patch) => {
    view.hovered = patch;
    view.draw();
  };
  view.scene = patchScene({ redraw: view.draw, hover, choose: (_, patch) => chooseToken(view.data.header.prefix.length + patch) });
  const about = { root: view.root, title: () => view.title.textContent };
  const [near, all] = [el("section", {}), el("section", {})];
  const menus = {
    near: figureMenu({ name: "nearest patches", nodes: () => [view.nearest], rows: () => nearestRows(view.data.header), ...about }),
    all: figureMenu({ name: "components over all pictures", nodes: () => [view.pictures], rows: () => alongRows(view.data), ...about }),
  };
  near.append(el("div", { class: "head-line" }, el("strong", { text: "Nearest patches of the gallery" }), menus.near), view.nearest);
  all.append(
    el("div", { class: "head-line" }, el("strong", { text: "Principal components, fitted over all pictures" }), menus.all),
    el("div", { class: "choices" }, view.masks.node),
    view.pictures,
  );
  view.root.append(
    el("div", { class: "choices" }, ...view.choices.nodes),
    el("div", { class: "head-line" }, view.title),
    el(
      "div",
      { class: "together" },
      el(
        "div",
        { class: "side" },
        view.layer.node,
        view.scene.node,
        el("p", { class: "small muted", text: "A click asks for another patch." }),
      ),
      near,
    ),
    all,
    el("section", { class: "card" }, el("h2", { text: "Variance explained" }), view.facts),
    view.note,
  );
}

/** One figure a nearest patch, and one a picture. */
function build(view) {
  const { header } = view.data;
  view.drawn = "";
  const figure = (canvas, first, second) =>
    el("figure", {}, canvas, el("figcaption", { class: "small", text: first }), el("figcaption", { class: "small muted", text: second }));
  view.crops = header.nearest.map(() => el("canvas", { "aria-hidden": "true" }));
  view.nearest.replaceChildren(
    ...header.nearest.map((place, i) => figure(view.crops[i], nameOf(header, place), header.titles[place[0]])),
    ...(header.nearest.length ? [] : [el("p", { class: "muted", text: "They come when the pictures have been run." })]),
  );
  view.grids = header.titles.map(() => ({ canvas: el("canvas", { "aria-hidden": "true" }), cells: el("canvas") }));
  view.pictures.replaceChildren(...view.grids.map(({ canvas }, at) => figure(canvas, header.titles[at], bestOf(header, at))));
}

/** The part of `where` that is a picture's. */
const whereOf = ({ header, arrays }, at) => {
  const size = 3 * header.grid[0] * header.grid[1];
  return arrays.where.subarray(at * size, (at + 1) * size);
};

function alongRows(data) {
  const { grid, titles } = data.header;
  const rows = titles.flatMap((title, at) => {
    const where = whereOf(data, at);
    return Array.from({ length: where.length / 3 }, (_, i) => [
      title,
      Math.floor(i / grid[1]) + 1,
      (i % grid[1]) + 1,
      ...where.subarray(3 * i, 3 * i + 3),
    ]);
  });
  return [["picture", "row", "column", "first", "second", "third"], ...rows];
}

function draw(view) {
  const { header, arrays, bitmap } = view.data;
  const mask = fromView("features_gallery", "side");
  const title = titleOf(header);
  put(view.title, title);
  view.choices.show();
  view.masks.show(mask);
  const { layer } = selected(header);
  mark(view.layer.input, "max", header.depth);
  if (+view.layer.input.value !== layer + 1) view.layer.input.value = layer + 1;
  put(view.layer.value, `${layer + 1}/${header.depth}`);
  view.scene.paint(
    bitmap,
    header.grid,
    null,
    1,
    [view.hovered, header.patch],
    "The chosen patch on the picture. Arrow keys move, Enter chooses.",
  );
  drawRest(view, mask);
  const facts = sharesOf(header, keptBy(arrays.where, mask), mask);
  showFacts(view.facts, facts);
  put(view.note, noteOf(header));
  view.root.gallery = { where: arrays.where };
  view.root.dataset.ready = header.id;
  view.root.dataset.known = String(header.known === header.titles.length && header.explained !== null);
  const first = header.nearest[0];
  view.say(`${title}. ${first ? `Nearest: ${header.titles[first[0]]}, ${nameOf(header, first)}.` : ""}`);
}

/** What no pointer changes: drawn where something else has. */
function drawRest(view, mask) {
  const { header } = view.data;
  const style = themeOf(view.root);
  const name = [header.id, mask, view.root.clientWidth, style.getPropertyValue("--st-background-color"), fineness()].join(" ");
  if (view.drawn === name) return;
  view.drawn = name;
  header.nearest.forEach((place, i) => drawCrop(view, view.crops[i], place));
  drawPictures(view, mask, style);
}

/** A patch with those around it, which are dimmed. */
function drawCrop(view, canvas, [picture, patch]) {
  const { header, bitmaps } = view.data;
  const bitmap = bitmaps[picture];
  const { x, y, w, h, inner } = cropOf(header.grid, patch, [bitmap.width, bitmap.height]);
  const { ink, width, height } = sharp(canvas);
  ink.drawImage(bitmap, x, y, w, h, 0, 0, width, height);
  const box = [(inner.x / w) * width, (inner.y / h) * height, (inner.w / w) * width, (inner.h / h) * height];
  ink.beginPath();
  ink.rect(0, 0, width, height);
  ink.rect(...box);
  ink.fillStyle = "rgba(0, 0, 0, 0.35)";
  ink.fill("evenodd");
  ink.strokeStyle = "#ffffff";
  ink.lineWidth = 2;
  ink.strokeRect(...box);
}

/** Every picture in the same colours, and its patch most like the chosen one. */
function drawPictures(view, mask, style) {
  const { header, arrays, bitmaps } = view.data;
  const size = header.grid[0] * header.grid[1];
  const colours = header.explained ? rainbow(arrays.where, mask) : null;
  view.grids.forEach(({ canvas, cells }, at) => {
    const { ink, width, height } = sharp(canvas);
    ink.imageSmoothingEnabled = !colours;
    if (colours) paintCells(cells, header.grid, colours.subarray(at * size, (at + 1) * size));
    ink.drawImage(colours ? cells : bitmaps[at], 0, 0, width, height);
    const best = header.best[at];
    if (best) outlinePatch(ink, style, best[0], header.grid, [width, height], 2);
  });
}
