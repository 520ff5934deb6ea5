import { decodePicture, paintCells } from "../kit/canvas.js";
import { cellColours, colourTable } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, minus, percent } from "../kit/format.js";
import { patchName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { barBetween, patchScene } from "../experiments/parts.js";
import { AttentionSide, StreamSide, patchesBeside, similarPlaces, tokenBeside } from "./math.js";

// Two models, pictures or settings side by side: the token under the pointer, on both sides, and the difference.
export default mounts((root) => {
  const tables = { viridis: colourTable("viridis"), diverging: colourTable("diverging") };
  const say = speaker(root);
  let data = null; // {header, sides: [left, right], bitmaps}
  let spot = null; // {side, patch} under the pointer
  const redraw = everyFrame(draw);
  const figure = (side) => {
    const found = {
      title: el("strong"),
      bar: el("span", { class: "colourbar small" }),
      said: el("p", { class: "small muted" }),
      answers: el("div", { class: "answers" }),
    };
    found.scene = patchScene({
      redraw,
      hover: (patch) => ((spot = patch === null ? null : { side, patch }), redraw()),
      choose: (_, patch) => ((spot = { side, patch }), store.commit({ token: tokens()[0] })),
    });
    found.node = el(
      "figure",
      {},
      el("figcaption", { class: "head-line" }, found.title, found.bar),
      found.scene.node,
      found.said,
      found.answers,
    );
    return found;
  };
  const [left, right, third] = [0, 1, 0].map(figure);
  const commit = (changes) => store.commit({ view: withView("compare", changes) });
  const prefix = el("span", { class: "prefix" });
  const mean = choiceOf("Heads", { one: "one head", mean: "mean of heads" }, (name) => commit({ mean: name === "mean" }));
  const kinds = choiceOf("Third picture", { difference: "difference", places: "left with right" }, (name) => commit({ third: name }));
  const stage = rangeOf("After layer", { min: 0, step: 1 });
  const facts = el("dl", { class: "facts" });
  const strip = el("div", { class: "strip-of-layers", role: "group", "aria-label": "The same maps after every layer" });
  const note = el("p", { class: "aside" });
  third.node.append(el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts));
  root.append(
    el("div", { class: "choices" }, prefix, mean.node, kinds.node, stage.node),
    el("div", { class: "compared" }, left.node, right.node, third.node),
    strip,
    note,
  );

  const streams = () => data.header.mode === "stream";
  const comparable = () => data.header.left.dim === data.header.right.dim;
  const stageAt = () => {
    const last = data.header.left.stages.length - 1;
    return fromView("compare", "stage", { stages: last }) ?? last;
  };
  const heads = () => {
    if (fromView("compare", "mean")) return [null, null];
    const own = selected(data.header.left).head;
    return [own, Math.floor((own * data.header.right.heads) / data.header.left.heads)];
  };
  const placesShown = () => streams() && comparable() && fromView("compare", "third") === "places";

  /** The token in question on the left and on the right; null where the right has none like it. */
  function tokens() {
    const { left: one, right: other } = data.header;
    if (spot?.side === 1) {
      const patch = patchesBeside(other.grid, one.grid)[spot.patch];
      return [one.prefix.length + patch, other.prefix.length + spot.patch];
    }
    const token = spot ? one.prefix.length + spot.patch : selected(one).token;
    return [token, tokenBeside(one, other, token)];
  }

  const nameOf = (side, token) =>
    token === null ? "none" : token < side.prefix.length ? side.prefix[token] : patchName(side.grid, token - side.prefix.length);

  /** Both sides' values on their own patches, and the right one's on the left grid. Attention on a larger patch counts for its area. */
  function values() {
    const pair = tokens();
    const at = streams() ? [stageAt(), stageAt()] : heads();
    const own = data.sides.map((side, i) => (pair[i] === null ? null : side.row(pair[i], at[i])));
    const patches = own.map((row, i) => row?.subarray(data.sides[i].facts.prefix.length) ?? null);
    const scale = streams() ? 1 : data.places.ratio;
    const moved = patches[1] === null ? null : Float32Array.from(data.places.list, (place) => patches[1][place] * scale);
    return { pair, own, patches, moved, scale };
  }

  function draw() {
    if (!data) return;
    const start = performance.now();
    const { header, bitmaps } = data;
    const { left: one, right: other } = header;
    const { pair, own, patches, moved, scale } = values();
    let top = streams() ? 1 : 1e-12;
    if (!streams())
      for (const [list, factor] of [
        [patches[0], 1],
        [patches[1] ?? [], scale],
      ])
        for (const value of list) top = Math.max(top, value * factor);
    const [table, low] = streams() ? [tables.diverging, -1] : [tables.viridis, 0];
    const where = streams()
      ? [stageName(one), stageName(other)]
      : heads().map((head, i) => `layer ${[one, other][i].layer + 1}, ${head === null ? "mean of heads" : `head ${head + 1}`}`);
    const spots = [pair[0] - one.prefix.length, pair[1] === null ? null : pair[1] - other.prefix.length].map((patch) =>
      patch === null || patch < 0 ? null : patch,
    );
    const what = streams() ? "similarity to" : "what is looked at from";
    for (const [i, part] of [left, right].entries()) {
      const side = [one, other][i];
      const shown = patches[i] === null ? null : i === 1 && scale !== 1 ? patches[i].map((value) => value * scale) : patches[i];
      put(part.title, header.titles[i]);
      part.scene.paint(
        bitmaps[i],
        side.grid,
        shown && cellColours(shown, table, low, top),
        0.72,
        [spots[i]],
        `${i ? "Right" : "Left"}, ${header.titles[i]}, ${where[i]}: ${what} ${nameOf(side, pair[i])}. Arrow keys move, Enter chooses.`,
      );
      put(part.said, pair[i] === null ? `This side has no ${nameOf(one, pair[0])}.` : `${where[i]} · ${nameOf(side, pair[i])}`);
      barBetween(part.bar, table, low, top);
    }
    const direct = placesShown();
    const change = direct ? similarPlaces(...data.sides, stageAt()) : moved && patches[0].map((value, i) => moved[i] - value);
    let far = direct ? 1 : 1e-9;
    for (const value of change ?? []) far = Math.max(far, Math.abs(value));
    put(third.title, direct ? "Left with right" : "Right − left");
    barBetween(third.bar, tables.diverging, -far, far);
    third.scene.paint(
      bitmaps[0],
      one.grid,
      change && cellColours(change, tables.diverging, -far, far),
      0.78,
      [spots[0]],
      `${third.title.textContent}. Arrow keys move, Enter chooses.`,
    );
    showControls();
    root.compared = { left: own[0], right: own[1], moved, change };
    const total = change?.reduce((sum, value) => sum + value, 0);
    const shared = moved && !streams() ? patches[0].reduce((sum, value, i) => sum + Math.min(value, moved[i]), 0) : null;
    const strongest = (list) => (list ? list.reduce((best, value, i) => (value > list[best] ? i : best), 0) : null);
    const line = (i) => {
      const found = patches[i] && strongest(streams() ? patches[i].map((value, at) => (at === spots[i] ? -2 : value)) : patches[i]);
      return found === null ? "none" : `${patchName([one, other][i].grid, found)} · ${four(patches[i][found])}`;
    };
    showFacts(facts, [
      ["token", `${nameOf(one, pair[0])} · #${pair[0]}`],
      [streams() ? "most alike, left" : "most weight, left", line(0)],
      [streams() ? "most alike, right" : "most weight, right", line(1)],
      ...(direct
        ? [
            ["left with right, here", spots[0] === null ? "—" : four(change[spots[0]]), spots[0] === null ? "" : change[spots[0]]],
            ["mean over the patches", four(total / change.length), total / change.length],
          ]
        : []),
      ...(shared !== null ? [["weight in common", four(shared), shared]] : []),
      ...(!direct && change ? [["largest difference", four(far), far]] : []),
    ]);
    put(note, words());
    say(`${header.titles[0]} beside ${header.titles[1]}. ${[...facts.children].map((node) => node.textContent).join(" ")}`);
    globalThis.__vitTimes?.push(performance.now() - start);
  }

  function stageName(side) {
    const at = side.stages[stageAt()];
    return at === 0 ? "before the first layer" : `after layer ${at} of ${side.depth}`;
  }

  function showControls() {
    const { header } = data;
    mean.node.hidden = streams();
    kinds.node.hidden = !streams() || !comparable();
    stage.node.hidden = strip.hidden = !streams();
    mean.show(heads()[0] === null ? "mean" : "one");
    kinds.show(placesShown() ? "places" : "difference");
    for (const [i, button] of [...prefix.children].entries()) mark(button, "aria-pressed", tokens()[0] === i);
    if (!streams()) return root.classList.toggle("waiting", header.left.layer !== selected(header.left).layer);
    stage.input.max = header.left.stages.length - 1;
    if (+stage.input.value !== stageAt()) stage.input.value = stageAt();
    put(stage.value, stageName(header.left));
    drawStrip();
  }

  function drawStrip() {
    const { header, sides } = data;
    const pair = tokens();
    for (const [at, button] of [...strip.children].entries()) {
      mark(button, "aria-pressed", at === stageAt());
      for (const [i, side] of sides.entries()) {
        if (pair[i] === null) continue;
        const row = side.row(pair[i], at).subarray(side.facts.prefix.length);
        const canvas = button.maps[i];
        paintCells(canvas, side.facts.grid, cellColours(row, tables.diverging, -1, 1));
      }
      mark(
        button,
        "aria-label",
        `${header.left.stages[at] === 0 ? "before the first layer" : `after layer ${header.left.stages[at]}`}${button.mean === null ? "" : `, left with right ${four(button.mean)}`}`,
      );
    }
  }

  function words() {
    const { header } = data;
    const { left: one, right: other } = header;
    const parts = [...header.said];
    if (streams())
      parts.push(
        "The maps show how alike the rows of the residual stream are to the row of the chosen token, on its own side: cosine similarity, 1 for the same direction.",
      );
    if (streams() && !comparable())
      parts.push(
        `The rows have ${one.dim} and ${other.dim} numbers: left and right cannot be compared with each other, only each with itself.`,
      );
    else if (streams())
      parts.push(
        `Numbers under the layers: similarity of left with right in the same place, mean over the patches.${header.sameRows ? "" : " Two models read their rows alike only if they come from one training; otherwise it stays near 0 whatever they know."}`,
      );
    if (streams() && one.stages.length < one.depth + 1)
      parts.push(`Of ${one.depth + 1} stages ${one.stages.length} are shown: more would be too much to send.`);
    if (one.depth !== other.depth)
      parts.push(`Layers are matched by relative depth: ${one.depth} on the left, ${other.depth} on the right.`);
    if (!streams() && one.heads !== other.heads)
      parts.push(`Heads are matched by their share of the row, ${one.heads} and ${other.heads}: they have no kinship.`);
    else if (!streams() && header.differs === "model")
      parts.push("Heads of two models share a number, not a task, unless they come from one training.");
    if (one.grid.join() !== other.grid.join()) {
      parts.push(
        `The grids differ, ${one.grid.join(" × ")} and ${other.grid.join(" × ")}: for the difference each left patch takes the right patch around its centre.`,
      );
      if (!streams()) parts.push(`Weights on the right are shown for an area as large as a left patch: times ${four(data.places.ratio)}.`);
    }
    return parts.join(" ");
  }

  function build() {
    const { header, sides } = data;
    prefix.replaceChildren(
      ...header.left.prefix.map((label, i) =>
        el("button", { type: "button", text: label, onclick: () => ((spot = null), store.commit({ token: i })) }),
      ),
    );
    for (const [i, part] of [left, right].entries()) {
      const side = [header.left, header.right][i];
      part.answers.replaceChildren(
        ...(side.top.length
          ? side.top
              .slice(0, streams() ? 5 : 3)
              .map(([label, p]) =>
                el(
                  "div",
                  { class: "row", title: p },
                  el("span", { class: "name", text: label }),
                  el("span", { text: percent(p) }),
                  el("span", { class: "track" }, el("span", { class: "fill", style: `width:${100 * p}%` })),
                ),
              )
          : [el("span", { class: "small muted", text: side.short })]),
      );
    }
    if (!streams()) return;
    strip.replaceChildren(
      ...header.left.stages.map((name, at) => {
        const maps = sides.map((side) => el("canvas", { width: side.facts.grid[1], height: side.facts.grid[0], "aria-hidden": "true" }));
        const found = comparable() ? similarPlaces(...sides, at) : null;
        const average = found && found.reduce((a, b) => a + b, 0) / found.length;
        const button = el(
          "button",
          { type: "button", onclick: () => commit({ stage: at }), title: average },
          el("span", { class: "small", text: name === 0 ? "start" : name }),
          ...maps,
          el("span", { class: "small", text: average === null ? "" : minus(average.toFixed(2)) }),
        );
        return Object.assign(button, { maps, mean: average });
      }),
    );
  }

  stage.input.addEventListener("input", () => store.preview({ view: withView("compare", { stage: +stage.input.value }) }));
  stage.input.addEventListener("change", () => commit({ stage: +stage.input.value }));
  const unsubscribe = store.subscribe(redraw);

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return redraw();
      Promise.all([decodePicture(arrays.left_picture), decodePicture(arrays.right_picture)]).then((bitmaps) => {
        const sides = ["left", "right"].map((name) =>
          header.mode === "stream"
            ? new StreamSide(header[name], arrays[`${name}_stream`])
            : new AttentionSide(header[name], arrays[`${name}_q`], arrays[`${name}_k`]),
        );
        const count = (side) => side.grid[0] * side.grid[1];
        data = {
          header,
          sides,
          bitmaps,
          places: { list: patchesBeside(header.left.grid, header.right.grid), ratio: count(header.right) / count(header.left) },
        };
        spot = null;
        build();
        root.dataset.ready = header.id;
        draw();
      });
    },
    destroy: unsubscribe,
  };
});
