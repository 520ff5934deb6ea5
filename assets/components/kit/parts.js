// Small parts that views are built from: canvases at the screen's resolution, sliders, choices, outlines, facts, the view in the link.
import { el } from "./shared.js";

/** Set a canvas to its box at the screen's resolution; returns its context in CSS pixels, cleared, with width and height. */
export function sharp(canvas, [width, height] = [canvas.clientWidth, canvas.clientHeight]) {
  const [w, h] = [Math.max(1, Math.round(width * devicePixelRatio)), Math.max(1, Math.round(height * devicePixelRatio))];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const ink = canvas.getContext("2d");
  ink.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  ink.clearRect(0, 0, width, height);
  return { ink, width, height };
}

/** `sharp` for a canvas that is drawn at every pointer event: its box is watched instead of measured, which would force a layout. */
export function watched(canvas, redraw) {
  let box = null;
  new ResizeObserver(() => {
    box = null;
    redraw();
  }).observe(canvas);
  return () => sharp(canvas, (box ??= [canvas.clientWidth, canvas.clientHeight]));
}

/** Write a text, or an attribute, only where it changes: writing the same again costs the browser a layout. */
export function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
export function mark(node, attribute, value) {
  if (node.getAttribute(attribute) !== String(value)) node.setAttribute(attribute, value);
}

/** A labelled range input with its value beside the name. */
export function rangeOf(name, attributes = {}) {
  const value = el("strong");
  const input = el("input", { type: "range", "aria-label": name, ...attributes });
  return { input, value, node: el("label", { class: "slider" }, el("span", {}, el("span", { text: name }), value), input) };
}

/** One of a few: a radio group in one row. `choices` maps values to labels; `show(value)` marks one. */
export function choiceOf(label, choices, choose) {
  const names = Object.keys(choices);
  let current = names[0];
  const node = el("div", { class: "segmented", role: "radiogroup", "aria-label": label });
  for (const name of names) node.append(el("button", { type: "button", role: "radio", text: choices[name], onclick: () => choose(name) }));
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (names.indexOf(current) + step + names.length) % names.length;
    choose(names[next]);
    node.children[next].focus();
  });
  const show = (value) => {
    current = value;
    names.forEach((name, i) => {
      mark(node.children[i], "aria-checked", name === value);
      mark(node.children[i], "tabindex", name === value ? 0 : -1);
    });
  };
  return { node, show };
}

/** The chosen patch: a line in the text colour between two in the background's, so that it shows on any picture. */
export function outlineCell(ink, style, x, y, w, h, thick = 2) {
  ink.lineWidth = thick + 3;
  ink.strokeStyle = style.getPropertyValue("--st-background-color");
  ink.strokeRect(x, y, w, h);
  ink.lineWidth = thick;
  ink.strokeStyle = style.getPropertyValue("--st-text-color");
  ink.strokeRect(x, y, w, h);
}

/** Rows of a definition list; the exact value, where there is one, on hover. Only what changed is written. */
export function showFacts(list, rows) {
  if (list.childElementCount !== 2 * rows.length) list.replaceChildren(...rows.flatMap(() => [el("dt"), el("dd")]));
  rows.forEach(([name, value, exact], i) => {
    const [term, definition] = [list.children[2 * i], list.children[2 * i + 1]];
    put(term, name);
    put(definition, value);
    if (definition.title !== String(exact ?? "")) definition.title = exact ?? "";
  });
}

/** A whole number with thin spaces between thousands. */
export function grouped(value) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** What this page keeps in the link's view under `key`; null if there is nothing, or the view is not what it should be. */
export function fromView(view, key) {
  try {
    return JSON.parse(view || "{}")[key] ?? null;
  } catch {
    return null;
  }
}

/** The view with some keys changed (null takes one away), as the text that the link carries. */
export function withView(view, changes) {
  let values = {};
  try {
    values = JSON.parse(view || "{}") ?? {};
  } catch {
    // A view that is not JSON is left behind.
  }
  values = { ...values, ...changes };
  for (const key of Object.keys(values)) if (values[key] === null) delete values[key];
  return Object.keys(values).length ? JSON.stringify(values) : "";
}
