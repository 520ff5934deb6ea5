// Sliders and choices.
import { el, mark } from "./dom.js";

/** A labelled range input with its value beside the name. */
export function rangeOf(name, attributes = {}) {
  const value = el("strong");
  const input = el("input", { type: "range", "aria-label": name, ...attributes });
  return { input, value, node: el("label", { class: "slider" }, el("span", {}, el("span", { text: name }), value), input) };
}

/**
 * One of a few: a radio group in one row. `choices` maps values to labels. `show(value, refused)` marks one; `refused` maps those that
 * cannot be chosen now to the reason.
 */
export function choiceOf(label, choices, choose) {
  const names = Object.keys(choices);
  let current = names[0];
  const buttons = names.map((name) =>
    el("button", { type: "button", role: "radio", "data-value": name, text: choices[name], onclick: () => choose(name) }),
  );
  const node = el("div", { class: "segmented", role: "radiogroup", "aria-label": label }, ...buttons);
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const usable = names.filter((_, i) => !buttons[i].disabled);
    const next = usable[(Math.max(0, usable.indexOf(current)) + step + usable.length) % usable.length];
    choose(next);
    buttons[names.indexOf(next)].focus();
  });
  const show = (value, refused = {}) => {
    current = String(value);
    const entry = names.includes(current) ? current : names[0];
    names.forEach((name, i) => {
      mark(buttons[i], "aria-checked", name === current);
      mark(buttons[i], "tabindex", name === entry ? 0 : -1);
      buttons[i].disabled = name in refused;
      if (buttons[i].title !== (refused[name] ?? "")) buttons[i].title = refused[name] ?? "";
    });
  };
  return { node, show };
}
