// On every page: terms of the glossary are underlined; hover or tap one to read what it means. "?" lists the terms of the page.
import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { viewText } from "../kit/view.js";
import { definitionCard } from "./card.js";
import { termList } from "./list.js";
import { matcher } from "./matcher.js";
import { watch } from "./scan.js";
import { addressOf, inside, pageHere } from "./words.js";

const [SHOW, SHOW_SYMBOL] = [120, 350]; // ms
const LETTER = ".mathnormal, .mathbb, .mop, .amsrm, .text, .mord, .delimsizing";
const TYPED = "input:not([type=range], [type=checkbox], [type=radio]), textarea, select";

export default mounts((root, api) => {
  /** @type {any} All elements, data and selection of this view. */
  const view = { api, entries: [], ids: new Map(), slugs: [], find: null, words: null, page: null, sent: null };
  const link = (entry, text, cls) => glossaryLink(view, entry, text, cls);
  view.card = definitionCard(link);
  view.list = termList(link);
  root.append(view.card.node, view.list.node);
  const openList = () => view.words && toggleList(view);
  const stopListening = listen(view, openList);
  store.terms = openList;
  return {
    update(bytes, now) {
      view.api = now;
      if (view.page && pageHere(view.slugs) !== view.page) view.card.hide();
      const { header } = unpack(bytes);
      if (header.id !== view.sent) take(view, header, root.getRootNode());
      view.page = pageHere(view.slugs);
      root.dataset.terms = header.id;
    },
    destroy() {
      view.card.hide();
      view.words?.stop();
      stopListening();
      if (store.terms === openList) store.terms = null;
    },
  };
});

/** Another glossary: its terms are looked for from now on. `own` is this component's root, which is left alone. */
function take(view, header, own) {
  const { entries, titles } = header;
  const find = matcher(entries);
  view.words?.stop();
  const ids = new Map(entries.map((entry) => [entry.id, entry]));
  Object.assign(view, { sent: header.id, entries, ids, slugs: Object.keys(titles), find, words: watch(find.find, own) });
}

/** A link to an entry: on the glossary's page it is picked there, from another page the glossary is opened. */
function glossaryLink(view, entry, text, cls) {
  const wanted = viewText("glossary", "", { glo: { e: entry.id } });
  const go = () => {
    view.card.hide();
    view.list.hide();
    if (pageHere(view.slugs) === "glossary" && store.entry) store.entry(entry.id);
    else view.api.setTriggerValue("open", entry.id);
  };
  const href = addressOf("glossary", view.slugs, wanted);
  return el("a", { class: cls, href, onclick: (event) => inside(event, go) }, ...[text].flat());
}

/** What stands under the pointer: {found: entries, box, wait}, or null. */
function under(view, event) {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement) || target instanceof HTMLCanvasElement) return null;
  const hit = view.words.at(target, event.clientX, event.clientY);
  if (hit) return { found: [view.ids.get(hit.id)], box: hit.box, wait: SHOW };
  if (!target.matches(LETTER) || !target.closest(".katex")) return null;
  const named = inFormula(view, target.matches(".mathbb") ? "ℝ" : target.textContent.trim());
  return named.length ? { found: named, box: target.getBoundingClientRect(), wait: SHOW_SYMBOL } : null;
}

/** The entries of a letter, or of a word that is all of a term. */
function inFormula({ find, ids, slugs }, text) {
  const found = find.symbols(text, pageHere(slugs));
  if (found.length) return found;
  const whole = find.find(text).filter(({ start, end }) => start === 0 && end === text.length);
  return whole.map(({ id }) => ids.get(id));
}

/** Open the list of the terms that stand on this page, or close it. */
function toggleList(view) {
  if (view.list.isOpen()) return view.list.hide();
  view.card.hide();
  const here = pageHere(view.slugs);
  const present = view.words.ids();
  const letters = document.querySelectorAll('[data-testid="stMain"] .katex .mathnormal');
  for (const letter of new Set([...letters].map((node) => node.textContent.trim())))
    for (const entry of view.find.symbols(letter, here)) if (entry.pages.includes(here)) present.add(entry.id);
  view.list.show(
    view.entries.filter((entry) => present.has(entry.id)),
    view.entries.length,
  );
}

function listen(view, openList) {
  const { card } = view;
  const onCard = (event) => event.composedPath().includes(card.node);
  const listeners = {
    pointermove(event) {
      if (event.pointerType === "touch" || event.buttons || !view.words) return;
      const at = event.composedPath()[0];
      if (at instanceof HTMLCanvasElement || at instanceof SVGElement) return card.hideSoon();
      if (onCard(event)) return;
      const place = under(view, event);
      if (place) card.showSoon(place);
      else card.hideSoon();
    },
    pointerdown: (event) => card.isShown() && !onCard(event) && card.hide(),
    click(event) {
      if (!view.words || onCard(event)) return;
      const place = under(view, event);
      if (place) card.show(place);
    },
    keydown(event) {
      if (event.key === "Escape" && card.isShown()) return card.hide();
      if (event.key !== "?" || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      openList();
    },
    scroll: () => card.hide(),
  };
  for (const [name, listener] of Object.entries(listeners))
    document.addEventListener(name, listener, { capture: true, passive: name !== "keydown" });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener, { capture: true });
  };
}

function isTyping(event) {
  const from = event.composedPath()[0];
  return from instanceof HTMLElement && (from.isContentEditable || from.matches(TYPED));
}
