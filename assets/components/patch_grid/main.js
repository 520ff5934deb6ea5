import { decodePicture } from "../kit/picture/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { foldOf } from "../kit/fold.js";
import { stepToken } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { PatchKernel } from "../patch_embedding/kernel.js";
import { asImage } from "./cut.js";
import { patchDetail } from "./detail.js";
import { startPlaying, stopPlaying } from "./player.js";
import { rememberRun } from "./runs.js";
import { patchScene } from "./scene.js";
import { chooseSetting, cutOf, isSettled, keepToken, layoutOf, releaseSetting, tokenOf } from "./setting.js";
import { drawAll, levelsOf } from "./show.js";
import { wordsPanel } from "./words.js";

const FITS = { crop: "crop to a square", pad: "pad to a square", keep: "keep the shape" };

// The patch grid: size and patch follow the sliders while they are dragged; on release the model runs at that setting.
export default mounts((root) => {
  const view = {
    root,
    data: null, // {header, exact, bitmap, kernel, words}
    setting: null, // what the sliders say: {size, patch, fit}
    wantedSize: 224, // the resolution last asked for, to come back to when the patch size allows it
    asked: null, // the setting that the model is running at
    hovered: null,
    chosen: null, // {token, grid} chosen on this page, where the rest of the app does not know this grid
    touched: false,
    moment: 1,
    playing: null,
    scratch: el("canvas"), // one patch, resized by the browser
    calm: matchMedia("(prefers-reduced-motion: reduce)"),
  };
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  listen(view);

  const unsubscribe = store.subscribe(() => view.draw());
  const resized = new ResizeObserver(view.draw);
  resized.observe(view.root);
  view.calm.addEventListener("change", view.draw);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === view.data?.header.id) return view.draw();
      decodePicture(arrays.source).then((image) => arrive(view, header, arrays, image));
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
      view.calm.removeEventListener("change", view.draw);
      if (view.playing !== null) cancelAnimationFrame(view.playing);
    },
  };
});

function makeElements(view) {
  view.scene = patchScene();
  view.size = rangeOf("Resolution");
  view.patch = rangeOf("Patch size", { min: 0, step: 1 });
  for (const { input } of [view.size, view.patch]) input.disabled = true; // until it is known what can be chosen
  view.fits = choiceOf("Pictures that are not square", FITS, (fit) => (chooseSetting(view, { fit }), releaseSetting(view)));
  view.play = el("button", { type: "button", onclick: () => (view.playing === null ? startPlaying(view) : stopPlaying(view)) });
  view.time = el("input", {
    type: "range",
    min: 0,
    max: 1000,
    step: 1,
    value: 1000,
    "aria-label": "Progress of the patches into the sequence",
  });
  view.progress = el("span", { class: "small muted progress" });
  view.counts = el("p", { class: "counts" });
  view.facts = el("dl", { class: "facts" });
  view.pointed = el("dl", { class: "facts" });
  view.history = el("table", { class: "history" });
  view.own = el("p", { class: "small muted" });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
  view.detail = patchDetail(() => view.draw());
  view.words = wordsPanel(() => view.draw());
}

function layOut(view) {
  const menu = figureMenu({
    name: "the cut",
    root: view.root,
    nodes: () => [view.scene.node],
    title: () => view.counts.textContent,
    file: () => `patches-${view.setting.size}-${view.setting.patch}`,
    rows: () => rowsOf(view),
  });
  const player = el("div", { class: "player" }, view.play, view.time, view.progress);
  const controls = el("div", { class: "controls" }, view.size.node, view.patch.node, view.fits.node);
  const settings = el("div", { class: "settings" }, player, controls);
  view.root.append(
    el(
      "div",
      { class: "patch-grid" },
      el(
        "div",
        {},
        el("div", { class: "taken-line" }, view.counts, menu),
        view.scene.node,
        el("div", { class: "beside" }, foldOf(settings), settings),
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), view.pointed),
        el("section", { class: "card" }, el("h2", { text: "This cut" }), view.facts),
        el("section", { class: "card" }, el("h2", { text: "What the model said" }), view.history, view.own),
      ),
    ),
    el("h2", { text: "The patch, pixel by pixel" }),
    view.detail.node,
    el("h2", { text: "Text against vision" }),
    view.words.node,
    view.summary,
  );
}

/** The sequence: each token with its patch's place, and the pixels where that begins. */
function rowsOf(view) {
  const [{ prefix }, { grid, patch }] = [view.data.header, cutOf(view)];
  const place = (i) => [Math.floor(i / grid[1]), i % grid[1]];
  const front = prefix.map((name, t) => [t, name, "", "", "", ""]);
  const patches = Array.from({ length: grid[0] * grid[1] }, (_, i) => {
    const [row, col] = place(i);
    return [prefix.length + i, "patch", row + 1, col + 1, row * patch, col * patch];
  });
  return [["token", "kind", "row", "column", "first pixel down", "first pixel across"], ...front, ...patches];
}

function listen(view) {
  view.time.addEventListener(
    "input",
    () => (view.playing !== null && stopPlaying(view), (view.moment = view.time.value / 1000), view.draw()),
  );

  view.size.input.addEventListener("input", () => view.data && chooseSetting(view, { size: +view.size.input.value }));
  view.patch.input.addEventListener(
    "input",
    () => view.data && chooseSetting(view, { patch: view.data.header.limits.patches[+view.patch.input.value] }),
  );
  for (const { input } of [view.size, view.patch]) input.addEventListener("change", () => view.data && releaseSetting(view));
  view.scene.node.addEventListener("pointermove", (event) => hover(view, event));
  view.scene.node.addEventListener("pointerdown", (event) => hover(view, event));
  view.scene.node.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((view.hovered = null), view.draw()));
  view.scene.node.addEventListener("click", (event) => {
    const at = view.data && view.scene.tokenAt(event, cutOf(view), view.data.header.prefix.length);
    if (at !== null) keepToken(view, at);
  });
  view.scene.node.addEventListener("keydown", (event) => {
    const next = view.data && stepToken(layoutOf(view), tokenOf(view), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    view.hovered = null;
    view.touched = true;
    view.chosen = { token: next, grid: cutOf(view).grid };
    view.draw();
  });
  view.scene.node.addEventListener(
    "keyup",
    (event) =>
      view.data &&
      view.chosen !== null &&
      (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") &&
      keepToken(view, view.chosen.token),
  );
}

const hover = (view, event) =>
  view.data && ((view.hovered = view.scene.tokenAt(event, cutOf(view), view.data.header.prefix.length)), view.draw());

function arrive(view, header, arrays, image) {
  const [height, width] = header.imageSize;
  const same = view.data?.header.picture === header.picture;
  const kernel = new PatchKernel(arrays, header);
  view.data = {
    header,
    words: arrays.words,
    numbers: arrays.wordNumbers,
    bitmap: { image, id: header.picture },
    exact: { levels: arrays.pixels, image: asImage(arrays.pixels, height, width), id: header.id },
    kernel,
  };
  if (view.asked === null || ["size", "patch", "fit"].every((key) => view.asked[key] === header.setting[key]) || !same) {
    view.asked = null;
    view.setting = { ...header.setting };
    view.wantedSize = view.setting.size;
  }
  rememberRun(header);
  view.root.grid = {
    levels: () => levelsOf(view, cutOf(view), isSettled(view) ? view.data.exact : null),
    counts: () => cutOf(view),
    token: () => tokenOf(view),
    settled: () => isSettled(view),
  };
  view.root.dataset.ready = header.id;
  view.draw();
}
