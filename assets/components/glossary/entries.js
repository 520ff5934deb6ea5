// The glossary's entries as cards, and which of them a search finds.
import { el } from "../kit/dom.js";
import { store } from "../kit/store.js";
import { addressOf, factsHere, inside } from "../terms/words.js";

/** An entry with its card and the text that a search looks in; `pick(id)` is called on a click. */
export function entryCard(entry, header, pick) {
  const text = [entry.term, ...(entry.aliases ?? []), ...(entry.symbols ?? []), entry.definition].join("\n").toLowerCase();
  return { entry, text, node: cardNode(entry, header, pick) };
}

function cardNode(entry, { titles, numbers }, pick) {
  const also = [...new Set([...(entry.aliases ?? []), ...(entry.symbols ?? []).filter((symbol) => symbol !== entry.term)])];
  const facts = factsHere(entry, numbers).map(([name, text]) =>
    el("div", {}, el("span", { class: "muted", text: name }), " ", el("code", { text })),
  );
  const source = entry.source ? ` · ${entry.source}` : "";
  return el(
    "article",
    {
      class: "entry",
      tabindex: -1,
      "data-id": entry.id,
      onclick: (event) => event.target.closest("a") || getSelection().toString() || pick(entry.id),
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
      el("div", { class: "small muted", "data-terms": "off" }, "See it: ", ...pageLinks(entry, titles), source),
    ),
  );
}

function pageLinks(entry, titles) {
  const slugs = Object.keys(titles);
  const link = (slug) =>
    el("a", { href: addressOf(slug, slugs), text: titles[slug], onclick: (event) => inside(event, () => store.open(slug)) });
  return entry.pages.filter((slug) => slug in titles).flatMap((slug, i) => [i ? ", " : "", link(slug)]);
}

/** The cards that fit: {sections: [[title, cards]], count}; a term that is, or begins with, the searched words comes first. */
export function matching(cards, groups, { words, group }) {
  const wanted = words.trim().toLowerCase();
  const rank = ({ entry }) => {
    if (entry.term.toLowerCase() === wanted || entry.symbols?.includes(words.trim())) return 0;
    return entry.term.toLowerCase().startsWith(wanted) ? 1 : 2;
  };
  const kept = [...cards.values()].filter((one) => (group === "all" || one.entry.group === group) && one.text.includes(wanted));
  if (wanted) kept.sort((a, b) => rank(a) - rank(b));
  const sections = Object.entries(groups)
    .map(([id, title]) => [title, kept.filter((one) => one.entry.group === id)])
    .filter(([, list]) => list.length);
  if (wanted) sections.sort((a, b) => rank(a[1][0]) - rank(b[1][0]));
  return { sections, count: kept.length };
}
