import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { clampView, fromView, named, partOf, withView } from "../kit/view.js";
import { addressOf, factsHere, inside } from "../terms/words.js";

const KEPT = { entry: "e", words: "w", group: "g" };
const FIRST = named(KEPT, clampView("glossary", {}).glo);

// The glossary: searched by words, in groups; an entry that is picked stands in the address.
export default mounts((root) => {
  let entries = [];
  let titles = {};
  let groups = {};
  let numbers = {};
  let place = { ...FIRST };
  let sent = null;
  let drawn = "";
  let shownEntry = "";
  let cards = new Map();

  const search = el("input", {
    type: "search",
    placeholder: "search terms, symbols, meanings",
    "aria-label": "Search the glossary",
    oninput: () => set({ words: search.value.slice(0, 40) }, true),
    onchange: () => set({ words: search.value.slice(0, 40) }),
    onkeydown: fromSearch,
  });
  const choice = el("div", { class: "segmented", role: "radiogroup", "aria-label": "Group" });
  const found = el("span", { class: "small muted", role: "status" });
  const body = el("div", { class: "entries", onkeydown: walk });
  root.append(
    el(
      "div",
      { class: "glossary" },
      el("div", { class: "tools" }, search, choice, found),
      el("p", {
        class: "small muted hint",
        text: "On every page, words with a dotted line have a definition: hover over one, or tap it; letters of formulas too. Press ? for all terms of a page. Here, / goes to the search, arrow keys go through the entries, Enter keeps one in the address.",
      }),
      body,
    ),
  );

  const read = () => named(KEPT, fromView("glossary", "glo", { entries: [...cards.keys()], groups: Object.keys(groups) }));

  function set(changes, quietly = false) {
    const view = withView("glossary", { glo: partOf(KEPT, { ...place, ...changes }) });
    store[quietly ? "preview" : "commit"]({ view });
  }

  function card(entry) {
    const slugs = Object.keys(titles);
    const also = [...new Set([...(entry.aliases ?? []), ...(entry.symbols ?? []).filter((symbol) => symbol !== entry.term)])];
    const facts = factsHere(entry, numbers).map(([name, text]) =>
      el("div", {}, el("span", { class: "muted", text: name }), " ", el("code", { text })),
    );
    const links = entry.pages
      .filter((slug) => slug in titles)
      .map((slug, i) => [
        i ? ", " : "",
        el("a", { href: addressOf(slug, slugs), text: titles[slug], onclick: (event) => inside(event, () => store.open(slug)) }),
      ]);
    return el(
      "article",
      {
        class: "entry",
        tabindex: -1,
        "data-id": entry.id,
        onclick: (event) => event.target.closest("a") || getSelection().toString() || set({ entry: entry.id }),
      },
      el(
        "div",
        { class: "name", "data-terms": "off" },
        el("strong", { text: entry.term }),
        also.length ? el("span", { class: "small muted", text: also.join(", ") }) : null,
      ),
      el(
        "div",
        {},
        el("p", { text: entry.definition }),
        facts.length ? el("div", { class: "facts small" }, ...facts) : null,
        el("div", { class: "small muted", "data-terms": "off" }, "See it: ", ...links.flat(), entry.source ? ` · ${entry.source}` : ""),
      ),
    );
  }

  function build(header) {
    ({ entries, titles, groups, numbers } = header);
    cards = new Map(
      entries.map((entry) => [
        entry.id,
        {
          entry,
          node: card(entry),
          text: [entry.term, ...(entry.aliases ?? []), ...(entry.symbols ?? []), entry.definition].join("\n").toLowerCase(),
        },
      ]),
    );
    choice.replaceChildren(
      ...[["all", "All"], ...Object.entries(groups)].map(([id, text]) =>
        el("button", { type: "button", role: "radio", "data-group": id, text, onclick: () => set({ group: id }), onkeydown: stepGroup }),
      ),
    );
    drawn = "";
    draw();
    root.dataset.ready = header.id;
  }

  function draw() {
    if (!entries.length) return;
    place = read();
    const words = place.words.trim().toLowerCase();
    const stamp = JSON.stringify([words, place.group]);
    if (stamp !== drawn) {
      drawn = stamp;
      const rank = (one) =>
        one.entry.term.toLowerCase() === words || one.entry.symbols?.includes(place.words.trim())
          ? 0
          : one.entry.term.toLowerCase().startsWith(words)
            ? 1
            : 2;
      const kept = [...cards.values()].filter(
        (one) => (place.group === "all" || one.entry.group === place.group) && one.text.includes(words),
      );
      if (words) kept.sort((a, b) => rank(a) - rank(b));
      const sections = Object.entries(groups)
        .map(([id, title]) => [title, kept.filter((one) => one.entry.group === id)])
        .filter(([, list]) => list.length);
      if (words) sections.sort((a, b) => rank(a[1][0]) - rank(b[1][0]));
      body.replaceChildren(
        ...sections.map(([title, list]) =>
          el("section", { "aria-label": title }, el("h2", { text: title }), ...list.map(({ node }) => node)),
        ),
      );
      if (search === root.getRootNode().activeElement) search.scrollIntoView({ block: "nearest" }); // fewer entries: the page got shorter
      found.textContent = kept.length
        ? `${kept.length} of ${entries.length} entries`
        : "Nothing in the glossary has that in it. Try one word.";
      if (search !== root.getRootNode().activeElement) search.value = place.words;
      for (const button of choice.children) {
        button.setAttribute("aria-checked", String(button.dataset.group === place.group));
        button.tabIndex = button.dataset.group === place.group ? 0 : -1;
      }
    }
    const all = shown();
    for (const { entry, node } of cards.values()) {
      node.classList.toggle("picked", entry.id === place.entry);
      node.tabIndex = -1;
    }
    const picked = cards.get(place.entry)?.node;
    const first = all.includes(picked) ? picked : all[0];
    if (first) first.tabIndex = 0;
    if (place.entry !== shownEntry) {
      shownEntry = place.entry;
      const box = picked?.getBoundingClientRect();
      if (box && all.includes(picked) && (box.top < 60 || box.bottom > innerHeight))
        requestAnimationFrame(() => picked.scrollIntoView({ block: "center" }));
    }
  }

  const shown = () => [...body.querySelectorAll(".entry")];

  function fromSearch(event) {
    if (event.key !== "ArrowDown" && event.key !== "Enter") return;
    event.preventDefault();
    shown()[0]?.focus();
  }

  function stepGroup(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = [...choice.children];
    const next = all[(all.indexOf(event.currentTarget) + step + all.length) % all.length];
    set({ group: next.dataset.group });
    next.focus();
  }

  function walk(event) {
    const all = shown();
    const at = all.indexOf(event.target);
    if (at < 0) return;
    if (event.key === "Enter") set({ entry: event.target.dataset.id });
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    if (next < 0) search.focus();
    else all[Math.min(all.length - 1, next)].focus();
  }

  function onKey(event) {
    const from = event.composedPath()[0];
    if (
      event.key !== "/" ||
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      (from instanceof HTMLElement && (from.isContentEditable || from.matches("input, textarea, select")))
    )
      return;
    event.preventDefault();
    search.focus();
  }

  document.addEventListener("keydown", onKey);
  const unsubscribe = store.subscribe(draw);
  const openEntry = (id) => set({ ...FIRST, entry: id });
  store.entry = openEntry;

  return {
    update(bytes) {
      const { header } = unpack(bytes);
      if (header.id === sent) return draw();
      sent = header.id;
      build(header);
    },
    destroy() {
      document.removeEventListener("keydown", onKey);
      unsubscribe();
      if (store.entry === openEntry) store.entry = null;
    },
  };
});
