import { decodePicture } from "../kit/canvas.js";
import { colourTable, gradient } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { four, grouped, percent } from "../kit/format.js";
import { cellAt } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { sourced, sourceTips } from "../performance/tips.js";
import { drawCut, drawKept, drawMap, drawn, drawWindows, fewest, seenFrom } from "./pictures.js";

const KEEP = 60; // percent of the attention that the mask first holds; the slider changes it

/** The patch under the pointer or after an arrow key. */
function pickPatch(canvas, gridOf, token, choose) {
  canvas.addEventListener("pointermove", (event) => {
    const grid = gridOf();
    const [row, col] = cellAt(event, canvas, [grid, grid]);
    choose(row * grid + col);
  });
  canvas.addEventListener("keydown", (event) => {
    const grid = gridOf();
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid, ArrowDown: grid }[event.key];
    const next = token() + (step ?? 0);
    if (!step || next < 0 || next >= grid * grid) return;
    event.preventDefault();
    choose(next);
  });
}

// What later works build on the plain ViT: each on the current picture, called an illustration or a measurement as it is.
export default mounts((root) => {
  let header = null;
  let arrays = null;
  let bitmap = null;
  const state = { shifted: "even", swin: 0, everywhere: "windows", sam: 0, head: 0, keep: KEEP, seed: 1 };
  const list = el("div", { class: "works" });
  root.append(
    el("h2", { text: "What next" }),
    el("p", { class: "muted", text: "All of these are the model that you know, with one thing changed. Each picture is made from yours." }),
    list,
  );
  const tips = sourceTips(root);
  let cards = {};

  const canvas = (label) => el("canvas", { role: "img", tabindex: 0, "aria-label": label });
  const says = () => el("p", { class: "small says", role: "status" });

  function card(paper, kind, stage, below) {
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

  const builders = {
    clip(paper) {
      const pairs = header.pairs;
      const table = el(
        "table",
        { class: "pairs" },
        el("tr", {}, el("td"), ...pairs.map((pair) => el("th", { scope: "col", class: "small", text: pair.title }))),
        ...pairs.map((row, i) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, el("img", { src: row.src, alt: row.title })),
            ...pairs.map((column, j) =>
              el(
                "td",
                {
                  class: i === j ? "match" : "other",
                  "aria-label": `${row.title} with “${column.title}”: ${i === j ? "pulled together" : "pushed apart"}`,
                },
                i === j ? "together" : "apart",
              ),
            ),
          ),
        ),
      );
      const stage = el(
        "div",
        { class: "towers" },
        el("span", { class: "small muted", text: "captions, through a text transformer →" }),
        el("div", { class: "pull" }, table),
        el("span", { class: "small muted", text: "↑ pictures, through a ViT" }),
      );
      return {
        node: card(
          paper,
          "illustration",
          stage,
          el("p", {
            class: "small says",
            text: `What training does to each of the ${pairs.length} × ${pairs.length} pairs. No text model runs here, so no similarities are shown.`,
          }),
        ),
        show() {},
      };
    },
    swin(paper) {
      const [board, text] = [canvas("Windows on the picture"), says()];
      const grid = header.grid[0];
      const size = Math.max(2, Math.floor(grid / 2));
      const shift = Math.floor(size / 2);
      const mode = choiceOf("Layer", { even: "one layer", odd: "the next, shifted" }, (value) => change({ shifted: value }));
      state.swin = Math.floor(grid / 2) * grid + Math.floor(grid / 2) - 1;
      pickPatch(
        board,
        () => grid,
        () => state.swin,
        (token) => change({ swin: token }),
      );
      return {
        node: card(paper, "illustration", board, el("div", {}, mode.node, text)),
        show() {
          const odd = state.shifted === "odd";
          mode.show(state.shifted);
          drawWindows(board, bitmap, { grid, window: size, shift: odd ? shift : 0, token: state.swin });
          text.textContent = `The outlined patch sees ${seenFrom(state.swin, grid, size, odd ? shift : 0).length} of ${grid * grid}, in windows of ${size} × ${size}${odd ? `, shifted by ${shift}` : ""}. Point at another.`;
          board.setAttribute("aria-label", `Windows on the picture. ${text.textContent} Arrow keys move.`);
        },
      };
    },
    dino(paper) {
      const [board, text] = [canvas("Mask from attention"), says()];
      const keep = rangeOf("attention kept", { min: 5, max: 95, step: 1 });
      const head = rangeOf("head", { min: 0, max: header.heads, step: 1 });
      keep.input.addEventListener("input", () => change({ keep: +keep.input.value }));
      head.input.addEventListener("input", () => change({ head: +head.input.value }));
      return {
        node: card(paper, "measured", board, el("div", {}, keep.node, head.node, text)),
        show() {
          const n = header.grid[0] * header.grid[1];
          const weights = Float64Array.from({ length: n }, (_, i) => {
            if (state.head) return arrays.looks[(state.head - 1) * n + i];
            let sum = 0;
            for (let h = 0; h < header.heads; h++) sum += arrays.looks[h * n + i] / header.heads;
            return sum;
          });
          const kept = fewest(weights, state.keep / 100);
          drawKept(board, bitmap, header.grid[0], kept, "dimmed");
          keep.input.value = state.keep;
          keep.value.textContent = `${state.keep}%`;
          head.input.value = state.head;
          head.value.textContent = state.head ? `${state.head} of ${header.heads}` : "mean of all";
          text.textContent = `${kept.size} of ${n} patches hold ${state.keep}% of what ${header.reader.onAverage} ${header.reader.several ? "look" : "looks"} at among the patches, in the last layer of ${header.model}. It is not DINO's training that you see, but this model's.`;
          board.setAttribute("aria-label", `Mask from attention: ${text.textContent}`);
        },
      };
    },
    mae(paper) {
      const [board, text] = [canvas("Masked picture"), says()];
      const again = el("button", { type: "button", text: "Hide others", onclick: () => change({ seed: state.seed + 1 }) });
      return {
        node: card(paper, "illustration", board, el("div", {}, again, text)),
        show() {
          const n = header.grid[0] * header.grid[1];
          drawKept(board, bitmap, header.grid[0], drawn(n, header.kept, state.seed), "grey");
          text.textContent = `${header.kept} of ${n} patches would reach the encoder. With the sizes of ${header.model} its blocks then cost ${percent(header.keptShare)} of the whole picture's multiply-accumulates (computed).`;
          board.setAttribute("aria-label", `Masked picture: ${text.textContent}`);
        },
      };
    },
    sam(paper) {
      const [board, text] = [canvas("Windows at high resolution"), says()];
      const { side, window, patch } = header.sam;
      const grid = side / patch;
      const mode = choiceOf("Layer", { windows: "most layers", all: `${header.sam.global} layers` }, (value) =>
        change({ everywhere: value }),
      );
      state.sam = Math.floor(grid / 2) * grid + Math.floor(grid / 3);
      pickPatch(
        board,
        () => grid,
        () => state.sam,
        (token) => change({ sam: token }),
      );
      const windows = Math.ceil(grid / window);
      const ratio = grid ** 4 / (windows ** 2 * window ** 4);
      return {
        node: card(paper, "illustration", board, el("div", {}, mode.node, text)),
        show() {
          const all = state.everywhere === "all";
          mode.show(state.everywhere);
          drawWindows(board, bitmap, { grid, window: all ? 0 : window, shift: 0, token: state.sam });
          text.textContent = all
            ? `Every patch sees all ${grouped(grid * grid)}.`
            : `${grid} × ${grid} patches of ${patch} px in windows of ${window} × ${window}, padded to ${windows} × ${windows} windows: ${four(ratio)} times fewer pairs (computed). Your picture is enlarged to ${side} px for this.`;
          board.setAttribute("aria-label", `Windows at ${side} pixels. ${text.textContent} Arrow keys move.`);
        },
      };
    },
    registers(paper) {
      const [board, text] = [canvas("Norm of each token"), says()];
      const values = [...arrays.norms];
      const sorted = [...values].sort((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)];
      const top = sorted.at(-1);
      const bar = el(
        "div",
        { class: "scale small" },
        el("span", { text: "0" }),
        el("i", { style: `background:${gradient(colourTable("viridis"))}` }),
        el("span", { text: four(top) }),
      );
      text.textContent = `Length of each patch's vector after the last layer of ${header.model}: median ${four(median)}, largest ${four(top)}, ${four(top / median)} times as long.`;
      return {
        node: card(paper, "measured", board, el("div", {}, bar, text)),
        show() {
          drawMap(board, values, header.grid[0], top);
          board.setAttribute("aria-label", `Norm of each token. ${text.textContent}`);
        },
      };
    },
    flexivit(paper) {
      const boards = header.flexible.map((cut) => ({ cut, board: canvas(`Cut into patches of ${cut.patch} pixels`) }));
      const stage = el(
        "div",
        { class: "cuts" },
        ...boards.map(({ cut, board }) =>
          el(
            "figure",
            {},
            board,
            el(
              "figcaption",
              { class: "small" },
              `${cut.patch} px, ${grouped(cut.tokens)} tokens`,
              el("br"),
              cut.label ? `${cut.label} ${percent(cut.probability)}` : "",
            ),
          ),
        ),
      );
      return {
        node: card(
          paper,
          "measured",
          stage,
          el("p", { class: "small says", text: `The same weights of ${header.model}, run on the same pixels at each cut.` }),
        ),
        show() {
          for (const { cut, board } of boards) drawCut(board, bitmap, cut.grid);
        },
      };
    },
  };

  function change(changes) {
    Object.assign(state, changes);
    draw();
  }

  const draw = everyFrame(() => {
    if (!bitmap) return;
    for (const one of Object.values(cards)) one.show();
  });

  const watch = new ResizeObserver(draw);
  watch.observe(root);

  return {
    update(bytes) {
      const next = unpack(bytes);
      if (header?.id === next.header.id) return;
      ({ header, arrays } = next);
      bitmap = null;
      const id = header.id;
      decodePicture(arrays.picture).then((image) => {
        if (header.id !== id) return;
        bitmap = image;
        cards = Object.fromEntries(header.papers.map((paper) => [paper.id, builders[paper.id](paper)]));
        list.replaceChildren(...Object.values(cards).map((one) => one.node));
        root.dataset.ready = id;
        draw();
      });
    },
    destroy() {
      tips.hide();
      watch.disconnect();
    },
  };
});
