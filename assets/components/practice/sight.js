// What a patch can see: the mask of a variant of attention on the picture and as a matrix, and its cost over resolution.
import { decodePicture, outlineCell, outlinePatch, sharp } from "../kit/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { bytesText, countText, four, grouped, percent } from "../kit/format.js";
import { cellInside, stepToken, tokenName } from "../kit/grid.js";
import { store } from "../kit/store.js";
import { drawCurves } from "../memory_scaling/chart.js";
import { answersTable, commitPlace, inProportion, inkStyle, practicePlace, ratioText } from "./place.js";
import { pairsIn, seesToken, sightMacs, sightStored } from "./sight-math.js";

const KINDS = { full: "full", windows: "windows", neighbourhood: "neighbourhood", strided: "strided", linear: "linear" };
const SIGHT_COLOURS = { full: "#d55e00", windows: "#0072b2", neighbourhood: "#009e73", strided: "#cc79a7", linear: "#e69f00" };
const SIZE_NAMES = { windows: "Window, patches a side", neighbourhood: "Reach, patches each way", strided: "Every how manieth patch" };
const FP16_BYTES = 2;

export function sightView(root) {
  let data = null;
  let image = null;
  let setting = null; // {kind, sizes: {windows, neighbourhood, strided}, layers}: follows the sliders
  let hovered = null;
  let matrixOf = ""; // what the kept matrix was painted for
  const kept = el("canvas");
  const scene = el("canvas", { class: "scene", tabindex: 0, role: "img" });
  const matrix = el("canvas", { class: "matrix", role: "img" });
  const chart = el("canvas", { class: "curves", role: "img" });
  const kinds = choiceOf("Attention", KINDS, (kind) => change({ kind }, true));
  const size = rangeOf("Size", { min: 1, step: 1 });
  const layers = rangeOf("Layers that attend so, from the first", { min: 1, step: 1 });
  const facts = el("dl", { class: "facts" });
  const costs = el("dl", { class: "facts" });
  const answers = answersTable();
  const legend = el(
    "p",
    { class: "small muted legend" },
    ...Object.entries(SIGHT_COLOURS).map(([kind, colour]) =>
      el("span", {}, el("i", { class: "swatch", style: `background:${colour}` }), kind),
    ),
  );
  const node = el(
    "div",
    {},
    el("div", { class: "bar" }, kinds.node),
    el(
      "div",
      { class: "practice" },
      el(
        "div",
        {},
        el(
          "div",
          { class: "pair" },
          el("figure", {}, el("figcaption", { class: "small muted", text: "what this patch sees" }), scene),
          el("figure", {}, el("figcaption", { class: "small muted", text: "the mask: rows are queries, columns keys" }), matrix),
        ),
        el("div", { class: "two" }, size.node, layers.node),
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
        el("section", { class: "card" }, el("h3", { text: "One layer’s attention" }), costs),
        el("section", { class: "card" }, el("h3", { text: "This picture" }), answers.node),
      ),
    ),
    el("h3", { text: "One layer’s attention: multiply-accumulates over resolution" }),
    chart,
    legend,
  );

  const cols = () => data.header.grid[1];
  const front = () => data.header.prefix.length;
  const count = () => front() + data.header.grid[0] * cols();
  const sizeOf = (kind) => setting.sizes[kind] ?? 1;

  function readSetting() {
    const { header } = data;
    const longest = Math.max(...header.grid);
    const place = practicePlace(header);
    const usual = { windows: Math.max(1, Math.floor((longest + 1) / 2)), neighbourhood: Math.max(1, Math.floor(longest / 4)), strided: 2 };
    const sizes = Object.fromEntries(
      Object.entries(header.keys).map(([kind, key]) => [kind, place[key] ?? Math.min(longest, usual[kind])]),
    );
    setting = { kind: place.k, sizes, layers: place.l ?? header.depth };
  }

  function change(changes, released) {
    setting = { ...setting, ...changes };
    draw();
    if (released) release();
  }

  function release() {
    const sizes = Object.fromEntries(Object.entries(data.header.keys).map(([kind, key]) => [key, setting.sizes[kind]]));
    commitPlace({ k: setting.kind, l: setting.layers, ...sizes });
  }

  function query() {
    const middle = front() + Math.floor(data.header.grid[0] / 2) * cols() + Math.floor(cols() / 2);
    return Math.min(count() - 1, hovered ?? (store.selection.token || middle));
  }

  const draw = everyFrame(() => {
    if (!data) return;
    const began = performance.now();
    const style = inkStyle(root);
    drawScene(style);
    drawMatrix(style);
    showControls();
    showNumbers();
    drawChart(style);
    globalThis.__vitTimes?.push(performance.now() - began);
  });

  function drawScene(style) {
    const [rows, columns] = data.header.grid;
    inProportion(scene, data.header.grid);
    const { ink, width, height } = sharp(scene);
    const [w, h] = [width / columns, height / rows];
    ink.drawImage(image, 0, 0, width, height);
    const token = query();
    ink.fillStyle = style.ground;
    ink.globalAlpha = 0.84;
    for (let p = 0; p < rows * columns; p++) {
      if (!seesToken(setting.kind, sizeOf(setting.kind), columns, front(), token, front() + p))
        ink.fillRect((p % columns) * w - 0.3, Math.floor(p / columns) * h - 0.3, w + 0.6, h + 0.6);
    }
    ink.globalAlpha = 1;
    outlinePatch(ink, style, token - front(), [rows, columns], [width, height]);
  }

  function drawMatrix(style) {
    const n = count();
    const id = [setting.kind, sizeOf(setting.kind), data.header.id, style.text].join();
    if (matrixOf !== id) {
      matrixOf = id;
      kept.width = kept.height = n;
      const ink = kept.getContext("2d");
      const pixels = ink.createImageData(n, n);
      const cells = new Uint32Array(pixels.data.buffer);
      const tone = parseInt(SIGHT_COLOURS[setting.kind].slice(1), 16);
      const colour = 0xff000000 | ((tone & 255) << 16) | (tone & 0xff00) | (tone >> 16);
      for (let q = 0; q < n; q++)
        for (let k = 0; k < n; k++) if (seesToken(setting.kind, sizeOf(setting.kind), cols(), front(), q, k)) cells[q * n + k] = colour;
      ink.putImageData(pixels, 0, 0);
    }
    const { ink, width, height } = sharp(matrix);
    ink.fillStyle = style.line;
    ink.fillRect(0, 0, width, height);
    ink.imageSmoothingEnabled = n > width * devicePixelRatio;
    ink.drawImage(kept, 0, 0, width, height);
    const y = (query() * height) / n;
    outlineCell(ink, style, -3, y, width + 6, Math.max(2, height / n), 1.5);
  }

  function showControls() {
    const longest = Math.max(...data.header.grid);
    kinds.show(setting.kind);
    const sized = setting.kind in setting.sizes;
    size.node.style.visibility = sized ? "visible" : "hidden";
    size.input.max = longest;
    size.input.value = sizeOf(setting.kind);
    size.node.querySelector("span span").textContent = SIZE_NAMES[setting.kind] ?? "Size";
    size.input.setAttribute("aria-label", SIZE_NAMES[setting.kind] ?? "Size");
    size.value.textContent = `${sizeOf(setting.kind)}`;
    layers.input.max = data.header.depth;
    layers.input.value = setting.layers;
    layers.value.textContent = setting.layers === data.header.depth ? `all ${setting.layers}` : `${setting.layers} of ${data.header.depth}`;
  }

  function showNumbers() {
    const { header } = data;
    const [kind, own] = [setting.kind, sizeOf(setting.kind)];
    const token = query();
    let seen = 0;
    for (let key = 0; key < count(); key++) seen += seesToken(kind, own, cols(), front(), token, key);
    const pairs = pairsIn(kind, own, header.grid, front());
    const macs = sightMacs(kind, own, header.grid, front(), header);
    const full = sightMacs("full", 1, header.grid, front(), header);
    const stored = FP16_BYTES * sightStored(kind, own, header.grid, front(), header);
    const whole = FP16_BYTES * sightStored("full", 1, header.grid, front(), header);
    const total = header.macs - setting.layers * (full - macs);
    showFacts(facts, [
      ["query", tokenName(header, token)],
      ["it sees", kind === "linear" ? `all ${count()}, as one sum` : `${seen} of ${count()} tokens`],
      ["share", percent(seen / count())],
    ]);
    showFacts(costs, [
      ["pairs", kind === "linear" ? "none" : grouped(pairs), `${pairs} of ${count() ** 2}`],
      ["MACs", countText(macs), `${macs}`],
      ["beside full", ratioText(macs / full), `${macs} / ${full}`],
      ["if stored, fp16", bytesText(stored), `${stored} bytes`],
      ["beside full", ratioText(stored / whole), `${stored} / ${whole}`],
      ["whole model’s MACs", ratioText(total / header.macs), `${total} / ${header.macs}`],
    ]);
    const { ran } = header;
    const settled = ran.kind === kind && ran.layers === setting.layers && (!(kind in setting.sizes) || ran.size === own);
    answers.show(
      [
        ["as trained", header.top],
        [settled ? `with ${kind}` : "with this", settled ? ran.top : null, "runs on release"],
      ],
      header.hasHead,
    );
    scene.setAttribute("aria-label", `The picture; what ${tokenName(header, token)} sees is bright. Arrow keys move the query.`);
    matrix.setAttribute("aria-label", `The mask of ${count()} by ${count()} tokens, ${KINDS[kind]}: ${grouped(pairs)} pairs.`);
    root.sayPractice(
      `${kind}: ${tokenName(header, token)} sees ${seen} of ${count()} tokens. Multiply-accumulates ${ratioText(macs / full)} of full attention’s.`,
    );
    root.practice = {
      setting: { kind, size: own, layers: setting.layers },
      query: token,
      seen: () => Array.from({ length: count() }, (_, key) => seesToken(kind, own, cols(), front(), token, key)),
      pairs,
      macs,
      stored: stored / FP16_BYTES,
      total,
    };
  }

  function drawChart(style) {
    const { header } = data;
    const xs = [];
    for (let side = 4; side <= 128; side = Math.ceil(side * 1.19)) xs.push(side * header.patchSize);
    const lines = Object.keys(KINDS).map((kind) => ({
      colour: SIGHT_COLOURS[kind],
      width: kind === setting.kind ? 3.5 : 1.6,
      dash: kind === setting.kind ? [] : [6, 3],
      values: xs.map((x) => sightMacs(kind, sizeOf(kind), [x / header.patchSize, x / header.patchSize], front(), header)),
    }));
    const [h, w] = header.imageSize;
    const here = Math.sqrt(h * w);
    const now = sightMacs(setting.kind, sizeOf(setting.kind), header.grid, front(), header);
    drawCurves(
      chart,
      {
        log: true,
        x: [xs[0], xs.at(-1)],
        y: [Math.min(...lines.map((l) => l.values[0])) / 2, Math.max(...lines.map((l) => l.values.at(-1))) * 2],
        xs,
        areas: [],
        lines,
        horizontals: [],
        verticals: [{ at: here, label: `${h === w ? h : `${h}×${w}`} px`, strong: true }],
        dots: [{ x: here, y: now, label: countText(now), strong: true }],
        textX: (v) => `${v}`,
        textY: countText,
        xTitle: `pixels, patches of ${header.patchSize}`,
      },
      style,
    );
    chart.setAttribute(
      "aria-label",
      `Multiply-accumulates of one layer's attention over resolution, log axes; at this resolution ${lines.map((_, i) => `${Object.keys(KINDS)[i]} ${four(sightMacs(Object.keys(KINDS)[i], sizeOf(Object.keys(KINDS)[i]), header.grid, front(), header))}`).join(", ")}.`,
    );
  }

  for (const kind of ["pointermove", "pointerdown"]) {
    scene.addEventListener(kind, (event) => {
      const cell = data && cellInside(event, scene, data.header.grid);
      if (cell) ((hovered = front() + cell[0] * cols() + cell[1]), draw());
    });
    matrix.addEventListener(kind, (event) => {
      const cell = data && cellInside(event, matrix, [count(), count()]);
      if (cell) ((hovered = cell[0]), draw());
    });
  }
  for (const canvas of [scene, matrix]) {
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
    canvas.addEventListener("click", () => hovered !== null && store.commit({ token: hovered }));
  }
  scene.addEventListener("keydown", (event) => {
    const next = data && stepToken(data.header, query(), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    hovered = next;
    draw();
  });
  size.input.addEventListener("input", () => change({ sizes: { ...setting.sizes, [setting.kind]: +size.input.value } }, false));
  layers.input.addEventListener("input", () => change({ layers: +layers.input.value }, false));
  for (const { input } of [size, layers]) input.addEventListener("change", release);

  return {
    node,
    async arrive(next) {
      image = await decodePicture(next.arrays.picture);
      data = next;
      readSetting();
      draw();
    },
    draw,
  };
}
