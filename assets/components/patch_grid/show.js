// What the page shows of a cut: the scene, the patch, the controls and the numbers.
import { el } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { grouped } from "../kit/numbers/format.js";
import { tokenName } from "../kit/grid.js";
import { normalised } from "../patch_embedding/kernel.js";
import { drawInput, flattened, sizeRange } from "./cut.js";
import { showHistory } from "./runs.js";
import { cutOf, inApp, isSettled, layoutOf, sourceSize, tokenOf } from "./setting.js";

export function drawAll(view) {
  const began = performance.now();
  const c = cutOf(view);
  const exact = isSettled(view) ? view.data.exact : null;
  const state = view.scene.show({
    bitmap: view.data.bitmap,
    setting: view.setting,
    counts: c,
    source: sourceSize(view),
    prefix: view.data.header.prefix.length,
    names: view.data.header.prefix,
    exact,
    token: tokenOf(view),
    moment: view.moment,
    jumps: view.calm.matches,
  });
  const pixels = levelsOf(view, c, exact);
  const { mean, std, reach, chans } = view.data.header;
  const name = tokenName(layoutOf(view), tokenOf(view));
  const values = pixels && normalised(pixels, mean, std);
  view.detail.draw({ levels: pixels, values, patch: c.patch, chans, reach, name, exact: exact !== null });
  view.words.draw({
    header: view.data.header,
    words: view.data.words,
    numbers: view.data.numbers,
    kernel: view.data.kernel,
    levels: exact ? pixels : null,
    name: exact && pixels ? name : exact ? `${name} has no pixels; choose a patch.` : "On release, the patch is embedded at the new size.",
  });
  showControls(view, c, state);
  showNumbers(view, c);
  view.detail.describe();
  view.words.describe();
  globalThis.__vitTimes?.push(performance.now() - began);
}

/** The chosen patch's levels, from the model's own pixels, or while a slider moves from the browser's resized picture. */
export function levelsOf(view, c, exact) {
  const p = tokenOf(view) - view.data.header.prefix.length;
  if (p < 0) return null;
  const [row, col] = [Math.floor(p / c.grid[1]), p % c.grid[1]];
  const { chans } = view.data.header;
  if (exact) return flattened(exact.levels, c.width, 3, row, col, c.patch, chans);
  if (view.scratch.width !== c.patch) view.scratch.width = view.scratch.height = c.patch;
  const small = view.scratch.getContext("2d", { willReadFrequently: true });
  small.setTransform(1, 0, 0, 1, 0, 0);
  small.translate(-col * c.patch, -row * c.patch);
  drawInput(small, view.data.bitmap.image, view.setting.fit, [c.height, c.width], sourceSize(view));
  return flattened(small.getImageData(0, 0, c.patch, c.patch).data, c.patch, 4, 0, 0, c.patch, chans);
}

function showControls(view, c, { landed, prefixThere }) {
  const { limits } = view.data.header;
  const [low, high] = sizeRange(view.setting.patch, limits);
  for (const [key, value] of [
    ["min", low],
    ["max", high],
    ["step", view.setting.patch],
  ])
    if (+view.size.input[key] !== value) view.size.input[key] = value;
  if (+view.size.input.value !== view.setting.size) view.size.input.value = view.setting.size;
  view.patch.input.max = limits.patches.length - 1;
  const at = limits.patches.indexOf(view.setting.patch);
  if (+view.patch.input.value !== at) view.patch.input.value = at;
  view.size.input.disabled = view.patch.input.disabled = false;
  view.size.value.textContent = `${view.setting.size} px`;
  view.patch.value.textContent = `${view.setting.patch} px`;
  view.size.input.setAttribute("aria-valuetext", `${view.setting.size} pixels`);
  view.patch.input.setAttribute("aria-valuetext", `${view.setting.patch} pixels`);
  view.fits.show(view.setting.fit);
  view.play.textContent = view.playing === null ? "Play" : "Pause";
  view.play.disabled = view.calm.matches;
  view.play.title = view.calm.matches
    ? "Your system asks for less motion: drag the slider instead"
    : "Patches leave the picture in reading order; learned tokens join at the front";
  if (+view.time.value !== Math.round(1000 * view.moment)) view.time.value = Math.round(1000 * view.moment);
  const names = view.data.header.prefixWords;
  view.progress.textContent =
    view.moment >= 1
      ? `${grouped(c.patches)} patches${names ? ` + ${names}` : ""}`
      : prefixThere && names
        ? `${names} ${view.data.header.prefix.length > 1 ? "join" : "joins"}`
        : `${grouped(landed)} of ${grouped(c.patches)}`;
}

function showNumbers(view, c) {
  const { prefix, chans, over, app } = view.data.header;
  const [rows, cols] = c.grid;
  const extra = prefix.length ? ` + ${view.data.header.prefixWords}` : "";
  const shape = c.height === c.width ? `${c.height}` : `${c.height}×${c.width}`;
  view.counts.replaceChildren(
    el("strong", { text: `${shape} / ${c.patch}` }),
    ` → ${rows} × ${cols} = ${grouped(c.patches)} patches${extra} = `,
    el("strong", { text: `${grouped(c.tokens)} tokens` }),
  );
  showFacts(view.facts, [
    ["picture", `${c.height} × ${c.width} × ${chans}`],
    ["grid", `${rows} × ${cols}`],
    ["patches", grouped(c.patches)],
    ["one patch", `${c.patch} × ${c.patch} × ${chans}`],
    ["pixels in it", grouped(c.pixels)],
    ["values in it", grouped(c.values)],
    ["sequence", `${prefix.length} + ${grouped(c.patches)} = ${grouped(c.tokens)}`],
  ]);
  showPointed(view, c);
  showHistory(view);
  view.own.textContent = inApp(view, view.setting)
    ? ""
    : `A setting of this page alone: the other pages stay at ${over.join(" / ")}. ` +
      `They take squares of ${app.sizes[0]} to ${app.sizes.at(-1)} px, cut at most ${app.grids[1]} × ${app.grids[1]}.`;
  view.scene.node.setAttribute(
    "aria-label",
    `The picture in ${rows} by ${cols} patches and the sequence of ${c.tokens} tokens; ` +
      `${tokenName(layoutOf(view), tokenOf(view))}, index ${tokenOf(view)}, is chosen. Arrow keys move.`,
  );
  view.summary.textContent = `${c.height} by ${c.width} pixels, patches of ${c.patch}: ${c.patches} patches, ${c.tokens} tokens.`;
}

function showPointed(view, c) {
  const { prefix } = view.data.header;
  const [, cols] = c.grid;
  const t = tokenOf(view);
  const p = t - prefix.length;
  const [row, col] = [Math.floor(p / cols), p % cols];
  showFacts(
    view.pointed,
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
}
