// What lies under the dot product: similar patches, and what the embedding keeps.
import { outlinePatch, paintGrid, sharp } from "../kit/picture/canvas.js";
import { colourTable, gradient } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { four } from "../kit/numbers/format.js";
import { shareAt } from "../kit/grid.js";
import { ROUNDING, offBy } from "./kernel.js";

/** A picture of the grid's shape with a caption and a line under it; the pointer on it chooses a patch. */
function gridFigure(onHover, onPick) {
  const canvas = el("canvas", { role: "img" });
  const [caption, note, best] = [el("figcaption"), el("div", { class: "colourbar small muted" }), el("div", { class: "best small muted" })];
  const at = (event) => shareAt(event, canvas);
  canvas.addEventListener("pointermove", (event) => onHover(...at(event)));
  canvas.addEventListener("pointerdown", (event) => onHover(...at(event)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && onHover(null));
  canvas.addEventListener("click", (event) => onPick(...at(event)));
  const frame = (grid, patch, draw) => {
    const shape = `${grid[1]} / ${grid[0]}`;
    if (canvas.style.aspectRatio !== shape) canvas.style.aspectRatio = shape;
    const { ink, width, height } = sharp(canvas);
    ink.imageSmoothingEnabled = false;
    draw(ink, width, height);
    outlinePatch(ink, getComputedStyle(canvas), patch, grid, [width, height]);
  };
  return { canvas, caption, note, best, frame, node: el("figure", {}, caption, canvas, note, best) };
}

function valuesAsImage(values, grid, table, low, high) {
  const canvas = new OffscreenCanvas(grid[1], grid[0]);
  paintGrid(canvas, values, grid, table, low, high);
  return canvas;
}

/** Cosine of row `one` with every row of `[count, dim]`, into `out`; `norms` are the rows' lengths. */
export function cosines(rows, norms, dim, one, out) {
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (let d = 0, a = one * dim, b = i * dim; d < dim; d++) sum += rows[a + d] * rows[b + d];
    out[i] = norms[one] && norms[i] ? sum / (norms[one] * norms[i]) : 0;
  }
  return out;
}

/** The length of every row. */
export function lengths(rows, dim) {
  return Float64Array.from({ length: rows.length / dim }, (_, i) => Math.hypot(...rows.subarray(i * dim, (i + 1) * dim)));
}

/** Which patches have a similar embedding, before and after positions are added, and what the positions changed. */
export function similarPanel(onHover, onPick) {
  const table = colourTable("diverging");
  const figures = [0, 1, 2].map(() => gridFigure(onHover, onPick));
  const text = el("p", {
    class: "aside",
    text:
      "Cosine between this patch’s row and every other. " +
      "As embedded, alike means alike pixels; with positions added, also near in place.",
  });
  const node = el("div", {}, el("div", { class: "triple" }, ...figures.map((f) => f.node)), text);
  let state = null;

  function draw(next) {
    const { header, patch, cosine } = (state = next);
    const change = cosine.after.map((value, i) => value - cosine.before[i]);
    const far = change.reduce((top, v) => Math.max(top, Math.abs(v)), 1e-9);
    state.maps = [
      { title: "as embedded", values: cosine.before, top: 1 },
      { title: "with positions added", values: cosine.after, top: 1 },
      { title: "what positions change", values: change, top: far },
    ];
    state.maps.forEach(({ values, top }, i) =>
      figures[i].frame(
        header.grid,
        patch,
        (ink, w, h) => patch >= 0 && ink.drawImage(valuesAsImage(values, header.grid, table, -top, top), 0, 0, w, h),
      ),
    );
  }

  function describe() {
    const { patch, name, header, maps } = state;
    maps.forEach(({ title, values, top }, i) => {
      const { caption, note, canvas } = figures[i];
      caption.textContent = patch < 0 ? `${name} has no patch` : i === 2 ? "What positions change" : `Like ${name}, ${title}`;
      if (patch < 0) return;
      let best = patch === 0 ? 1 : 0;
      for (let k = 0; k < values.length; k++) if (k !== patch && values[k] > values[best]) best = k;
      const place = `row ${Math.floor(best / header.grid[1]) + 1}, col ${(best % header.grid[1]) + 1}`;
      const said = `${i === 2 ? "most gained" : "most alike"}: ${place}, ${four(values[best])}`;
      note.replaceChildren(`−${four(top)}`, el("i", { style: `background:${gradient(table)}` }), four(top));
      note.title = said;
      canvas.setAttribute("aria-label", `${caption.textContent}. ${said}`);
      figures[i].best.textContent = said;
    });
  }
  return { title: "Similar patches", node, draw, describe };
}

/** The picture, what can be rebuilt from its embeddings, and how far that is off. */
export function keptPanel(onHover, onPick) {
  const table = colourTable("viridis");
  const figures = [0, 1, 2].map(() => gridFigure(onHover, onPick));
  const text = el("p", { class: "aside" });
  const node = el("div", {}, el("div", { class: "triple" }, ...figures.map((f) => f.node)), text);
  let state = null;

  function draw(next) {
    state = next;
    const { header, patch, picture, kept, errors } = state;
    const top = errors.reduce((a, b) => Math.max(a, b), ROUNDING);
    [picture, kept].forEach((image, i) => figures[i].frame(header.grid, patch, (ink, w, h) => ink.drawImage(image, 0, 0, w, h)));
    figures[2].frame(header.grid, patch, (ink, w, h) => ink.drawImage(valuesAsImage(errors, header.grid, table, 0, top), 0, 0, w, h));
    state.top = top;
  }

  function describe() {
    const { header, patch, errors, top, name } = state;
    const values = header.patchSize ** 2 * header.chans;
    figures[0].caption.textContent = "The picture";
    figures[1].caption.textContent = "Rebuilt from the embeddings";
    figures[2].caption.textContent = "What is lost";
    figures[2].note.replaceChildren(
      "0",
      el("i", { style: `background:${gradient(table)}` }),
      `${top > ROUNDING ? four(top) : ROUNDING} levels`,
    );
    figures[1].note.textContent = `off by ${offBy(header.error)} of 255 levels (root mean square)`;
    figures[0].note.textContent = patch < 0 ? "" : `${name}: off by ${offBy(errors[patch])}`;
    text.textContent =
      `Each patch is rebuilt from its ${header.dim} numbers by W’s pseudo-inverse: ` +
      `this is all of the picture that the first block can know. ${values} values went in, and W has ${header.rank} ` +
      `independent directions${header.rank < values ? ", so fine detail is gone" : ", so everything can come back"}.`;
    figures.forEach((f) => f.canvas.setAttribute("aria-label", `${f.caption.textContent}. ${f.note.textContent}`));
  }
  return { title: "What it keeps", node, draw, describe };
}
