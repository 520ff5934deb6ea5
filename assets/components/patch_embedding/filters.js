// The learned filters.
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, percent } from "../kit/numbers/format.js";

/** The filters: first principal components, all of them, or one as stored and as resized to the patch. */
export function filtersPanel(onDim) {
  const panel = {
    onDim,
    canvas: el("canvas", { class: "tiles", tabindex: 0, role: "img" }),
    text: el("p", { class: "aside" }),
    caption: el("span"),
  };
  const how = choiceOf(
    "Filters",
    { components: "28 principal components", all: "all filters", resized: "resized" },
    (name) => ((panel.mode = name), how.show(name), panel.refresh()),
  );
  const node = el("div", {}, el("div", { class: "head-line" }, panel.caption, how.node), panel.canvas, panel.text);
  panel.mode = "components";
  panel.state = null;
  panel.places = [];
  panel.refresh = () => {};
  panel.made = "";
  how.show(panel.mode);
  listenToTiles(panel);
  return { title: "The learned filters", node, draw: (scene) => drawFilters(panel, scene), describe: () => describeFilters(panel) };
}

function listenToTiles(panel) {
  panel.canvas.addEventListener("click", (event) => {
    const box = panel.canvas.getBoundingClientRect();
    const at = panel.places.findIndex(
      ([x, y, side]) =>
        event.clientX - box.left >= x &&
        event.clientX - box.left < x + side &&
        event.clientY - box.top >= y &&
        event.clientY - box.top < y + side,
    );
    if (panel.mode === "all" && at >= 0) panel.onDim(at);
  });
  panel.canvas.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !panel.state || panel.mode === "components") return;
    event.preventDefault();
    panel.onDim((panel.state.dim + step + panel.state.header.dim) % panel.state.header.dim);
  });
}

/** A filter `[chans, side, side]` (or `[side, side, chans]` if `inner`) as a picture: grey is 0, its own largest value black or white. */
function tile(values, side, chans, inner) {
  const image = new ImageData(side, side);
  const top = values.reduce((a, v) => Math.max(a, Math.abs(v)), 1e-12);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) {
      const from = Math.min(c, chans - 1);
      image.data[4 * i + c] = 127.5 + (127.5 * values[inner ? i * chans + from : from * side * side + i]) / top;
    }
    image.data[4 * i + 3] = 255;
  }
  const out = new OffscreenCanvas(side, side);
  out.getContext("2d").putImageData(image, 0, 0);
  return { image: out, top };
}

function drawFilters(panel, next) {
  panel.state = next;
  panel.refresh = panel.state.refresh;
  const { header, components, kernel, dim } = panel.state;
  const name = [panel.mode, header.id, panel.mode === "components" ? "" : dim, panel.canvas.clientWidth].join("/");
  if (name === panel.made) return;
  panel.made = name;
  const size = header.chans * header.side ** 2;
  const count = panel.mode === "components" ? header.shares.length : panel.mode === "all" ? header.dim : 2;
  const width = panel.canvas.clientWidth || 600;
  const wanted = panel.mode === "components" ? 70 : panel.mode === "all" ? 46 : 260;
  let across = Math.max(2, Math.min(count, Math.floor(width / wanted)));
  while (panel.mode === "components" && count % across) across--; // full rows
  const pitch = Math.min(width / across, wanted * 1.3);
  panel.canvas.style.height = `${Math.ceil(count / across) * pitch}px`;
  const { ink } = sharp(panel.canvas);
  ink.imageSmoothingEnabled = false;
  panel.places = [];
  for (let i = 0; i < count; i++) {
    const [x, y, side] = [(i % across) * pitch, Math.floor(i / across) * pitch, pitch - 6];
    const resized = panel.mode === "resized" && i === 1;
    const values =
      panel.mode === "components"
        ? components.subarray(i * size, (i + 1) * size)
        : resized
          ? kernel.weights(dim)
          : kernel.kernel.subarray((panel.mode === "all" ? i : dim) * size, ((panel.mode === "all" ? i : dim) + 1) * size);
    const { image } = tile(values, resized ? header.patchSize : header.side, header.chans, resized);
    ink.drawImage(image, x, y, side, side);
    if (panel.mode === "all" && i === dim) outlineCell(ink, getComputedStyle(panel.canvas), x, y, side, side);
    panel.places.push([x, y, side]);
  }
}

function describeFilters(panel) {
  const { header, dim, kernel } = panel.state;
  const share = header.shares.reduce((a, b) => a + b, 0);
  panel.caption.textContent =
    panel.mode === "components"
      ? `The first ${header.shares.length} of ${header.dim}`
      : panel.mode === "all"
        ? `All ${header.dim} filters; output ${dim + 1} is marked`
        : `Output ${dim + 1}: stored ${header.side} × ${header.side}, used ${header.patchSize} × ${header.patchSize}`;
  const scale = "Every tile goes from black to white over its own range; grey is 0.";
  if (panel.mode === "components")
    panel.text.textContent =
      `What the ${header.dim} filters have most in common: these directions hold ${percent(share)} of their variance, ` +
      `the first ${percent(header.shares[0])}. ${scale}`;
  else if (panel.mode === "all") panel.text.textContent = `Click a filter to see its dot product above. ${scale}`;
  else {
    const norm = (values) => Math.sqrt(values.reduce((a, v) => a + v * v, 0));
    const [stored, used] = [
      norm(kernel.kernel.subarray(dim * header.chans * header.side ** 2, (dim + 1) * header.chans * header.side ** 2)),
      norm(kernel.weights(dim)),
    ];
    panel.text.textContent =
      `The model stores one kernel of ${header.side} × ${header.side} and resizes it to the patch size, so that a patch and its ` +
      `enlargement get the same numbers. On more pixels each weight is smaller: norm ${four(stored)} becomes ${four(used)}. ${scale}`;
  }
  panel.canvas.setAttribute("aria-label", `${panel.caption.textContent}. ${panel.text.textContent}`);
}
