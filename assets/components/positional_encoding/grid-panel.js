// The table at another grid and back, and what is lost on the way.
import { sharp } from "../kit/picture/canvas.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";
import { samePlace } from "../kit/grid.js";
import { mapFigure } from "./draw.js";
import { rootMeanSquare } from "./math.js";

/** The same place on the table's own grid, on the slider's, and after the way back, with what is lost. */
export function gridPanel(colours) {
  const panel = {
    colours,
    figures: ["before", "after", "back", "error"].map((name) => mapFigure(name)),
    curve: el("canvas", { role: "img", class: "curve" }),
    said: el("p", { class: "aside" }),
  };
  panel.node = el(
    "div",
    {},
    el("div", { class: "figures" }, ...panel.figures.map((f) => f.node)),
    el("div", { class: "head-line" }, el("span", { text: "Lost on the way to a grid and back, whole table" })),
    panel.curve,
    panel.said,
  );
  return { node: panel.node, draw: (scene) => drawGrid(panel, scene) };
}

function drawGrid(panel, scene) {
  const { tables, header, enc, encName, side, rows, cell, prefix } = scene;
  const [before, after, back, error] = panel.figures;
  const native = tables.at(enc, null);
  const [r, c] = header.nativeGrid;
  const at = samePlace(cell, prefix, rows.grid, [r, c]);
  before.paint(native.row(at).subarray(prefix), [r, c], panel.colours.diverging, -1, 1, `before: ${r} × ${c}`);
  after.paint(rows.row(cell).subarray(prefix), rows.grid, panel.colours.diverging, -1, 1, `after: ${rows.grid[0]} × ${rows.grid[1]}`);
  const learned = tables.isLearned(enc);
  for (const figure of [back, error]) figure.node.hidden = !learned;
  panel.curve.hidden = panel.curve.previousSibling.hidden = !learned;
  if (!learned) {
    const rule = "a rule, not a table: at another grid the rule is applied again, and nothing is interpolated.";
    panel.said.textContent = `${encName} positions are ${rule}`;
    return;
  }
  const returned = tables.roundTrip(enc, side);
  back.paint(returned.row(at).subarray(prefix), [r, c], panel.colours.diverging, -1, 1, `and back: ${r} × ${c}`);
  const lost = losses(native, returned, prefix);
  error.paint(lost, [r, c], panel.colours.viridis, 0, Math.max(...lost, 1e-6), "lost at each position", "share of a row’s length");
  drawCurve(panel, tables, header, side, enc);
  const total = rootMeanSquare(lost);
  const way =
    side === r && side === c
      ? "This is the table’s own grid: its rows are used as they are."
      : `Interpolated as in the model’s forward: ${header.posMode}.`;
  panel.said.replaceChildren(
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

function drawCurve(panel, tables, header, side, enc) {
  const { ink, width, height } = sharp(panel.curve);
  const style = getComputedStyle(panel.node);
  const values = enc === "learned" ? header.sides.map((s) => rootMeanSquare(tables.errors(s))) : [];
  const top = Math.max(...values, 1e-6);
  const x = (s) => 44 + ((s - header.sides[0]) / (header.sides.at(-1) - header.sides[0])) * (width - 60);
  const y = (v) => 12 + (1 - v / top) * (height - 40);
  ink.font = "13px system-ui, sans-serif";
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
  panel.curve.setAttribute(
    "aria-label",
    values.length ? `Loss at sides ${header.sides.map((s, i) => `${s}: ${(100 * values[i]).toPrecision(3)}%`).join(", ")}` : "",
  );
  panel.curve.hidden = panel.curve.previousSibling.hidden = !values.length;
}
