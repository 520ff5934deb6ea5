// Teacher and student: their answers at a temperature, where they look, how often they agree, what they cost, and the course of training.
import { decodePicture, paintCells, sharp } from "../kit/picture/canvas.js";
import { chart } from "../kit/charts/chart.js";
import { aboveOf, ceilingOf, cellColours, colourBar, colourTable, OVER } from "../kit/picture/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el, everyFrame, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, exactAnswer, four, grouped, percent } from "../kit/numbers/format.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { entropy } from "../attention/math.js";
import { divergenceOf, largestOf, softened } from "./distil-math.js";
import { commitPlace, inProportion, practicePlace } from "./place.js";

const SHOWN = 5;
const [TEACHER, STUDENT] = ["#0072b2", "#d55e00"];

export function distilView(root) {
  /** @type {any} All elements, data and selection of this view. */
  const view = {
    root,
    data: null,
    image: null,
    table: colourTable("viridis"),
    temperature: 2,
    sides: ["teacher", "student"].map(sideParts),
    slider: rangeOf("Temperature of both answers", { min: 0.5, max: 20, step: 0.5 }),
    rows: el("div", { class: "answers distil" }),
    facts: el("dl", { class: "facts" }),
    costs: el("table", { class: "distil" }),
    agreed: el("p"),
    gallery: el("table", { class: "distil" }),
    charts: el("div", { class: "charts" }),
    curves: [],
  };
  view.redraw = everyFrame(() => view.data && draw(view));
  view.slider.input.addEventListener("input", () => {
    view.temperature = +view.slider.input.value;
    view.redraw();
  });
  view.slider.input.addEventListener("change", () => commitPlace({ e: view.temperature }));
  return {
    node: layOut(view),
    arrive: (next) => arrive(view, next),
    draw: view.redraw,
    dress: () => view.curves.forEach((one, i) => one.show(view.data.header.figures[i], view.data.header.looks)),
    destroy: () => view.curves.forEach(({ destroy }) => destroy()),
  };
}

function sideParts(name) {
  const parts = {
    name,
    title: el("h3"),
    scene: el("canvas", { role: "img" }),
    bar: el("p", { class: "colourbar small muted" }),
    says: el("p"),
  };
  return { ...parts, node: el("section", { class: "card" }, parts.title, parts.scene, parts.bar, parts.says) };
}

function menuOf({ root, sides, data }) {
  return figureMenu({
    name: "teacher and student",
    root,
    nodes: () => sides.map(({ node }) => node),
    title: () => "What teacher and student look at in the last layer",
    rows: () => sidesRows(data()),
  });
}

/** Both maps by patch; teacher and student may cut the picture differently. */
function sidesRows({ header, arrays }) {
  const rows = header.sides.map(({ grid }, i) => patchRows(grid, { weight: arrays[`${["teacher", "student"][i]}Looks`] }));
  return [["side", ...rows[0][0]], ...rows.flatMap(([, ...lines], i) => lines.map((line) => [["teacher", "student"][i], ...line]))];
}

function layOut(view) {
  const { root, sides, slider, rows, facts, costs, agreed, gallery, charts } = view;
  const card = (title, ...children) => el("section", { class: "card" }, el("h3", { text: title }), ...children);
  return el(
    "div",
    {},
    el(
      "div",
      { class: "practice pair" },
      ...sides.map((side) => side.node),
      el(
        "div",
        { class: "rail" },
        menuOf({ root, sides, data: () => view.data }),
        card("Both answers", slider.node, rows, facts),
        card("What they cost", costs),
      ),
    ),
    el("div", { class: "practice below half" }, card("Over the gallery", agreed, gallery), card("The course of training", charts)),
  );
}

async function arrive(view, next) {
  view.image = await decodePicture(next.arrays.picture);
  view.data = next;
  view.temperature = practicePlace(next.header).e;
  view.slider.input.value = view.temperature;
  view.root.practice = { names: next.header.names, gallery: next.header.gallery, sides: next.header.sides };
  fillCosts(view);
  fillGallery(view);
  fillCurves(view);
  view.redraw();
}

function draw(view) {
  const { root, data, temperature, slider } = view;
  put(slider.value, `${temperature}`);
  const [teacher, student] = ["teacherLogits", "studentLogits"].map((name) => softened(data.arrays[name], temperature));
  view.sides.forEach((side, i) => drawSide(view, side, data.header.sides[i]));
  fillAnswers(view, teacher, student);
  const [best] = largestOf(teacher, 1);
  const apart = divergenceOf(teacher, student);
  showFacts(view.facts, [
    ["classes in common", grouped(data.header.common)],
    ["teacher’s entropy", `${entropy(teacher).toFixed(2)} bit`, entropy(teacher)],
    ["left for the others", percent(1 - teacher[best]), 1 - teacher[best]],
    ["divergence", `${four(apart)} nats`, apart],
  ]);
  Object.assign(root.practice, { teacher, student, divergence: apart });
  const said = `${data.header.names[best]}, ${percent(teacher[best])}`;
  root.sayPractice(`At temperature ${temperature} the teacher says ${said}; the student’s divergence is ${four(apart)} nats.`);
}

/** The picture under what the answer's reader looks at in the last layer, mean over heads. */
function drawSide({ data, image, table }, { name, title, scene, bar, says }, about) {
  const looks = data.arrays[`${name}Looks`];
  const top = ceilingOf(looks);
  const who = name === "teacher" ? "Teacher" : "Student";
  put(title, `${who}: ${about.title}`);
  inProportion(scene, about.grid);
  const { ink, width, height } = sharp(scene);
  ink.drawImage(image, 0, 0, width, height);
  const cells = el("canvas");
  paintCells(cells, about.grid, cellColours(looks, table, 0, top, OVER));
  ink.globalAlpha = 0.72;
  ink.imageSmoothingEnabled = false;
  ink.drawImage(cells, 0, 0, width, height);
  ink.globalAlpha = 1;
  colourBar(bar, table, 0, top, aboveOf(looks, top));
  const [label, p, whole] = about.says;
  put(says, `says ${label}, ${percent(p)}, of ${grouped(about.classes)} classes`, exactAnswer([label, p, whole]));
  scene.setAttribute("aria-label", `${who}: what the answer is read from looks at in the last layer. ${says.textContent}.`);
}

/** The classes that the teacher finds likeliest, with both probabilities as bars. */
function fillAnswers({ data, rows }, teacher, student) {
  const { names, whole } = data.header;
  const bar = (p, colour) => el("span", { class: "track" }, el("span", { class: "fill", style: `width:${100 * p}%;background:${colour}` }));
  rows.replaceChildren(
    ...largestOf(teacher, SHOWN).map((i) =>
      el(
        "div",
        { class: "row", title: `${whole[i]}: ${teacher[i]}, ${student[i]}` },
        el("span", { class: "name", text: names[i] }),
        el("span", { text: `${percent(teacher[i])}, ${percent(student[i])}` }),
        bar(teacher[i], TEACHER),
        bar(student[i], STUDENT),
      ),
    ),
  );
}

const heads = (...texts) => el("thead", {}, el("tr", {}, ...texts.map((text) => el("th", { scope: "col", text }))));
const line = (...cells) => el("tr", {}, ...cells.map((cell) => (cell instanceof Node ? cell : el("td", { text: cell }))));

function fillCosts({ data, costs }) {
  const [teacher, student] = data.header.sides;
  const exact = (text, title) => el("td", { text, title });
  /** @type {[string, (side: any) => Node][]} */
  const rows = [
    ["parameters", (side) => exact(countText(side.parameters), side.parameters)],
    ["MACs a picture", (side) => exact(countText(side.macs), side.macs)],
    [
      "fastest pass",
      (side) => (side.seconds === null ? exact("not run yet") : exact(`${grouped(1000 * side.seconds)} ms`, `${side.seconds} s`)),
    ],
    ["size / patch", (side) => exact(side.at)],
  ];
  costs.replaceChildren(
    heads("", "teacher", "student"),
    el("tbody", {}, ...rows.map(([name, cell]) => line(name, cell(teacher), cell(student)))),
  );
}

function fillGallery({ data, agreed, gallery }) {
  const rows = data.header.gallery;
  agreed.textContent = `The same first answer on ${rows.filter((row) => row[3]).length} of ${rows.length} pictures.`;
  gallery.replaceChildren(
    heads("picture", "teacher", "student"),
    el(
      "tbody",
      {},
      ...rows.map(([title, theirs, mine, same]) => line(title, theirs, same ? el("td", {}, el("strong", { text: mine })) : mine)),
    ),
  );
}

function fillCurves(view) {
  const { figures, looks } = view.data.header;
  for (const { destroy } of view.curves) destroy();
  view.curves = (figures ?? []).map(() => chart());
  view.charts.replaceChildren(
    ...(figures
      ? view.curves.map(({ node }, i) => el("div", {}, el("p", { text: figures[i].layout.meta.title }), node))
      : [el("p", { class: "muted", text: "The log of this student’s training does not come with it." })]),
  );
  view.curves.forEach((one, i) => one.show(figures[i], looks));
}
