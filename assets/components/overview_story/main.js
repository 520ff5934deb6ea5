// How a Vision Transformer sees, as one moving picture: plays once by itself; a scrubber, chapters, keys and swipes move through it.
import { decodePicture, sharp } from "../kit/picture/canvas.js";
import { choiceOf, rangeOf } from "../kit/controls.js";
import { el, everyFrame, mark, put, speaker } from "../kit/dom.js";
import { clamp, tokenName } from "../kit/grid.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { figureMenu } from "../kit/take/take.js";
import { fromView, selected, withView } from "../kit/view.js";
import { frameOf, tokenIn } from "./places.js";
import { barsOf, drawScene } from "./scene.js";
import { beginning, CHAPTERS, ending, LENGTH, momentAt } from "./timeline.js";
import { sentence } from "./words.js";

const SPEEDS = { slow: "½×", usual: "1×", fast: "2×" };
const FACTORS = { slow: 0.5, usual: 1, fast: 2 };
const SWIPE = 40; // px
const still = matchMedia("(prefers-reduced-motion: reduce)");
/** Where the story of a picture was left, in this window: it plays by itself once. */
const left = new Map();

export default mounts((root) => {
  /** @type {any} Elements, data, and where the story is. */
  const view = {
    root,
    data: null,
    scene: null,
    places: [],
    time: 0,
    playing: false,
    speed: 1,
    hovered: null,
    picture: null,
    linked: false,
    touched: false,
  };
  const draw = everyFrame(() => view.scene && drawAll(view));
  layOut(view, draw);
  listen(view, draw);
  const resized = new ResizeObserver(draw);
  resized.observe(view.canvas);
  const unsubscribe = store.subscribe(() => {
    if (view.data) heedLink(view);
    draw();
  });
  return {
    update(bytes) {
      const next = unpack(bytes);
      if (next.header.id === view.data?.header.id) return draw();
      decodePicture(next.arrays.picture).then((bitmap) => {
        take(view, next, bitmap);
        begin(view, draw);
        draw();
      });
    },
    destroy() {
      view.playing = false;
      unsubscribe();
      resized.disconnect();
    },
  };
});

/** A new payload: what is drawn from it again and again is made once. */
function take(view, data, bitmap) {
  const { header, arrays } = data;
  const patches = header.grid[0] * header.grid[1];
  const bars = { before: barsOf(arrays.before, patches), after: barsOf(arrays.after, patches + header.prefix.length) };
  const veil = new OffscreenCanvas(header.grid[1], header.grid[0]);
  Object.assign(view, { data, scene: { ...data, bitmap, bars, veil, frame: null }, hovered: null });
  /** For tests: a moment, drawn at once. */
  view.root.story = { at: (time) => drawAll(Object.assign(view, { time, playing: false })), length: LENGTH };
  view.root.dataset.ready = header.id;
}

/** A picture is played when it is new to this window; a link that names a chapter opens there and stands still. */
function begin(view, draw) {
  const { picture } = view.data.header;
  if (view.picture === picture) return;
  view.picture = picture;
  const known = left.has(picture);
  view.time = left.get(picture) ?? (still.matches ? ending(0) : 0);
  if (known) return;
  heedLink(view);
  if (!view.linked && !still.matches) play(view, draw);
}

/** A link that names a chapter opens there, once, and stands still; it may arrive after the picture. */
function heedLink(view) {
  const chapter = fromView("overview_story", "chapter");
  if (view.linked || view.touched || !chapter) return;
  view.linked = true;
  Object.assign(view, { time: ending(chapter - 1), playing: false });
}

function play(view, draw) {
  if (view.time >= LENGTH) view.time = 0;
  view.playing = true;
  let last = null;
  const tick = (now) => {
    if (!view.playing || !view.root.isConnected) return;
    view.time = Math.min(LENGTH, view.time + (last === null ? 0 : (view.speed * Math.min(100, now - last)) / 1000));
    last = now;
    if (view.time >= LENGTH) view.playing = false;
    drawAll(view);
    if (view.playing) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  draw();
}

function layOut(view, draw) {
  view.canvas = el("canvas", { tabindex: 0, role: "img" });
  view.words = el("p", { class: "words" });
  view.open = el("button", { type: "button", onclick: () => openPage(view) });
  view.toggle = el("button", { type: "button", class: "play", onclick: () => (view.playing ? pause(view, draw) : play(view, draw)) });
  view.scrub = rangeOf("Time", { min: 0, max: LENGTH, step: 0.02 });
  view.rate = choiceOf("Speed", SPEEDS, (name) => {
    view.speed = FACTORS[name];
    view.rate.show(name);
  });
  view.rate.show("usual");
  view.chapters = CHAPTERS.map(({ title }, i) => el("button", { type: "button", text: title, onclick: () => goTo(view, draw, i) }));
  view.say = speaker(view.root);
  const menu = figureMenu({
    name: "this moment",
    root: view.root,
    nodes: () => [view.canvas],
    title: () => view.words.textContent,
    file: () => `story-${momentAt(view.time).chapter + 1}`,
    rows: () => looksOf(view.data),
  });
  view.root.append(
    el(
      "div",
      { class: "story" },
      el("div", { class: "telling" }, view.words, view.open),
      view.canvas,
      el("div", { class: "controls" }, view.toggle, view.scrub.input, view.rate.node, menu),
      el("div", { class: "chapters", role: "group", "aria-label": "Chapters" }, ...view.chapters),
    ),
  );
}

/** Who looks where: what reads the answer, in every block. */
function looksOf({ header, arrays }) {
  const total = header.prefix.length + header.grid[0] * header.grid[1];
  const rows = Array.from(arrays.looks, (weight, i) => [Math.floor(i / total) + 1, tokenName(header, i % total), weight]);
  return [["block", "token", `weight from ${header.reader.name}, mean over heads`], ...rows];
}

function pause(view, draw) {
  view.playing = false;
  keep(view);
  draw();
}

/** The chapter goes into the link once a person has chosen a moment. */
function keep(view) {
  view.touched = true;
  store.commit({ view: withView("overview_story", { chapter: momentAt(view.time).chapter + 1 }) });
}

/** To a chapter: it is played to its end, or shown as it ends where less motion is asked for. */
function goTo(view, draw, chapter) {
  const to = clamp(chapter, 0, CHAPTERS.length - 1);
  view.time = still.matches ? ending(to) : beginning(to);
  if (still.matches) draw();
  else if (!view.playing) play(view, draw);
  keep(view);
}

const followedOf = (view) => view.hovered ?? selected(view.data.header).token;

/** The page that explains what is shown, at the token that is followed. */
function openPage(view) {
  const slug = view.data.header.links[CHAPTERS[momentAt(view.time).chapter].stage];
  store.commit({ token: followedOf(view) });
  store.open(slug);
}

function listen(view, draw) {
  const { canvas, scrub } = view;
  let down = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return tokenIn(view.places, [event.clientX - box.left, event.clientY - box.top]);
  };
  canvas.addEventListener("pointermove", (event) => {
    if (!view.scene || event.pointerType !== "mouse") return;
    view.hovered = at(event);
    draw();
  });
  canvas.addEventListener("pointerleave", () => {
    view.hovered = null;
    draw();
  });
  canvas.addEventListener("pointerdown", (event) => (down = event.clientX));
  canvas.addEventListener("pointerup", (event) => {
    if (!view.scene || down === null) return;
    const moved = event.clientX - down;
    down = null;
    if (Math.abs(moved) >= SWIPE) return goTo(view, draw, momentAt(view.time).chapter - Math.sign(moved));
    const token = at(event);
    if (token === null) return;
    if (event.pointerType === "mouse" || token === selected(view.data.header).token)
      return openPage(Object.assign(view, { hovered: token }));
    store.commit({ token });
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) goTo(view, draw, momentAt(view.time).chapter + step);
    else if (event.key === " ") view.toggle.click();
    else return;
    event.preventDefault();
  });
  scrub.input.addEventListener("input", () => {
    view.playing = false;
    view.time = Number(scrub.input.value);
    draw();
  });
  scrub.input.addEventListener("change", () => keep(view));
}

function drawAll(view) {
  const { canvas, scene, data } = view;
  const { header } = data;
  const moment = momentAt(view.time);
  left.set(header.picture, view.time);
  const { ink, width, height } = sharp(canvas);
  const size = scene.frame?.size;
  if (!size || size[0] !== width || size[1] !== height) scene.frame = frameOf([width, height], header.grid, header.prefix.length);
  const last = header.prefix.length + header.grid[0] * header.grid[1] - 1;
  const followed = data.arrays.keys ? Math.min(followedOf(view), last) : header.readerAt; // of very many tokens, only who is asked
  view.places = drawScene(ink, scene, moment, followed, getComputedStyle(view.root));
  const told = sentence(header, moment, followed);
  put(view.words, told);
  put(view.open, CHAPTERS[moment.chapter].stage === "head" ? "Step by step →" : "More on this →");
  put(view.toggle, view.playing ? "Pause" : view.time >= LENGTH ? "Again" : "Play");
  mark(canvas, "aria-label", told);
  mark(view.scrub.input, "aria-valuetext", CHAPTERS[moment.chapter].title);
  view.scrub.input.value = String(view.time);
  view.chapters.forEach((button, i) => mark(button, "aria-pressed", i === moment.chapter));
  view.root.dataset.chapter = String(moment.chapter + 1);
  view.root.dataset.playing = String(view.playing);
  if (!view.playing || moment.share === 0) view.say(told);
}
