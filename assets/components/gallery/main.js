import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { store } from "../kit/store.js";
import { takePasted } from "./paste.js";

// Thumbnails to choose a picture from: a radio group, arrow keys move and choose.
export default mounts((root) => {
  const group = el("div", { class: "gallery", role: "radiogroup", "aria-label": "Picture" });
  root.append(group);
  let pictures = [];
  let selected = "";

  function choose(id) {
    if (id === selected) return;
    mark(id);
    store.commit({ picture: id });
  }

  function mark(id) {
    selected = id;
    for (const button of group.children) {
      const on = button.dataset.id === id;
      button.setAttribute("aria-checked", on);
      button.tabIndex = on ? 0 : -1;
    }
  }

  group.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = pictures.findIndex((picture) => picture.id === selected);
    const next = (at + step + pictures.length) % pictures.length;
    group.children[next].focus();
    choose(pictures[next].id);
  });

  const stopTaking = takePasted();
  return {
    destroy: stopTaking,
    update(data) {
      if (JSON.stringify(data.pictures.map((p) => p.id)) !== JSON.stringify(pictures.map((p) => p.id))) {
        pictures = data.pictures;
        group.replaceChildren(
          ...pictures.map((picture) =>
            el(
              "button",
              {
                type: "button",
                role: "radio",
                "data-id": picture.id,
                title: picture.title,
                "aria-label": `${picture.title}. ${picture.alt}`,
                onclick: () => choose(picture.id),
              },
              el("img", { src: picture.src, alt: "" }),
            ),
          ),
        );
      }
      mark(data.selected);
    },
  };
});
