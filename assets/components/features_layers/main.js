// How alike layers are, of one model and of two, as matrices; beside them the two layers under the pointer on the picture.
import { outlinePatch, paintGrid, sharp, themeOf } from "../kit/picture/canvas.js";
import { cellColours, colourBar, colourTable } from "../kit/picture/colours.js";
import { el, mark, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { selected } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { chooseToken, rowChoices } from "../features/choices.js";
import { lifeOf } from "../features/life.js";
import { matrixOf } from "./matrix.js";
import { bestBeside, factsOf, headOf, noteOf, restsOn, titleOf } from "./words.js";

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null, // {header, arrays, bitmaps}
    pointed: null, // {side, row, column}: a cell under the pointer
    tables: { cka: colourTable("viridis"), map: colourTable("diverging") },
    title: el("strong"),
    rests: el("p", { class: "small muted" }),
    bar: el("span", { class: "colourbar small" }),
    choices: rowChoices({ places: false }),
    facts: el("dl", { class: "facts" }),
    note: el("p", { class: "muted" }),
  };
  colourBar(view.bar, view.tables.cka, 0, 1);
  return lifeOf(view, {
    layOut,
    draw,
    pictures: ({ arrays }) => [arrays.picture, arrays.other].filter(Boolean),
    take: (next, bitmaps) => {
      view.data = { ...next, bitmaps };
      view.sides[1].node.hidden = next.header.names.length < 2;
    },
  });
});

function layOut(view) {
  const point = (side) => (cell) => {
    view.pointed = cell && { side, row: cell[0], column: cell[1] };
    view.draw();
  };
  const keep = ([row]) => store.commit({ layer: row });
  view.sides = [0, 1].map((side) => matrixOf({ point: point(side), keep, size: () => shapeOf(view.data.header, side) }));
  const scene = (side) => patchScene({ redraw: view.draw, hover: () => {}, choose: (_, patch) => choose(view, side, patch) });
  view.scenes = [0, 1].map((side) => ({ ...scene(side), title: el("figcaption"), side }));
  const figures = view.scenes.map(({ node, title }) => el("figure", {}, title, node));
  const matrices = el("div", { class: "matrices" }, ...view.sides.map(({ node }) => node));
  const menu = figureMenu({
    name: "how alike layers are",
    root: view.root,
    nodes: () => [matrices],
    title: () => view.title.textContent,
    rows: () => rowsOf(view.data),
  });
  view.root.append(
    el("div", { class: "choices" }, ...view.choices.nodes),
    el("div", { class: "head-line" }, view.title, menu),
    el("div", { class: "under-title" }, view.bar, view.rests),
    matrices,
    el("div", { class: "layers-below" }, el("section", { class: "card" }, el("h2", { text: "The two layers" }), view.facts), ...figures),
    view.note,
  );
}

/** A patch of the second model's grid is chosen as the first one's at the same place. */
function choose(view, side, patch) {
  const { grids, prefix, grid } = view.data.header;
  const [row, col] = [Math.floor(patch / grids[side][1]), patch % grids[side][1]];
  const at = (place, count, own) => Math.min(own - 1, Math.floor(((place + 0.5) * own) / count));
  const [r, c] = [at(row, grids[side][0], grid[0]), at(col, grids[side][1], grid[1])];
  chooseToken(prefix.length + r * grid[1] + c);
}

/** Rows and columns of a matrix: the first model's layers with its own, or with the second's. */
const shapeOf = ({ depths }, side) => [depths[0], depths[side] ?? 0];

/** One matrix out of all pairs of layers, flat. */
function partOf({ header, arrays }, side) {
  const [rows, columns] = shapeOf(header, side);
  const every = header.depths.reduce((a, b) => a + b, 0);
  const from = side * header.depths[0];
  return Float32Array.from({ length: rows * columns }, (_, i) => arrays.cka[Math.floor(i / columns) * every + from + (i % columns)]);
}

function rowsOf(data) {
  const { names, depths } = data.header;
  const cells = depths.flatMap((count, side) => {
    const values = partOf(data, side);
    return Array.from(values, (value, i) => [names[0], Math.floor(i / count) + 1, names[side], (i % count) + 1, value]);
  });
  return [["model", "layer", "other model", "its layer", "CKA"], ...cells];
}

/** The cell that is looked at: under the pointer, or the chosen layer beside the one most like it in the other model, or before it. */
function cellOf(view, parts) {
  if (view.pointed) return view.pointed;
  const { header } = view.data;
  const row = Math.min(selected(header).layer, header.depths[0] - 1);
  const side = header.names.length > 1 ? 1 : 0;
  return { side, row, column: side ? bestBeside(parts[1], header.depths[1], row) : Math.max(0, row - 1) };
}

function draw(view) {
  const { header, arrays, bitmaps } = view.data;
  const parts = header.depths.map((_, side) => partOf(view.data, side));
  const cell = cellOf(view, parts);
  const style = themeOf(view.root);
  put(view.title, titleOf(header));
  put(view.rests, restsOn(header));
  view.choices.show();
  parts.forEach((values, side) => {
    const matrix = view.sides[side];
    put(matrix.title, headOf(header, side));
    paintGrid(matrix.cells, values, shapeOf(header, side), view.tables.cka, 0, 1);
    drawMarks(matrix, shapeOf(header, side), cell, side, style);
    mark(matrix.canvas, "aria-label", `${headOf(header, side)}. Arrow keys move, Enter chooses the row’s layer.`);
  });
  const layers = [cell.row, cell.column];
  view.scenes.forEach((scene, at) => {
    const side = at && cell.side;
    const grid = header.grids[side];
    const size = grid[0] * grid[1];
    const map = arrays[side ? "second" : "first"].subarray(layers[at] * size, (layers[at] + 1) * size);
    const name = `${header.names[side]}, layer ${layers[at] + 1}`;
    put(scene.title, name);
    scene.side = side;
    const label = `${name}: how alike each patch is to the chosen one. Enter chooses a patch.`;
    scene.paint(bitmaps[side], grid, cellColours(map, view.tables.map, -1, 1), 0.72, [side ? header.across : header.patch], label);
  });
  const facts = factsOf(header, parts, cell);
  showFacts(view.facts, facts);
  put(view.note, noteOf(header));
  view.root.cka = arrays.cka;
  view.root.dataset.ready = header.id;
  view.root.dataset.known = String(header.pictures === header.ofPictures);
  view.say(`${facts.map(([name, value]) => `${name} ${value}`).join(", ")}.`);
}

/**
 * The row of the layer that both matrices share, and the cell itself.
 * @param {any} matrix
 * @param {number[]} shape
 * @param {{side: number, row: number, column: number}} cell
 * @param {number} side
 * @param {{getPropertyValue: (name: string) => string}} style
 */
function drawMarks({ marks }, [rows, columns], { side: own, row, column }, side, style) {
  const { ink, width, height } = sharp(marks);
  ink.lineWidth = 2;
  ink.strokeStyle = style.getPropertyValue("--st-background-color");
  ink.strokeRect(0, (row * height) / rows, width, height / rows);
  if (own === side) outlinePatch(ink, style, row * columns + column, [rows, columns], [width, height], 2);
}
