import { decodePicture } from "../kit/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { grouped } from "../kit/format.js";
import { stepToken, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { withView } from "../kit/view.js";
import { asImage, countsOf, drawInput, flattened, nearestSize, shapeOf, sizeRange } from "./cut.js";
import { PatchKernel, normalised } from "../patch_embedding/kernel.js";
import { patchDetail } from "./detail.js";
import { patchScene } from "./scene.js";
import { wordsPanel } from "./words.js";

const FITS = { crop: "crop to a square", pad: "pad to a square", keep: "keep the shape" };
const PLAY_MS = 7000;
const KEPT_RUNS = 8;
const runs = []; // this visit's runs, newest first; they outlive a change of page

// The patch grid: size and patch follow the sliders while they are dragged; on release the model runs at that setting.
export default mounts((root) => {
  let data = null; // {header, exact, bitmap, kernel, words}
  let setting = null; // what the sliders say: {size, patch, fit}
  let wantedSize = 224; // the resolution last asked for, to come back to when the patch size allows it
  let asked = null; // the setting that the model is running at
  let hovered = null;
  let chosen = null; // a token chosen on this page, where the rest of the app does not know this grid
  let touched = false;
  let moment = 1;
  let playing = null;
  const scratch = el("canvas"); // one patch, resized by the browser
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const scene = patchScene();
  const size = rangeOf("Resolution");
  const patch = rangeOf("Patch size", { min: 0, step: 1 });
  const fits = choiceOf("Pictures that are not square", FITS, (fit) => (choose({ fit }), release()));
  const play = el("button", { type: "button", onclick: () => (playing === null ? start() : stop()) });
  const time = el("input", {
    type: "range",
    min: 0,
    max: 1000,
    step: 1,
    value: 1000,
    "aria-label": "Progress of the patches into the sequence",
  });
  const progress = el("span", { class: "small muted progress" });
  const counts = el("p", { class: "counts" });
  const facts = el("dl", { class: "facts" });
  const pointed = el("dl", { class: "facts" });
  const history = el("table", { class: "history" });
  const own = el("p", { class: "small muted" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const detail = patchDetail(() => draw());
  const words = wordsPanel(() => draw());
  root.append(
    el(
      "div",
      { class: "patch-grid" },
      el(
        "div",
        {},
        counts,
        scene.node,
        el("div", { class: "player" }, play, time, progress),
        el("div", { class: "controls" }, size.node, patch.node, fits.node),
      ),
      el(
        "div",
        { class: "rail" },
        el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), pointed),
        el("section", { class: "card" }, el("h3", { text: "This cut" }), facts),
        el("section", { class: "card" }, el("h3", { text: "What the model said" }), history, own),
      ),
    ),
    el("h2", { text: "The patch, pixel by pixel" }),
    detail.node,
    el("h2", { text: "Text against vision" }),
    words.node,
    summary,
  );

  // ---- state ----------------------------------------------------------------------------------------------------------------------

  const source = () => data.header.sourceSize;
  const cut = () => countsOf(shapeOf(setting, source(), data.header.limits.grids), setting.patch, 3, data.header.prefix.length);
  const settled = () => ["size", "patch", "fit"].every((key) => setting[key] === data.header.setting[key]);
  const layout = () => ({ prefix: data.header.prefix, grid: cut().grid });
  const inApp = (s) => {
    const { sizes, patches, grids } = data.header.app;
    return (
      s.fit === "crop" &&
      sizes.includes(s.size) &&
      patches.includes(s.patch) &&
      s.size / s.patch >= grids[0] &&
      s.size / s.patch <= grids[1]
    );
  };

  function token() {
    const {
      grid: [rows, cols],
      tokens,
    } = cut();
    const first = data.header.prefix.length;
    const kept = chosen ?? store.selection.token ?? 0;
    const middle = first + Math.floor(rows / 2) * cols + Math.floor(cols / 2);
    return Math.min(hovered ?? (kept === 0 && !touched ? middle : kept), tokens - 1);
  }

  function keepToken(next) {
    touched = true;
    hovered = null;
    if (inApp(data.header.setting) && settled()) {
      chosen = null;
      store.commit({ token: next });
    } else chosen = next;
    draw();
  }

  /** Change the sliders' setting; the resolution goes to the nearest that the patch size divides. */
  function choose(changes) {
    if (changes.size) wantedSize = changes.size;
    const next = { ...setting, ...changes };
    setting = { ...next, size: nearestSize(wantedSize, next.patch, data.header.limits) };
    hovered = null;
    draw();
  }

  /** Tell the server: through the app's own sizes where they can hold the setting, otherwise as this page's own view. */
  function release() {
    if (settled() && asked === null) return;
    asked = settled() ? null : setting;
    chosen = touched ? token() : null;
    const mine = inApp(setting) ? { grid: null, over: null } : { grid: [setting.size, setting.patch, setting.fit], over: data.header.over };
    const view = withView("patch_grid", mine);
    if (inApp(setting)) store.commit({ image_size: setting.size, patch_size: setting.patch, view });
    else store.commit({ view });
    draw();
  }

  // ---- drawing --------------------------------------------------------------------------------------------------------------------

  const draw = everyFrame(() => {
    if (!data) return;
    const began = performance.now();
    const c = cut();
    const exact = settled() ? data.exact : null;
    const state = scene.show({
      bitmap: data.bitmap,
      setting,
      counts: c,
      source: source(),
      prefix: data.header.prefix.length,
      names: data.header.prefix,
      exact,
      token: token(),
      moment,
      jumps: calm.matches,
    });
    const pixels = levels(c, exact);
    const { mean, std, reach } = data.header;
    const name = tokenName(layout(), token());
    detail.draw({ levels: pixels, values: pixels && normalised(pixels, mean, std), patch: c.patch, reach, name, exact: exact !== null });
    words.draw({
      header: data.header,
      words: data.words,
      numbers: data.numbers,
      kernel: data.kernel,
      levels: exact ? pixels : null,
      name:
        exact && pixels ? name : exact ? `${name} has no pixels; choose a patch.` : "On release, the patch is embedded at the new size.",
    });
    showControls(c, state);
    showNumbers(c);
    detail.describe();
    words.describe();
    globalThis.__vitTimes?.push(performance.now() - began);
  });

  /** The chosen patch's levels, from the model's own pixels, or while a slider moves from the browser's resized picture. */
  function levels(c, exact) {
    const p = token() - data.header.prefix.length;
    if (p < 0) return null;
    const [row, col] = [Math.floor(p / c.grid[1]), p % c.grid[1]];
    if (exact) return flattened(exact.levels, c.width, 3, row, col, c.patch);
    if (scratch.width !== c.patch) scratch.width = scratch.height = c.patch;
    const small = scratch.getContext("2d", { willReadFrequently: true });
    small.setTransform(1, 0, 0, 1, 0, 0);
    small.translate(-col * c.patch, -row * c.patch);
    drawInput(small, data.bitmap.image, setting.fit, [c.height, c.width], source());
    return flattened(small.getImageData(0, 0, c.patch, c.patch).data, c.patch, 4, 0, 0, c.patch);
  }

  function showControls(c, { landed, prefixThere }) {
    const { limits } = data.header;
    const [low, high] = sizeRange(setting.patch, limits);
    for (const [key, value] of [
      ["min", low],
      ["max", high],
      ["step", setting.patch],
    ])
      if (+size.input[key] !== value) size.input[key] = value;
    if (+size.input.value !== setting.size) size.input.value = setting.size;
    patch.input.max = limits.patches.length - 1;
    const at = limits.patches.indexOf(setting.patch);
    if (+patch.input.value !== at) patch.input.value = at;
    size.value.textContent = `${setting.size} px`;
    patch.value.textContent = `${setting.patch} px`;
    size.input.setAttribute("aria-valuetext", `${setting.size} pixels`);
    patch.input.setAttribute("aria-valuetext", `${setting.patch} pixels`);
    fits.show(setting.fit);
    play.textContent = playing === null ? "▶ Play" : "⏸ Pause";
    play.disabled = calm.matches;
    play.title = calm.matches
      ? "Your system asks for less motion: drag the slider instead"
      : "Patches leave the picture in reading order; learned tokens join at the front";
    if (+time.value !== Math.round(1000 * moment)) time.value = Math.round(1000 * moment);
    const names = data.header.prefixWords;
    progress.textContent =
      moment >= 1
        ? `${grouped(c.patches)} patches${names ? ` + ${names}` : ""}`
        : prefixThere && names
          ? `${names} ${data.header.prefix.length > 1 ? "join" : "joins"}`
          : `${grouped(landed)} of ${grouped(c.patches)}`;
  }

  function showNumbers(c) {
    const { prefix } = data.header;
    const [rows, cols] = c.grid;
    const extra = prefix.length ? ` + ${data.header.prefixWords}` : "";
    const shape = c.height === c.width ? `${c.height}` : `${c.height}×${c.width}`;
    counts.replaceChildren(
      el("strong", { text: `${shape} / ${c.patch}` }),
      ` → ${rows} × ${cols} = ${grouped(c.patches)} patches${extra} = `,
      el("strong", { text: `${grouped(c.tokens)} tokens` }),
    );
    showFacts(facts, [
      ["picture", `${c.height} × ${c.width} × 3`],
      ["grid", `${rows} × ${cols}`],
      ["patches", grouped(c.patches)],
      ["one patch", `${c.patch} × ${c.patch} × 3`],
      ["pixels in it", grouped(c.pixels)],
      ["values in it", grouped(c.values)],
      ["sequence", `${prefix.length} + ${grouped(c.patches)} = ${grouped(c.tokens)}`],
    ]);
    const t = token();
    const p = t - prefix.length;
    const [row, col] = [Math.floor(p / cols), p % cols];
    showFacts(
      pointed,
      p < 0
        ? [
            ["token", prefix[t]],
            ["index", `${t}`],
            ["pixels", "none, it is learned"],
          ]
        : [
            ["row, column", `${row + 1}, ${col + 1}`],
            ["patch", `${grouped(p + 1)} of ${grouped(c.patches)}`],
            ["index", `${t}${prefix.length ? ` (${prefix[0]} is 0)` : ""}`],
            ["pixels down", `${row * c.patch} … ${(row + 1) * c.patch - 1}`],
            ["pixels across", `${col * c.patch} … ${(col + 1) * c.patch - 1}`],
          ],
    );
    showHistory();
    own.textContent = inApp(setting)
      ? ""
      : `A setting of this page alone: the other pages stay at ${data.header.over.join(" / ")}. They take squares of ${data.header.app.sizes[0]} to ${data.header.app.sizes.at(-1)} px, cut at most ${data.header.app.grids[1]} × ${data.header.app.grids[1]}.`;
    scene.node.setAttribute(
      "aria-label",
      `The picture in ${rows} by ${cols} patches and the sequence of ${c.tokens} tokens; ${tokenName(layout(), t)}, index ${t}, is chosen. Arrow keys move.`,
    );
    summary.textContent = `${c.height} by ${c.width} pixels, patches of ${c.patch}: ${c.patches} patches, ${c.tokens} tokens.`;
  }

  function showHistory() {
    const name = [asked?.size, asked?.patch, asked?.fit, runs.map((run) => run.id).join(), data.header.id].join("/");
    if (history.dataset.shown === name) return;
    history.dataset.shown = name;
    const line = (run) =>
      el(
        "tr",
        {
          class: run.id === data.header.id && !asked ? "now" : null,
          title: `${run.picture}: ${run.exact}, ${run.seconds} s in that run; the line on top tells the fastest at a setting`,
        },
        el("td", { text: `${run.shape} / ${run.patch}` }),
        el("td", { text: `${grouped(run.patches)}` }),
        el("td", { text: `${grouped(1000 * run.seconds)} ms` }),
        el("td", { text: run.answer }),
      );
    const waiting = asked
      ? [
          el(
            "tr",
            { class: "now" },
            el("td", { text: `${asked.size} / ${asked.patch}` }),
            el("td", { text: grouped(cut().patches) }),
            el("td", { colspan: 2, class: "muted", text: "running …" }),
          ),
        ]
      : [];
    const heads = ["size / patch", "patches", "that run", "answer"].map((text) => el("th", { text }));
    history.replaceChildren(el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...waiting, ...runs.map(line)));
  }

  // ---- the way into the sequence --------------------------------------------------------------------------------------------------

  function start() {
    if (moment >= 1) moment = 0;
    let before = performance.now();
    const step = (now) => {
      moment = Math.min(1, moment + (now - before) / PLAY_MS);
      before = now;
      draw();
      playing = moment < 1 ? requestAnimationFrame(step) : null;
    };
    playing = requestAnimationFrame(step);
    draw();
  }

  function stop() {
    cancelAnimationFrame(playing);
    playing = null;
    draw();
  }
  time.addEventListener("input", () => (playing !== null && stop(), (moment = time.value / 1000), draw()));

  // ---- pointer and keys -----------------------------------------------------------------------------------------------------------

  size.input.addEventListener("input", () => data && choose({ size: +size.input.value }));
  patch.input.addEventListener("input", () => data && choose({ patch: data.header.limits.patches[+patch.input.value] }));
  for (const { input } of [size, patch]) input.addEventListener("change", () => data && release());

  const hover = (event) => data && ((hovered = scene.tokenAt(event, cut(), data.header.prefix.length)), draw());
  scene.node.addEventListener("pointermove", hover);
  scene.node.addEventListener("pointerdown", hover);
  scene.node.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && ((hovered = null), draw()));
  scene.node.addEventListener("click", (event) => {
    const at = data && scene.tokenAt(event, cut(), data.header.prefix.length);
    if (at !== null) keepToken(at);
  });
  scene.node.addEventListener("keydown", (event) => {
    const next = data && stepToken(layout(), token(), event.key);
    if (next === null || next === undefined) return;
    event.preventDefault();
    hovered = null;
    touched = true;
    chosen = next;
    draw();
  });
  scene.node.addEventListener(
    "keyup",
    (event) =>
      data && chosen !== null && (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") && keepToken(chosen),
  );

  const unsubscribe = store.subscribe(() => draw());
  const resized = new ResizeObserver(draw);
  resized.observe(root);
  calm.addEventListener("change", draw);

  function arrive(header, arrays, image) {
    const [height, width] = header.imageSize;
    const same = data?.header.picture === header.picture;
    const kernel = new PatchKernel(arrays, header);
    data = {
      header,
      words: arrays.words,
      numbers: arrays.wordNumbers,
      bitmap: { image, id: header.picture },
      exact: { levels: arrays.pixels, image: asImage(arrays.pixels, height, width), id: header.id },
      kernel,
    };
    if (asked === null || ["size", "patch", "fit"].every((key) => asked[key] === header.setting[key]) || !same) {
      asked = null;
      setting = { ...header.setting };
      wantedSize = setting.size;
    }
    const shape = height === width ? `${height}` : `${height}×${width}`;
    const exact = header.top.length ? header.top[0].join(" ") : header.answer;
    const again = runs.findIndex((run) => run.id === header.id);
    if (again >= 0) runs.splice(again, 1);
    runs.unshift({
      id: header.id,
      picture: header.title,
      shape,
      patch: header.patchSize,
      patches: header.grid[0] * header.grid[1],
      seconds: header.seconds,
      answer: header.answer,
      exact,
    });
    runs.splice(KEPT_RUNS);
    root.grid = { levels: () => levels(cut(), settled() ? data.exact : null), counts: cut, token, settled };
    root.dataset.ready = header.id;
    draw();
  }

  return {
    update(bytes) {
      const { header, arrays } = unpack(bytes);
      if (header.id === data?.header.id) return draw();
      decodePicture(arrays.source).then((image) => arrive(header, arrays, image));
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
      calm.removeEventListener("change", draw);
      if (playing !== null) cancelAnimationFrame(playing);
    },
  };
});
