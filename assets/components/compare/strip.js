// The strip of layers: the same two maps after every stage, and how alike left and right are there.
import { paintCells } from "../kit/picture/canvas.js";
import { cellColours } from "../kit/picture/colours.js";
import { el, mark } from "../kit/dom.js";
import { four, minus } from "../kit/numbers/format.js";
import { similarPlaces } from "./math.js";
import { commit, comparable, stageOf, tokensOf } from "./state.js";

export function buildStrip(view) {
  const { header, sides } = view.data;
  view.strip.replaceChildren(
    ...header.left.stages.map((name, at) => {
      const maps = sides.map(({ facts: { grid } }) => el("canvas", { width: grid[1], height: grid[0], "aria-hidden": "true" }));
      const found = comparable(view) ? similarPlaces(...sides, at) : null;
      const mean = found && found.reduce((a, b) => a + b, 0) / found.length;
      const button = el(
        "button",
        { type: "button", onclick: () => commit({ stage: at }), title: mean },
        el("span", { class: "small", text: name === 0 ? "start" : name }),
        ...maps,
        el("span", { class: "small", text: mean === null ? "" : minus(mean.toFixed(2)) }),
      );
      return Object.assign(button, { maps, mean });
    }),
  );
}

export function drawStrip(view) {
  const { header, sides } = view.data;
  const pair = tokensOf(view);
  for (const [at, button] of [...view.strip.children].entries()) {
    mark(button, "aria-pressed", at === stageOf(view));
    for (const [i, side] of sides.entries()) {
      if (pair[i] === null) continue;
      const row = side.row(pair[i], at).subarray(side.facts.prefix.length);
      paintCells(button.maps[i], side.facts.grid, cellColours(row, view.tables.diverging, -1, 1));
    }
    const name = header.left.stages[at] === 0 ? "before the first layer" : `after layer ${header.left.stages[at]}`;
    mark(button, "aria-label", button.mean === null ? name : `${name}, left with right ${four(button.mean)}`);
  }
}
