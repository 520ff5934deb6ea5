// The drawings of sight: what the query sees on the picture, the mask as a matrix, and the cost over resolution.
import { outlineCell, outlinePatch, sharp } from "../kit/canvas.js";
import { countText, four } from "../kit/format.js";
import { drawCurves } from "../memory_scaling/chart.js";
import { inProportion } from "./place.js";
import { seesToken, sightMacs } from "./sight-math.js";
import { colsOf, countOf, frontOf, KINDS, queryOf, SIGHT_COLOURS, sizeOf } from "./sight-state.js";

export function drawScene(view, style) {
  const { scene, image, setting } = view;
  const { grid } = view.data.header;
  const [rows, cols] = grid;
  inProportion(scene, grid);
  const { ink, width, height } = sharp(scene);
  const [w, h] = [width / cols, height / rows];
  ink.drawImage(image, 0, 0, width, height);
  const [token, front, size] = [queryOf(view), frontOf(view), sizeOf(view)];
  ink.fillStyle = style.ground;
  ink.globalAlpha = 0.84;
  for (let p = 0; p < rows * cols; p++) {
    if (!seesToken(setting.kind, size, cols, front, token, front + p))
      ink.fillRect((p % cols) * w - 0.3, Math.floor(p / cols) * h - 0.3, w + 0.6, h + 0.6);
  }
  ink.globalAlpha = 1;
  outlinePatch(ink, style, token - front, [rows, cols], [width, height]);
}

/** The mask, painted anew where the setting has changed, and the query's row in it. */
export function drawMatrix(view, style) {
  const { matrix, kept } = view;
  const n = countOf(view);
  const id = [view.setting.kind, sizeOf(view), view.data.header.id, style.text].join();
  if (view.matrixOf !== id) {
    view.matrixOf = id;
    paintMask(view, n);
  }
  const { ink, width, height } = sharp(matrix);
  ink.fillStyle = style.line;
  ink.fillRect(0, 0, width, height);
  ink.imageSmoothingEnabled = n > width * devicePixelRatio;
  ink.drawImage(kept, 0, 0, width, height);
  const y = (queryOf(view) * height) / n;
  outlineCell(ink, style, -3, y, width + 6, Math.max(2, height / n), 1.5);
}

function paintMask(view, n) {
  const { kept } = view;
  const [kind, size, cols, front] = [view.setting.kind, sizeOf(view), colsOf(view), frontOf(view)];
  kept.width = kept.height = n;
  const ink = kept.getContext("2d");
  const pixels = ink.createImageData(n, n);
  const cells = new Uint32Array(pixels.data.buffer);
  const tone = parseInt(SIGHT_COLOURS[kind].slice(1), 16);
  const colour = 0xff000000 | ((tone & 255) << 16) | (tone & 0xff00) | (tone >> 16);
  for (let q = 0; q < n; q++) for (let k = 0; k < n; k++) if (seesToken(kind, size, cols, front, q, k)) cells[q * n + k] = colour;
  ink.putImageData(pixels, 0, 0);
}

export function drawChart(view, style) {
  const { chart, setting } = view;
  const { header } = view.data;
  const macsOf = (kind, grid) => sightMacs(kind, sizeOf(view, kind), grid, frontOf(view), header);
  const xs = [];
  for (let side = 4; side <= 128; side = Math.ceil(side * 1.19)) xs.push(side * header.patchSize);
  const kinds = Object.keys(KINDS);
  const lines = kinds.map((kind) => ({
    colour: SIGHT_COLOURS[kind],
    width: kind === setting.kind ? 3.5 : 1.6,
    dash: kind === setting.kind ? [] : [6, 3],
    values: xs.map((x) => macsOf(kind, [x / header.patchSize, x / header.patchSize])),
  }));
  const [h, w] = header.imageSize;
  const here = Math.sqrt(h * w);
  const now = macsOf(setting.kind, header.grid);
  drawCurves(
    chart,
    {
      log: true,
      x: [xs[0], xs.at(-1)],
      y: [Math.min(...lines.map((l) => l.values[0])) / 2, Math.max(...lines.map((l) => l.values.at(-1))) * 2],
      xs,
      areas: [],
      lines,
      horizontals: [],
      verticals: [{ at: here, label: `${h === w ? h : `${h}×${w}`} px`, strong: true }],
      dots: [{ x: here, y: now, label: countText(now), strong: true }],
      textX: (v) => `${v}`,
      textY: countText,
      xTitle: `pixels, patches of ${header.patchSize}`,
    },
    style,
  );
  const costs = kinds.map((kind) => `${kind} ${four(macsOf(kind, header.grid))}`).join(", ");
  const what = "Multiply-accumulates of one layer's attention over resolution, log axes";
  chart.setAttribute("aria-label", `${what}; at this resolution ${costs}.`);
}
