import { themeOf } from "../kit/picture/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { fromView, withView } from "../kit/view.js";
import { stepsBar } from "./flow.js";
import { numbersOf } from "./numbers.js";
import { inputStep, patchesStep } from "./steps/start.js";
import { clsStep } from "./steps/class-row.js";
import { positionsStep } from "./steps/positions.js";
import { vocabularyStep } from "./steps/vocabulary.js";
import { attentionStep } from "./steps/attention.js";
import { mlpStep } from "./steps/mlp.js";
import { layersStep } from "./steps/layers.js";
import { notHere, post } from "./post.js";
import { headStep } from "./steps/head.js";

// The nine steps on one stage. All are drawn from the component's own data; three need another part, which arrives apart and is kept.
const MAKERS = [inputStep, patchesStep, vocabularyStep, clsStep, positionsStep, attentionStep, mlpStep, layersStep, headStep];
const NEEDS = [null, null, null, null, null, "attention", "mlp", "layers", null];

/** The picture of the payload, painted once. */
function paintedBitmap({ header, arrays }) {
  const [height, width] = header.imageSize;
  const bitmap = el("canvas", { width, height });
  const image = new ImageData(width, height);
  const { pixels } = arrays;
  for (let i = 0, j = 0; i < pixels.length; i += 3, j += 4) {
    ((image.data[j] = pixels[i]), (image.data[j + 1] = pixels[i + 1]), (image.data[j + 2] = pixels[i + 2]), (image.data[j + 3] = 255));
  }
  bitmap.getContext("2d").putImageData(image, 0, 0);
  return bitmap;
}

export default mounts((root) => {
  /** @type {any} All elements, data and selection of the walkthrough. */
  const view = {
    root,
    base: null, // {header, arrays, bitmap}
    joined: new Map(), // a step's own part -> {from, drivers, part}: what its step draws from
    hovered: null,
    step: 0,
    shown: -1, // the step whose stage stands in the page
    steps: new Map(),
  };
  view.redraw = everyFrame(() => drawNow(view));
  view.ctx = contextOf(view);
  Object.assign(view, elements(view));
  layOut(view);
  const deaf = listen(view);
  const unsubscribe = store.subscribe(() => follow(view));
  const resized = new ResizeObserver(view.redraw);
  resized.observe(root);
  post.heard = view.redraw;

  return {
    update(bytes) {
      view.base = unpack(bytes);
      view.base.bitmap = paintedBitmap(view.base);
      view.ctx.part = view.base;
      view.bar.build(view.base);
      view.step = fromView("walkthrough", "step") - 1;
      heading(view);
      view.redraw();
    },
    destroy() {
      deaf();
      unsubscribe();
      post.heard = null;
      post.parts.clear();
      resized.disconnect();
    },
  };
});

/** What a step draws from; null while its own part has not arrived. One of another layer is shown until the right one comes. */
function partOf({ base, joined, step }) {
  const kind = NEEDS[step];
  if (!kind || !base) return base;
  const own = post.parts.get(kind);
  if (own?.header.run !== base.header.run) return null;
  const found = post.parts.get("drivers");
  const drivers = found?.header.run === own.header.run && found.header.layer === own.header.layer ? found : null;
  const kept = joined.get(kind);
  if (kept?.from === own && kept.base === base && kept.drivers === drivers) return kept.part;
  const part = { ...base, header: { ...base.header, ...own.header }, arrays: { ...base.arrays, ...own.arrays }, drivers };
  joined.set(kind, { from: own, base, drivers, part });
  return part;
}

/** What the steps share: the part that is shown, the token under the pointer or chosen, and what they may ask for. */
function contextOf(view) {
  return {
    root: view.root,
    part: null,
    style: null, // the theme's colours
    get header() {
      return this.part?.header;
    },
    /** The first token that may be chosen: in a step about patches, the first of them. */
    least() {
      const { header } = this.part;
      return header.ofPatches?.includes(view.step) ? header.prefix.length : 0;
    },
    token() {
      const { header } = this.part;
      const chosen = Math.min(view.hovered ?? store.selection.token ?? 0, header.prefix.length + header.grid[0] * header.grid[1] - 1);
      // A step about patches looks at the patch that the picture opens with, until another one is chosen.
      return view.hovered === null && chosen < this.least() ? header.subject : chosen;
    },
    hover(token) {
      view.hovered = token;
      view.redraw();
    },
    pick(token) {
      view.hovered = null;
      store.commit({ token });
      view.redraw();
    },
    openHead(head) {
      store.preview({ head });
      drawNow(view);
    },
    redraw: () => view.redraw(),
  };
}

function elements(view) {
  return {
    bar: stepsBar((step) => go(view, step)),
    title: el("h2", { class: "step-title" }),
    look: el("p", { class: "look" }),
    stage: el("div", { class: "walk-stage" }),
    learned: el("p", { class: "learned" }),
    stated: el("button", { type: "button", class: "chip", text: "Commonly stated", onclick: () => openClaim(view, view.fact.hidden) }),
    fact: el("p", { class: "small fact", id: "walk-fact" }),
    terms: el("p", { class: "small terms" }),
    summary: el("p", { class: "visually-hidden", role: "status" }),
    menu: figureMenu({
      name: "this step",
      root: view.root,
      nodes: () => [view.stage],
      title: () => view.title.textContent,
      file: () => `walkthrough-step-${view.step + 1}`,
      rows: () => numbersOf(view.stage),
    }),
  };
}

function layOut(view) {
  const { root, bar, title, look, menu, stage, learned, stated, fact, terms, summary } = view;
  stated.setAttribute("aria-controls", fact.id);
  root.append(
    bar.node,
    el("div", { class: "head-of-step" }, el("div", {}, title, look), menu),
    stage,
    el("div", { class: "end" }, learned, stated, fact, terms),
    summary,
  );
  root.classList.add("walk");
}

/** What is often said of the step, and what is so: shown when it is asked for. */
function openClaim({ stated, fact }, open) {
  fact.hidden = !open;
  stated.setAttribute("aria-expanded", open);
}

function drawNow(view) {
  const { root, ctx, steps, step, stage, summary } = view;
  const start = performance.now();
  const part = partOf(view);
  ctx.style = themeOf(root);
  root.classList.toggle("waiting", !part && !store.saved);
  if (!part) return void (store.saved && ((view.shown = null), stage.replaceChildren(notHere())));
  ctx.part = part;
  if (!steps.has(step)) steps.set(step, MAKERS[step](ctx));
  if (view.shown !== step) {
    stage.replaceChildren(steps.get(step).node);
    view.shown = step;
  }
  const said = steps.get(step).draw(part);
  if (summary.textContent !== said) summary.textContent = said;
  root.dataset.ready = part.header.id;
  root.dataset.step = step + 1;
  globalThis.__vitTimes?.push(performance.now() - start);
}

function heading(view) {
  const { base, step, title, look, learned, fact, terms, bar } = view;
  if (!base) return;
  const words = base.header.steps[step];
  title.textContent = `Step ${step + 1}: ${words.title}`;
  look.textContent = words.look;
  learned.replaceChildren(el("strong", { text: "What you saw. " }), words.learned);
  fact.replaceChildren(`“${words.stated}” `, el("strong", { text: "In fact: " }), words.fact);
  terms.replaceChildren(...Object.entries(words.terms).flatMap(([term, meaning]) => [el("b", { text: term }), ` ${meaning} `]));
  openClaim(view, false);
  bar.show(step);
}

function go(view, next) {
  if (next < 0 || next >= MAKERS.length || next === view.step) return;
  view.step = next;
  view.hovered = null;
  heading(view);
  store.commit({ view: withView("walkthrough", { step: next + 1 }) });
  drawNow(view);
}

/** The step of the link, where it is another. */
function follow(view) {
  const next = fromView("walkthrough", "step") - 1;
  if (next !== view.step) {
    view.step = next;
    heading(view);
  }
  view.redraw();
}

// What has arrow keys of its own: what is typed into, moved or chosen from, and what lies over the page.
const OWN_KEYS =
  "input, textarea, select, dialog, [contenteditable=true], " +
  ["slider", "spinbutton", "radio", "radiogroup", "option", "listbox", "combobox", "tab", "menu", "menubar", "dialog", "grid", "tree"]
    .map((role) => `[role=${role}]`)
    .join();

/** Whether an arrow key is meant for what has the focus: it has a use for it, or it scrolls sideways. */
function ownKey(event) {
  const path = event.composedPath().filter((node) => node instanceof Element);
  const scrolls = (node) => node.tabIndex >= 0 && node.scrollWidth > node.clientWidth && getComputedStyle(node).overflowX !== "visible";
  return path.some((node) => node.matches(OWN_KEYS)) || (path.length > 0 && scrolls(path[0]));
}

/** Arrow keys go through the steps from anywhere on the page; returns what ends that. */
function listen(view) {
  const heard = (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || ownKey(event)) return;
    event.preventDefault();
    go(view, view.step + move);
  };
  addEventListener("keydown", heard);
  return () => removeEventListener("keydown", heard);
}
