// Controls that stay beside what they change where there is no room at its side: a sheet at the bottom of the screen.
import { el } from "./dom.js";

/** The button that folds the sheet of these controls, and opens it. Both stand in an element of the class `beside`. */
export function foldOf(controls) {
  const show = (open) => {
    controls.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Hide the settings" : "Settings";
  };
  const button = el("button", { type: "button", class: "fold", onclick: () => show(controls.hidden) });
  show(true);
  return button;
}
