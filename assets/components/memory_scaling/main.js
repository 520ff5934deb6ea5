import { choiceOf } from "../kit/controls.js";
import { el, everyFrame, put, speaker } from "../kit/dom.js";
import { showFacts } from "../kit/facts.js";
import { bytesText, countText, exactBytes, exactText, percentText, timesText } from "../kit/format.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import {
  largestBatch,
  largestSize,
  macParts,
  memoryOf,
  statesOf,
  countParameters,
  countMacs,
  sequenceOf,
  shapesOf,
  tokensWhereHalf,
  parameterParts,
  peakMoments,
} from "./math.js";
import { PART_COLOURS, PART_NAMES, challengeOf, termsOf } from "./words.js";
import { drawCurves } from "./chart.js";
import { LARGEST_SIZE, memoryPlaceText, modelOf, readMemoryPlace, settingOf, settle } from "./place.js";
import { memoryControls } from "./controls.js";

const POINTS = 120;
const COMPUTE = { linear: ["linear layers", "#009e73"], core: ["attention: scores and weighted values", "#d55e00"] };

// The calculator: what a setting holds in memory, part by part, and how it grows with the resolution. All of it follows a drag.
export default mounts((root) => {
  let models = null;
  let place = null;
  let opened = null; // the part whose formula is shown
  let pointed = null; // resolution under the pointer on the chart
  let geometry = null;
  let sent = null;

  const title = el("p", { class: "total" });
  const verdict = el("p", { class: "verdict" });
  const segments = Object.fromEntries(
    Object.keys(PART_NAMES).map((part) => [part, el("i", { style: `background:${PART_COLOURS[part]}` })]),
  );
  const limit = el("span", { class: "limit" });
  const bar = el("div", { class: "stack", "aria-hidden": "true" }, ...Object.values(segments), limit);
  const rows = Object.fromEntries(Object.keys(PART_NAMES).map((part) => [part, partRow(part)]));
  const parts = el("div", { class: "parts" }, ...Object.values(rows).map((row) => row.node));
  const chart = el("canvas", { tabindex: 0, role: "slider", class: "curves", "aria-label": "Curves over resolution" });
  const legend = el("div", { class: "legend small" });
  const axes = el("div", { class: "choices" });
  const facts = el("dl", { class: "facts" });
  const compute = el("dl", { class: "facts" });
  const challenge = el("section", { class: "challenge" });
  const cards = el(
    "div",
    { class: "cards" },
    el("section", { class: "card" }, el("h3", { text: "Under the pointer" }), facts),
    el("section", { class: "card" }, el("h3", { text: "Compute" }), compute),
  );
  const main = el("div", { class: "main" }, title, verdict, bar, parts, axes, chart, legend, cards);
  const rail = el("div", { class: "rail" });
  root.append(el("div", { class: "memory" }, main, rail), challenge);
  const tell = speaker(root);

  function partRow(part) {
    const value = el("strong");
    const share = el("span", { class: "share muted" });
    const fill = el("i", { style: `background:${PART_COLOURS[part]}` });
    const terms = el("div", { class: "terms", hidden: true });
    const button = el(
      "button",
      { type: "button", "aria-expanded": "false", onclick: () => open(part) },
      el("i", { class: "swatch", style: `background:${PART_COLOURS[part]}` }),
      el("span", { text: PART_NAMES[part] }),
      el("span", { class: "track" }, fill),
      value,
      share,
    );
    return { node: el("div", { class: "part" }, button, terms), button, value, share, fill, terms };
  }

  function open(part) {
    opened = opened === part ? null : part;
    draw();
  }

  function set(changes, quietly = false) {
    place = settle({ ...place, ...changes }, models);
    const view = memoryPlaceText(place);
    if (quietly) store.preview({ view });
    else store.commit({ view });
  }

  const current = () => {
    const model = modelOf(place, models);
    return { ...place, registers: model.registers };
  };

  const draw = everyFrame(() => {
    if (!place) return;
    const start = performance.now();
    paint();
    globalThis.__vitTimes?.push(performance.now() - start);
  });

  function paint() {
    const model = modelOf(place, models);
    const setting = settingOf(place);
    const states = statesOf(model, setting);
    const memory = memoryOf(model, setting, states);
    const device = place.d * 1e9;
    const most = { batch: largestBatch(model, device, setting), size: largestSize(model, device, setting) };
    controls.show();
    paintParts(model, setting, memory, device, most);
    paintChart(model, setting, memory, states, device, most);
    paintFacts(model, setting, memory);
    paintChallenge(model, setting);
    say(model, setting, memory, device, most);
  }

  function paintParts(model, setting, memory, device, most) {
    const whole = Math.max(memory.total, device);
    put(title, `${bytesText(memory.total)}`, exactBytes(memory.total));
    put(verdict, fitSentence(memory.total, device, most));
    for (const [part, row] of Object.entries(rows)) {
      const share = memory[part] / memory.total;
      segments[part].style.width = `${(100 * memory[part]) / whole}%`;
      row.node.hidden = memory[part] === 0 && part !== "matrices";
      row.fill.style.width = `${100 * share}%`;
      put(row.value, bytesText(memory[part]), exactBytes(memory[part]));
      put(row.share, percentText(share));
      row.button.setAttribute("aria-expanded", opened === part);
      row.terms.hidden = opened !== part;
      if (opened === part) paintTerms(row.terms, part, model, setting, memory[part]);
    }
    limit.style.left = `${(100 * device) / whole}%`;
    limit.dataset.label = `${place.d} GB`;
    limit.classList.toggle("inner", device < whole);
  }

  function fitSentence(total, device, most) {
    const name = `${place.d} GB`;
    if (total <= device)
      return `Fits in ${name}: ${percentText(total / device)} of it. The largest batch at ${place.r} px is ${exactText(most.batch)}; with batch ${place.b}, the largest picture is ${most.size} px${most.size + place.p > LARGEST_SIZE ? " or more" : ""}.`;
    if (total > 1e15) return `Does not fit in ${name}, nor in anything: it is ${countText(total / device)} times as much.`;
    const smaller = most.batch
      ? `The largest batch at ${place.r} px is ${exactText(most.batch)}.`
      : `Not even one picture of ${place.r} px fits.`;
    return `Does not fit in ${name}: ${countText(total / device)} times as much. ${smaller} ${most.size ? `With batch ${place.b}, the largest picture is ${most.size} px.` : ""}`;
  }

  function paintTerms(node, part, model, setting, total) {
    const terms = termsOf(part, model, setting);
    node.replaceChildren(
      el(
        "table",
        {},
        ...terms.map(([what, expression, bytes]) =>
          el(
            "tr",
            {},
            el("td", { text: what }),
            el("td", { class: "expression", text: expression }),
            el("td", {}, el("strong", { text: bytesText(bytes), title: exactBytes(bytes) })),
          ),
        ),
      ),
      el("p", { class: "small muted", text: `together ${exactBytes(total)}` }),
    );
  }

  function paintChart(model, setting, memory, states, device, most) {
    const log = place.x === "log";
    const inBytes = place.y === "bytes";
    const low = log ? Math.max(place.p, 32) : place.p;
    const high = log
      ? LARGEST_SIZE
      : Math.min(LARGEST_SIZE, Math.max(640, 1.3 * place.r, inBytes ? Math.min(1.15 * most.size, 3 * place.r) : 0));
    const xs = new Float64Array(POINTS);
    const curves = inBytes ? ["activations", "matrices"] : ["linear", "core"];
    const values = Object.fromEntries([...curves, "states", "total"].map((name) => [name, new Float64Array(POINTS)]));
    const fixed = states.weights + states.gradients + states.optimizer;
    let last = -1;
    for (let i = 0; i < POINTS; i++) {
      const share = i / (POINTS - 1);
      xs[i] = log ? low * (high / low) ** share : low + share * (high - low);
      const size = Math.max(1, Math.round(xs[i] / place.p)) * place.p;
      xs[i] = size;
      if (size === last) {
        for (const array of Object.values(values)) array[i] = array[i - 1];
        continue;
      }
      last = size;
      const found = inBytes ? memoryOf(model, { ...setting, size }, states) : computeAt(model, size);
      values.states[i] = inBytes ? fixed : 0;
      values.total[i] = found.total;
      for (const name of curves) values[name][i] = found[name] + (name === "activations" ? found.inputs : 0);
    }
    const style = styles();
    const areas = inBytes
      ? [
          { colour: PART_COLOURS.weights, values: values.states },
          { colour: PART_COLOURS.activations, values: values.activations },
          { colour: PART_COLOURS.matrices, values: values.matrices },
        ]
      : [
          { colour: COMPUTE.linear[1], values: values.linear },
          { colour: COMPUTE.core[1], values: values.core },
        ];
    const now = inBytes ? memory.total : computeAt(model, place.r).total;
    const top = log
      ? Math.max(values.total[POINTS - 1], inBytes ? device : 0) * 2
      : Math.max(1.7 * now, inBytes && device < 30 * now ? 1.15 * device : 0);
    const lowest = Math.min(...areas.flatMap((area) => Array.from(area.values).filter((v) => v > 0)));
    const floor = log ? Math.max(1, top / 1e12, Math.min(lowest, top / 1e4)) : 0;
    const half = Math.ceil(Math.sqrt(Math.max(1, tokensWhereHalf(model) - sequenceOf(model, place.r, place.p).prefix))) * place.p;
    const verticals = [
      { at: place.r, label: `${place.r} px`, strong: true },
      { at: half, label: chart.clientWidth < 500 ? `${half} px: half` : `${half} px: attention is half of a block’s MACs` },
    ];
    if (pointed && pointed !== place.r) verticals.push({ at: pointed });
    geometry = drawCurves(
      chart,
      {
        log,
        xs,
        areas,
        x: [low, high],
        y: [log ? floor : 0, top],
        lines: [{ colour: style.text, width: 2.5, values: values.total }],
        verticals,
        horizontals: inBytes ? [{ at: device, label: `fits in ${place.d} GB` }] : [],
        dots: [...(inBytes ? limitDots(model, setting, states, most) : []), { x: place.r, y: now, strong: true }],
        textX: (v) => `${+v.toPrecision(4)}`,
        textY: inBytes ? (v) => bytesText(v).replace(/\.?0+ /, " ") : (v) => countText(v).replace(/\.?0+( |$)/, "$1"),
        xTitle: `resolution, px a side (${log ? "log" : "linear"}); ${inBytes ? `bytes for batch ${place.b}` : "MACs for one picture"}`,
      },
      style,
    );
    chart.setAttribute("aria-valuemin", low);
    chart.setAttribute("aria-valuemax", high);
    chart.setAttribute("aria-valuenow", place.r);
    chart.setAttribute("aria-valuetext", `${place.r} pixels: ${inBytes ? bytesText(now) : `${countText(now)} MACs`}`);
    const key = (colour, words) => el("span", {}, el("i", { class: "swatch", style: `background:${colour}` }), words);
    const wanted = inBytes ? "bytes" : "macs";
    if (legend.dataset.of !== wanted) {
      legend.dataset.of = wanted;
      legend.replaceChildren(
        key("var(--text)", "total"),
        ...(inBytes
          ? [
              key(PART_COLOURS.weights, "weights, gradients, optimizer"),
              key(PART_COLOURS.activations, "input and activations"),
              key(PART_COLOURS.matrices, "attention matrices"),
            ]
          : Object.values(COMPUTE).map(([words, colour]) => key(colour, words))),
      );
    }
  }

  /** The largest picture at this batch, and the largest batch at this picture, where they lie on the chart. */
  function limitDots(model, setting, states, most) {
    const dots = [];
    const add = (changes, label) =>
      dots.push({ x: changes.size ?? setting.size, y: memoryOf(model, { ...setting, ...changes }, states).total, label });
    if (most.size) add({ size: most.size }, `${most.size} px`);
    if (most.batch) add({ batch: most.batch }, `batch ${exactText(most.batch)}`);
    if (dots.length && most.size > setting.size) dots[0].below = true;
    return dots;
  }

  function computeAt(model, size) {
    const found = macParts(model, size, place.p);
    const total = Object.values(found).reduce((a, b) => a + b, 0);
    return { core: found.core, linear: total - found.core, total, inputs: 0 };
  }

  let cachedStyle = null;
  function styles() {
    const of = getComputedStyle(root);
    const read = (name) => of.getPropertyValue(name).trim();
    const key = read("--st-text-color") + read("--st-background-color");
    if (cachedStyle?.key !== key) {
      const dark = of.colorScheme === "dark";
      cachedStyle = {
        key,
        dark,
        text: read("--st-text-color"),
        ground: read("--st-background-color"),
        line: read("--st-border-color"),
        muted: read("--st-text-color"),
        font: read("--st-font") || "system-ui, sans-serif",
      };
    }
    return cachedStyle;
  }

  function paintFacts(model, setting, memory) {
    const size = pointed ?? place.r;
    const there = pointed ? memoryOf(model, { ...setting, size }) : memory;
    const sequence = sequenceOf(model, size, place.p);
    const macs = macParts(model, size, place.p);
    const total = countMacs(model, size, place.p);
    const block = macs.qkv + macs.core + macs.projection + macs.mlp;
    showFacts(facts, [
      ["resolution", `${size} px`],
      ["tokens n", `${sequence.grid}² + ${sequence.prefix} = ${exactText(sequence.tokens)}`],
      ["memory", bytesText(there.total), exactBytes(there.total)],
      [
        "one layer’s matrices",
        bytesText(shapesOf(model, { ...setting, size }).matrix),
        exactBytes(shapesOf(model, { ...setting, size }).matrix),
      ],
    ]);
    showFacts(compute, [
      ["parameters", countText(countParameters(model)), exactText(countParameters(model))],
      ["MACs, one picture", countText(total), exactText(total)],
      ["FLOPs = 2 × MACs", countText(2 * total), exactText(2 * total)],
      ["training step, FLOPs", `≈ ${countText(6 * total * place.b)}`, `3 × forward × batch ${place.b}`],
      ["attention, of a block", percentText(macs.core / block), "scores and weighted values, n / (6D + n) where M = 4D"],
      ["attention, of the model", percentText(macs.core / total)],
    ]);
  }

  let told = "";
  function paintChallenge(model, setting) {
    const { ratios, examples, from224 } = challengeOf(model, setting, macParts);
    const stamp = JSON.stringify([ratios, examples, place.e]);
    if (stamp === told) return;
    told = stamp;
    const card = (heading, ...children) => el("section", { class: "card" }, el("h3", { text: heading }), ...children);
    const element = setting.element;
    challenge.replaceChildren(
      card(
        `Twice the side: ${place.r} → ${2 * place.r} px`,
        el(
          "div",
          { class: "ratios" },
          ...[
            ["patches", ratios.patches],
            ["attention", ratios.core],
            ["linear layers", ratios.linear],
            ["whole forward", ratios.total],
          ].map(([name, ratio]) =>
            el("div", {}, el("strong", { text: timesText(ratio), title: String(ratio) }), el("span", { class: "small muted", text: name })),
          ),
        ),
        el(
          "p",
          { class: "small" },
          el("b", { text: "Commonly stated: " }),
          "“twice the size, 4× more attention.” ",
          el("b", { text: "In fact: " }),
          "four times the tokens, so 16 times the pairs. ×4 is right for twice the area, and for the linear layers. The whole forward lies between",
          from224 ? `; from 224 to 448 px ${model.name} takes ${timesText(from224)}.` : ".",
        ),
      ),
      ...examples.map(({ side, patches, perHead, layer, withPrefix }) =>
        card(
          `${side} px with patches of 16`,
          el("p", {}, el("strong", { text: `${exactText(patches)}² = ${exactText(perHead)}` }), " weights a head"),
          el(
            "p",
            { class: "small" },
            `${model.heads} heads: ${exactText(layer)} a layer and picture; with the tokens in front of the patches ${exactText(withPrefix)}, ${bytesText(withPrefix * element)} at ${element} bytes each. They are probabilities, made anew for every picture, and not parameters.`,
          ),
          el("button", { type: "button", text: `Show ${side} / 16`, onclick: () => set({ r: side, p: 16 }) }),
        ),
      ),
      card(
        "“Attention memory is O(N²)”",
        el(
          "p",
          { class: "small" },
          el("b", { text: "In fact: " }),
          "the work is n²D. The memory is n² only where the matrix is stored; a fused kernel keeps a number a row, O(n) (Rabe and Staats 2021; FlashAttention, Dao et al. 2022). Switch “Attention matrices” and see the orange part go.",
        ),
      ),
    );
  }

  function say(model, setting, memory, device, most) {
    const words = `${model.name}, ${place.r} pixels, patches of ${place.p}, batch ${place.b}, ${setting.mode}: ${bytesText(memory.total)}. ${fitSentence(memory.total, device, most)}`;
    tell(words);
  }

  // ---- pointer and keys on the chart ------------------------------------------------------------------------------------------------

  const sizeAt = (event) => Math.max(1, Math.round(geometry.back(event.clientX - chart.getBoundingClientRect().left) / place.p)) * place.p;
  let dragging = false;
  chart.addEventListener("pointerdown", (event) => {
    if (!geometry) return;
    dragging = true;
    chart.setPointerCapture(event.pointerId);
    set({ r: sizeAt(event) }, true);
  });
  chart.addEventListener("pointermove", (event) => {
    if (!geometry) return;
    if (dragging) return set({ r: sizeAt(event) }, true);
    pointed = sizeAt(event);
    draw();
  });
  const release = () => dragging && ((dragging = false), (pointed = null), set({}));
  chart.addEventListener("pointerup", release);
  chart.addEventListener("pointercancel", release);
  chart.addEventListener("pointerleave", () => ((pointed = null), draw()));
  chart.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 8, PageDown: -8 }[event.key];
    if (!step) return;
    event.preventDefault();
    set({ r: Math.min(Math.floor(LARGEST_SIZE / place.p) * place.p, Math.max(place.p, place.r + step * place.p)) }, true);
  });
  chart.addEventListener("keyup", (event) => /^(Arrow|Page)/.test(event.key) && set({}));

  let controls = null;
  let scales = null;
  function build() {
    controls = memoryControls(models, current, set);
    scales = [
      ["Axes", "x", { log: "log axes", linear: "linear axes" }],
      ["Curves", "y", { bytes: "memory", macs: "compute" }],
    ].map(([name, key, options]) => {
      return { key, choice: choiceOf(name, options, (value) => set({ [key]: value })) };
    });
    axes.replaceChildren(el("h3", { text: "As the picture grows" }), ...scales.map(({ choice }) => choice.node));
    rail.replaceChildren(controls.node);
  }

  const unsubscribe = store.subscribe(() => {
    if (!models) return;
    place = readMemoryPlace(models);
    for (const { key, choice } of scales) choice.show(place[key]);
    draw();
  });
  const resized = new ResizeObserver(draw);
  resized.observe(root);

  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id !== sent) {
        sent = header.id;
        models = header.models;
        build();
        store.preview({});
        root.calculator = {
          memoryOf,
          macParts,
          parameterParts,
          countParameters,
          largestBatch,
          largestSize,
          peakMoments,
          termsOf,
          modelOf,
          settingOf,
          settle,
          models,
        };
        root.dataset.ready = header.id;
      }
      draw();
    },
    destroy() {
      unsubscribe();
      resized.disconnect();
    },
  };
});
