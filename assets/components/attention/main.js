import { decodePicture, savePng, watched } from "../kit/canvas.js";
import { colourTable, gradient } from "../kit/colours.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { four } from "../kit/format.js";
import { cellAt, clamp, stepToken, tokenAt, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { clampView, fromView, selected, withView } from "../kit/view.js";
import { AllHeads, entropy, massMask, meanDistance } from "./math.js";
import { paintMap, paintWall, placeBox, sheet } from "./draw.js";
import { comparePanel, matrixPanel, workingPanel } from "./panels.js";

const SCALES = { raw: "raw", head: "per head", shared: "shared", log: "log" };

// The attention explorer. The query is the token under the pointer, or the pinned one; then the pointer reads off keys.
export default mounts((root) => {
  const tables = { map: colourTable("viridis"), diverging: colourTable("diverging") };
  let data = null; // {header, heads, bitmap}
  let hovered = null; // token under the pointer, on the picture
  let cell = null; // [query, key] under the pointer, on the matrix
  let thumb = null; // [layer, head] under the pointer, on the wall
  let weights = null; // [layers, heads, tokens]
  let tops = null; // [layers, heads]: the largest weight on a patch
  let computed = "";
  let options = clampView("attention", {});
  let teach = { scaled: true, temperature: 1 };

  const base = el("canvas", { tabindex: 0, role: "img" });
  const map = el("canvas", { class: "map" });
  const marks = el("canvas", { class: "marks" });
  const prefix = el("div", { class: "prefix" });
  let prefixButtons = [];
  const hint = el("span", { class: "small muted" });
  const layer = rangeOf("Layer", { min: 1, step: 1 });
  const head = rangeOf("Head", { min: 1, step: 1 });
  const overlay = rangeOf("Overlay", { min: 0, max: 100, step: 5 });
  const keep = rangeOf("Keep of the mass", { min: 5, max: 100, step: 5 });
  const ways = choiceOf("Direction", { row: "looks at", column: "looked at by" }, (way) => setOption({ way }));
  const scales = choiceOf("Colour scale", SCALES, (scale) => setOption({ scale }));
  const wall = el("canvas", { tabindex: 0, role: "img" });
  const chosen = el("div", { class: "chosen" });
  const hovering = el("div", { class: "hovering", hidden: true });
  const [down, across] = [el("div", { class: "down", "aria-hidden": "true" }), el("div", { class: "across", "aria-hidden": "true" })];
  const wallTitle = el("span");
  const wallBar = el("span", { class: "colourbar small" });
  const mapTitle = el("span");
  const [mapLow, mapTop] = [document.createTextNode("0"), el("strong")];
  const mapBar = el("span", { class: "colourbar small" }, mapLow, el("i", { style: `background:${gradient(tables.map)}` }), mapTop);
  const pointer = el("dl", { class: "facts" });
  const thisHead = el("dl", { class: "facts" });
  const panels = {
    working: {
      title: "One weight, step by step",
      ...workingPanel(
        () => draw(),
        (change) => ((teach = change), draw()),
        check,
      ),
    },
    matrix: {
      title: "Matrix",
      ...matrixPanel(
        tables.map,
        (q, k) => ((cell = q === null ? null : [q, k]), draw()),
        (q) => pin(q),
      ),
    },
    compare: { title: "Compare two", ...comparePanel(tables) },
  };
  const tabs = el("div", { class: "tabs", role: "tablist" });
  const panel = el("div", { role: "tabpanel" });

  root.append(
    el(
      "div",
      { class: "explorer" },
      el(
        "div",
        {},
        el("div", { class: "head-line" }, mapTitle, mapBar),
        prefix,
        el("div", { class: "scene" }, base, map, marks),
        el(
          "div",
          { class: "controls" },
          layer.node,
          head.node,
          el("div", { class: "choices" }, ways.node, scales.node),
          el("div", { class: "two" }, overlay.node, keep.node),
          el("div", {}, el("button", { type: "button", text: "Save this view (PNG)", onclick: save })),
        ),
      ),
      el(
        "div",
        {},
        el("div", { class: "head-line" }, wallTitle, wallBar),
        el("div", { class: "wall" }, down, el("div", { class: "frame" }, wall, chosen, hovering), el("span"), across),
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), pointer),
        el("section", { class: "card" }, el("h3", { text: "This head" }), thisHead),
      ),
    ),
    tabs,
    panel,
  );
  const say = speaker(root, () => panels[options.tab].describe?.());

  // ---- state ----------------------------------------------------------------------------------------------------------------------

  const at = () => selected(data.header);
  const factor = () => (teach.scaled ? data.heads.scale : 1) / teach.temperature;
  const byColumn = () => options.way === "column";
  /** The token whose row (or column) is drawn. */
  const subject = () => (cell ? cell[byColumn() ? 1 : 0] : options.pinned || hovered === null ? at().token : hovered);

  function setOption(changes, quietly = false) {
    options = { ...options, ...changes };
    const view = withView("attention", options);
    if (!quietly && view !== (store.selection.view ?? "")) store.commit({ view });
    draw();
  }

  const readView = () => (options = fromView("attention"));

  function pin(token) {
    const pinned = !(options.pinned && token === at().token);
    store.commit({ token, view: withView("attention", { ...options, pinned }) });
  }

  function check() {
    const { layer: l, head: h } = at();
    const [q, k] = pair();
    root.api.setTriggerValue("check", { layer: l, head: h, query: q, key: k, weight: data.heads.steps(l, h, q, k).weight });
  }

  function save() {
    const { layer: l, head: h } = at();
    const text = `Layer ${l + 1}, head ${h + 1}: ${mapTitle.textContent}; 0 to ${mapTop.textContent}`;
    savePng(sheet(root, [base, map, marks], wall, text), `attention-layer${l + 1}-head${h + 1}-token${at().token}.png`);
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------------------

  /** Query and key of the weight that is explained: the pointer's, or the query with its strongest key (in columns: the reverse). */
  function pair() {
    if (cell) return cell;
    const one = subject();
    const values = ofHead();
    let other = options.pinned && hovered !== null ? hovered : -1;
    if (other < 0) other = values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
    return byColumn() ? [other, one] : [one, other];
  }

  function ofHead() {
    const { layer: l, head: h } = at();
    const from = (l * data.header.heads + h) * data.heads.tokens;
    return weights.subarray(from, from + data.heads.tokens);
  }

  function compute() {
    const name = `${subject()}/${options.way}/${factor()}`;
    if (name === computed) return;
    computed = name;
    data.heads.all(subject(), byColumn(), weights, tops, factor());
  }

  /** The theme's colours; read before anything is written, when that costs nothing. */
  function themeColours() {
    const style = getComputedStyle(root);
    return {
      background: style.getPropertyValue("--st-background-color"),
      primary: style.getPropertyValue("--st-primary-color"),
      line: style.getPropertyValue("--line"),
    };
  }

  const draw = everyFrame(() => {
    if (!data) return;
    const start = performance.now();
    const colours = themeColours();
    const { node } = panels[options.tab];
    if (panel.firstChild !== node) panel.replaceChildren(node);
    compute();
    const { header, heads } = data;
    const { layer: l, head: h, token } = at();
    const values = ofHead();
    const [q, k] = pair();
    const total = values.reduce((a, b) => a + b, 0);
    const bits = entropy(values);
    const patches = values.subarray(header.prefix.length);
    const top =
      options.scale === "raw" ? 1 : options.scale === "head" ? tops[l * header.heads + h] : tops.reduce((a, b) => Math.max(a, b), 0);
    const log = options.scale === "log";
    const mask = options.keep < 100 ? massMask(patches, options.keep / 100) : null;
    paintMap(map, { patches, grid: header.grid, table: tables.map, top, log, overlay: options.overlay / 100, mask });
    paintWall(wall, {
      weights,
      header,
      tokens: heads.tokens,
      topOf: (i) => (options.scale === "head" ? tops[i] : top),
      table: tables.map,
      log,
    });
    drawMarks(q, k, colours);
    showControls(l, h);
    showNumbers({ l, h, q, k, values, top, total, bits });
    panels[options.tab].draw({
      heads,
      header,
      layer: l,
      head: h,
      query: q,
      key: k,
      factor: factor(),
      total,
      bits,
      byColumn: byColumn(),
      colours,
      first: token,
      second: options.second ?? hovered ?? heads.tokens - 1,
    });
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  const inkOfMarks = watched(marks, () => draw());
  function drawMarks(q, k, colours) {
    const { ink, width, height } = inkOfMarks();
    const [rows, cols] = data.header.grid;
    for (const [token, colour] of [
      [k, "#d55e00"],
      [q, "#0072b2"],
    ]) {
      const patch = token - data.header.prefix.length;
      if (patch < 0) continue;
      const place = [((patch % cols) * width) / cols, (Math.floor(patch / cols) * height) / rows, width / cols, height / rows];
      ink.lineWidth = 6;
      ink.strokeStyle = colours.background;
      ink.strokeRect(...place);
      ink.lineWidth = 3;
      ink.strokeStyle = colour;
      ink.strokeRect(...place);
    }
  }

  function showControls(l, h) {
    const { header } = data;
    for (const [control, value, of] of [
      [layer, l, header.depth],
      [head, h, header.heads],
    ]) {
      mark(control.input, "max", of);
      if (+control.input.value !== value + 1) control.input.value = value + 1;
      put(control.value, `${value + 1}/${of}`);
    }
    for (const [control, name] of [
      [overlay, "overlay"],
      [keep, "keep"],
    ]) {
      if (+control.input.value !== options[name]) control.input.value = options[name];
      put(control.value, `${options[name]}%`);
    }
    ways.show(options.way);
    scales.show(options.scale);
    placeBox(chosen, header, l, h);
    hovering.hidden = !thumb;
    if (thumb) placeBox(hovering, header, ...thumb);
    for (const button of tabs.children) mark(button, "aria-selected", button.dataset.tab === options.tab);
  }

  function showNumbers({ l, h, q, k, values, top, total, bits }) {
    const { header, heads } = data;
    const name = (token) => tokenName(header, token);
    const one = subject();
    const weight = values[byColumn() ? q : k];
    let rank = 1;
    for (const value of values) if (value > weight) rank++;
    showFacts(pointer, [
      ["query", `${name(q)} · #${q}`],
      ["key", `${name(k)} · #${k}`],
      ["weight", four(weight), weight],
      ["rank", `${rank} of ${heads.tokens}`],
      ...header.prefix.map((label, i) => [byColumn() ? `from ${label}` : `to ${label}`, four(values[i]), values[i]]),
    ]);
    const far = meanDistance(header, one, values);
    showFacts(thisHead, [
      ["layer, head", `${l + 1}/${header.depth}, ${h + 1}/${header.heads}`],
      ["distance", far === null ? "no place" : `${four(far)} px`, far],
      byColumn() ? ["received in all", four(total)] : ["entropy", `${bits.toFixed(2)} of ${Math.log2(heads.tokens).toFixed(2)} bit`, bits],
    ]);
    const heading = byColumn() ? `Who looks at ${name(one)}` : `${name(one)} looks at`;
    put(mapTitle, heading);
    put(
      wallTitle,
      thumb
        ? `Layer ${thumb[0] + 1}, head ${thumb[1] + 1}: click to open`
        : `${header.depth * header.heads} heads: layers down, heads across`,
    );
    mapLow.data = options.scale === "log" ? "≤ 0.00001" : "0";
    put(mapTop, four(top));
    mark(mapTop, "title", top);
    put(wallBar, options.scale === "head" ? "each to its own top" : `all maps: ${mapLow.data} to ${four(top)}`);
    for (const [i, button] of prefixButtons.entries()) {
      mark(button, "aria-pressed", one === i);
      put(button, `${header.prefix[i]} ${four(values[i])}`);
    }
    put(hint, options.pinned ? "pinned: the pointer reads keys; click again to let go" : "a click pins the query");
    say(
      `Layer ${l + 1}, head ${h + 1}. ${heading}: strongest with ${name(byColumn() ? q : k)}, weight ${four(weight)}; entropy ${bits.toFixed(2)} bit.`,
    );
  }

  // ---- pointer and keys -----------------------------------------------------------------------------------------------------------

  const hover = (event) => {
    if (!data) return;
    hovered = tokenAt(event, base, data.header);
    draw();
  };
  base.addEventListener("pointermove", hover);
  base.addEventListener("pointerdown", hover);
  base.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
  base.addEventListener("click", (event) => {
    if (!data) return;
    const token = tokenAt(event, base, data.header);
    if (event.shiftKey) setOption({ second: token, tab: "compare" });
    else if (event.pointerType === "touch" && token !== at().token) store.commit({ token });
    else pin(token);
  });
  base.addEventListener("keydown", (event) => {
    if (!data) return;
    if (event.key === "Enter" && event.shiftKey) setOption({ second: hovered ?? at().token, tab: "compare" });
    else if (event.key === "Enter" || event.key === " ") pin(at().token);
    else if (event.key === "Escape" && options.pinned) pin(at().token);
    else {
      const from = options.pinned ? (hovered ?? at().token) : at().token;
      const next = stepToken(data.header, from, event.key);
      if (next === null) return;
      if (options.pinned) hovered = next;
      else {
        hovered = null;
        store.preview({ token: next });
      }
      draw();
    }
    event.preventDefault();
  });
  base.addEventListener("keyup", (event) => event.key.startsWith("Arrow") && !options.pinned && store.commit({ token: at().token }));

  const headAt = (event) => cellAt(event, wall, [data.header.depth, data.header.heads]);
  wall.addEventListener("pointermove", (event) => data && ((thumb = headAt(event)), draw()));
  wall.addEventListener("pointerleave", () => ((thumb = null), draw()));
  wall.addEventListener("click", (event) => {
    if (!data) return;
    const [l, h] = headAt(event);
    store.commit({ layer: l, head: h });
  });
  wall.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || !data) return;
    event.preventDefault();
    const { layer: l, head: h } = at();
    store.commit({ layer: clamp(l + step[0], 0, data.header.depth - 1), head: clamp(h + step[1], 0, data.header.heads - 1) });
  });
  for (const [control, name] of [
    [layer, "layer"],
    [head, "head"],
  ]) {
    control.input.addEventListener("input", () => store.preview({ [name]: control.input.value - 1 }));
    control.input.addEventListener("change", () => store.commit({ [name]: control.input.value - 1 }));
  }
  for (const [control, name] of [
    [overlay, "overlay"],
    [keep, "keep"],
  ]) {
    control.input.addEventListener("input", () => setOption({ [name]: +control.input.value }, true));
    control.input.addEventListener("change", () => setOption({ [name]: +control.input.value }));
  }

  for (const [name, { title }] of Object.entries(panels)) {
    tabs.append(el("button", { type: "button", role: "tab", "data-tab": name, text: title, onclick: () => setOption({ tab: name }) }));
  }
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = Object.keys(panels);
    const next = (names.indexOf(options.tab) + step + names.length) % names.length;
    setOption({ tab: names[next] });
    tabs.children[next].focus();
  });

  const unsubscribe = store.subscribe(() => {
    readView();
    draw();
  });
  const resized = new ResizeObserver(draw);
  resized.observe(root);

  function build() {
    const { header } = data;
    prefixButtons = header.prefix.map((label, i) =>
      el("button", {
        type: "button",
        text: label,
        "aria-label": `${label} as query`,
        onpointerenter: () => !options.pinned && ((hovered = i), draw()),
        onpointerleave: () => ((hovered = null), draw()),
        onclick: () => pin(i),
      }),
    );
    prefix.replaceChildren(...prefixButtons, hint);
    const numbers = (count) => Array.from({ length: count }, (_, i) => el("span", { text: i + 1 }));
    down.replaceChildren(...numbers(header.depth));
    across.replaceChildren(...numbers(header.heads));
    [base.width, base.height] = [header.imageSize[1], header.imageSize[0]];
    base.getContext("2d").drawImage(data.bitmap, 0, 0);
    base.setAttribute(
      "aria-label",
      `The picture in ${header.grid[0]} by ${header.grid[1]} patches. Arrow keys move, Enter pins the query, Escape lets it go.`,
    );
    wall.setAttribute("aria-label", `Maps of all ${header.depth * header.heads} heads. Arrow keys choose another head.`);
  }

  return {
    update(bytes, nextApi) {
      root.api = nextApi;
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return draw();
      decodePicture(arrays.picture).then((bitmap) => {
        data = { header, bitmap, heads: new AllHeads(header, arrays.q, arrays.k, arrays.lse) };
        weights = new Float32Array(header.depth * header.heads * data.heads.tokens);
        tops = new Float32Array(header.depth * header.heads);
        computed = "";
        hovered = cell = thumb = null;
        readView();
        build();
        root.explorer = data.heads;
        root.dataset.ready = header.id;
        draw();
      });
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
