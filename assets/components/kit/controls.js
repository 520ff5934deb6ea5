// Sliders and choices.
import { el, mark } from "./dom.js";

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
