// Works whose card shows what the current model itself does on the current picture.
import { colourTable, gradient } from "../kit/picture/colours.js";
import { rangeOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, grouped, percent } from "../kit/numbers/format.js";
import { median } from "../kit/numbers/statistics.js";
import { boardOf, cardOf, says } from "./card.js";
import { drawCut, drawKept, drawMap, fewest } from "./pictures.js";

export function dino(view, paper) {
  const { header, bitmap, state, change } = view;
  const [board, text] = [boardOf("Mask from attention"), says()];
  const keep = rangeOf("attention kept", { min: 5, max: 95, step: 1 });
  const head = rangeOf("head", { min: 0, max: header.heads, step: 1 });
  keep.input.addEventListener("input", () => change({ keep: +keep.input.value }));
  head.input.addEventListener("input", () => change({ head: +head.input.value }));
  const { onAverage, several } = header.reader;
  const looks = `${onAverage} ${several ? "look" : "looks"} at among the patches, in the last layer of ${header.model}`;
  return {
    node: cardOf(paper, "measured", board, el("div", {}, keep.node, head.node, text)),
    show() {
      const weights = looksOf(view);
      const kept = fewest(weights, state.keep / 100);
      drawKept(board, bitmap, header.grid[0], kept, "dimmed");
      keep.input.value = state.keep;
      keep.value.textContent = `${state.keep}%`;
      head.input.value = state.head;
      head.value.textContent = state.head ? `${state.head} of ${header.heads}` : "mean of all";
      const held = `${kept.size} of ${weights.length} patches hold ${state.keep}% of what ${looks}`;
      text.textContent = `${held}. It is not DINO's training that you see, but this model's.`;
      board.setAttribute("aria-label", `Mask from attention: ${text.textContent}`);
    },
  };
}

/** What the reader's row looks at among the patches: one head's weights, or the mean of all heads'. */
function looksOf({ header, arrays, state }) {
  const n = header.grid[0] * header.grid[1];
  return Float64Array.from({ length: n }, (_, i) => {
    if (state.head) return arrays.looks[(state.head - 1) * n + i];
    let sum = 0;
    for (let h = 0; h < header.heads; h++) sum += arrays.looks[h * n + i] / header.heads;
    return sum;
  });
}

export function registers({ header, arrays }, paper) {
  const [board, text] = [boardOf("Norm of each token"), says()];
  const values = [...arrays.norms];
  const [middle, top] = [median(values), Math.max(...values)];
  const bar = el(
    "div",
    { class: "scale small" },
    el("span", { text: "0" }),
    el("i", { style: `background:${gradient(colourTable("viridis"))}` }),
    el("span", { text: four(top) }),
  );
  const found = `median ${four(middle)}, largest ${four(top)}, ${four(top / middle)} times as long`;
  text.textContent = `Length of each patch's vector after the last layer of ${header.model}: ${found}.`;
  return {
    node: cardOf(paper, "measured", board, el("div", {}, bar, text)),
    show() {
      drawMap(board, values, header.grid[0], top);
      board.setAttribute("aria-label", `Norm of each token. ${text.textContent}`);
    },
  };
}

export function flexivit({ header, bitmap }, paper) {
  const boards = header.flexible.map((cut) => ({ cut, board: boardOf(`Cut into patches of ${cut.patch} pixels`) }));
  const stage = el(
    "div",
    { class: "cuts" },
    ...boards.map(({ cut, board }) => {
      const answer = cut.label ? `${cut.label} ${percent(cut.probability)}` : "";
      const caption = el(
        "figcaption",
        { class: "small" },
        `${cut.patch} px, ${grouped(cut.tokens)} tokens`,
        el("br"),
        el("span", { text: answer, title: cut.whole }),
      );
      return el("figure", {}, board, caption);
    }),
  );
  const text = `The same weights of ${header.model}, run on the same pixels at each cut.`;
  return {
    node: cardOf(paper, "measured", stage, el("p", { class: "small says", text })),
    show() {
      for (const { cut, board } of boards) drawCut(board, bitmap, cut.grid);
    },
  };
}
