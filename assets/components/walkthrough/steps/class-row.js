// Step 4: the row that reads the answer, as learned and after each block.
import { rangeOf } from "../../kit/controls.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { matrixView } from "../matrix.js";
import { cardOf, cosineOf, fillFacts, lengthOf, vectorRow } from "../parts.js";
import { patchPicker } from "../picker.js";
import { weightMap } from "../math.js";

export function clsStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = { ctx, place: 0, started: false };
  const at = (i) => ((view.place = i), ctx.redraw());
  const picker = patchPicker(ctx, "What is read");
  Object.assign(view, {
    layer: rangeOf("Blocks passed", { min: 0, value: 0 }),
    picker,
    start: vectorRow(ctx, "#cc79a7", at),
    now: vectorRow(ctx, "#cc79a7", at),
    matrix: matrixView(ctx, { wide: 2, onCell: (row, col) => (at(col), ctx.pick(row)), picker }),
    facts: el("dl", { class: "facts" }),
  });
  view.card = cardOf("The [CLS] row", view.facts);
  view.layer.input.addEventListener("input", ctx.redraw);
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    el("div", {}, view.picker.node, view.layer.node),
    el("div", { class: "stack" }, view.matrix.node, view.start.node, view.now.node),
    view.card.node,
  );
  return { node, draw: (part) => draw(view, part) };
}

/** What is shown: the block, the reader's row after it, and what the readers look at in it. */
function stateOf(view, { header, arrays }) {
  const [d, first, depth] = [header.dim, header.prefix.length, header.depth];
  const n = header.grid[0] * header.grid[1];
  const total = first + n;
  view.layer.input.max = depth;
  if (!view.started) ((view.started = true), (view.layer.input.value = depth));
  const l = Math.min(+view.layer.input.value, depth);
  view.layer.value.textContent = `${l}/${depth}`;
  view.place = Math.min(view.place, d - 1);
  const looks = l > 0 ? arrays.looks.subarray((l - 1) * total, l * total) : null;
  const map = looks?.subarray(first);
  const [mean, who] = [header.reader.several, header.reader.name];
  const readers = `${header.reader.who} ${mean ? "read" : "reads"}`;
  const row = arrays.readerRows.subarray(l * d, (l + 1) * d);
  return { d, n, first, total, l, looks, map, high: map ? Math.max(...map) : 1, mean, who, readers, row };
}

function draw(view, part) {
  const state = stateOf(view, part);
  const { l, looks, map, high, mean, who, readers, row } = state;
  view.picker.draw(
    part,
    map
      ? { ...weightMap(map), caption: `What ${readers} in block ${l} (mean of ${mean ? "patches and heads" : "the heads"})` }
      : { caption: "Before the blocks, nothing has been read" },
  );
  drawRows(view, part, state);
  view.card.heading.textContent = mean ? "The mean row" : `The ${who} row`;
  fillFacts(view.facts, factsOf(view, part, state));
  const number = `Number ${view.place + 1} of ${who} is ${four(row[view.place])}.`;
  if (!l) return `Before the blocks, ${who} has read nothing. ${number}`;
  const kept = mean ? "" : `, and it keeps ${four(looks[0])} for itself`;
  return `In block ${l}, the largest share of what ${readers} is ${four(high)}${kept}. ${number}`;
}

function drawRows(view, { header, arrays }, { d, total, first, l, mean, who, row }) {
  const front = first ? `${header.prefix.join(", ")} + patches` : "Patches";
  view.matrix.set({
    values: arrays.tokens,
    rows: total,
    cols: d,
    tokens: 0,
    row: view.ctx.token(),
    title: `${front}, with positions`,
    rowName: (i) => tokenName(header, i),
    colName: (i) => `number ${i + 1}`,
    key: "tokens",
  });
  view.start.draw(arrays.readerStart, {
    title: mean ? "the mean of the embeddings" : `${who} as learned, the same for every picture`,
    at: view.place,
    key: "readerStart",
  });
  view.now.draw(row, {
    title: l ? `${who} after block ${l}, for this picture` : `${who} with positions added`,
    at: view.place,
    key: `reader:${l}`,
  });
}

function factsOf(view, { header, arrays }, { d, n, first, total, l, looks, high, mean, row }) {
  const both = new Float32Array(2 * d);
  both.set(arrays.readerRows.subarray(0, d));
  both.set(row, d);
  const rows = [
    ["rows now", `${first} + ${n} = ${total}`],
    ["length", lengthOf(arrays.readerRows, d, l), `norm:reader:${l}`],
    ["cosine with its start", cosineOf(both, d, 0, 1), `readerCosine:${l}`],
  ];
  if (!mean) rows.unshift(["its place", "0, in front"]);
  if (!looks) return rows;
  const token = view.ctx.token();
  if (!mean) rows.push(["keeps for itself", looks[0], `looks:${l - 1}:0`]);
  rows.push(["largest share", high, `looksMax:${l - 1}`]);
  if (mean || token > 0) rows.push([`from ${tokenName(header, token)}`, looks[token], `looks:${l - 1}:${token}`]);
  return rows;
}
