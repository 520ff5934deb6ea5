// A button with three dots, and what it opens: things to do that need no room of their own.
import { el } from "../dom.js";

/** `entries`: names and what they do. The list is there only while it is open. */
export function menuOf(name, entries) {
  const node = el("span", { class: "menu" });
  const button = el("button", { type: "button", class: "dots", "aria-label": name, title: name, "aria-haspopup": "menu" });
  let list = null;
  const close = () => {
    list?.remove();
    list = null;
    button.setAttribute("aria-expanded", "false");
    removeEventListener("pointerdown", outside, true);
  };
  const outside = (event) => event.composedPath().includes(node) || close();
  const open = () => {
    const items = Object.entries(entries).map(([text, act]) =>
      el("button", { type: "button", role: "menuitem", text, onclick: chosen(act) }),
    );
    list = el("div", { class: "entries", role: "menu", "aria-label": name }, ...items);
    node.append(list);
    const edge = node.closest(".vit")?.getBoundingClientRect().left ?? 0; // what lies beyond the view is cut off
    if (list.getBoundingClientRect().left < edge) list.classList.add("left");
    button.setAttribute("aria-expanded", "true");
    addEventListener("pointerdown", outside, true);
    items[0].focus();
  };
  const chosen = (act) => () => {
    close();
    button.focus();
    act();
  };
  button.addEventListener("click", () => (list ? close() : open()));
  node.addEventListener("keydown", (event) => {
    if (!list) return;
    if (event.key === "Escape") {
      close();
      return button.focus();
    }
    const items = [...list.children];
    const at = items.findIndex((item) => item.matches(":focus"));
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    /** @type {HTMLElement} */ (items[(next + items.length) % items.length]).focus();
  });
  close();
  node.append(button);
  return node;
}
