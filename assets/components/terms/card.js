// The card that says what a term means, beside the word or letter under the pointer.
import { el } from "../kit/dom.js";
import { store } from "../kit/store.js";
import { factsHere } from "./words.js";

const HIDE = 250; // ms

/** `link(entry, text, class)` makes the link to an entry. A place is {found: entries, box, wait}. */
export function definitionCard(link) {
  let timer = null;
  let shown = "";
  const node = el("div", {
    class: "card term-card",
    popover: "manual",
    role: "dialog",
    "aria-label": "Definition",
    onpointerenter: () => clearTimeout(timer),
    onpointerleave: () => hideSoon(),
  });

  function show({ found, box }) {
    clearTimeout(timer);
    const stamp = `${found.map(({ id }) => id)} ${Math.round(box.left)} ${Math.round(box.top)}`;
    if (stamp === shown) return;
    shown = stamp;
    node.replaceChildren(...found.slice(0, 3).map((entry) => definition(entry, link)));
    node.showPopover();
    placeBeside(node, box);
  }

  function showSoon(place) {
    clearTimeout(timer);
    timer = setTimeout(() => show(place), shown ? 0 : place.wait);
  }

  function hide() {
    clearTimeout(timer);
    timer = null;
    shown = "";
    if (node.matches(":popover-open")) node.hidePopover();
  }

  function hideSoon() {
    if (!shown && !timer) return;
    clearTimeout(timer);
    timer = shown ? setTimeout(hide, HIDE) : null;
  }

  return { node, show, showSoon, hide, hideSoon, isShown: () => shown !== "" };
}

function definition(entry, link) {
  const facts = factsHere(entry, store.numbers ?? {}).map(([name, text]) =>
    el("div", { class: "term-fact" }, el("span", { class: "muted", text: name }), " ", el("code", { text })),
  );
  const title = el("strong", { text: entry.term });
  return el("div", {}, title, el("p", { text: entry.definition }), ...facts, link(entry, "In the glossary", "small"));
}

/** Below a box, or above where there is no room, and inside the window. */
function placeBeside(node, box) {
  const [width, height] = [node.offsetWidth, node.offsetHeight];
  const below = box.bottom + 6 + height <= innerHeight || box.top < height + 14;
  const top = below ? Math.min(box.bottom + 6, innerHeight - height - 8) : box.top - height - 6;
  node.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8))}px`;
  node.style.top = `${Math.max(8, top)}px`;
}
