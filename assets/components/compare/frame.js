// One frame of the comparison: both sides, the third picture, controls and numbers.
import { aboveOf, barBetween, ceilingOf, cellColours, OVER } from "../kit/picture/colours.js";
import { mark, put } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/numbers/format.js";
import { patchName } from "../kit/grid.js";
import { lightsOf } from "../kit/picture/spotlight.js";
import { fromView, selected } from "../kit/view.js";
import { similarPlaces } from "./math.js";
import { comparable, headsOf, nameOf, placesShown, stageName, stageOf, streams, tokensOf, valuesOf } from "./state.js";
import { drawStrip } from "./strip.js";
import { noteOf } from "./words.js";

export function drawCompared(view) {
  const start = performance.now();
  const { header } = view.data;
  const values = valuesOf(view);
  drawSides(view, values);
  const third = thirdOf(view, values);
  drawThird(view, third, values.spots[0]);
  showControls(view);
  view.root.compared = { left: values.own[0], right: values.own[1], moved: values.moved, change: third.change };
  showFacts(view.facts, factsOf(view, values, third));
  put(view.note, noteOf(view));
  const facts = [...view.facts.querySelectorAll("dt, dd")].map((node) => node.textContent).join(" ");
  for (const { zoom } of [view.left, view.right, view.third]) zoom.draw();
  view.say(`${header.titles[0]} beside ${header.titles[1]}. ${facts}`);
  globalThis.__vitTimes?.push(performance.now() - start);
}

/** The values' range and colours: cosines from −1 to 1, attention from 0 to the end of the scale on either side. */
function scaleOf(view, { patches, scale }) {
  if (streams(view)) return { table: view.tables.diverging, low: -1, top: 1 };
  const top = Math.max(ceilingOf(patches[0]), patches[1] ? scale * ceilingOf(patches[1]) : 0);
  return { table: view.tables[fromView("attention", "colours")], low: 0, top, over: OVER };
}

function drawSides(view, values) {
  const { header, bitmaps } = view.data;
  const { pair, patches, scale, spots } = values;
  const { table, low, top, over } = scaleOf(view, values);
  const what = streams(view) ? "similarity to" : "what is looked at from";
  const where = placesInModels(view);
  for (const [i, part] of [view.left, view.right].entries()) {
    const side = [header.left, header.right][i];
    const shown = i === 1 && scale !== 1 ? patches[i]?.map((value) => value * scale) : patches[i];
    const lit = table === view.tables.spotlight;
    const colours = shown && (lit ? lightsOf(shown, top) : cellColours(shown, table, low, top, over));
    const name = nameOf(side, pair[i]);
    const label = `${i ? "Right" : "Left"}, ${header.titles[i]}, ${where[i]}: ${what} ${name}. Arrow keys move, Enter chooses.`;
    put(part.title, header.titles[i]);
    part.spot = spots[i];
    part.scene.paint(bitmaps[i], side.grid, colours, 0.72, [spots[i]], label);
    put(part.said, pair[i] === null ? `This side has no ${nameOf(header.left, pair[0])}.` : `${where[i]} · ${name}`);
    barBetween(part.bar, table, low, top, over && shown ? aboveOf(shown, top) : null);
  }
}

/** Where in each model the maps are from, in words. */
function placesInModels(view) {
  const sides = [view.data.header.left, view.data.header.right];
  if (streams(view)) return sides.map((side) => stageName(view, side));
  return headsOf(view).map((head, i) => `layer ${sides[i].layer + 1}, ${head === null ? "mean of heads" : `head ${head + 1}`}`);
}

/** The third picture's values: how alike left and right are in each place (`direct`), or the difference of the two maps. */
function thirdOf(view, { patches, moved }) {
  const direct = placesShown(view);
  const difference = () => moved && patches[0].map((value, i) => moved[i] - value);
  const change = direct ? similarPlaces(...view.data.sides, stageOf(view)) : difference();
  let far = direct ? 1 : 1e-9;
  for (const value of change ?? []) far = Math.max(far, Math.abs(value));
  return { direct, change, far };
}

function drawThird({ third, tables, data }, { direct, change, far }, spot) {
  const title = direct ? "Left with right" : "Right − left";
  const colours = change ? cellColours(change, tables.diverging, -far, far) : null;
  put(third.title, title);
  barBetween(third.bar, tables.diverging, -far, far);
  third.spot = spot;
  third.scene.paint(data.bitmaps[0], data.header.left.grid, colours, 0.78, [spot], `${title}. Arrow keys move, Enter chooses.`);
}

function factsOf(view, { pair, patches, moved, spots }, { direct, change, far }) {
  const { left, right } = view.data.header;
  const most = streams(view) ? "most alike" : "most weight";
  const rows = [
    ["token", `${nameOf(left, pair[0])} · #${pair[0]}`],
    [`${most}, left`, strongest(view, left, patches[0], spots[0])],
    [`${most}, right`, strongest(view, right, patches[1], spots[1])],
  ];
  if (direct) {
    const here = spots[0] === null ? null : change[spots[0]];
    const mean = change.reduce((sum, value) => sum + value, 0) / change.length;
    rows.push(["left with right, here", here === null ? "—" : four(here), here ?? ""]);
    rows.push(["mean over the patches", four(mean), mean]);
  }
  if (moved && !streams(view)) {
    const shared = patches[0].reduce((sum, value, i) => sum + Math.min(value, moved[i]), 0);
    rows.push(["weight in common", four(shared), shared]);
  }
  if (!direct && change) rows.push(["largest difference", four(far), far]);
  return rows;
}

/** The patch with the largest value, and the value; of a stream not the token itself. */
function strongest(view, { grid }, patches, spot) {
  if (!patches) return "none";
  const values = streams(view) ? patches.map((value, at) => (at === spot ? -2 : value)) : patches;
  const found = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  return `${patchName(grid, found)} · ${four(patches[found])}`;
}

function showControls(view) {
  const { mean, kinds, stage, strip, prefix, root } = view;
  const { left } = view.data.header;
  const [first] = tokensOf(view);
  mean.node.hidden = streams(view);
  kinds.node.hidden = !streams(view) || !comparable(view);
  stage.node.hidden = strip.hidden = !streams(view);
  mean.show(headsOf(view)[0] === null ? "mean" : "one");
  kinds.show(placesShown(view) ? "places" : "difference");
  for (const [i, button] of [...prefix.children].entries()) mark(button, "aria-pressed", first === i);
  if (!streams(view)) return root.classList.toggle("waiting", left.layer !== selected(left).layer);
  const at = stageOf(view);
  stage.input.max = left.stages.length - 1;
  if (+stage.input.value !== at) stage.input.value = at;
  put(stage.value, stageName(view, left));
  drawStrip(view);
}
