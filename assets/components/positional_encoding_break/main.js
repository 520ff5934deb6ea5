import { decodePicture } from "../kit/picture/canvas.js";
import { colourTable } from "../kit/picture/colours.js";
import { el, everyFrame } from "../kit/dom.js";
import { tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu, patchRows } from "../kit/take/take.js";
import { answerOf, build, drawMaps, listenToCards, shareText, similarities } from "./cards.js";
import { drawPicture, listenToPicture } from "./picture.js";
import { WAYS, rowsOf, tokenOf, wayOf } from "./ways.js";

// The picture with its positions kept, taken away, shuffled or replaced: what the model reads, how alike the rows are, what it says.
export default mounts((root) => {
  const view = {
    root,
    colours: colourTable("diverging"),
    data: null, // {header, arrays, bitmap, rows: way -> PositionRows}
    hovered: null,
  };
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  listenToCards(view);
  listenToPicture(view);
  const unsubscribe = store.subscribe(view.draw);
  const resized = new ResizeObserver(() => view.draw());
  resized.observe(view.root);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === view.data?.header.id) return view.draw();
      decodePicture(arrays.picture).then((bitmap) => {
        view.data = { header, arrays, bitmap, rows: rowsOf(header, arrays) };
        view.hovered = null;
        build(view);
        view.root.dataset.ready = header.id;
        view.draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

function makeElements(view) {
  view.canvas = el("canvas", { tabindex: 0, role: "img" });
  view.caption = el("span");
  view.note = el("p", { class: "aside" });
  view.bar = el("span", { class: "colourbar small" });
  view.cards = el("div", { class: "cards", role: "radiogroup", "aria-label": "Positions" });
  view.validation = el("p", { class: "small muted" });
  view.undone = el("p", { class: "small muted" });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
}

function layOut(view) {
  const likeness = el("span", { text: "Similarity of the rows added, and what the model says" });
  const shown = el(
    "div",
    { class: "break" },
    el("div", {}, el("div", { class: "head-line" }, view.caption), view.canvas, view.note),
    el("div", {}, el("div", { class: "head-line" }, likeness, view.bar), view.cards, view.validation, view.undone),
  );
  const menu = figureMenu({
    name: "positions kept and broken",
    root: view.root,
    nodes: () => [shown],
    title: () => `Positions broken: rows like that of ${tokenName(view.data.header, tokenOf(view))}`,
    rows: () => patchRows(view.data.header.grid, similarities(view)),
  });
  view.root.append(
    el(
      "div",
      { class: "title-line" },
      el("h2", { text: "Break them" }),
      el("span", { class: "muted", text: "on your picture: one change to the rows that are added, everything else as it was" }),
      menu,
    ),
    shown,
    view.summary,
  );
}

function drawAll(view) {
  const start = performance.now();
  drawPicture(view);
  drawMaps(view);
  const { header } = view.data;
  const [name, sentence] = WAYS[wayOf()];
  view.caption.textContent =
    { kept: "The picture as the model reads it", shuffled: "What the model then reads", zeroed: "A bag of patches" }[wayOf()] ??
    "The patches stand where they were";
  view.note.textContent = sentence;
  for (const button of view.cards.children) {
    button.setAttribute("aria-checked", button.dataset.way === wayOf());
    button.tabIndex = button.dataset.way === wayOf() ? 0 : -1;
  }
  const best = answerOf(view, wayOf());
  const said = `${header.features ? "" : "the model says "}${best.label}, ${shareText(view, best.p)}`;
  const text = `Positions ${name}: ${said}. ${tokenName(header, tokenOf(view))} is compared.`;
  if (view.summary.textContent !== text) view.summary.textContent = text;
  view.canvas.setAttribute(
    "aria-label",
    `${view.caption.textContent}, ${header.grid[0]} by ${header.grid[1]} patches. Arrow keys move over the patches, Enter chooses one.`,
  );
  globalThis.__vitTimes?.push(performance.now() - start);
}
