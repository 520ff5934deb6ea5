// The drawings of sight: what the query sees on the picture, the mask as a matrix, and the cost over resolution.
import { outlineCell, outlinePatch, sharp } from "../../kit/picture/canvas.js";
import { countText } from "../../kit/numbers/format.js";
import { inProportion } from "../place.js";
import { seesToken, sightMacs } from "./math.js";
import { colsOf, countOf, frontOf, queryOf, SIGHT_COLOURS, sizeOf } from "./state.js";
import { fineness } from "../../kit/fineness.js";

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
  ink.imageSmoothingEnabled = n > width * fineness();
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

/** The cost of every kind over the resolution, the chosen one thick; drawn again where a size has changed. */
export function showCurves(view, anew = false) {
  const { plot, setting } = view;
  const { header } = view.data;
  const macsOf = (kind, grid) => sightMacs(kind, sizeOf(view, kind), grid, frontOf(view), header);
  const key = JSON.stringify([header.id, setting.kind, setting.sizes]);
  if (anew || key !== view.curvesOf) {
    view.curvesOf = key;
    const { data, layout } = header.figure;
    plot.show({ data: data.map((trace) => curveOf(trace, header, setting, macsOf)), layout }, header.looks);
  }
  const [h, w] = header.imageSize;
  const [x, y] = [Math.sqrt(h * w), macsOf(setting.kind, header.grid)];
  plot.mark([
    { kind: "line", look: "now", x },
    { kind: "dot", look: "now", x, y },
    { kind: "word", look: "now", x, y, text: countText(y) },
    { kind: "word", look: "now", x, text: `${h === w ? h : `${h}×${w}`} px` },
  ]);
}

/** A kind's line at the size that the slider has now. */
function curveOf(trace, { grids, patchSize }, setting, macsOf) {
  const kind = trace.name;
  const y = grids.map((side) => macsOf(kind, [side, side]));
  return {
    ...trace,
    y,
    customdata: grids.map((side, i) => [kind, `${side * patchSize} px`, `${countText(y[i])} MACs`, "", kind]),
    line: { ...trace.line, ...(kind === setting.kind ? { width: 3.5 } : { dash: "dash" }) },
  };
}
