// Two more panels: positions as rows of a table with numbers, and the table over the course of training.
import { paintGrid } from "../kit/picture/canvas.js";
import { gradient } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { fineness } from "../kit/fineness.js";
import { commas, four } from "../kit/numbers/format.js";

/** Tiles of a wall: every position's similarities as a small map, laid out as the grid, the prefix rows above. */
export function wallSize(rows) {
  const [down, across] = rows.grid;
  const gap = Math.max(1, Math.round(across / 7));
  const top = rows.prefix ? down + gap : 0;
  return { gap, top, width: across * (across + gap) - gap, height: top + down * (down + gap) - gap };
}

/** Paint the wall into a canvas; with `own` each tile between its own extremes, the position itself left out. */
export function paintWall(canvas, rows, colours, own) {
  const [down, across] = rows.grid;
  const { gap, top, width, height } = wallSize(rows);
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const all = rows.matrix();
  const table = own ? colours.viridis : colours.diverging;
  for (let p = 0; p < rows.count; p++) {
    const patch = p - rows.prefix;
    const values = all.subarray(p * rows.count + rows.prefix, (p + 1) * rows.count);
    const [low, high] = own ? extremes(values, patch) : [-1, 1];
    const factor = 255 / (high - low || 1);
    const x = (patch < 0 ? p : patch % across) * (across + gap);
    let to = (patch < 0 ? 0 : top + Math.floor(patch / across) * (down + gap)) * width + x;
    for (let y = 0, from = 0; y < down; y++, to += width)
      for (let i = 0; i < across; i++, from++) out[to + i] = table[Math.max(0, Math.min(255, (values[from] - low) * factor + 0.5)) | 0];
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Smallest and largest of `values`, the one at `without` left out. */
export function extremes(values, without) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    if (i === without) continue;
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  return [low, high];
}

// The axis of the published results: four named rows, each value written, so nothing has to be read off an axis.
const [LOW, HIGH] = [0.6, 0.66];

/** IDs in raster order, what "learned" means, what it costs, and that the numbering is one-dimensional. */
export function numberedPanel(colours, ablation) {
  const panel = {
    colours,
    ablation,
    sheet: el("canvas", { role: "img", class: "sheet" }),
    numbers: el("canvas", { role: "img", class: "numbers" }),
    rowTitle: el("figcaption"),
  };
  [panel.cost, panel.neighbours] = [el("p"), el("p")];
  drawAblation(panel);
  layOut(panel);
  return { node: panel.node, draw: (scene) => drawNumbered(panel, scene) };
}

function drawAblation(panel) {
  panel.chart = el(
    "div",
    { class: "dots" },
    ...panel.ablation.rows.map(({ name, value, ours }) =>
      el(
        "div",
        { class: "dot-row" },
        el("span", { text: name }),
        el("div", { class: "line" }, el("i", { class: ours ? "ours" : null, style: `left:${(100 * (value - LOW)) / (HIGH - LOW)}%` })),
        el("strong", { text: value.toFixed(3) }),
      ),
    ),
    el(
      "div",
      { class: "dot-row small muted" },
      el("span"),
      el("div", { class: "ticks" }, ...[0.6, 0.62, 0.64, 0.66].map((v) => el("span", { text: v.toFixed(2) }))),
      el("span"),
    ),
  );
}

function layOut(panel) {
  panel.node = el(
    "div",
    { class: "numbered" },
    el(
      "section",
      {},
      el(
        "figure",
        {},
        el("figcaption", { text: "IDs: tokens in front that have a position, then the patches in reading order" }),
        panel.sheet,
      ),
      el("figure", {}, panel.rowTitle, panel.numbers),
    ),
    el("section", {}, el("h3", { text: "What “learned” means" }), panel.cost, panel.neighbours),
    el(
      "section",
      { class: "card" },
      el("h3", { text: "Commonly stated: “2D positional encoding”" }),
      el("p", {
        text:
          "In fact the ViT of the paper gives each patch a learned vector for its place in the row 1, 2, 3 …: a 1D encoding. " +
          "Rows and columns are in it only because training put them there. The authors tried others:",
      }),
      panel.chart,
      el("p", { class: "small muted", text: `${panel.ablation.metric}. ${panel.ablation.source}` }),
    ),
  );
}

function drawNumbered(panel, { rows, header, cell, name, enc, encName, learned, prefix }) {
  const style = getComputedStyle(panel.node);
  drawSheet(panel, rows, header, cell, prefix, style);
  const values = rows.rows.subarray(cell * rows.dim, (cell + 1) * rows.dim);
  const top = values.reduce((best, v) => Math.max(best, Math.abs(v)), 1e-9);
  paintGrid(panel.numbers, values, [1, rows.dim], panel.colours.diverging, -top, top);
  const [low, high] = extremes(values, -1);
  panel.rowTitle.textContent = `Row ${cell} of the table, ${name(cell)}: ${rows.dim} numbers from ${four(low)} to ${four(high)}`;
  panel.numbers.setAttribute("aria-label", panel.rowTitle.textContent);
  panel.cost.textContent = costText(header, enc, encName, learned);
  const across = rows.grid[1];
  const [end, next, below] = [prefix + across - 1, prefix + across, prefix + 2 * across - 1];
  panel.neighbours.replaceChildren(
    `IDs ${end} and ${next} follow each other, but stand at opposite edges of the picture: similarity `,
    el("strong", { text: four(rows.similarity(end, next)) }),
    `. IDs ${end} and ${below} are ${across} apart, and touch: `,
    el("strong", { text: four(rows.similarity(end, below)) }),
    ".",
  );
}

function costText(header, enc, encName, learned) {
  if (enc === "none") return "Nothing is added, so nothing is learned: 0 parameters.";
  if (!learned) return `${encName} rows are given, not learned: 0 parameters.`;
  const [r, c] = header.nativeGrid;
  const count = header.posPrefix.length + r * c;
  const params = count * header.dim;
  const share = `${((100 * params) / header.parameters).toPrecision(3)}%`;
  return (
    "Row i is looked up and added to token i. There is no formula: " +
    `the ${count} rows of ${header.dim} numbers are parameters like any others, started at random and moved by training. ` +
    `That is ${count} × ${header.dim} = ${commas(params)} of the model’s ${commas(header.parameters)} parameters, ${share}.`
  );
}

function drawSheet(panel, rows, header, cell, prefix, style) {
  const [down, across] = rows.grid;
  const ratio = fineness();
  const width = panel.sheet.clientWidth || 300;
  const pitch = width / across;
  const lead = prefix ? Math.min(pitch * 1.15, 26) : 0;
  panel.sheet.width = width * ratio;
  panel.sheet.height = (pitch * down + lead) * ratio;
  const ink = panel.sheet.getContext("2d");
  ink.scale(ratio, ratio);
  ink.textAlign = "center";
  ink.textBaseline = "middle";
  ink.font = "13px system-ui, sans-serif";
  const numbered = ink.measureText(rows.count).width < pitch; // else their order alone
  for (let p = 0; p < rows.count; p++) {
    const patch = p - prefix;
    const wide = patch < 0 ? Math.max(pitch, 52) : pitch;
    const [x, y] = patch < 0 ? [p * wide, 0] : [(patch % across) * pitch, lead + Math.floor(patch / across) * pitch];
    const tall = patch < 0 ? lead - 2 : pitch;
    ink.fillStyle = p === cell ? style.getPropertyValue("--text") : patch < 0 ? "#cc79a7" : style.getPropertyValue("--panel");
    ink.fillRect(x + 0.5, y + 0.5, wide - 1, tall - 1);
    ink.fillStyle =
      p === cell ? style.getPropertyValue("--st-background-color") : patch < 0 ? "#16191f" : style.getPropertyValue("--muted");
    if (patch < 0 || numbered) ink.fillText(patch < 0 ? `${header.posPrefix[p]} ${p}` : p, x + wide / 2, y + tall / 2);
  }
  panel.sheet.setAttribute("aria-label", `IDs over a grid of ${down} by ${across}; ${cell} is chosen`);
}

/** The wall at every moment of training that is shipped; a click puts that table in the explorer. */
export function learnPanel(colours, onPick) {
  const strip = el("div", { class: "figures moments" });
  const said = el("p", { class: "aside" });
  const node = el("div", {}, strip, said);
  let made = null;

  function draw({ tables, header, enc }) {
    if (made !== tables) {
      made = tables;
      const moments = [
        ...header.snapshots.map((snapshot, i) => ({ ...snapshot, id: `snapshot-${i}` })),
        { id: "learned", label: header.learnedName },
      ];
      strip.replaceChildren(
        ...moments.map((moment) => {
          const canvas = el("canvas", { "aria-hidden": "true" });
          paintWall(canvas, tables.at(moment.id, null), colours, false);
          const found = header.explained[header.structured.indexOf(moment.id)];
          const when =
            moment.minutes === null || moment.minutes === undefined ? "" : `${four(moment.minutes)} min, step ${commas(moment.step)}`;
          return el(
            "button",
            {
              type: "button",
              class: "moment",
              "data-id": moment.id,
              "aria-label": `${moment.label}. ${when}. Show it above.`,
              onclick: () => onPick(moment.id),
            },
            el("strong", { text: moment.label }),
            canvas,
            el("span", { class: "small muted", text: when }),
            el("span", {
              class: "small",
              text: `R² of rows + columns: ${Number.isFinite(found["row + column"]) ? four(found["row + column"]) : "—"}`,
              title: `${found["row + column"]}`,
            }),
          );
        }),
      );
      const bar = el("span", { class: "colourbar small" }, "−1", el("i", { style: `background:${gradient(colours.diverging)}` }), "1");
      said.replaceChildren(
        header.snapshots.length
          ? "Click a moment to look at it above. Before training the rows are unrelated random numbers; " +
              "rows and columns are what training makes of them. Cosine similarity: "
          : "No snapshots of the training ship with these weights, so only the trained table is shown. Cosine similarity: ",
        bar,
      );
    }
    for (const button of strip.children) button.setAttribute("aria-pressed", button.dataset.id === enc);
  }
  return { node, draw };
}
