// Two pictures side by side: each patch's best match in the other as a line, and how alike the patch under the pointer is to all there.
import { outlinePath, sharp, themeOf } from "../kit/picture/canvas.js";
import { cellColours, colourBar, colourTable } from "../kit/picture/colours.js";
import { choiceOf } from "../kit/controls.js";
import { el, mark, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { mounts } from "../kit/mount.js";
import { Columns } from "../kit/numbers/columns.js";
import { toLengthOne } from "../kit/numbers/likeness.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { fromView, selected, withView } from "../kit/view.js";
import { patchScene } from "../kit/picture/patch-scene.js";
import { chooseToken, rowChoices, tokenOf } from "../features/choices.js";
import { layerRange, lifeOf } from "../features/life.js";
import { countMutual, isMutual, middleOfPatch } from "./matches.js";
import { LINES, factsOf, matchRows, noteOf, titleOf } from "./words.js";

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null, // {header, arrays, bitmaps, rows and columns of both pictures}
    pointed: null, // {side, patch}
    table: colourTable("diverging"),
    title: el("strong"),
    bar: el("span", { class: "colourbar small" }),
    choices: rowChoices(),
    lines: choiceOf("Lines", LINES, (lines) => store.commit({ view: withView("features_pair", { lines }) })),
    layer: layerRange(),
    facts: el("dl", { class: "facts" }),
    note: el("p", { class: "muted" }),
    strings: el("canvas", { class: "strings" }),
  };
  colourBar(view.bar, view.table, -1, 1);
  return lifeOf(view, {
    layOut,
    draw,
    pictures: ({ arrays }) => [arrays.picture, arrays.other],
    take: (next, bitmaps) => (view.data = { ...next, bitmaps, ...likened(next) }),
  });
});

/** Both pictures' rows, and for each of them as columns what the other's rows are multiplied with. */
function likened({ header, arrays }) {
  const count = header.grid[0] * header.grid[1];
  const width = arrays.rows.length / count;
  const rows = [toLengthOne(arrays.rows, width), toLengthOne(arrays.others, width)];
  return { rows, width, columns: rows.map((one) => new Columns(one, { count })), map: new Float32Array(count) };
}

function layOut(view) {
  const hover = (side) => (patch) => {
    view.pointed = patch === null ? null : { side, patch };
    view.draw();
  };
  const choose = [
    (_, patch) => chooseToken(view.data.header.prefix.length + patch),
    (_, patch) => chooseToken(view.data.header.prefix.length + view.data.arrays.back[patch]),
  ];
  view.scenes = [0, 1].map((side) => ({
    ...patchScene({ redraw: view.draw, hover: hover(side), choose: choose[side] }),
    title: el("figcaption"),
  }));
  const both = el("div", { class: "two" }, ...view.scenes.map(({ node, title }) => el("figure", {}, title, node)), view.strings);
  const menu = figureMenu({
    name: "two pictures",
    root: view.root,
    nodes: () => [both],
    title: () => view.title.textContent,
    rows: () => matchRows(view.data),
  });
  view.root.append(
    el("div", { class: "choices" }, ...view.choices.nodes, view.lines.node),
    el("div", { class: "head-line" }, view.title, menu),
    el("div", { class: "under-title" }, view.bar),
    el(
      "div",
      { class: "paired" },
      both,
      el(
        "div",
        { class: "side" },
        view.layer.node,
        el("section", { class: "card" }, el("h2", { text: "Best match" }), view.facts),
        view.note,
      ),
    ),
  );
}

/** The patch that is asked about, and the one most like it in the other picture. */
function askedOf({ data: { header, arrays }, pointed }) {
  const { side, patch } = pointed ?? { side: 0, patch: Math.max(0, tokenOf(header) - header.prefix.length) };
  return { side, patch, match: arrays[side ? "back" : "there"][patch] };
}

function draw(view) {
  const { header, bitmaps, rows, width, columns, map } = view.data;
  const asked = askedOf(view);
  columns[1 - asked.side].dots(0, rows[asked.side], asked.patch * width, map);
  const title = titleOf(header);
  put(view.title, title);
  view.scenes.forEach((scene, side) => {
    const asks = side === asked.side;
    const label = `${header.titles[side]}, in ${header.grid[0]} by ${header.grid[1]} patches. Arrow keys move, Enter chooses.`;
    const colours = asks ? null : cellColours(map, view.table, -1, 1);
    scene.paint(bitmaps[side], header.grid, colours, 0.6, [asks ? asked.patch : asked.match], label);
    put(scene.title, header.titles[side]);
  });
  drawLines(view, asked);
  showControls(view);
  const facts = factsOf(view.data, asked, map[asked.match]);
  showFacts(view.facts, facts);
  put(view.note, noteOf(header));
  view.root.pairs = { map, there: view.data.arrays.there, mutual: countMutual(view.data.arrays) };
  view.root.dataset.ready = header.id;
  view.say(`${title}. ${facts.map(([name, value]) => `${name} ${value}`).join(", ")}.`);
}

function showControls(view) {
  const { header } = view.data;
  view.choices.show();
  view.lines.show(fromView("features_pair", "lines"));
  mark(view.layer.input, "max", header.depth);
  const { layer } = selected(header);
  if (+view.layer.input.value !== layer + 1) view.layer.input.value = layer + 1;
  put(view.layer.value, `${layer + 1}/${header.depth}`);
}

/** Lines from each patch to its best match, faint, and the one that is asked about. */
function drawLines(view, asked) {
  const { header, arrays } = view.data;
  const { ink } = sharp(view.strings);
  const from = view.strings.getBoundingClientRect();
  const boxes = view.scenes.map(({ canvas }) => canvas.getBoundingClientRect());
  const at = (side, patch) => {
    const [down, across] = middleOfPatch(header.grid, patch);
    return [boxes[side].left - from.left + across * boxes[side].width, boxes[side].top - from.top + down * boxes[side].height];
  };
  const lines = fromView("features_pair", "lines");
  ink.lineWidth = 1;
  arrays.there.forEach((match, patch) => {
    if (lines === "one" || (lines === "mutual" && !isMutual(arrays, patch))) return;
    ink.strokeStyle = `hsla(${(360 * patch) / arrays.there.length}, 85%, 60%, 0.6)`;
    ink.beginPath();
    ink.moveTo(...at(0, patch));
    ink.lineTo(...at(1, match));
    ink.stroke();
  });
  ink.beginPath();
  ink.moveTo(...at(asked.side, asked.patch));
  ink.lineTo(...at(1 - asked.side, asked.match));
  outlinePath(ink, themeOf(view.root), 2);
}
