import { rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { cellAt, shareAt, stepToken } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { menusOf } from "./take.js";
import { asImage } from "../patch_grid/cut.js";
import { keepDim, keepTab, onHover, onPick, readView, tokenOf } from "./chosen.js";
import { filtersPanel } from "./filters.js";
import { PatchKernel } from "./kernel.js";
import { keptPanel, lengths, similarPanel } from "./panels.js";
import { drawAll } from "./show.js";
import { termsPanel } from "./terms.js";
import { checkAgainstModel } from "./work.js";

// One patch, one output: the dot product between them; and what the embedding as a whole does to the picture.
export default mounts((root) => {
  const view = {
    root,
    data: null, // {header, arrays, picture, kept, kernel, norms}
    hovered: null,
    touched: false,
    dim: 0,
    tab: "similar",
    work: null, // the dot product on screen
    found: null, // cosines of the chosen patch
  };
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  listenToPicture(view);
  listenToRow(view);
  makeTabs(view);

  const unsubscribe = store.subscribe(() => (readView(view), view.draw()));
  const resized = new ResizeObserver(view.draw);
  resized.observe(view.root);

  return {
    update(bytes, api) {
      view.root.api = api;
      const { header, arrays } = unpack(bytes);
      if (header.id === view.data?.header.id) return view.draw();
      const [height, width] = header.imageSize;
      const norms = { before: lengths(arrays.embeddings, header.dim), after: lengths(arrays.tokens, header.dim) };
      view.data = {
        header,
        arrays,
        norms,
        kernel: new PatchKernel(arrays, header),
        picture: asCanvas(arrays.pixels, height, width),
        kept: asCanvas(arrays.kept, height, width),
      };
      view.hovered = view.work = view.found = null;
      readView(view);
      view.root.embedding = { work: () => view.work, cosines: () => view.found, kernel: view.data.kernel };
      view.root.dataset.ready = header.id;
      view.draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

function makeElements(view) {
  view.picture = el("canvas", { class: "picture", tabindex: 0, role: "img" });
  view.name = el("span");
  view.output = rangeOf("Output dimension", { min: 1, step: 1 });
  view.row = el("canvas", { class: "row", tabindex: 0, role: "img" });
  view.rowNote = el("p", { class: "small muted" });
  view.pointed = el("dl", { class: "facts" });
  view.whole = el("dl", { class: "facts" });
  view.conv = el("dl", { class: "facts" });
  view.convNote = el("p", { class: "small muted" });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
  view.terms = termsPanel(
    () => view.draw(),
    () => checkAgainstModel(view),
  );
  view.panels = {
    similar: similarPanel(
      (down, across) => onHover(view, down, across),
      (down, across) => onPick(view, down, across),
    ),
    kept: keptPanel(
      (down, across) => onHover(view, down, across),
      (down, across) => onPick(view, down, across),
    ),
    filters: filtersPanel((d) => keepDim(view, d)),
  };
  view.tabs = el("div", { class: "tabs", role: "tablist" });
  view.panel = el("div", { role: "tabpanel" });
}

function layOut(view) {
  view.menus = menusOf(view);
  view.root.append(
    el(
      "div",
      { class: "embedding" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, view.name),
        view.picture,
        view.output.node,
        view.row,
        view.rowNote,
        el("div", { class: "taken" }, view.menus.patch), // below: beside the name, which grows, it would move
      ),
      view.terms.node,
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), view.pointed),
        el("section", { class: "card" }, el("h2", { text: "The matrix" }), view.whole),
        el("section", { class: "card" }, el("h2", { text: "It is a convolution" }), view.conv, view.convNote),
      ),
    ),
    view.tabs,
    view.panel,
    el("div", { class: "taken" }, view.menus.panel),
    view.summary,
  );
}

function listenToPicture(view) {
  view.picture.addEventListener("pointermove", (event) => onHover(view, ...placeOf(view, event)));
  view.picture.addEventListener("pointerdown", (event) => onHover(view, ...placeOf(view, event)));
  view.picture.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && onHover(view, null));
  view.picture.addEventListener("click", (event) => view.data && onPick(view, ...placeOf(view, event)));
  view.picture.addEventListener("keydown", (event) => {
    const next = view.data && stepToken(view.data.header, tokenOf(view), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    view.hovered = null;
    view.touched = true;
    store.preview({ token: next });
  });
  view.picture.addEventListener(
    "keyup",
    (event) => view.data && view.touched && event.key !== "Tab" && store.commit({ token: tokenOf(view) }),
  );
}

function listenToRow(view) {
  view.row.addEventListener("click", (event) => view.data && keepDim(view, dimAt(view, event)));
  view.row.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !view.data) return;
    event.preventDefault();
    keepDim(view, (view.dim + step + view.data.header.dim) % view.data.header.dim);
  });
  view.output.input.addEventListener("input", () => ((view.dim = view.output.input.value - 1), view.draw()));
  view.output.input.addEventListener("change", () => keepDim(view, view.output.input.value - 1));
}

function makeTabs(view) {
  for (const [key, { title }] of Object.entries(view.panels))
    view.tabs.append(el("button", { type: "button", role: "tab", "data-tab": key, text: title, onclick: () => keepTab(view, key) }));
  view.tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(view.panels);
    const next = (names.indexOf(view.tab) + step + names.length) % names.length;
    keepTab(view, names[next]);
    view.tabs.children[next].focus();
  });
}

const placeOf = (view, event) => shareAt(event, view.picture);
const dimAt = (view, event) => cellAt(event, view.row, [1, view.data.header.dim])[1];

function asCanvas(pixels, height, width) {
  const canvas = el("canvas", { width, height });
  canvas.getContext("2d").putImageData(asImage(pixels, height, width), 0, 0);
  return canvas;
}
