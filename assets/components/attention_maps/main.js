import { decodePicture } from "../kit/canvas.js";
import { colourTable, gradient } from "../kit/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";

// Maps over the picture, one for each token (the pointer chooses) or for each layer (a slider chooses); some patches may be flagged.
export default mounts((root) => {
  const table = colourTable("viridis");
  const base = el("canvas", { tabindex: 0, role: "img" });
  const map = el("canvas", { class: "map" });
  const marks = el("canvas");
  const title = el("span");
  const bar = el("span", { class: "colourbar small" });
  const facts = el("dl", { class: "facts" });
  const note = el("p");
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const { node: slider, input: layer, value: layerValue } = rangeOf("After layer", { min: 0, step: 1 });
  root.append(
    el(
      "div",
      { class: "maps" },
      el("div", {}, el("div", { class: "head-line" }, title, bar), el("div", { class: "scene" }, base, map, marks), slider),
      el("div", {}, el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts), note),
    ),
    summary,
  );

  let data = null;
  let hovered = null;
  const count = () => data.header.prefix.length + data.header.grid[0] * data.header.grid[1];
  const chosen = () => Math.min(store.selection.token ?? 0, count() - 1);
  const draw = everyFrame(() => {
    if (!data) return;
    const { header, arrays, bitmap } = data;
    const [rows, cols] = header.grid;
    const byToken = header.by === "token";
    const at = byToken ? (hovered ?? chosen()) : +layer.value;
    const values = arrays.maps.subarray(at * count(), (at + 1) * count());
    const patches = values.subarray(header.prefix.length);
    const top = Math.max(1e-12, ...patches);
    const low = byToken ? 0 : Math.min(...patches);
    [base.width, base.height, map.width, map.height] = [header.imageSize[1], header.imageSize[0], cols, rows];
    base.getContext("2d").drawImage(bitmap, 0, 0);
    const image = new ImageData(cols, rows);
    const out = new Uint32Array(image.data.buffer);
    for (let i = 0; i < out.length; i++) out[i] = table[Math.max(0, Math.min(255, (255 * (patches[i] - low)) / (top - low || 1))) | 0];
    map.getContext("2d").putImageData(image, 0, 0);
    const ink = marks.getContext("2d");
    const [width, height] =
      (([marks.width, marks.height] = [base.clientWidth * devicePixelRatio, base.clientHeight * devicePixelRatio]),
      [marks.width, marks.height]);
    const outline = (patch, colour, thick) => {
      ink.lineWidth = thick * devicePixelRatio;
      ink.strokeStyle = colour;
      ink.strokeRect(((patch % cols) * width) / cols, (Math.floor(patch / cols) * height) / rows, width / cols, height / rows);
    };
    const flagged = [];
    if (arrays.flags) for (let i = 0; i < patches.length; i++) if (arrays.flags[at * patches.length + i]) flagged.push(i);
    for (const patch of flagged) (outline(patch, "#ffffff", 4), outline(patch, "#cc79a7", 2));
    const spot = (hovered ?? chosen()) - header.prefix.length;
    if (spot >= 0)
      (outline(spot, getComputedStyle(root).getPropertyValue("--st-background-color"), 5),
        outline(spot, getComputedStyle(root).getPropertyValue("--st-text-color"), 2));
    const token = hovered ?? chosen();
    title.textContent = byToken ? `${header.title} ${tokenName(header, token)}` : header.title;
    bar.replaceChildren(four(low), el("i", { style: `background:${gradient(table)}` }), el("strong", { text: four(top) }));
    slider.hidden = byToken;
    layer.max = header.depth;
    layerValue.textContent = at === 0 ? "none: as embedded" : `${at}/${header.depth}`;
    const sum = values.reduce((a, b) => a + b, 0);
    const sorted = Float32Array.from(patches).sort();
    const strongest = patches.reduce((best, value, i) => (value > patches[best] ? i : best), 0) + header.prefix.length;
    const lines = byToken
      ? [
          ["token", tokenName(header, token)],
          ["draws most on", tokenName(header, strongest)],
          ["share", four(values[strongest])],
          ...header.prefix.map((name, i) => [`share of ${name}`, four(values[i])]),
          ["sum of the row", four(sum)],
        ]
      : [
          ["token", tokenName(header, token)],
          ["norm", four(values[token])],
          ["median patch", four(sorted[sorted.length >> 1])],
          ["longest patch", four(sorted[sorted.length - 1])],
          ["flagged", String(flagged.length)],
        ];
    showFacts(facts, lines);
    note.textContent = header.note;
    summary.textContent = `${title.textContent}: ${lines.map(([name, value]) => `${name} ${value}`).join(", ")}.`;
    base.setAttribute("aria-label", `${title.textContent}, over the picture. Arrow keys move.`);
    root.dataset.ready = header.id;
  });

  for (const kind of ["pointermove", "pointerdown"])
    base.addEventListener(kind, (event) => data && ((hovered = tokenAt(event, base, data.header)), draw()));
  base.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
  base.addEventListener("click", (event) => data && store.commit({ token: tokenAt(event, base, data.header) }));
  base.addEventListener("keydown", (event) => {
    const next = data && stepToken(data.header, hovered ?? chosen(), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    hovered = next;
    draw();
  });
  layer.addEventListener("input", draw);
  const unsubscribe = store.subscribe(draw);
  const resized = new ResizeObserver(draw);
  resized.observe(root);

  return {
    update(bytes) {
      const next = unpack(bytes);
      decodePicture(next.arrays.picture).then((bitmap) => {
        const first = !data;
        data = { ...next, bitmap };
        layer.max = next.header.depth;
        if (first) layer.value = next.header.depth;
        draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
