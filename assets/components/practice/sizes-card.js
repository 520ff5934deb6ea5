// One setting as a card: the picture as the model gets it, cut into patches, its cost and what the model says.
import { outlineCell, sharp } from "../kit/picture/canvas.js";
import { el } from "../kit/dom.js";
import { countText, grouped } from "../kit/numbers/format.js";
import { clamp, shareAt } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { answersTable, inProportion, ratioText } from "./place.js";

export function makeCard(view, fact, i) {
  const canvas = el("canvas", { tabindex: 0, role: "img" });
  const answers = answersTable();
  const bar = el("i");
  const share = el("span", { class: "small" });
  const { prefix } = view.data.header;
  const rows = `${fact.grid.join(" × ")}${prefix.length ? ` + ${prefix.length}` : ""}`;
  const box = el(
    "section",
    { class: fact.now ? "size-card now" : "size-card" },
    el("div", { class: "card-head" }, el("strong", { text: `${fact.size} / ${fact.patch}` }), useOf(fact)),
    el("div", { class: "small muted", text: `${rows} = ${grouped(fact.tokens)} tokens` }),
    canvas,
    el("div", { class: "track" }, bar),
    share,
    answers.node,
  );
  listen(view, canvas, fact, i);
  return { fact, canvas, answers, bar, share, box, image: null };
}

/** A button that sets the app to a setting that the model can run at; a word where it is the app's own. */
function useOf(fact) {
  if (!fact.usable) return el("span");
  if (fact.now) return el("span", { class: "small muted", text: "the app’s" });
  return el("button", {
    type: "button",
    class: "small",
    text: "use it",
    title: `Set the whole app to ${fact.size} / ${fact.patch}`,
    onclick: () => store.commit({ image_size: fact.size, patch_size: fact.patch }),
  });
}

function listen(view, canvas, fact, i) {
  const move = (event) => {
    view.point = shareAt(event, canvas)
      .reverse()
      .map((v) => clamp(v, 0, 0.999));
    view.active = i;
    view.redraw();
  };
  canvas.addEventListener("pointermove", move);
  canvas.addEventListener("pointerdown", move);
  canvas.addEventListener("focus", () => ((view.active = i), view.redraw()));
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const [rows, cols] = fact.grid;
    const next = [Math.floor(view.point[0] * cols) + step[0], Math.floor(view.point[1] * rows) + step[1]];
    view.point = [(Math.min(cols - 1, Math.max(0, next[0])) + 0.5) / cols, (Math.min(rows - 1, Math.max(0, next[1])) + 0.5) / rows];
    view.redraw();
  });
}

/** `most`: the multiply-accumulates of the dearest card; `own`: the facts of the app's own setting. */
export function drawCard(view, card, style, most, own) {
  const { fact, canvas } = card;
  const { point } = view;
  const [rows, cols] = fact.grid;
  inProportion(canvas, fact.grid);
  const { ink, width, height } = sharp(canvas);
  ink.imageSmoothingEnabled = false;
  if (card.image) ink.drawImage(card.image, 0, 0, width, height);
  ink.beginPath();
  for (let r = 1; r < rows; r++) (ink.moveTo(0, (r * height) / rows), ink.lineTo(width, (r * height) / rows));
  for (let c = 1; c < cols; c++) (ink.moveTo((c * width) / cols, 0), ink.lineTo((c * width) / cols, height));
  ink.lineWidth = rows > 20 ? 0.5 : 1;
  ink.strokeStyle = "rgba(255,255,255,0.55)";
  ink.stroke();
  const [row, col] = [Math.floor(point[1] * rows), Math.floor(point[0] * cols)];
  outlineCell(ink, style, (col * width) / cols, (row * height) / rows, width / cols, height / rows, 1.5);
  canvas.setAttribute("aria-label", `${fact.size} pixels in patches of ${fact.patch}: ${rows} by ${cols} patches. Arrow keys move.`);
  card.bar.style.width = `${(100 * fact.macs) / most}%`;
  card.share.textContent = `${countText(fact.macs)} MACs, ${ratioText(fact.macs / own.macs)}`;
  card.share.title = `${fact.macs}`;
  card.answers.show([["says", fact.top]], view.data.header.hasHead);
}
