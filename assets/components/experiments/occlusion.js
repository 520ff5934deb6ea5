// Occlusion beside attention: two maps of the same patches, their ranks against each other, and how well they agree in every layer.
import { sharp } from "../kit/canvas.js";
import { cellColours, colourTable } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four, minus } from "../kit/format.js";
import { patchName } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { fromView, selected, withView } from "../kit/view.js";
import { barBetween, followedName, followedNote, patchScene, pictureKeeper, reachOf } from "./parts.js";

export function occlusionView(root) {
  const tables = { diverging: colourTable("diverging"), viridis: colourTable("viridis") };
  const keep = pictureKeeper();
  const say = speaker(root);
  let data = null;
  let hovered = null;
  const redraw = everyFrame(draw);
  const part = () => {
    const found = { title: el("strong"), bar: el("span", { class: "colourbar small" }) };
    found.scene = patchScene({
      redraw,
      hover: (patch) => ((hovered = patch), redraw()),
      choose: (_, patch) => store.commit({ token: data.header.prefix.length + patch }),
    });
    found.node = el("div", {}, el("div", { class: "head-line" }, found.title, found.bar), found.scene.node);
    return found;
  };
  const [left, right] = [part(), part()];
  const layer = rangeOf("Attention of layer", { min: 1, step: 1 });
  const ways = choiceOf("Attention", { layer: "one layer", rollout: "rollout" }, (name) =>
    store.commit({ view: withView("experiments", { map: name }) }),
  );
  const cloud = el("canvas", { class: "cloud", role: "img" });
  const facts = el("dl", { class: "facts" });
  const agreement = el("p", { class: "agreement" });
  const bars = el("div", {
    class: "by-layer",
    role: "group",
    "aria-label": "Rank correlation with the attention of each layer, and with rollout",
  });
  const note = el("p", { class: "aside" });
  right.node.append(el("div", { class: "controls" }, ways.node, layer.node));
  left.node.append(note);
  root.append(
    el(
      "div",
      { class: "pair" },
      left.node,
      right.node,
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Do they agree?" }), agreement, cloud),
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
      ),
    ),
    el(
      "section",
      {},
      el("p", { class: "muted by-layer-title", text: "Rank correlation of the drops with attention, layer by layer" }),
      bars,
    ),
  );

  const rolled = () => fromView("experiments", "map") === "rollout";
  const source = () => (rolled() ? data.header.depth : selected(data.header).layer);
  const nameOf = (at) => (at === data.header.depth ? "rollout" : `layer ${at + 1}`);
  const count = () => data.header.grid[0] * data.header.grid[1];
  const chosen = () => {
    const patch = (store.selection.token ?? 0) - data.header.prefix.length;
    return patch >= 0 && patch < count() ? patch : null;
  };

  function ranksOf(values) {
    const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
    const ranks = new Float32Array(values.length);
    order.forEach((patch, rank) => (ranks[patch] = rank));
    return ranks;
  }

  const titleOf = ({ onAverage, several }) =>
    rolled() ? `What reaches ${onAverage.replace(/,$/, "")} by rollout` : `What ${onAverage} ${several ? "look" : "looks"} at`;

  function draw() {
    if (!data) return;
    const { header, drops, attention, bitmap, dropRanks } = data;
    const looks = attention[source()];
    const spot = hovered ?? chosen();
    const far = reachOf(drops);
    let top = 1e-12;
    for (const value of looks) top = Math.max(top, value);
    put(left.title, "Drop when covered");
    put(right.title, titleOf(header.reader));
    barBetween(left.bar, tables.diverging, -far, far);
    barBetween(right.bar, tables.viridis, 0, top);
    left.scene.paint(
      bitmap,
      header.grid,
      cellColours(drops, tables.diverging, -far, far),
      0.72,
      [spot],
      `Drop of the ${followedName(header)} when each of ${count()} patches is covered. Arrow keys move, Enter chooses.`,
    );
    right.scene.paint(
      bitmap,
      header.grid,
      cellColours(looks, tables.viridis, 0, top),
      0.72,
      [spot],
      `${right.title.textContent}, ${nameOf(source())}, mean over heads. Arrow keys move, Enter chooses.`,
    );
    ways.show(rolled() ? "rollout" : "layer");
    layer.node.hidden = rolled();
    layer.input.max = header.depth;
    if (+layer.input.value !== source() + 1 && !rolled()) layer.input.value = source() + 1;
    put(layer.value, `${Math.min(source() + 1, header.depth)}/${header.depth}`);
    const known = header.correlation !== null;
    const value = known ? header.correlation[source()] : null;
    put(
      agreement,
      !known
        ? "Ranks are compared when every patch has been covered."
        : value === null
          ? "All values are equal: there are no ranks to compare."
          : `Rank correlation ${four(value)} with ${nameOf(source())}: ${words(value)}`,
    );
    drawCloud(looks, spot);
    for (const [i, button] of [...bars.children].entries()) mark(button, "aria-pressed", i === source());
    const own = spot === null ? null : drops[spot];
    showFacts(facts, [
      ["patch", spot === null ? "none" : patchName(header.grid, spot)],
      ["drop", own === null ? "—" : Number.isNaN(own) ? "not known yet" : four(own), own],
      ["rank of the drop", dropRanks && spot !== null ? `${count() - dropRanks[spot]} of ${count()}` : "—"],
      [`attention, ${nameOf(source())}`, spot === null ? "—" : four(looks[spot]), spot === null ? "" : looks[spot]],
      ["rank of attention", spot === null ? "—" : `${count() - ranksOf(looks)[spot]} of ${count()}`],
      [followedName(header), four(header.before), header.before],
    ]);
    put(
      note,
      `Each patch alone takes the picture’s mean colour, and the model runs again. Red: without it the ${followedName(header)} falls; blue: it rises. ${followedNote(header)}`,
    );
    const done = drops.reduce((sum, drop) => sum + !Number.isNaN(drop), 0);
    say(
      `${done} of ${count()} patches covered. ${agreement.textContent} ${spot === null ? "" : `${patchName(header.grid, spot)}: drop ${Number.isNaN(own) ? "not known yet" : four(own)}, attention ${four(looks[spot])}.`}`,
    );
  }

  function words(value) {
    const size = Math.abs(value);
    const how =
      size < 0.2
        ? "hardly any agreement."
        : size < 0.5
          ? "some agreement."
          : size < 0.8
            ? "much agreement."
            : "they order the patches nearly alike.";
    return value < -0.2 ? "the order is rather the reverse." : how;
  }

  function drawCloud(looks, spot) {
    const { ink, width, height } = sharp(cloud);
    const style = getComputedStyle(cloud);
    const [low, edge] = [26, 8];
    ink.font = `12px ${style.fontFamily}`;
    ink.fillStyle = style.getPropertyValue("--muted");
    ink.textAlign = "center";
    ink.fillText("rank of attention →", (low + width) / 2, height - 6);
    ink.save();
    ink.translate(13, (height - low) / 2);
    ink.rotate(-Math.PI / 2);
    ink.fillText("rank of the drop →", 0, 0);
    ink.restore();
    ink.strokeStyle = style.getPropertyValue("--line");
    ink.strokeRect(low, edge, width - low - edge, height - low - edge);
    mark(cloud, "aria-label", `Every patch by its rank in attention and in the drop. ${agreement.textContent}`);
    if (!data.dropRanks) return;
    const across = ranksOf(looks);
    const x = (patch) => low + 5 + ((width - low - edge - 10) * across[patch]) / (count() - 1);
    const y = (patch) => height - low - 5 - ((height - low - edge - 10) * data.dropRanks[patch]) / (count() - 1);
    ink.fillStyle = style.getPropertyValue("--accent");
    ink.globalAlpha = 0.55;
    for (let patch = 0; patch < count(); patch++) {
      ink.beginPath();
      ink.arc(x(patch), y(patch), 2.6, 0, 7);
      ink.fill();
    }
    ink.globalAlpha = 1;
    cloud.place = { x, y };
    if (spot === null) return;
    ink.beginPath();
    ink.arc(x(spot), y(spot), 6, 0, 7);
    ink.lineWidth = 2;
    ink.strokeStyle = style.getPropertyValue("--text");
    ink.stroke();
  }
  cloud.addEventListener("pointermove", (event) => {
    if (!data?.dropRanks || !cloud.place) return;
    const box = cloud.getBoundingClientRect();
    const away = (patch) => Math.hypot(cloud.place.x(patch) - event.clientX + box.left, cloud.place.y(patch) - event.clientY + box.top);
    let best = 0;
    for (let patch = 1; patch < count(); patch++) if (away(patch) < away(best)) best = patch;
    hovered = away(best) < 18 ? best : null;
    redraw();
  });
  cloud.addEventListener("pointerleave", () => ((hovered = null), redraw()));

  layer.input.addEventListener("input", () => store.preview({ layer: layer.input.value - 1 }));
  layer.input.addEventListener("change", () => store.commit({ layer: layer.input.value - 1 }));
  const unsubscribe = store.subscribe(redraw);

  function build() {
    const { header } = data;
    bars.replaceChildren(
      ...Array.from({ length: header.depth + 1 }, (_, at) => {
        const value = header.correlation?.[at] ?? null;
        const size = value === null ? 0 : Math.round(46 * Math.abs(value));
        const open = () =>
          store.commit(
            at === header.depth
              ? { view: withView("experiments", { map: "rollout" }) }
              : { layer: at, view: withView("experiments", { map: null }) },
          );
        return el(
          "button",
          { type: "button", onclick: open, title: value, "aria-label": `${nameOf(at)}: ${value === null ? "not known" : four(value)}` },
          el("span", { class: "track" }, el("i", { class: value < 0 ? "below" : "above", style: `height:${size}px` })),
          el("span", { class: "small", text: at === header.depth ? "rollout" : at + 1 }),
          el("span", { class: "small value", text: value === null ? "—" : minus(value.toFixed(2)) }),
        );
      }),
    );
  }

  return {
    async update(header, arrays) {
      const bitmap = await keep(header, arrays);
      const size = header.grid[0] * header.grid[1];
      const attention = Array.from({ length: header.depth + 1 }, (_, at) => arrays.attention.subarray(at * size, (at + 1) * size));
      data = { header, bitmap, drops: arrays.drops, attention, dropRanks: header.correlation ? ranksOf(arrays.drops) : null };
      build();
      draw();
    },
    destroy: unsubscribe,
  };
}
