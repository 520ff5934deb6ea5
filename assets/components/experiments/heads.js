// Every head silenced once: a grid of layers and heads, coloured by the drop.
import { outlineCell, watched } from "../kit/canvas.js";
import { cellColours, colourTable, cssColour } from "../kit/colours.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { cellAt, clamp } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { selected } from "../kit/view.js";
import { barBetween, followedName, followedNote, reachOf } from "./parts.js";

export function headsView(root) {
  const table = colourTable("diverging");
  const say = speaker(root);
  let data = null;
  let hovered = null;
  const redraw = everyFrame(draw);
  const canvas = el("canvas", { tabindex: 0, role: "img", class: "grid" });
  const fit = watched(canvas, redraw);
  const bar = el("span", { class: "colourbar small" });
  const title = el("strong");
  const facts = el("dl", { class: "facts" });
  const ranking = el("ol", { class: "ranking" });
  const note = el("p", { class: "aside" });
  const [down, across] = [el("div", { class: "down", "aria-hidden": "true" }), el("div", { class: "across", "aria-hidden": "true" })];
  const open = el("button", { type: "button", onclick: () => store.open?.("attention") });
  root.append(
    el(
      "div",
      { class: "headgrid" },
      el("div", {}, el("div", { class: "head-line" }, title, bar), el("div", { class: "axes" }, down, canvas, el("span"), across), note),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h3", { text: "Largest effects" }), ranking),
        el("div", {}, open),
      ),
    ),
  );

  const chosen = () => {
    const { layer, head } = selected(data.header);
    return [layer, head];
  };
  const nameOf = (layer, head) => `layer ${layer + 1}, head ${head + 1}`;

  function draw() {
    if (!data) return;
    const { header, drops } = data;
    const far = reachOf(drops);
    const { ink, width, height } = fit();
    const [w, h] = [width / header.heads, height / header.depth];
    const colours = cellColours(drops, table, -far, far);
    const style = getComputedStyle(canvas);
    ink.fillStyle = style.getPropertyValue("--panel");
    ink.fillRect(0, 0, width, height);
    for (let i = 0; i < drops.length; i++) {
      if (!colours[i]) continue;
      ink.fillStyle = cssColour(colours[i]);
      ink.fillRect((i % header.heads) * w + 0.75, Math.floor(i / header.heads) * h + 0.75, w - 1.5, h - 1.5);
    }
    const [layer, head] = hovered ?? chosen();
    const [atLayer, atHead] = chosen();
    outlineCell(ink, style, atHead * w, atLayer * h, w, h);
    if (hovered) outlineCell(ink, style, head * w, layer * h, w, h, 1);
    put(title, "Drop when a head is silent");
    barBetween(bar, table, -far, far);
    const value = drops[layer * header.heads + head];
    const known = drops.filter((drop) => !Number.isNaN(drop));
    const rank = known.reduce((place, drop) => place + (drop > value), 1);
    showFacts(facts, [
      ["head", nameOf(layer, head)],
      ["drop", Number.isNaN(value) ? "not known yet" : four(value), value],
      ["then", Number.isNaN(value) ? "—" : four(header.before - value), header.before - value],
      [followedName(header), four(header.before), header.before],
      ["rank", Number.isNaN(value) ? "—" : `${rank} of ${known.length}`],
    ]);
    put(
      note,
      `What one head passes on is set to zero, and the model runs again. Red: without it the ${followedName(header)} falls; blue: it rises. Heads stand in for each other: a small drop alone does not make a head useless. ${followedNote(header)}`,
    );
    put(open, `Open ${nameOf(atLayer, atHead)} in Attention`);
    mark(canvas, "aria-label", `Drops of ${header.depth} layers by ${header.heads} heads. Arrow keys move, Enter chooses.`);
    say(
      `${known.length} of ${drops.length} heads silenced. ${nameOf(layer, head)}: drop ${Number.isNaN(value) ? "not known yet" : four(value)}.`,
    );
  }

  function build() {
    const { header, drops } = data;
    const numbers = (count) => Array.from({ length: count }, (_, i) => el("span", { text: i + 1 }));
    down.replaceChildren(...numbers(header.depth));
    across.replaceChildren(...numbers(header.heads));
    const order = Array.from(drops.keys())
      .filter((i) => !Number.isNaN(drops[i]))
      .sort((a, b) => Math.abs(drops[b]) - Math.abs(drops[a]));
    ranking.replaceChildren(
      ...order.slice(0, 5).map((i) => {
        const [layer, head] = [Math.floor(i / header.heads), i % header.heads];
        return el(
          "li",
          {},
          el("button", { type: "button", text: nameOf(layer, head), onclick: () => store.commit({ layer, head }) }),
          el("span", { text: four(drops[i]), title: drops[i] }),
        );
      }),
    );
  }

  const headAt = (event) => cellAt(event, canvas, [data.header.depth, data.header.heads]);
  for (const kind of ["pointermove", "pointerdown"])
    canvas.addEventListener(kind, (event) => data && ((hovered = headAt(event)), redraw()));
  canvas.addEventListener("pointerleave", () => ((hovered = null), redraw()));
  canvas.addEventListener("blur", () => ((hovered = null), redraw()));
  canvas.addEventListener("click", (event) => {
    const [layer, head] = headAt(event);
    store.commit({ layer, head });
  });
  canvas.addEventListener("keydown", (event) => {
    if (!data) return;
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const [layer, head] = hovered ?? chosen();
    if (step) hovered = [clamp(layer + step[0], 0, data.header.depth - 1), clamp(head + step[1], 0, data.header.heads - 1)];
    else if (event.key === "Enter" || event.key === " ") store.commit({ layer, head });
    else return;
    event.preventDefault();
    redraw();
  });
  const unsubscribe = store.subscribe(redraw);

  return {
    async update(header, arrays) {
      data = { header, drops: arrays.drops };
      build();
      draw();
    },
    destroy: unsubscribe,
  };
}
