// Elements, and changes to them that cost the browser no more than they must.
import { isTaken } from "./fineness.js";

/** An element with attributes (`on…` are listeners) and children. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "text") node.textContent = value;
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** Write a text (with the exact value, shown on hover) only where it changes: writing the same again costs the browser a layout. */
export function put(node, text, exact = node.title) {
  if (node.textContent !== text) node.textContent = text;
  if (node.title !== String(exact ?? "")) node.title = exact ?? "";
}

/** The same for an attribute. */
export function mark(node, attribute, value) {
  if (node.getAttribute(attribute) !== String(value)) node.setAttribute(attribute, value);
}

/** @type {any} Whether the page is on paper now; hears when that changes. */
export const paper = globalThis.matchMedia?.("print") ?? { matches: false, addEventListener() {}, removeEventListener() {} };

/**
 * At most one call of `draw` a frame, however often it is asked for; on paper, which has no next frame, and while a figure is
 * taken, at once.
 */
export function everyFrame(draw) {
  let waiting = null;
  return () => {
    if (paper.matches || isTaken()) return draw();
    waiting ??= requestAnimationFrame(() => {
      waiting = null;
      draw();
    });
  };
}

/** Says a summary to readers of the screen, when it has been still for a moment; then calls `said`. */
export function speaker(root, said = null) {
  const node = el("p", { class: "visually-hidden", role: "status" });
  root.append(node);
  let waiting = null;
  return (text) => {
    if (root.dataset.summary === text) return;
    root.dataset.summary = text;
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      node.textContent = text;
      said?.();
    }, 200);
  };
}
