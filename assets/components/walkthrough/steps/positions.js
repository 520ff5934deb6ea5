// Step 5: what and where, added number by number.
import { colourTable } from "../../kit/picture/colours.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { cardOf, cosineOf, fillFacts, lengthOf, vectorRow } from "../parts.js";
import { patchPicker } from "../picker.js";

export function positionsStep(ctx) {
  /** @type {any} All elements and the selection of this step. */
  const view = { ctx, place: 0, diverging: colourTable("diverging") };
  const at = (i) => ((view.place = i), ctx.redraw());
  Object.assign(view, {
    picker: patchPicker(ctx, "Similarity of places"),
    rows: ["#56b4e9", "#e69f00", "accent", "accent"].map((colour) => vectorRow(ctx, colour, at)),
    facts: el("dl", { class: "facts" }),
    sum: el("p", { class: "small sum" }),
  });
  const sign = (text) => el("div", { class: "plus", text });
  const { rows } = view;
  view.last = [sign("normalised ="), rows[3].node];
  const node = el(
    "div",
    { class: "cols two-and-rail" },
    view.picker.node,
    el("div", { class: "stack" }, rows[0].node, sign("+"), rows[1].node, sign("="), rows[2].node, ...view.last),
    el("div", { class: "stack" }, cardOf("The chosen token", view.facts).node, cardOf("One number", view.sum).node),
  );
  return { node, draw: (part) => draw(view, part) };
}

/** The token, its place in the table (`id`, null without one), and its three rows: what, where, and both. */
function stateOf(view, { header, arrays }) {
  const { positions, tokens } = arrays;
  const [d, first] = [header.dim, header.prefix.length];
  const n = header.grid[0] * header.grid[1];
  const token = view.ctx.token();
  const patch = token - first;
  const shift = header.posPrefix; // rows of the table in front of the patches'
  const id = patch >= 0 ? patch + shift : token < shift ? token : null;
  view.place = Math.min(view.place, d - 1);
  const content =
    patch >= 0 ? arrays.embeddings.subarray(patch * d, (patch + 1) * d) : arrays.prefixRows.subarray(token * d, (token + 1) * d);
  const where = id === null ? new Float32Array(d) : positions.subarray(id * d, (id + 1) * d);
  const entered = tokens.subarray(token * d, (token + 1) * d);
  const whole = header.preNorm ? content.map((v, i) => v + where[i]) : entered;
  const map = new Float32Array(n);
  if (id !== null) for (let i = 0; i < n; i++) map[i] = cosineOf(positions, d, id, i + shift);
  const contentKey = patch >= 0 ? `embeddings:${patch}` : `prefix:${token}`;
  return { d, n, first, token, patch, shift, id, content, where, whole, entered, map, contentKey, name: tokenName(header, token) };
}

function draw(view, part) {
  const { header } = part;
  const state = stateOf(view, part);
  const { id, map, name, content, where, whole, entered } = state;
  view.picker.draw(
    part,
    id === null
      ? { caption: `${name} has no place` }
      : { map, low: -1, high: 1, table: view.diverging, shade: 0.8, caption: `Cosine of the place of ${name} with all others` },
  );
  drawRows(view, header, state);
  const nearest = id === null ? -1 : nearestOf(state);
  fillFacts(view.facts, factsOf(header, state, nearest));
  const at = view.place;
  const end = header.preNorm ? `; normalised, ${four(entered[at])}` : `; the model holds ${four(whole[at])}`;
  view.sum.textContent = `Number ${at + 1}: ${four(content[at])} + ${four(where[at])} = ${four(content[at] + where[at])}${end}.`;
  const said = id === null ? "It has no place." : `Its place is most similar to ${tokenName(header, nearest + state.first)}.`;
  return `${name}${id === null ? "" : `, position ${id}`}. ${said} ${view.sum.textContent}`;
}

function drawRows(view, header, { id, token, patch, name, content, where, whole, entered, contentKey }) {
  const at = view.place;
  let limit = 0;
  for (const row of [content, where, whole]) for (const v of row) limit = Math.max(limit, Math.abs(v));
  view.rows[0].draw(content, {
    title: patch >= 0 ? "what: the patch’s embedding" : `what: the learned ${name} row`,
    at,
    key: contentKey,
    limit,
  });
  view.rows[1].draw(where, {
    title: id === null ? "where: this row has no place" : `where: the learned row of position ${id}`,
    at,
    key: id === null ? null : `positions:${id}`,
    limit,
  });
  view.rows[2].draw(whole, {
    title: header.preNorm ? "the sum of both" : "the token that enters block 1",
    at,
    key: header.preNorm ? null : `tokens:${token}`,
    limit,
  });
  for (const part of view.last) part.hidden = !header.preNorm;
  if (header.preNorm) view.rows[3].draw(entered, { title: "the token that enters block 1", at, key: `tokens:${token}` });
}

/** The patch whose place is most similar to the token's, itself left out. */
function nearestOf({ n, id, shift, map }) {
  let nearest = -1;
  for (let i = 0; i < n; i++) if (i + shift !== id && (nearest < 0 || map[i] > map[nearest])) nearest = i;
  return nearest;
}

function factsOf(header, { d, first, token, id, shift, name, content, where, whole, map, contentKey }, nearest) {
  const lines = [
    ["token", `${name} · #${token}`],
    ["position", id === null ? "none" : String(id)],
    ["length of what", lengthOf(content, d, 0), `norm:${contentKey}`],
  ];
  if (id !== null) lines.push(["length of where", lengthOf(where, d, 0), `norm:positions:${id}`]);
  lines.push(["length of the sum", lengthOf(whole, d, 0), header.preNorm ? null : `norm:tokens:${token}`]);
  if (id !== null)
    lines.push(
      ["most similar place", tokenName(header, nearest + first)],
      ["their cosine", map[nearest], `positionCosine:${id}:${nearest + shift}`],
    );
  return lines;
}
