// Picture, sequence, flow and prediction. One token is chosen, everywhere at once: hover, tap or arrow keys; a click keeps it.
import { decodePicture } from "../kit/picture/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { exactAnswer, four, percent } from "../kit/numbers/format.js";
import { stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { selected } from "../kit/view.js";
import { drawPicture, drawSequence, placeAt } from "./sequence.js";
import { drawChances, drawPatch, flowStages } from "./stages.js";

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = elements();
  Object.assign(view, { root, data: null, bitmap: null, hovered: null, stages: {} });
  const draw = everyFrame(() => view.data && drawAll(view));
  layOut(view);
  listen(view, draw);
  const drawAnew = () => {
    if (view.data) drawChances(view); // it follows the size and the theme, not the pointer
    draw();
  };
  const resized = new ResizeObserver(drawAnew);
  resized.observe(root);
  const unsubscribe = store.subscribe(draw);
  return {
    update(bytes) {
      const next = unpack(bytes);
      if (next.header.id === view.data?.header.id) return drawAnew();
      decodePicture(next.arrays.picture).then((bitmap) => {
        Object.assign(view, { data: next, bitmap, hovered: null });
        build(view);
        root.dataset.ready = next.header.id;
        draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});

function elements() {
  return {
    picture: el("canvas", { tabindex: 0, role: "img" }),
    sequence: el("canvas", { tabindex: -1, role: "img", "aria-label": "The tokens in reading order" }),
    counts: el("span", { class: "muted small" }),
    bars: el("div", { class: "bars" }),
    saying: el("h2"),
    unsure: el("p", { class: "small muted", style: "margin:8px 0 0" }),
    facts: el("dl", { class: "facts" }),
    summary: el("p", { class: "visually-hidden", role: "status" }),
    flow: el("ol", { class: "flow", "aria-label": "From pixels to the prediction" }),
  };
}

function layOut(view) {
  const caption = (text, extra) => el("div", { class: "caption" }, el("span", { text }), extra);
  const hint = el("span", { class: "muted small", text: "or arrow keys" });
  const left = el("div", {}, caption("The picture in patches", hint), el("div", { class: "picture" }, view.picture));
  const middle = el("div", { class: "sequence" }, caption("The sequence the model reads", view.counts), view.sequence);
  const rail = el(
    "div",
    { class: "rail" },
    el("section", { class: "card" }, view.saying, view.bars, view.unsure),
    el("section", { class: "card" }, el("h2", { text: "Under the pointer" }), view.facts),
  );
  view.kept = [left, middle];
  const menu = takeBoth(view);
  view.root.append(el("div", { class: "stage" }, left, middle, rail), view.flow, el("div", { class: "taken" }, menu), view.summary);
}

const tokenCount = ({ prefix, grid }) => prefix.length + grid[0] * grid[1];
const chosen = ({ hovered, data }) => hovered ?? selected(data.header).token;

function drawAll(view) {
  const token = chosen(view);
  drawPicture(view, token);
  drawSequence(view, token);
  drawChosen(view, token);
}

/** Marks in the flow, facts and words of the chosen token. */
function drawChosen(view, token) {
  const { header, arrays } = view.data;
  const patch = token - header.prefix.length;
  const total = tokenCount(header);
  for (const [name, row, rows] of [
    ["embedding", patch, total - header.prefix.length],
    ["tokens", token, total],
  ]) {
    const { mark } = view.stages[name];
    mark.hidden = row < 0;
    mark.style.top = `${(100 * (row + 0.5)) / rows}%`;
  }
  drawPatch(view, patch);
  showFacts(view.facts, factsOf(view.data, token));
  const best = header.top[0];
  const says = best
    ? `The model says ${best[0]}, ${percent(best[1]).replace("%", " percent")}.`
    : `The model gives ${arrays.probs.length} features.`;
  view.summary.textContent = `${tokenName(header, token)}, token ${token} of ${total}. ${says}`;
  view.picture.setAttribute(
    "aria-label",
    `The picture in ${header.grid[0]} by ${header.grid[1]} patches; ${tokenName(header, token)} is chosen. Arrow keys move.`,
  );
}

function factsOf({ header, arrays }, token) {
  const { dim, patchSize: side, chans, depth, reader } = header;
  const patch = token - header.prefix.length;
  const norm = (array, row) => four(Math.hypot(...array.subarray(row * dim, (row + 1) * dim)));
  return [
    ["token", `${tokenName(header, token)} · #${token}`],
    ["pixels", patch < 0 ? "none" : `${side} × ${side} = ${side * side}`],
    ["values", patch < 0 ? `${dim}, learned` : `${side * side} × ${chans} = ${side * side * chans}`],
    ["norm, embedded", patch < 0 ? "—" : norm(arrays.embeddings, patch)],
    ["with its position", norm(arrays.tokens, token)],
    [`after ${depth} blocks`, norm(arrays.last, token)],
    [reader.several ? "patches give it" : `${reader.who} gives it`, four(arrays.looks[(depth - 1) * tokenCount(header) + token])],
  ];
}

/** What stands once for a payload: the flow, the counts, the answer. */
function build(view) {
  const { header } = view.data;
  view.stages = flowStages(view);
  view.flow.replaceChildren(...Object.values(view.stages).map((stage) => stage.node));
  const total = tokenCount(header);
  view.counts.textContent = `${header.prefix.length} + ${total - header.prefix.length} = ${total} tokens`;
  view.saying.textContent = header.top.length ? "What the model says" : "What the model gives";
  view.unsure.textContent = doubts(view.data);
  view.bars.replaceChildren(
    ...header.top.map(([label, p, whole]) =>
      el(
        "div",
        { class: "row", title: exactAnswer([label, p, whole]) },
        el("span", { class: "name", text: label }),
        el("span", { text: percent(p) }),
        el("div", { class: "track" }, el("div", { class: "fill", style: `width:${100 * p}%` })),
      ),
    ),
  );
}

function doubts({ header, arrays }) {
  if (!header.top.length)
    return (
      `No classifier: its answer is a row of ${arrays.probs.length} numbers, its features, of length ${four(header.length)}. ` +
      "Other programs compare or classify them."
    );
  const few = `It can only name ${header.classes} things.`;
  return header.top[0][1] < 0.5 ? `Unsure: its best answer has less than an even chance. ${few}` : few;
}

/** The picture with its grid beside the sequence; as numbers, how long every token's row is. */
function takeBoth(view) {
  const lengthOf = (array, row) => Math.hypot(...array.subarray(row * view.data.header.dim, (row + 1) * view.data.header.dim));
  const size = () => [view.data.header.imageSize, view.data.header.patchSize];
  return figureMenu({
    name: "picture and patches",
    root: view.root,
    nodes: () => view.kept,
    title: () => `${size()[0].join(" × ")} pixels, patches of ${size()[1]}: ${view.counts.textContent}`,
    file: () => `patches-${size()[0][0]}-${size()[1]}`,
    rows() {
      const { header, arrays } = view.data;
      const lead = header.prefix.length;
      const rows = Array.from({ length: tokenCount(header) }, (_, t) => [
        t,
        tokenName(header, t),
        t < lead ? "" : lengthOf(arrays.embeddings, t - lead),
        lengthOf(arrays.tokens, t),
        lengthOf(arrays.last, t),
      ]);
      return [["token", "name", "norm, embedded", "norm, with its position", `norm, after ${header.depth} blocks`], ...rows];
    },
  });
}

function listen(view, draw) {
  const { picture, sequence } = view;
  const hover = (token) => {
    view.hovered = token;
    draw();
  };
  for (const [canvas, at] of [
    [picture, (event) => tokenAt(event, picture, view.data.header)],
    [sequence, (event) => placeAt(event, view)],
  ]) {
    canvas.addEventListener("pointermove", (event) => view.data && hover(at(event)));
    canvas.addEventListener("pointerdown", (event) => view.data && hover(at(event)));
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hover(null));
    canvas.addEventListener("click", (event) => view.data && at(event) !== null && store.commit({ token: at(event) }));
  }
  picture.addEventListener("keydown", (event) => {
    if (!view.data) return;
    if (event.key === "Enter") store.commit({ token: chosen(view) });
    const next = stepToken(view.data.header, chosen(view), event.key);
    if (next === null) return;
    event.preventDefault();
    view.hovered = null;
    store.preview({ token: next });
  });
  picture.addEventListener("blur", () => view.data && store.commit({ token: chosen(view) }));
}
