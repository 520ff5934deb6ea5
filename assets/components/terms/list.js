// The list of the terms that stand on the page.
import { el } from "../kit/dom.js";
import { clamp } from "../kit/grid.js";

const HINT =
  "Arrow keys move, Enter opens the glossary, Escape closes. " +
  "In the text, hover over a word with a dotted line, or over a letter of a formula.";

/** `link(entry, text, class)` makes the link to an entry. `show(entries, of)` opens the list: words first, then symbols. */
export function termList(link) {
  const rows = el("div", { class: "term-rows", onkeydown: walk });
  const count = el("span", { class: "small muted" });
  const close = el("button", { type: "button", text: "Close", onclick: () => node.hidePopover() });
  const node = el(
    "div",
    { class: "term-list", popover: "auto", role: "dialog", "aria-label": "Terms on this page" },
    el("div", { class: "term-head" }, el("strong", { text: "Terms on this page" }), count, close),
    rows,
    el("p", { class: "small muted", text: HINT }),
  );
  const isOpen = () => node.matches(":popover-open");
  return {
    node,
    isOpen,
    hide: () => isOpen() && node.hidePopover(),
    show(entries, of) {
      const symbols = entries.filter(({ group }) => group === "symbols");
      const found = [...entries.filter(({ group }) => group !== "symbols"), ...symbols];
      rows.replaceChildren(
        ...found.map((entry) => link(entry, [el("strong", { text: entry.term }), el("span", { text: entry.definition })], "term-row")),
      );
      count.textContent = `${found.length} of ${of}`;
      node.showPopover();
      rows.firstChild?.focus();
    },
  };
}

function walk(event) {
  const all = [...event.currentTarget.children];
  const at = all.indexOf(event.target);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  all[clamp(next, 0, all.length - 1)]?.focus();
}
