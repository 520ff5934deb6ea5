// Works whose idea is drawn on the current picture; what is counted in them is computed, nothing of them runs here.
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { four, grouped, percent } from "../kit/numbers/format.js";
import { boardOf, cardOf, pickPatch, says } from "./card.js";
import { drawKept, drawn, drawWindows, seenFrom } from "./pictures.js";

export function clip({ header: { pairs } }, paper) {
  const stage = el(
    "div",
    { class: "towers" },
    el("span", { class: "small muted", text: "captions, through a text transformer →" }),
    el("div", { class: "pull" }, pairsTable(pairs)),
    el("span", { class: "small muted", text: "↑ pictures, through a ViT" }),
  );
  const count = `${pairs.length} × ${pairs.length}`;
  const text = `What training does to each of the ${count} pairs. No text model runs here, so no similarities are shown.`;
  return { node: cardOf(paper, "illustration", stage, el("p", { class: "small says", text })), show() {} };
}

/** Every picture with every caption: pulled together or pushed apart. */
function pairsTable(pairs) {
  const cell = (row, column) => {
    const match = row === column;
    const told = `${row.title} with “${column.title}”: ${match ? "pulled together" : "pushed apart"}`;
    return el("td", { class: match ? "match" : "other", "aria-label": told }, match ? "together" : "apart");
  };
  return el(
    "table",
    { class: "pairs" },
    el("tr", {}, el("td"), ...pairs.map((pair) => el("th", { scope: "col", class: "small", text: pair.title }))),
    ...pairs.map((row) =>
      el("tr", {}, el("th", { scope: "row" }, el("img", { src: row.src, alt: row.title })), ...pairs.map((column) => cell(row, column))),
    ),
  );
}

export function swin(view, paper) {
  const { header, bitmap, state, change } = view;
  const [board, text] = [boardOf("Windows on the picture"), says()];
  const grid = header.grid[0];
  const size = Math.max(2, Math.floor(grid / 2));
  const shift = Math.floor(size / 2);
  const mode = choiceOf("Layer", { even: "one layer", odd: "the next, shifted" }, (value) => change({ shifted: value }));
  state.swin = Math.floor(grid / 2) * grid + Math.floor(grid / 2) - 1;
  pickPatch(
    board,
    grid,
    () => state.swin,
    (token) => change({ swin: token }),
  );
  return {
    node: cardOf(paper, "illustration", board, el("div", {}, mode.node, text)),
    show() {
      const moved = state.shifted === "odd" ? shift : 0;
      mode.show(state.shifted);
      drawWindows(board, bitmap, { grid, window: size, shift: moved, token: state.swin });
      const seen = `${seenFrom(state.swin, grid, size, moved).length} of ${grid * grid}`;
      const windows = `in windows of ${size} × ${size}${state.shifted === "odd" ? `, shifted by ${shift}` : ""}`;
      text.textContent = `The outlined patch sees ${seen}, ${windows}. Point at another.`;
      board.setAttribute("aria-label", `Windows on the picture. ${text.textContent} Arrow keys move.`);
    },
  };
}

export function mae({ header, bitmap, state, change }, paper) {
  const [board, text] = [boardOf("Masked picture"), says()];
  const again = el("button", { type: "button", text: "Hide others", onclick: () => change({ seed: state.seed + 1 }) });
  return {
    node: cardOf(paper, "illustration", board, el("div", {}, again, text)),
    show() {
      const n = header.grid[0] * header.grid[1];
      drawKept(board, bitmap, header.grid[0], drawn(n, header.kept, state.seed), "grey");
      const cost = `${percent(header.keptShare)} of the whole picture's multiply-accumulates (computed)`;
      const sizes = `With the sizes of ${header.model} its blocks then cost ${cost}`;
      text.textContent = `${header.kept} of ${n} patches would reach the encoder. ${sizes}.`;
      board.setAttribute("aria-label", `Masked picture: ${text.textContent}`);
    },
  };
}

export function sam({ header, bitmap, state, change }, paper) {
  const [board, text] = [boardOf("Windows at high resolution"), says()];
  const { side, window, patch } = header.sam;
  const grid = side / patch;
  const mode = choiceOf("Layer", { windows: "most layers", all: `${header.sam.global} layers` }, (value) => change({ everywhere: value }));
  state.sam = Math.floor(grid / 2) * grid + Math.floor(grid / 3);
  pickPatch(
    board,
    grid,
    () => state.sam,
    (token) => change({ sam: token }),
  );
  const windows = Math.ceil(grid / window);
  const ratio = grid ** 4 / (windows ** 2 * window ** 4);
  const cut = `${grid} × ${grid} patches of ${patch} px in windows of ${window} × ${window}, padded to ${windows} × ${windows} windows`;
  const windowed = `${cut}: ${four(ratio)} times fewer pairs (computed). Your picture is enlarged to ${side} px for this.`;
  return {
    node: cardOf(paper, "illustration", board, el("div", {}, mode.node, text)),
    show() {
      const all = state.everywhere === "all";
      mode.show(state.everywhere);
      drawWindows(board, bitmap, { grid, window: all ? 0 : window, shift: 0, token: state.sam });
      text.textContent = all ? `Every patch sees all ${grouped(grid * grid)}.` : windowed;
      board.setAttribute("aria-label", `Windows at ${side} pixels. ${text.textContent} Arrow keys move.`);
    },
  };
}
