import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { takePasted } from "./paste.js";

// Thumbnails to choose a picture from, in groups: one radio group, arrow keys move and choose.
export default mounts((root) => {
  const group = el("div", { role: "radiogroup", "aria-label": "Picture" });
  root.append(group);
  let shown = "";
  let buttons = [];
  let selected = "";

  function choose(id) {
    if (id === selected) return;
    mark(id);
    store.commit({ picture: id });
  }

  function mark(id) {
    selected = id;
    for (const button of buttons) {
      const on = button.dataset.id === id;
      button.setAttribute("aria-checked", on);
      button.tabIndex = on ? 0 : -1;
    }
  }

  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = buttons.findIndex((button) => button.dataset.id === selected);
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    choose(next.dataset.id);
  });

  const stopTaking = takePasted();
  return {
    destroy: stopTaking,
    update({ groups, selected: chosen }) {
      const now = JSON.stringify(groups.map(({ title, why, pictures }) => [title, why, pictures.map(({ id }) => id)]));
      if (now !== shown) {
        shown = now;
        group.replaceChildren(...groups.map((one) => groupOf(one, choose)));
        buttons = [...group.querySelectorAll("button")];
      }
      mark(chosen);
    },
  };
});

/** A group's title, its thumbnails, and why they belong together. */
function groupOf({ title, why, pictures }, choose) {
  const thumbnail = ({ id, title: name, alt, src }) =>
    el(
      "button",
      { type: "button", role: "radio", "data-id": id, title: name, "aria-label": `${name}. ${alt}`, onclick: () => choose(id) },
      el("img", { src, alt: "" }),
    );
  return el(
    "div",
    { class: "pictures" },
    title ? el("p", { class: "small" }, el("strong", { text: title })) : null,
    el("div", { class: "gallery" }, ...pictures.map(thumbnail)),
    why ? el("p", { class: "small muted", text: why }) : null,
  );
}
