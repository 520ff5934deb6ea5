// What the cards of later works are built from.
import { el } from "../kit/dom.js";
import { cellAt } from "../kit/grid.js";
import { sourced } from "../performance/tips.js";

export const boardOf = (label) => el("canvas", { role: "img", tabindex: 0, "aria-label": label });
export const says = () => el("p", { class: "small says", role: "status" });

/** A card of a paper; `kind` is "illustration" or "measured", `stage` its picture, `below` what stands under it. */
export function cardOf(paper, kind, stage, below) {
  return el(
    "article",
    { class: "card work", "data-work": paper.id },
    el(
      "div",
      { class: "top" },
      el("h3", { text: paper.name }),
      el("span", { class: `badge ${kind}`, style: `--tint:${kind === "measured" ? "#009e73" : "#56b4e9"}`, text: kind }),
    ),
    stage,
    below,
    el("p", {}, ...sourced(paper.words)),
    el("p", { class: "small muted cite", text: `${paper.cite}. arXiv ${paper.arxiv}.` }),
  );
}

/** The patch under the pointer or after an arrow key, on a board of `grid` by `grid`. */
export function pickPatch(canvas, grid, token, choose) {
  canvas.addEventListener("pointermove", (event) => {
    const [row, col] = cellAt(event, canvas, [grid, grid]);
    choose(row * grid + col);
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid, ArrowDown: grid }[event.key];
    const next = token() + (step ?? 0);
    if (!step || next < 0 || next >= grid * grid) return;
    event.preventDefault();
    choose(next);
  });
}
