// The picture to pick a patch in, with a map over it: weights as light, signed values in two colours.
import { gridLines, outlinePatch, paintGrid, watched } from "../kit/picture/canvas.js";
import { aboveOf, colourBar } from "../kit/picture/colours.js";
import { el } from "../kit/dom.js";
import { stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { lightsOf, lightTable, spotlightOf } from "../kit/picture/spotlight.js";
import { store } from "../kit/store.js";
import { linesTo, namesOn, zoomOf } from "../kit/picture/zoom.js";

const LIGHT = lightTable();

/**
 * The picture in patches. `draw(part, {map, low, high})` lays a map over it, as light unless it has a `table` of its own; hover, tap and
 * arrow keys choose, click and Enter keep. It can be enlarged.
 */
export function patchPicker(ctx, label) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const title = el("span", { text: label });
  const bar = el("span", { class: "scale small" });
  const scene = el("div", { class: "picked" }, canvas);
  const zoom = zoomOf(scene, {
    name: "The picture in patches",
    canvas,
    says: () => `${title.textContent}; ${tokenName(ctx.header, ctx.token())} is chosen`,
    names: (width, height) => namesOn(ctx.header, width, height),
    lines: () => linesTo(ctx.header, ctx.token() - ctx.header.prefix.length),
  });
  const head = el("div", { class: "head-line" }, title, zoom.button);
  const node = el("div", { class: "picker" }, el("div", { class: "caption" }, head, bar), scene);
  const [cells, fit] = [el("canvas"), watched(canvas, ctx.redraw)];
  listen(ctx, canvas);

  function draw(part, { map = null, low = 0, high = 1, over = null, caption = label, table = LIGHT, shade = 0.72, mark = null } = {}) {
    const {
      grid: [rows, cols],
      prefix,
      imageSize,
    } = part.header;
    canvas.style.aspectRatio = `${imageSize[1]} / ${imageSize[0]}`;
    const { ink, width, height } = fit();
    if (map && table === LIGHT) spotlightOf(part.bitmap).paint({ ink }, [rows, cols], lightsFrom(map, low, high));
    else ink.drawImage(part.bitmap, 0, 0, width, height);
    if (map && table !== LIGHT) {
      paintGrid(cells, map, [rows, cols], table, low, high, over ?? table[255]);
      ink.globalAlpha = shade;
      ink.imageSmoothingEnabled = false;
      ink.drawImage(cells, 0, 0, width, height);
      ink.globalAlpha = 1;
    }
    if (map) colourBar(bar, table, low, high, over ? aboveOf(map, high) : null);
    else {
      bar.replaceChildren();
      gridLines(ink, [rows, cols], [width, height], "rgba(255,255,255,0.45)");
    }
    mark?.(ink, width, height);
    outlinePatch(ink, ctx.style, ctx.token() - prefix.length, [rows, cols], [width, height]);
    title.textContent = caption;
    canvas.numbers = () => map && { title: caption, values: map, cols };
    canvas.setAttribute("aria-label", `${caption}. ${tokenName(part.header, ctx.token())} is chosen. Arrow keys move, Enter keeps.`);
    zoom.draw();
  }
  return { node, canvas, draw };
}

/** Lights of values between `low` and `high`. */
function lightsFrom(map, low, high) {
  return lightsOf(
    Float64Array.from(map, (value) => value - low),
    high - low || 1e-12,
  );
}

function listen(ctx, canvas) {
  for (const kind of ["pointermove", "pointerdown"])
    canvas.addEventListener(kind, (event) => ctx.header && ctx.hover(tokenAt(event, canvas, ctx.header)));
  canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ctx.hover(null));
  canvas.addEventListener("click", (event) => ctx.header && store.commit({ token: tokenAt(event, canvas, ctx.header) }));
  let moved = false; // by the keys, and not yet kept
  const keep = () => {
    if (moved) store.commit({ token: ctx.token() });
    moved = false;
  };
  canvas.addEventListener("keydown", (event) => {
    if (!ctx.header) return;
    if (event.key === "Enter") return keep();
    const next = stepToken(ctx.header, ctx.token(), event.key);
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    moved = true;
    ctx.hover(null);
    store.preview({ token: Math.max(ctx.least(), next) });
  });
  canvas.addEventListener("blur", keep);
}
