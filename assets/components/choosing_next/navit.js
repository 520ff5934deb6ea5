// Pictures in their own shapes, packed into one sequence: what NaViT does, counted on the gallery.
import { el } from "../kit/dom.js";
import { grouped, percent } from "../kit/numbers/format.js";
import { cardOf } from "./card.js";

const TINTS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7"];

export function navit({ header: { packed } }, paper) {
  const counts = packed.map((picture) => picture.rows * picture.cols);
  const total = counts.reduce((a, b) => a + b, 0);
  const own = counts.reduce((a, b) => a + b * b, 0);
  const stage = el(
    "div",
    { class: "packing" },
    el("div", { class: "wholes" }, ...packed.map(cutPicture)),
    el(
      "div",
      { class: "sequence", role: "img", "aria-label": `One sequence of ${total} tokens: ${partsOf(packed, counts)}` },
      ...counts.map((count, i) => el("span", { style: `flex:${count};background:${TINTS[i % TINTS.length]}`, text: String(count) })),
    ),
  );
  const pairs = `${grouped(own)} of ${grouped(total * total)} pairs, ${percent(own / (total * total))}`;
  const text =
    `${packed.length} pictures in their own shapes make one sequence of ${total} tokens. ` +
    `Each attends only to itself: ${pairs} (computed). No NaViT runs here; this app’s model reads a square.`;
  return { node: cardOf(paper, "illustration", stage, el("p", { class: "small says", text })), show() {} };
}

const partsOf = (packed, counts) => packed.map((picture, i) => `${counts[i]} of ${picture.title}`).join(", ");

/** A whole picture with the lines of its patches, framed in its colour of the sequence. */
function cutPicture({ title, src, rows, cols }, i) {
  const grid = `--rows:${rows};--cols:${cols}`;
  const frame = `border-color:${TINTS[i % TINTS.length]};aspect-ratio:${cols} / ${rows};${grid}`;
  return el(
    "figure",
    {},
    el("div", { class: "cut", style: frame }, el("img", { src, alt: title })),
    el("figcaption", { class: "small", text: `${rows} × ${cols}` }),
  );
}
