// What lies under the explorer of positions: one similarity step by step, another grid and back, what the table is made of.
import { sharp } from "../kit/canvas.js";
import { el } from "../kit/dom.js";
import { four, minus } from "../kit/format.js";
import { mapFigure, signedBars } from "./draw.js";
import { rootMeanSquare } from "./math.js";

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
  const equation = el("p", { class: "equation" });
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

/** The same place on the table's own grid, on the slider's, and after the way back, with what is lost. */
export function gridPanel(colours) {
  const figures = ["before", "after", "back", "error"].map((name) => mapFigure(name));
  const curve = el("canvas", { role: "img", class: "curve" });
  const said = el("p", { class: "aside" });
  const node = el(
    "div",
    {},
    el("div", { class: "figures" }, ...figures.map((f) => f.node)),
    el("div", { class: "head-line" }, el("span", { text: "Lost on the way to a grid and back, whole table" })),
    curve,
    said,
  );

  function draw({ tables, header, enc, encName, side, rows, cell, prefix }) {
    const [before, after, back, error] = figures;
    const native = tables.at(enc, null);
    const [r, c] = header.nativeGrid;
    const place = (grid) => {
      if (cell < prefix) return cell;
      const p = cell - prefix;
      const row = Math.floor(((Math.floor(p / rows.grid[1]) + 0.5) * grid[0]) / rows.grid[0]);
      return prefix + row * grid[1] + Math.floor((((p % rows.grid[1]) + 0.5) * grid[1]) / rows.grid[1]);
    };
    const at = place([r, c]);
    before.paint(native.row(at).subarray(prefix), [r, c], colours.diverging, -1, 1, `before: ${r} × ${c}`);
    after.paint(rows.row(cell).subarray(prefix), rows.grid, colours.diverging, -1, 1, `after: ${rows.grid[0]} × ${rows.grid[1]}`);
    const learned = tables.isLearned(enc);
    for (const figure of [back, error]) figure.node.hidden = !learned;
    curve.hidden = curve.previousSibling.hidden = !learned;
    if (!learned) {
      said.textContent = `${encName} positions are a rule, not a table: at another grid the rule is applied again, and nothing is interpolated.`;
      return;
    }
    const returned = tables.roundTrip(enc, side);
    back.paint(returned.row(at).subarray(prefix), [r, c], colours.diverging, -1, 1, `and back: ${r} × ${c}`);
    const lost = losses(native, returned, prefix);
    error.paint(lost, [r, c], colours.viridis, 0, Math.max(...lost, 1e-6), "lost at each position", "share of a row’s length");
    drawCurve(tables, header, side, enc);
    const total = rootMeanSquare(lost);
    const way =
      side === r && side === c
        ? "This is the table’s own grid: its rows are used as they are."
        : `Interpolated as in the model’s forward: ${header.posMode}.`;
    said.replaceChildren(
      `${way} The way to ${side} × ${side} and back changes the table by `,
      el("strong", { text: `${four(100 * total)}%`, title: `${total}` }),
      " of its length.",
    );
  }

  function losses(native, returned, prefix) {
    const scale = rootMeanSquare(native.norms.subarray(prefix));
    return Float32Array.from({ length: native.count - prefix }, (_, p) => {
      let sum = 0;
      for (let d = (p + prefix) * native.dim; d < (p + prefix + 1) * native.dim; d++) sum += (returned.rows[d] - native.rows[d]) ** 2;
      return Math.sqrt(sum) / scale;
    });
  }

  function drawCurve(tables, header, side, enc) {
    const { ink, width, height } = sharp(curve);
    const style = getComputedStyle(node);
    const values = enc === "learned" ? header.sides.map((s) => rootMeanSquare(tables.errors(s))) : [];
    const top = Math.max(...values, 1e-6);
    const x = (s) => 44 + ((s - header.sides[0]) / (header.sides.at(-1) - header.sides[0])) * (width - 60);
    const y = (v) => 12 + (1 - v / top) * (height - 40);
    ink.font = "12px system-ui, sans-serif";
    ink.fillStyle = style.getPropertyValue("--muted");
    ink.textAlign = "right";
    for (const v of [0, top / 2, top]) ink.fillText(`${(100 * v).toFixed(0)}%`, 36, y(v) + 4);
    ink.textAlign = "center";
    const every = width < 520 ? 4 : 2;
    for (const s of header.sides)
      if ((s - header.nativeGrid[0]) % every === 0) ink.fillText(s === header.nativeGrid[0] ? `▲ ${s}` : s, x(s), height - 8);
    ink.strokeStyle = style.getPropertyValue("--line");
    ink.strokeRect(44, y(0), width - 60, 0.5);
    ink.strokeStyle = style.getPropertyValue("--accent");
    ink.lineWidth = 2;
    ink.beginPath();
    values.forEach((v, i) => ink.lineTo(x(header.sides[i]), y(v)));
    ink.stroke();
    const here = values[header.sides.indexOf(side)];
    if (here !== undefined) {
      ink.fillStyle = style.getPropertyValue("--text");
      ink.beginPath();
      ink.arc(x(side), y(here), 5, 0, 7);
      ink.fill();
      const right = x(side) > width - 90;
      ink.textAlign = right ? "right" : "left";
      ink.fillText(`${(100 * here).toPrecision(3)}%`, x(side) + (right ? -9 : 9), y(here) - 6);
    }
    curve.setAttribute(
      "aria-label",
      values.length ? `Loss at sides ${header.sides.map((s, i) => `${s}: ${(100 * values[i]).toPrecision(3)}%`).join(", ")}` : "",
    );
    curve.hidden = curve.previousSibling.hidden = !values.length;
  }
  return { node, draw };
}

/** Singular values, the first components as images, how far offsets explain similarity, and the length of every row. */
export function structurePanel(colours) {
  const bars = el("canvas", { role: "img", class: "curve" });
  const images = el("div", { class: "components" });
  const norms = mapFigure();
  const explained = el("div", { class: "shares" });
  const said = el("p", { class: "aside" });
  const node = el(
    "div",
    { class: "structure" },
    el(
      "section",
      {},
      el("div", { class: "head-line" }, el("span", { text: "Squared singular values, each as a share of their sum" })),
      bars,
      el("div", { class: "head-line" }, el("span", { text: "The first directions, laid out over the grid" })),
      images,
    ),
    el(
      "section",
      {},
      el("div", { class: "head-line" }, el("span", { text: "How much of the similarity is explained (R²)" })),
      explained,
      said,
    ),
    el("section", {}, norms.node),
  );
  const names = {
    row: ["number of rows apart", "Every number of rows has a mean of its own"],
    column: ["number of columns apart", "Every number of columns has a mean of its own"],
    "row + column": ["rows and columns, added", "One term for each, least squares"],
    distance: ["distance", "Euclidean; every distance has a mean of its own"],
    offset: ["rows and columns, together", "A mean for every pair of both"],
  };
  let made = "";

  function draw({ tables, header, arrays, enc, encName }) {
    const index = header.structured.indexOf(enc);
    const [r, c] = header.nativeGrid;
    if (index < 0) {
      for (const part of [bars, images, explained, norms.node]) part.hidden = true;
      said.textContent = "With no positions every row is the same: there is no structure to take apart.";
      made = "";
      return;
    }
    for (const part of [bars, images, explained, norms.node]) part.hidden = false;
    drawShares(arrays.shares.subarray(index * header.kept, (index + 1) * header.kept));
    if (made === enc) return;
    made = enc;
    const count = r * c;
    const shares = arrays.shares.subarray(index * header.kept, (index + 1) * header.kept);
    images.replaceChildren(
      ...Array.from({ length: header.shown }, (_, i) => {
        const from = (index * header.shown + i) * count;
        const values = arrays.components.subarray(from, from + count);
        const top = values.reduce((best, v) => Math.max(best, Math.abs(v)), 1e-9);
        const figure = mapFigure();
        figure.paint(values, [r, c], colours.diverging, -top, top, `${i + 1}: ${(100 * shares[i]).toPrecision(3)}%`);
        return figure.node;
      }),
    );
    const found = header.explained[index];
    explained.replaceChildren(...Object.entries(names).map(([key, [text, how]]) => shareBar(text, found[key] ?? NaN, how)));
    const rows = tables.at(enc, null);
    const lengths = rows.norms.subarray(rows.prefix);
    const [low, high] = [Math.min(...lengths), Math.max(...lengths)];
    norms.paint(lengths, [r, c], colours.viridis, low === high ? 0 : low, high, "Length of every row", `${encName}, ${r} × ${c}`);
    said.textContent = `Over all pairs of the ${count} positions of the ${r} × ${c} grid. 1 means that similarity depends on nothing else.`;
  }

  function drawShares(shares) {
    const { ink, width, height } = sharp(bars);
    const style = getComputedStyle(node);
    const step = (width - 44) / shares.length;
    const top = shares[0] || 1;
    ink.font = "12px system-ui, sans-serif";
    ink.textAlign = "right";
    ink.fillStyle = style.getPropertyValue("--muted");
    for (const v of [0, top]) ink.fillText(v ? `${(100 * v).toPrecision(3)}%` : "0", 36, 14 + (1 - v / top) * (height - 34));
    ink.textAlign = "center";
    for (const i of [0, 7, 15, 23]) if (i < shares.length) ink.fillText(i + 1, 44 + (i + 0.5) * step, height - 4);
    ink.fillStyle = style.getPropertyValue("--accent");
    shares.forEach((v, i) =>
      ink.fillRect(44 + i * step, 10 + (1 - v / top) * (height - 34), Math.max(1, step - 2), (v / top) * (height - 34)),
    );
    bars.setAttribute(
      "aria-label",
      `Shares of the first directions: ${[...shares]
        .slice(0, 6)
        .map((v) => `${(100 * v).toPrecision(3)}%`)
        .join(", ")}`,
    );
  }
  return { node, draw };
}
