// The one bar of the walkthrough: its nine steps are the stages from the picture to the answer, each with the shape that is live.
import { el, mark } from "../kit/dom.js";

/** `go(step)` opens a step, from 0. `build(base)` fills the stages, `show(step)` lights one. */
export function stepsBar(go) {
  let open = 0;
  const word = (text) => el("span", { class: "word", text });
  const arrow = (text) => el("span", { "aria-hidden": "true", text });
  const turn = (title, by, ...parts) => el("button", { type: "button", class: "turn", title, onclick: () => go(open + by) }, ...parts);
  const previous = turn("The step before (key ←)", -1, arrow("←"), word("Previous"));
  const following = turn("The next step (key →)", 1, word("Next"), arrow("→"));
  const list = el("ol", { class: "walk-flow", "aria-label": "From pixels to the prediction, in nine steps" });
  const node = el("nav", { class: "walk-nav", "aria-label": "Steps" }, previous, list, following);
  const buttons = () => [...list.querySelectorAll("button")];

  function build(base) {
    list.replaceChildren(...stagesOf(base).map((stage, i) => stageOf(stage, i, base.header.steps[i].title, go)));
  }

  function show(step) {
    const held = /** @type {ShadowRoot} */ (list.getRootNode()).activeElement;
    const within = list.contains(held);
    open = step;
    buttons().forEach((button, i) => {
      if (i === step) mark(button, "aria-current", "step");
      else button.removeAttribute("aria-current");
      if (i === step && within) button.focus({ preventScroll: true });
    });
    previous.disabled = step === 0;
    following.disabled = step === buttons().length - 1;
  }
  return { node, build, show };
}

/** @returns {[string, string, number, number, string][]} Name, shape, rows, numbers in a row and colour of each stage. */
function stagesOf({ header, arrays }) {
  const [height, width] = header.imageSize;
  const n = header.grid[0] * header.grid[1];
  const [t, d] = [n + header.prefix.length, header.dim];
  const values = header.patchSize ** 2 * header.chans;
  const top = arrays.probs?.[arrays.topClass[0]];
  return [
    ["Picture", `${height}×${width}×${header.chans}`, height, width, "--muted"],
    ["Patches", `${n}×${values}`, n, values, "--muted"],
    ["Embedding", `${n}×${d}`, n, d, "--accent"],
    [header.prefix.length ? `+ ${header.prefix.join(", ")}` : "no [CLS]", `${t}×${d}`, t, d, "--cls"],
    ["+ positions", `${t}×${d}`, t, d, "--accent"],
    ["Attention", `${header.heads} × ${t}×${t}`, t, t, "--q"],
    ["MLP", `${t}×${header.hidden}`, t, header.hidden, "--v"],
    [`× ${header.depth} blocks`, `${t}×${d}`, t, d, "--accent"],
    header.classes
      ? ["Classifier", `${(100 * top).toFixed(1)}% ${header.topNames[0]}`, 1, header.classes, "--cls"]
      : ["Features", `1×${d}`, 1, d, "--cls"],
  ];
}

/** Pixels of a glyph's side for `n` rows or numbers. */
const side = (n) => 3 + 2.2 * Math.log2(1 + n / 2);

function stageOf([name, shape, rows, numbers, colour], i, title, go) {
  const glyph = el("i", { class: "glyph", style: `width:${side(numbers)}px;height:${side(rows)}px;background:var(${colour})` });
  const button = el(
    "button",
    { type: "button", title: `Step ${i + 1}: ${title}. ${name}: ${shape}`, onclick: () => go(i) },
    el("span", { class: "glyph-box", "aria-hidden": "true" }, glyph),
    el("span", { class: "number", text: String(i + 1) }),
    el("span", { class: "name", text: name }),
    el("span", { class: "shape muted", text: shape }),
  );
  return el("li", {}, button);
}
