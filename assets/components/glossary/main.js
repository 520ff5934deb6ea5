// The glossary: searched by words, in groups; an entry that is picked stands in the address.
import { choiceOf } from "../kit/controls.js";
import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { clampView, fromView, named, partOf, withView } from "../kit/view.js";
import { entryCard, matching } from "./entries.js";

const KEPT = { entry: "e", words: "w", group: "g" };
const FIRST = named(KEPT, clampView("glossary", {}).glo);
const LONGEST = 40; // characters of a search
const HINT =
  "On every page, words with a dotted line have a definition: hover over one, or tap it; letters of formulas too. " +
  "Press ? for all terms of a page. Here, / goes to the search, arrow keys go through the entries, Enter keeps one in the address.";

export default mounts((root) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = { root, place: { ...FIRST }, header: null, cards: new Map(), drawn: "", shownEntry: "", choice: null };
  layOut(view);
  const draw = () => view.header && drawAll(view);
  const onKey = (event) => searchOnSlash(event, view.search);
  document.addEventListener("keydown", onKey);
  const unsubscribe = store.subscribe(draw);
  const openEntry = (entry) => set(view, { ...FIRST, entry });
  store.entry = openEntry;
  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id === view.header?.id) return draw();
      build(view, header);
      draw();
      root.dataset.ready = header.id;
    },
    destroy() {
      document.removeEventListener("keydown", onKey);
      unsubscribe();
      if (store.entry === openEntry) store.entry = null;
      if (store.entry === openEntry) store.entry = null;
    },
  };
});

function layOut(view) {
  const words = () => view.search.value.slice(0, LONGEST);
  view.search = el("input", {
    type: "search",
    placeholder: "search terms, symbols, meanings",
    "aria-label": "Search the glossary",
    oninput: () => set(view, { words: words() }, true),
    onchange: () => set(view, { words: words() }),
    onkeydown: (event) => leaveSearch(event, view),
  });
  view.tools = el("div", { class: "tools" }, view.search);
  view.found = el("span", { class: "small muted", role: "status" });
  view.body = el("div", { class: "entries", onkeydown: (event) => walk(event, view) });
  view.root.append(el("div", { class: "glossary" }, view.tools, el("p", { class: "small muted hint", text: HINT }), view.body));
}

/** What the link says: search, group and entry; what this glossary does not have is left out. */
function read({ cards, header }) {
  return named(KEPT, fromView("glossary", "glo", { entries: [...cards.keys()], groups: Object.keys(header.groups) }));
}

function set(view, changes, quietly = false) {
  const text = withView("glossary", { glo: partOf(KEPT, { ...view.place, ...changes }) });
  store[quietly ? "preview" : "commit"]({ view: text });
}

function build(view, header) {
  const pick = (entry) => set(view, { entry });
  Object.assign(view, { header, drawn: "" });
  view.cards = new Map(header.entries.map((entry) => [entry.id, entryCard(entry, header, pick)]));
  view.choice = choiceOf("Group", { all: "All", ...header.groups }, (group) => set(view, { group }));
  view.tools.replaceChildren(view.search, view.choice.node, view.found);
}

function drawAll(view) {
  view.place = read(view);
  const { place, drawn } = view;
  const stamp = JSON.stringify([place.words.trim().toLowerCase(), place.group]);
  if (stamp !== drawn) {
    view.drawn = stamp;
    drawEntries(view);
  }
  const all = shown(view);
  for (const { entry, node } of view.cards.values()) {
    node.classList.toggle("picked", entry.id === place.entry);
    node.tabIndex = -1;
  }
  const picked = view.cards.get(place.entry)?.node;
  const first = all.includes(picked) ? picked : all[0];
  if (first) first.tabIndex = 0;
  if (place.entry === view.shownEntry) return;
  view.shownEntry = place.entry;
  const box = picked?.getBoundingClientRect();
  if (box && all.includes(picked) && (box.top < 60 || box.bottom > innerHeight))
    requestAnimationFrame(() => picked.scrollIntoView({ block: "center" }));
}

/** The entries that fit search and group, section by section. */
function drawEntries({ root, body, found, search, choice, cards, header, place }) {
  const { sections, count } = matching(cards, header.groups, place);
  body.replaceChildren(
    ...sections.map(([title, list]) => el("section", { "aria-label": title }, el("h2", { text: title }), ...list.map(({ node }) => node))),
  );
  const searching = search === root.getRootNode().activeElement;
  if (searching)
    search.scrollIntoView({ block: "nearest" }); // fewer entries: the page got shorter
  else search.value = place.words;
  found.textContent = count ? `${count} of ${header.entries.length} entries` : "Nothing in the glossary has that in it. Try one word.";
  choice.show(place.group);
}

const shown = ({ body }) => [...body.querySelectorAll(".entry")];

function leaveSearch(event, view) {
  if (event.key !== "ArrowDown" && event.key !== "Enter") return;
  event.preventDefault();
  shown(view)[0]?.focus();
}

function walk(event, view) {
  const all = shown(view);
  const at = all.indexOf(event.target);
  if (at < 0) return;
  if (event.key === "Enter") set(view, { entry: event.target.dataset.id });
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  if (next < 0) view.search.focus();
  else all[Math.min(all.length - 1, next)].focus();
}

function searchOnSlash(event, search) {
  const from = event.composedPath()[0];
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (from instanceof HTMLElement && (from.isContentEditable || from.matches("input, textarea, select"))) return;
  event.preventDefault();
  search.focus();
}
