// Projected: the keys of a clicker go to the view before and the view after, Escape leaves, and a dot follows the pointer.
import { el } from "../kit/dom.js";
import { course, presented, setCourse } from "../kit/lesson.js";
import { store } from "../kit/store.js";

const STEPS = { PageDown: 1, PageUp: -1 };
let around = null; // the pages before and after the one that is open, or null where nothing is projected

/** Hears what the strip is sent. */
export function present({ mode, around: pages }) {
  const first = around === null;
  around = mode === "present" ? pages : null;
  if (!around || !first) return;
  const dot = el("div", { class: "vit-laser", hidden: true });
  document.body.append(dot);
  addEventListener("pointermove", ({ clientX, clientY }) => {
    dot.hidden = false;
    [dot.style.left, dot.style.top] = [`${clientX}px`, `${clientY}px`];
  });
  addEventListener("keydown", onKey, true);
}

function onKey(event) {
  if (event.key === "Escape") return leave();
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const { links, at } = course();
  if (!links.length) {
    const slug = around[step > 0 ? 1 : 0];
    if (slug) store.open?.(slug);
  } else if (links[at + step] !== undefined) {
    setCourse(links, at + step);
    location.assign(`./${presented(links[at + step])}`);
  }
}

/** Back to the view as it is without a projector; from a lesson's, to the lessons. */
function leave() {
  const address = new URL(location.href);
  address.searchParams.delete("present");
  const back = course().links.length ? new URL("lessons", address) : address;
  setCourse([], 0);
  location.assign(back);
}
