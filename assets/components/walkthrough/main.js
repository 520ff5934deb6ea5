import { savePng } from "../kit/canvas.js";
import { el, everyFrame } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { fromView, withView } from "../kit/view.js";
import { flowDiagram } from "./flow.js";
import { inputStep, patchesStep } from "./start.js";
import { clsStep, positionsStep, vocabularyStep } from "./embed.js";
import { attentionStep } from "./attention.js";
import { mlpStep } from "./mlp.js";
import { layersStep } from "./layers.js";
import { post } from "./post.js";
import { headStep } from "./head.js";
import { guidedTour } from "./tour.js";

// The nine steps on one stage. All are drawn from the component's own data; three need another part, which arrives apart and is kept.
const MAKERS = [inputStep, patchesStep, vocabularyStep, clsStep, positionsStep, attentionStep, mlpStep, layersStep, headStep];
const NEEDS = [null, null, null, null, null, "attention", "mlp", "layers", null];

/** A text broken into lines that fit. */
function written(ink, text, x, y, width) {
  let line = "";
  for (const word of text.split(" ")) {
    if (line && ink.measureText(`${line} ${word}`).width > width + 4) {
      ink.fillText(line, x, y);
      [line, y] = [word, y + 17];
    } else line = line ? `${line} ${word}` : word;
  }
  ink.fillText(line, x, y);
}

/** The step's pictures and their captions on one sheet, placed as on the page. */
function sheetOf(root, stage) {
  const area = stage.getBoundingClientRect();
  const scale = Math.max(2, devicePixelRatio);
  const sheet = el("canvas", { width: area.width * scale, height: area.height * scale });
  const ink = sheet.getContext("2d");
  const style = getComputedStyle(root);
  ink.scale(scale, scale);
  ink.fillStyle = style.getPropertyValue("--st-background-color");
  ink.fillRect(0, 0, area.width, area.height);
  ink.fillStyle = style.getPropertyValue("--st-text-color");
  ink.font = "13px system-ui, sans-serif";
  ink.textBaseline = "top";
  for (const node of stage.querySelectorAll(
    "canvas, .caption, figcaption, h3, dt, dd, td, th, li, .card p, .stack > p, .read, .scale span",
  )) {
    const box = node.getBoundingClientRect();
    if (!box.width) continue;
    const [x, y] = [box.left - area.left, box.top - area.top];
    if (node instanceof HTMLCanvasElement) ink.drawImage(node, x, y, box.width, box.height);
    else written(ink, node.textContent, x, y, box.width);
  }
  return sheet;
}

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
  let base = null; // {header, arrays, bitmap}
  const joined = new Map(); // a step's own part -> {from, drivers, part}: what its step draws from
  let hovered = null;
  let step = 0;
  let shown = -1; // the step whose stage stands in the page
  const steps = new Map();

  /** What a step draws from; null while its own part has not arrived. One of another layer is shown until the right one comes. */
  function partOf(which) {
    const kind = NEEDS[which];
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

  const ctx = {
    root,
    part: null,
    get header() {
      return this.part?.header;
    },
    token() {
      const { header } = this.part;
      return Math.min(hovered ?? store.selection.token ?? 0, header.prefix.length + header.grid[0] * header.grid[1] - 1);
    },
    hover(token) {
      hovered = token;
      draw();
    },
    pick(token) {
      hovered = null;
      store.commit({ token });
      draw();
    },
    openHead(head) {
      store.preview({ head });
      drawNow();
    },
    redraw: () => draw(),
  };

  const flow = flowDiagram(go);
  const title = el("h2", { class: "step-title" });
  const look = el("p", { class: "look" });
  const numbers = el(
    "div",
    { class: "numbers", role: "group", "aria-label": "Steps" },
    ...MAKERS.map((_, i) => el("button", { type: "button", text: String(i + 1), onclick: () => go(i) })),
  );
  const [previous, following] = [
    el("button", { type: "button", class: "turn", text: "← Previous", onclick: () => go(step - 1) }),
    el("button", { type: "button", class: "turn", text: "Next →", onclick: () => go(step + 1) }),
  ];
  const stage = el("div", { class: "walk-stage" });
  const learned = el("p", { class: "learned" });
  const fact = el("p", { class: "small fact" });
  const terms = el("p", { class: "small terms" });
  const summary = el("p", { class: "visually-hidden", role: "status" });
  const save = el("button", {
    type: "button",
    class: "small",
    text: "Save (PNG)",
    title: "Save what the step shows as a PNG",
    onclick: () => ctx.part && savePng(sheetOf(root, stage), `walkthrough-step-${step + 1}.png`),
  });
  const bar = el("div", { class: "turning" }, previous, numbers, following);
  const endOfStep = el("div", { class: "end" }, learned, fact, terms);
  const tour = guidedTour([
    [flow.node, "This is the whole path, from pixels to a class. What is lit is where you are; click a stage to go there."],
    [bar, "Go through the nine steps here, or with the arrow keys left and right."],
    [stage, "Each step shows the real numbers of your picture. Move over the picture or a matrix; click to keep a choice."],
    [endOfStep, "Every step ends with what was learned, what is often said wrongly, and below that a question to answer before you look."],
    [
      el("span"),
      "Further down: the formulas with these numbers, the code that computes them, checks, files to take away, and the whole model in some thirty lines.",
    ],
  ]);
  const asides = el("div", { class: "asides" }, flow.opener, tour.again, save);
  root.append(
    tour.node,
    flow.node,
    el("div", { class: "bar" }, bar, asides),
    el("div", { class: "head-of-step" }, title, look),
    stage,
    endOfStep,
    summary,
  );
  root.classList.add("walk");

  const draw = everyFrame(drawNow);

  function drawNow() {
    const start = performance.now();
    const part = partOf(step);
    root.classList.toggle("waiting", !part);
    if (!part) return;
    ctx.part = part;
    if (!steps.has(step)) steps.set(step, MAKERS[step](ctx));
    if (shown !== step) {
      stage.replaceChildren(steps.get(step).node);
      shown = step;
    }
    const said = steps.get(step).draw(part);
    if (summary.textContent !== said) summary.textContent = said;
    root.dataset.ready = part.header.id;
    root.dataset.step = step + 1;
    globalThis.__vitTimes?.push(performance.now() - start);
  }

  function heading() {
    if (!base) return;
    const words = base.header.steps[step];
    title.textContent = `Step ${step + 1}: ${words.title}`;
    look.textContent = words.look;
    learned.replaceChildren(el("strong", { text: "What you saw. " }), words.learned);
    fact.replaceChildren(el("strong", { text: "Commonly stated: " }), `${words.stated} `, el("strong", { text: "In fact: " }), words.fact);
    terms.replaceChildren(...Object.entries(words.terms).flatMap(([term, meaning]) => [el("b", { text: term }), ` ${meaning} `]));
    previous.disabled = step === 0;
    following.disabled = step === MAKERS.length - 1;
    [...numbers.children].forEach((button, i) => {
      button.title = base.header.steps[i].title;
      button.setAttribute("aria-label", `Step ${i + 1}: ${base.header.steps[i].title}`);
      if (i === step) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
    });
    flow.show(step);
  }

  function go(next) {
    if (next < 0 || next >= MAKERS.length || next === step) return;
    step = next;
    hovered = null;
    heading();
    store.commit({ view: withView("walkthrough", { step: step + 1 }) });
    drawNow();
  }

  root.tabIndex = -1;
  root.addEventListener("keydown", (event) => {
    if (
      event.defaultPrevented ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      event.target.matches?.("input, [role=radio], [role=option]")
    )
      return;
    const move = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
    if (!move) return;
    event.preventDefault();
    go(step + move);
  });

  const follow = () => {
    const next = fromView("walkthrough", "step") - 1;
    if (next !== step) {
      step = next;
      heading();
    }
    draw();
  };
  const unsubscribe = store.subscribe(follow);
  const resized = new ResizeObserver(draw);
  resized.observe(root);
  let toured = false;
  post.heard = draw;

  return {
    update(bytes) {
      base = unpack(bytes);
      base.bitmap = paintedBitmap(base);
      ctx.part = base;
      flow.build(base);
      step = fromView("walkthrough", "step") - 1;
      heading();
      if (!toured) ((toured = true), tour.start());
      draw();
    },
    destroy() {
      unsubscribe();
      post.heard = null;
      post.parts.clear();
      resized.disconnect();
    },
  };
});
