import { decodePicture, sharp } from "../kit/picture/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { exactAnswer, four, percent } from "../kit/numbers/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { figureMenu, patchRows } from "../kit/take/take.js";

// The same set of patches in another order: what the model says with its positions and without.
export default mounts((root) => {
  const view = {
    root,
    data: null, // {header, arrays, bitmap}
    order: null, // the order on screen, which a press changes before the model has answered
    waiting: null,
  };
  makeElements(view);
  layOut(view);

  view.draw = everyFrame(() => view.data && drawAll(view));
  const resized = new ResizeObserver(view.draw);
  resized.observe(view.root);

  return {
    update(bytes, api) {
      view.root.api = api;
      const next = unpack(bytes);
      if (next.header.id === view.data?.header.id) return view.draw();
      decodePicture(next.arrays.picture).then((bitmap) => {
        view.data = { ...next, bitmap };
        view.order = next.arrays.order;
        view.waiting = null;
        view.root.dataset.ready = next.header.id;
        view.draw();
      });
    },
    destroy() {
      resized.disconnect();
    },
  };
});

function makeElements(view) {
  [view.ordered, view.mixed] = [el("canvas", { role: "img" }), el("canvas", { role: "img" })];
  view.button = el("button", { type: "button", onclick: () => shuffle(view) });
  view.table = el("table", { class: "answers" });
  view.note = el("p", { class: "muted" });
  view.summary = el("p", { class: "visually-hidden", role: "status" });
}

function layOut(view) {
  const title = "The same patches in another order";
  const both = el(
    "div",
    { class: "shuffle" },
    el("figure", {}, el("figcaption", { class: "muted" }, "in order"), view.ordered),
    el("figure", {}, el("figcaption", { class: "muted" }, "shuffled"), view.mixed),
    el("div", {}, view.button, view.table, view.note),
  );
  const menu = figureMenu({
    name: "the shuffled patches",
    root: view.root,
    nodes: () => [both],
    title: () => title,
    rows: () => patchRows(view.data.header.grid, { "patch that lies here, from 1": Array.from(placesOf(view), (patch) => patch + 1) }),
  });
  view.root.append(el("div", { class: "title-line" }, el("h2", { text: title }), menu), both, view.summary);
}

/** Which patch lies at each place of the second picture. */
function placesOf({ data, order, waiting }) {
  const { seed, grid } = data.header;
  return seed || waiting ? order : Array.from({ length: grid[0] * grid[1] }, (_, i) => i);
}

function shuffle(view) {
  if (!view.data) return;
  view.waiting = view.data.header.seed + 1;
  view.order = view.data.arrays.following;
  view.root.api.setTriggerValue("shuffle", view.waiting);
  view.draw();
}

function paint(view, canvas, places) {
  const {
    grid: [rows, cols],
  } = view.data.header;
  canvas.style.aspectRatio = `${cols} / ${rows}`;
  const { ink, width, height } = sharp(canvas);
  const [w, h] = [view.data.bitmap.width / cols, view.data.bitmap.height / rows];
  const [x, y] = [width / cols, height / rows];
  for (let i = 0; i < rows * cols; i++) {
    const p = places ? places[i] : i;
    ink.drawImage(
      view.data.bitmap,
      (p % cols) * w,
      Math.floor(p / cols) * h,
      w,
      h,
      (i % cols) * x,
      Math.floor(i / cols) * y,
      x + 0.4,
      y + 0.4,
    );
  }
}

function drawAll(view) {
  const { answers, seed, allowed, most, tokens, grid } = view.data.header;
  paint(view, view.ordered, null);
  paint(view, view.mixed, seed || view.waiting ? view.order : null);
  view.button.textContent = seed || view.waiting ? "Shuffle again" : "Shuffle and run";
  view.button.disabled = !allowed;
  const shown = answers.length > 0 && view.waiting === null;
  view.table.hidden = !shown;
  if (!allowed)
    view.note.textContent = `This cut has ${tokens} tokens; choose one with at most ${most}, so that three more runs do not take long.`;
  else if (view.waiting !== null) view.note.textContent = "The model runs: in order and shuffled, with positions and without.";
  else if (!shown)
    view.note.textContent = `Mix the ${grid[0] * grid[1]} patches and let the model read them again, with its positions and without.`;
  else showAnswers(view);
  view.ordered.setAttribute("aria-label", `The picture's ${grid[0] * grid[1]} patches in order`);
  view.mixed.setAttribute("aria-label", seed ? "The same patches shuffled" : "Not shuffled yet");
}

function showAnswers(view) {
  const { answers, drift, features } = view.data.header;
  const cell = ([label, p, whole]) =>
    el("td", { title: exactAnswer([label, p, whole]) }, `${label} `, el("strong", { text: features ? p.toFixed(3) : percent(p) }));
  const [[a, b], [c, d]] = answers;
  view.table.replaceChildren(
    el("tr", {}, el("th"), el("th", { text: "in order" }), el("th", { text: "shuffled" })),
    el("tr", {}, el("th", { text: "with positions" }), cell(a), cell(b)),
    el("tr", {}, el("th", { text: "without positions" }), cell(c), cell(d)),
  );
  const own = features ? " This model has no classifier: shown is the cosine of its features to those in order, with positions." : "";
  view.note.textContent =
    "Without positions a patch does not know where it was, so the order cannot matter: " +
    `the ${features ? "features" : "logits"} differ by ${four(drift)} at most, which is rounding. ` +
    `With positions the shuffled picture is another picture.${own}`;
  view.summary.textContent = `With positions: ${a[0]} in order, ${b[0]} shuffled. Without: ${c[0]} and ${d[0]}.`;
}
