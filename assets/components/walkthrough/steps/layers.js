// Step 8: through the layers. What a token resembles, how long it is, what attention and MLP add, how far heads reach, what the classifier
// would say.
import { HEAD_COLOURS, colourTable } from "../../kit/picture/colours.js";
import { rangeOf } from "../../kit/controls.js";
import { el } from "../../kit/dom.js";
import { four } from "../../kit/numbers/format.js";
import { tokenName } from "../../kit/grid.js";
import { drawNorms, drawReach } from "./layers-plots.js";
import { cosineOf, fillFacts, numeral } from "../parts.js";
import { patchPicker } from "../picker.js";

export function layersStep(ctx) {
  /** @type {any} All elements and the state of this step. */
  const view = {
    ctx,
    diverging: colourTable("diverging"),
    started: false, // whether the slider has been set to the last block once
    lensOf: null, // the part that the table was built for
    picker: patchPicker(ctx, "Similarity"),
    layer: rangeOf("Blocks passed", { min: 0, value: 0 }),
    norms: el("canvas", { class: "plot", role: "img" }),
    reach: el("canvas", { class: "plot", role: "img" }),
    lens: el("table", { class: "lens small" }),
    facts: el("dl", { class: "facts" }),
    claim: el("div", { class: "claim small" }),
    lensTitle: el("span"),
  };
  const node = layOut(view);
  listen(view);
  return { node, draw: (part) => draw(view, part) };
}

function layOut({ picker, layer, facts, norms, reach, claim, lensTitle, lens }) {
  const swatches = (colours) =>
    el(
      "p",
      { class: "small legend" },
      ...Object.entries(colours).map(([kind, colour]) => el("span", {}, el("i", { style: `background:${colour}` }), kind)),
    );
  const plotTitle = (text) => el("div", { class: "caption" }, el("span", { text }));
  return el(
    "div",
    { class: "cols lean" },
    el("div", { class: "stack tight" }, picker.node, layer.node, facts),
    el(
      "div",
      { class: "stack" },
      el(
        "div",
        { class: "cols halves" },
        el(
          "div",
          {},
          plotTitle("What each block adds, and the token’s length"),
          norms,
          swatches({ attention: "#56b4e9", MLP: "#e69f00", "length (line)": "var(--text)" }),
        ),
        el("div", {}, plotTitle("Reach of each head in pixels; dashed: even attention"), reach, swatches(HEAD_COLOURS), claim),
      ),
      el("div", {}, el("div", { class: "caption" }, lensTitle), el("div", { class: "lens-box" }, lens)),
    ),
  );
}

function listen({ ctx, layer, norms, reach }) {
  layer.input.addEventListener("input", ctx.redraw);
  for (const canvas of [norms, reach])
    canvas.addEventListener("pointermove", (event) => {
      if (!ctx.part) return;
      const box = canvas.getBoundingClientRect();
      layer.input.value = Math.round(((event.clientX - box.left - 30) / (box.width - 48)) * ctx.header.depth);
      ctx.redraw();
    });
}

function draw(view, part) {
  const { layer } = view;
  const { header, arrays } = part;
  const { depth } = header;
  const token = view.ctx.token();
  const total = header.prefix.length + header.grid[0] * header.grid[1];
  layer.input.max = depth;
  if (!view.started) ((view.started = true), (layer.input.value = depth));
  const l = Math.min(+layer.input.value, depth);
  layer.value.textContent = l ? `${l}/${depth}` : `0/${depth}, as embedded`;
  const place = { token, total, l };
  drawSimilarity(view, part, place);
  showNumbers(view, part, place);
  drawNorms(view, part, place);
  drawReach(view, part, l);
  if (view.lensOf !== part) ((view.lensOf = part), buildLens(view, part), buildClaim(view, part));
  light(view.lens, l);
  const [mean, own] = [arrays.meanCosine[l * total + token], arrays.lengths[l * total + token]];
  const chance = header.classes ? (100 * arrays.lens[l * header.lensNames[0].length]).toFixed(1) : "";
  const said = header.classes ? `the classifier would say ${header.lensNames[l][0]}, ${chance} percent` : "this model has no classifier";
  const told = `${tokenName(header, token)} has length ${four(own)}, mean cosine with the patches ${four(mean)}`;
  return `After ${l} blocks: ${told}; ${said}.`;
}

function drawSimilarity({ picker, diverging }, part, { token, total, l }) {
  const { header, arrays } = part;
  const { dim } = header;
  const first = header.prefix.length;
  const rows = arrays.stream.subarray(l * total * dim, (l + 1) * total * dim);
  const map = new Float32Array(total - first);
  for (let i = 0; i < map.length; i++) map[i] = cosineOf(rows, dim, token, i + first); // half precision: for the colours alone
  picker.draw(part, { map, low: -1, high: 1, table: diverging, shade: 0.78, caption: `Cosine with ${tokenName(header, token)}` });
}

function showNumbers({ facts }, { header, arrays }, { token, total, l }) {
  const lines = [
    ["token", tokenName(header, token)],
    ["length", arrays.lengths[l * total + token], `norm:stream:${l}:${token}`],
    ["mean cosine", arrays.meanCosine[l * total + token], `meanCosine:${l}:${token}`],
  ];
  if (l > 0) {
    const at = (l - 1) * total + token;
    const reaches = arrays.distance.subarray((l - 1) * header.heads, l * header.heads);
    lines.push(
      ["attention adds", arrays.attnAdds[at], `attnAdds:${l - 1}:${token}`],
      ["MLP adds", arrays.mlpAdds[at], `mlpAdds:${l - 1}:${token}`],
      ["shortest reach", Math.min(...reaches), `distanceMin:${l - 1}`],
      ["longest reach", Math.max(...reaches), `distanceMax:${l - 1}`],
      ["even attention", header.uniform, "uniform"],
    );
  }
  fillFacts(facts, lines);
}

/** Lights the line of the chosen block and brings it into sight. */
function light(lens, l) {
  [...lens.querySelectorAll("tbody tr")].forEach((tr, i) => tr.classList.toggle("lit", i === l));
  const lit = lens.querySelector("tr.lit");
  if (lit) lens.parentElement.scrollTop = lit.offsetTop - lens.parentElement.clientHeight / 2;
}

/** The claim of local, middle and global layers, and under it what the heads of each third of the blocks reach here. */
function buildClaim({ claim }, { header, arrays }) {
  const { depth, heads } = header;
  const ends = [0, 1, 2, 3].map((i) => Math.round((i * depth) / 3));
  const mean = (from, to) => {
    const some = arrays.distance.subarray(from * heads, to * heads).filter(Number.isFinite);
    return some.reduce((a, b) => a + b, 0) / some.length;
  };
  const cells = ["local", "parts", "the whole"].map((text, i) => {
    const [from, to] = [ends[i], ends[i + 1]];
    if (from >= to) return [text, "–"];
    return [text, el("span", {}, `${from + 1}–${to}: `, numeral(mean(from, to), `reach:${from}:${to}`))];
  });
  claim.replaceChildren(
    el("span", { class: "muted", text: "commonly stated" }),
    ...cells.map(([text]) => el("span", { text })),
    el("span", { class: "muted", text: "mean reach here" }),
    ...cells.map(([, found]) => (typeof found === "string" ? el("span", { text: found }) : found)),
  );
}

/** What the classifier would say before the first block and after each one. */
function buildLens({ lens, lensTitle }, { header, arrays }) {
  lensTitle.textContent = header.classes
    ? `The classifier, applied to ${header.reader.name} before the first block and after each one (the logit lens)`
    : "This model has no classifier, so there is nothing that a logit lens could say.";
  const names = ["likeliest", "second", "third", "fourth", "fifth"].slice(0, header.lensNames[0]?.length ?? 0);
  const rows = header.lensNames.map((row, l) =>
    el(
      "tr",
      {},
      el("th", { scope: "row", text: l ? `after ${l}` : "embedded" }),
      ...row.map((name, i) => {
        const p = arrays.lens[l * row.length + i];
        return el(
          "td",
          { style: `background:color-mix(in srgb, var(--accent) ${Math.round(55 * p)}%, transparent)`, title: header.lensWhole[l][i] },
          el("div", {}, el("span", { text: name }), numeral(p, `lens:${l}:${i}`)),
        );
      }),
    ),
  );
  lens.replaceChildren(
    ...(rows.length
      ? [el("thead", {}, el("tr", {}, el("th", { text: "block" }), ...names.map((text) => el("th", { text })))), el("tbody", {}, ...rows)]
      : []),
  );
}
