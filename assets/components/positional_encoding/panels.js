// What lies under the explorer of positions: one similarity step by step, and what the table is made of.
import { sharp } from "../kit/picture/canvas.js";
import { el } from "../kit/dom.js";
import { four, minus } from "../kit/numbers/format.js";
import { mapFigure, signedBars } from "./draw.js";

/** A name and a share as a bar of the full width. */
export function shareBar(name, share, title = "") {
  const known = Number.isFinite(share);
  return el(
    "div",
    { class: "share", title: known ? `${share}` : "" },
    el("span", { text: name, title }),
    el("strong", { text: known ? minus(share.toFixed(3)) : "—" }),
    el("div", { class: "track" }, el("div", { class: "fill", style: `width:${known ? 100 * Math.max(0, share) : 0}%` })),
  );
}

/** The two rows, their products, and the way to the cosine, for the position and the one it is compared with. */
export function cosinePanel(onCheck) {
  const parts = [0, 1, 2].map(() => {
    const [caption, canvas] = [el("figcaption"), el("canvas", { role: "img" })];
    return { caption, canvas, node: el("figure", {}, caption, canvas) };
  });
  const equation = el("p", { class: "equation", tabindex: 0 });
  const node = el(
    "div",
    {},
    el("div", { class: "working" }, ...parts.map((part) => part.node)),
    equation,
    el("button", { type: "button", text: "Check against the model", onclick: onCheck }),
  );
  parts.forEach((part, i) => i && (part.node.dataset.sign = i === 1 ? "×" : "→"));

  function draw({ rows, cell, other, name }) {
    const style = getComputedStyle(node);
    const of = (p) => rows.rows.subarray(p * rows.dim, (p + 1) * rows.dim);
    const [a, b] = [of(cell), of(other)];
    const products = a.map((value, d) => value * b[d]);
    const dot = products.reduce((sum, value) => sum + value, 0);
    const line = style.getPropertyValue("--line");
    signedBars(parts[0].canvas, a, style.getPropertyValue("--accent"), line);
    signedBars(parts[1].canvas, b, "#56b4e9", line);
    signedBars(parts[2].canvas, products, (value) => (value < 0 ? "#8d949c" : style.getPropertyValue("--accent")), line);
    const captions = [`p of ${name(cell)}, ${rows.dim} numbers`, `p′ of ${name(other)}, ${rows.dim} numbers`, "p × p′, number by number"];
    captions.forEach((text, i) => {
      parts[i].caption.textContent = text;
      parts[i].canvas.setAttribute("aria-label", text);
    });
    const value = rows.similarity(cell, other);
    equation.replaceChildren(
      `p · p′ = ${four(dot)} → ÷ (|p| |p′|) = ÷ (${four(rows.norms[cell])} × ${four(rows.norms[other])}) = `,
      el("strong", { text: four(value) }),
    );
    equation.title = `cosine similarity ${value}`;
  }
  return { node, draw };
}

const SHARES = {
  row: ["number of rows apart", "Every number of rows has a mean of its own"],
  column: ["number of columns apart", "Every number of columns has a mean of its own"],
  "row + column": ["rows and columns, added", "One term for each, least squares"],
  distance: ["distance", "Euclidean; every distance has a mean of its own"],
  offset: ["rows and columns, together", "A mean for every pair of both"],
};

/** Singular values, the first components as images, how far offsets explain similarity, and the length of every row. */
export function structurePanel(colours) {
  const panel = {
    colours,
    bars: el("canvas", { role: "img", class: "curve" }),
    images: el("div", { class: "components" }),
    norms: mapFigure(),
    explained: el("div", { class: "shares" }),
    said: el("p", { class: "aside" }),
  };
  panel.node = el(
    "div",
    { class: "structure" },
    el(
      "section",
      {},
      el("div", { class: "head-line" }, el("span", { text: "Squared singular values, each as a share of their sum" })),
      panel.bars,
      el("div", { class: "head-line" }, el("span", { text: "The first directions, laid out over the grid" })),
      panel.images,
    ),
    el(
      "section",
      {},
      el("div", { class: "head-line" }, el("span", { text: "How much of the similarity is explained (R²)" })),
      panel.explained,
      panel.said,
    ),
    el("section", {}, panel.norms.node),
  );
  panel.made = "";
  return { node: panel.node, draw: (scene) => drawStructure(panel, scene) };
}

function drawStructure(panel, { tables, header, arrays, enc, encName }) {
  const index = header.structured.indexOf(enc);
  const [r, c] = header.nativeGrid;
  if (index < 0) {
    for (const part of [panel.bars, panel.images, panel.explained, panel.norms.node]) part.hidden = true;
    panel.said.textContent = "With no positions every row is the same: there is no structure to take apart.";
    panel.made = "";
    return;
  }
  for (const part of [panel.bars, panel.images, panel.explained, panel.norms.node]) part.hidden = false;
  drawShares(panel, arrays.shares.subarray(index * header.kept, (index + 1) * header.kept));
  if (panel.made === enc) return;
  panel.made = enc;
  const count = r * c;
  drawComponents(panel, header, arrays, index);
  const found = header.explained[index];
  panel.explained.replaceChildren(...Object.entries(SHARES).map(([key, [text, how]]) => shareBar(text, found[key] ?? NaN, how)));
  const rows = tables.at(enc, null);
  const lengths = rows.norms.subarray(rows.prefix);
  const [low, high] = [Math.min(...lengths), Math.max(...lengths)];
  panel.norms.paint(lengths, [r, c], panel.colours.viridis, low === high ? 0 : low, high, "Length of every row", `${encName}, ${r} × ${c}`);
  const all = `Over all pairs of the ${count} positions of the ${r} × ${c} grid.`;
  panel.said.textContent = `${all} 1 means that similarity depends on nothing else.`;
}

function drawComponents(panel, header, arrays, index) {
  const [r, c] = header.nativeGrid;
  const count = r * c;
  const shares = arrays.shares.subarray(index * header.kept, (index + 1) * header.kept);
  panel.images.replaceChildren(
    ...Array.from({ length: header.shown }, (_, i) => {
      const from = (index * header.shown + i) * count;
      const values = arrays.components.subarray(from, from + count);
      const top = values.reduce((best, v) => Math.max(best, Math.abs(v)), 1e-9);
      const figure = mapFigure();
      figure.paint(values, [r, c], panel.colours.diverging, -top, top, `${i + 1}: ${(100 * shares[i]).toPrecision(3)}%`);
      return figure.node;
    }),
  );
}

function drawShares(panel, shares) {
  const { ink, width, height } = sharp(panel.bars);
  const style = getComputedStyle(panel.node);
  const step = (width - 44) / shares.length;
  const top = shares[0] || 1;
  ink.font = "13px system-ui, sans-serif";
  ink.textAlign = "right";
  ink.fillStyle = style.getPropertyValue("--muted");
  for (const v of [0, top]) ink.fillText(v ? `${(100 * v).toPrecision(3)}%` : "0", 36, 14 + (1 - v / top) * (height - 34));
  ink.textAlign = "center";
  for (const i of [0, 7, 15, 23]) if (i < shares.length) ink.fillText(i + 1, 44 + (i + 0.5) * step, height - 4);
  ink.fillStyle = style.getPropertyValue("--accent");
  shares.forEach((v, i) =>
    ink.fillRect(44 + i * step, 10 + (1 - v / top) * (height - 34), Math.max(1, step - 2), (v / top) * (height - 34)),
  );
  panel.bars.setAttribute(
    "aria-label",
    `Shares of the first directions: ${[...shares]
      .slice(0, 6)
      .map((v) => `${(100 * v).toPrecision(3)}%`)
      .join(", ")}`,
  );
}
