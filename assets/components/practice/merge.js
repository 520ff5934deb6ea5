// Fewer tokens on the way: which patches share a token after each layer, drawn on the picture.
import { decodePicture, sharp } from "../kit/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { countText, grouped } from "../kit/format.js";
import { cellInside, tokenName } from "../kit/grid.js";
import { answersTable, commitPlace, inProportion, inkStyle, practicePlace, ratioText } from "./place.js";

const METHODS = { merge: "merge similar tokens", drop: "drop the least attended" };
const LOOKS = { groups: "groups", mean: "what is left" };

export function mergeView(root) {
  let data = null;
  let image = null;
  let means = []; // the mean colour of every patch
  let stop = 0; // index of the slider's stop
  let stage = null; // after how many layers
  let look = "groups";
  let hovered = null; // patch, from 0
  const scene = el("canvas", { class: "scene", tabindex: 0, role: "img" });
  const bars = el("canvas", { class: "layer-bars", role: "img" });
  const methods = choiceOf("What happens to tokens", METHODS, (method) => commitPlace({ m: method }));
  const looks = choiceOf("Show", LOOKS, (name) => ((look = name), draw()));
  const lost = rangeOf("Tokens fewer after each layer", { min: 0, step: 1 });
  const layer = rangeOf("After layer", { min: 0, step: 1 });
  const facts = el("dl", { class: "facts" });
  const costs = el("dl", { class: "facts" });
  const answers = answersTable();
  const node = el(
    "div",
    {},
    el("div", { class: "bar" }, methods.node, looks.node),
    el(
      "div",
      { class: "practice" },
      el(
        "div",
        { class: "pair wide" },
        el("figure", {}, scene),
        el(
          "div",
          {},
          lost.node,
          layer.node,
          el("p", { class: "small muted", text: "tokens that enter each layer, and those at the end" }),
          bars,
        ),
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h3", { text: "This pass" }), costs),
        el("section", { class: "card" }, el("h3", { text: "This picture" }), answers.node),
      ),
    ),
  );

  const count = () => data.header.grid[0] * data.header.grid[1];
  const depth = () => data.header.depth;
  const at = (stageAt) => {
    const from = (stop * (depth() + 1) + stageAt) * count();
    return data.arrays.owners.subarray(from, from + count());
  };

  /** Patches by the token that holds them. */
  function groupsOf(owners) {
    const groups = new Map();
    owners.forEach((owner, patch) => owner >= 0 && (groups.get(owner) ?? groups.set(owner, []).get(owner)).push(patch));
    return groups;
  }

  const draw = everyFrame(() => {
    if (!data) return;
    const began = performance.now();
    const style = inkStyle(root);
    const owners = at(stage);
    const groups = groupsOf(owners);
    drawScene(style, owners, groups);
    drawBars(style);
    showControls();
    showNumbers(owners, groups);
    globalThis.__vitTimes?.push(performance.now() - began);
  });

  function drawScene(style, owners, groups) {
    const [rows, cols] = data.header.grid;
    inProportion(scene, data.header.grid);
    const { ink, width, height } = sharp(scene);
    const [w, h] = [width / cols, height / rows];
    const fill = (patch, colour, alpha) => {
      ink.globalAlpha = alpha;
      ink.fillStyle = colour;
      ink.fillRect((patch % cols) * w - 0.3, Math.floor(patch / cols) * h - 0.3, w + 0.6, h + 0.6);
      ink.globalAlpha = 1;
    };
    ink.drawImage(image, 0, 0, width, height);
    for (const patches of groups.values()) {
      const mean = [0, 1, 2].map((c) => patches.reduce((sum, p) => sum + means[p][c], 0) / patches.length);
      for (const p of patches) {
        if (look === "mean") fill(p, `rgb(${mean.map(Math.round).join()})`, 1);
        else if (patches.length > 1) fill(p, `hsl(${(patches[0] * 137.508) % 360} 85% 52%)`, 0.5);
      }
    }
    owners.forEach((owner, p) => owner < 0 && fill(p, style.ground, 0.9));
    const edge = (wanted) => {
      ink.beginPath();
      for (let p = 0; p < count(); p++) {
        const [row, col] = [Math.floor(p / cols), p % cols];
        if (col + 1 < cols && owners[p] !== owners[p + 1] && wanted(p, p + 1))
          (ink.moveTo((col + 1) * w, row * h), ink.lineTo((col + 1) * w, (row + 1) * h));
        if (row + 1 < rows && owners[p] !== owners[p + cols] && wanted(p, p + cols))
          (ink.moveTo(col * w, (row + 1) * h), ink.lineTo((col + 1) * w, (row + 1) * h));
      }
    };
    edge(() => true);
    for (const [thick, colour] of [
      [2, "rgba(0,0,0,0.45)"],
      [1, "rgba(255,255,255,0.85)"],
    ])
      ((ink.lineWidth = thick), (ink.strokeStyle = colour), ink.stroke());
    const owner = hovered === null ? -1 : owners[hovered];
    if (owner >= 0) {
      edge((a, b) => owners[a] === owner || owners[b] === owner);
      const inside = new Path2D();
      groups.get(owner).forEach((p) => {
        const [x, y] = [(p % cols) * w, Math.floor(p / cols) * h];
        for (const [dx, dy, sx, sy, ex, ey] of [
          [-1, 0, 0, 0, 0, h],
          [1, 0, w, 0, w, h],
          [0, -1, 0, 0, w, 0],
          [0, 1, 0, h, w, h],
        ]) {
          const [col, row] = [(p % cols) + dx, Math.floor(p / cols) + dy];
          if (col < 0 || row < 0 || col >= cols || row >= rows || owners[row * cols + col] !== owner)
            (inside.moveTo(x + sx, y + sy), inside.lineTo(x + ex, y + ey));
        }
      });
      for (const [thick, colour] of [
        [6, style.ground],
        [3, style.text],
      ])
        ((ink.lineWidth = thick), (ink.strokeStyle = colour), (ink.lineCap = "square"), ink.stroke(inside));
    }
    mark(
      scene,
      "aria-label",
      `The picture after layer ${stage}: ${groups.size} tokens hold its ${count()} patches. Arrow keys move over the patches.`,
    );
  }

  function drawBars(style) {
    const counts = data.header.counts[stop];
    const { ink, width, height } = sharp(bars);
    const step = width / counts.length;
    ink.font = `11px ${style.font}`;
    ink.textAlign = "center";
    counts.forEach((tokens, i) => {
      const tall = (height - 34) * (tokens / data.header.counts[0][0]);
      ink.globalAlpha = i === stage ? 1 : 0.55;
      ink.fillStyle = "#0072b2";
      ink.fillRect(i * step + 1.5, height - 17 - tall, step - 3, tall);
      ink.globalAlpha = 1;
      ink.fillStyle = style.text;
      if (step > 24 || i === stage) ink.fillText(`${tokens}`, i * step + step / 2, height - 21 - tall);
      if (step > 15 || i % 4 === 0) ink.fillText(i < counts.length - 1 ? `${i + 1}` : "end", i * step + step / 2, height - 4);
    });
    mark(bars, "aria-label", `Tokens that enter each layer: ${counts.slice(0, -1).join(", ")}; at the end ${counts.at(-1)}.`);
  }

  function showControls() {
    const { stops } = data.header;
    methods.show(data.header.method);
    looks.show(look);
    lost.input.max = stops.length - 1;
    lost.input.value = stop;
    lost.input.setAttribute("aria-valuetext", `${stops[stop]} tokens`);
    lost.value.textContent = `${stops[stop]}`;
    layer.input.max = depth();
    layer.input.value = stage;
    layer.value.textContent = stage ? `${stage} of ${depth()}` : "before the first";
  }

  function showNumbers(owners, groups) {
    const { header } = data;
    const tokens = header.counts[stop][stage];
    const patch = hovered ?? -1;
    const group = patch >= 0 ? groups.get(owners[patch]) : null;
    let since = 0;
    if (patch >= 0) while (since <= depth() && groupsOf(at(since)).get(at(since)[patch])?.length === 1) since++;
    const name = patch >= 0 ? tokenName(header, header.prefix.length + patch) : "—";
    showFacts(facts, [
      ["patch", name],
      ["its token holds", patch < 0 ? "—" : group ? `${group.length} patch${group.length === 1 ? "" : "es"}` : "dropped"],
      [
        header.method === "merge" ? "first shared after layer" : "dropped after layer",
        patch < 0 ? "—" : since > depth() ? "never" : `${since}`,
      ],
    ]);
    showFacts(costs, [
      ["tokens here", grouped(tokens)],
      ["tokens at the end", grouped(header.counts[stop].at(-1))],
      header.method === "merge"
        ? ["patches in the largest group", `${Math.max(...[...groups.values()].map((g) => g.length))}`]
        : ["patches dropped so far", `${count() - groups.size}`],
      ["MACs", countText(header.macs[stop]), `${header.macs[stop]}`],
      ["beside all tokens", ratioText(header.macs[stop] / header.whole), `${header.macs[stop]} / ${header.whole}`],
    ]);
    answers.show(
      [
        ["all tokens", header.top],
        [`${header.stops[stop]} fewer a layer`, header.tops[stop]],
      ],
      header.hasHead,
    );
    root.sayPractice(
      `${header.method}, ${header.stops[stop]} a layer, after layer ${stage}: ${tokens} tokens. ${patch >= 0 ? `${name}: ${group ? `shares its token with ${group.length - 1} other patches` : "dropped"}.` : ""}`,
    );
    root.practice = { stop, stage, owners, tokens, patch, group };
  }

  for (const kind of ["pointermove", "pointerdown"]) {
    scene.addEventListener(kind, (event) => {
      const cell = data && cellInside(event, scene, data.header.grid);
      if (cell) ((hovered = cell[0] * data.header.grid[1] + cell[1]), draw());
    });
    bars.addEventListener(kind, (event) => {
      const cell = data && (kind === "pointerdown" || event.buttons) ? cellInside(event, bars, [1, depth() + 1]) : null;
      if (cell) ((stage = cell[1]), draw());
    });
  }
  scene.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
  scene.addEventListener("keydown", (event) => {
    const cols = data?.header.grid[1];
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -cols, ArrowDown: cols }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (hovered ?? Math.floor(count() / 2)) + step;
    if (next >= 0 && next < count()) hovered = next;
    draw();
  });
  lost.input.addEventListener("input", () => ((stop = +lost.input.value), draw()));
  lost.input.addEventListener("change", () => commitPlace({ r: data.header.stops[stop] }));
  layer.input.addEventListener("input", () => ((stage = +layer.input.value), draw()));

  /** The mean colour of every patch of the picture. */
  function patchMeans([rows, cols]) {
    const canvas = el("canvas", { width: image.width, height: image.height });
    const ink = canvas.getContext("2d", { willReadFrequently: true });
    ink.drawImage(image, 0, 0);
    const { data: pixels } = ink.getImageData(0, 0, image.width, image.height);
    const [w, h] = [image.width / cols, image.height / rows];
    return Array.from({ length: rows * cols }, (_, p) => {
      const sum = [0, 0, 0];
      const [left, up] = [Math.round((p % cols) * w), Math.round(Math.floor(p / cols) * h)];
      for (let y = up; y < up + h; y++)
        for (let x = left; x < left + w; x++) for (let c = 0; c < 3; c++) sum[c] += pixels[4 * (y * image.width + x) + c];
      return sum.map((v) => v / (w * h));
    });
  }

  return {
    node,
    async arrive(next) {
      image = await decodePicture(next.arrays.picture);
      data = next;
      means = patchMeans(next.header.grid);
      const { stops } = next.header;
      const wanted = practicePlace(next.header).r ?? stops[Math.floor(stops.length / 2)];
      stop = stops.reduce((best, value, i) => (Math.abs(value - wanted) < Math.abs(stops[best] - wanted) ? i : best), 0);
      stage = Math.min(stage ?? next.header.depth, next.header.depth);
      if (hovered !== null && hovered >= count()) hovered = null;
      draw();
    },
    draw,
  };
}
