import { el } from "../kit/dom.js";
import { mounts } from "../kit/mount.js";
import { unpack } from "../kit/payload.js";
import { store } from "../kit/store.js";
import { viewText } from "../kit/view.js";
import { matcher, watch } from "./scan.js";
import { addressOf, factsHere, inside, pageHere } from "./words.js";

const [SHOW, SHOW_SYMBOL, HIDE] = [120, 350, 250]; // ms
const LETTER = ".mathnormal, .mathbb, .mop, .amsrm, .text, .mord, .delimsizing";

// On every page: terms of the glossary are underlined; hover or tap one to read what it means. "?" lists the terms of the page.
export default mounts((root, api) => {
  let entries, ids, slugs, titles, words, page;
  let sent = null;
  let timer = null;
  let shown = "";

  const card = el("div", {
    class: "card term-card",
    popover: "manual",
    role: "dialog",
    "aria-label": "Definition",
    onpointerenter: () => clearTimeout(timer),
    onpointerleave: () => hideSoon(),
  });
  const rows = el("div", { class: "term-rows", onkeydown: walk });
  const count = el("span", { class: "small muted" });
  const list = el(
    "div",
    { class: "term-list", popover: "auto", role: "dialog", "aria-label": "Terms on this page" },
    el(
      "div",
      { class: "term-head" },
      el("strong", { text: "Terms on this page" }),
      count,
      el("button", { type: "button", text: "Close", onclick: () => list.hidePopover() }),
    ),
    rows,
    el("p", {
      class: "small muted",
      text: "Arrow keys move, Enter opens the glossary, Escape closes. In the text, hover over a word with a dotted line, or over a letter of a formula.",
    }),
  );
  root.append(card, list);

  function link(entry, text, cls) {
    const view = viewText("glossary", "", { glo: { e: entry.id } });
    const go = () => {
      hide();
      if (list.matches(":popover-open")) list.hidePopover();
      if (pageHere(slugs) === "glossary" && store.entry) store.entry(entry.id);
      else api.setTriggerValue("open", entry.id);
    };
    return el("a", { class: cls, href: addressOf("glossary", slugs, view), onclick: (event) => inside(event, go) }, ...[text].flat());
  }

  function describe(entry) {
    const facts = factsHere(entry, store.numbers ?? {}).map(([name, text]) =>
      el("div", { class: "term-fact" }, el("span", { class: "muted", text: name }), " ", el("code", { text })),
    );
    return el(
      "div",
      {},
      el("strong", { text: entry.term }),
      el("p", { text: entry.definition }),
      ...facts,
      link(entry, "In the glossary", "small"),
    );
  }

  function show(found, box) {
    clearTimeout(timer);
    const stamp = `${found.map(({ id }) => id)} ${Math.round(box.left)} ${Math.round(box.top)}`;
    if (stamp === shown) return;
    shown = stamp;
    card.replaceChildren(...found.slice(0, 3).map(describe));
    card.showPopover();
    const [width, height] = [card.offsetWidth, card.offsetHeight];
    const below = box.bottom + 6 + height <= innerHeight || box.top < height + 14;
    card.style.left = `${Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8))}px`;
    card.style.top = `${Math.max(8, below ? Math.min(box.bottom + 6, innerHeight - height - 8) : box.top - height - 6)}px`;
  }

  function hide() {
    clearTimeout(timer);
    timer = null;
    shown = "";
    if (card.matches(":popover-open")) card.hidePopover();
  }

  function hideSoon() {
    clearTimeout(timer);
    timer = shown ? setTimeout(hide, HIDE) : null;
  }

  /** What stands under the pointer: {found: entries, box, wait}, or null. */
  function under(event) {
    const target = event.composedPath()[0];
    if (!(target instanceof HTMLElement) || target instanceof HTMLCanvasElement) return null;
    const hit = words.at(target, event.clientX, event.clientY);
    if (hit) return { found: [ids.get(hit.id)], box: hit.box, wait: SHOW };
    if (!target.matches(LETTER) || !target.closest(".katex")) return null;
    const text = target.matches(".mathbb") ? "ℝ" : target.textContent.trim();
    const found = find.symbols(text, pageHere(slugs));
    const named = found.length
      ? found
      : find
          .find(text)
          .filter(({ start, end }) => start === 0 && end === text.length)
          .map(({ id }) => ids.get(id));
    return named.length ? { found: named, box: target.getBoundingClientRect(), wait: SHOW_SYMBOL } : null;
  }

  let find;
  function onMove(event) {
    if (event.pointerType === "touch" || event.buttons || !words) return;
    const at = event.composedPath()[0];
    if (at instanceof HTMLCanvasElement || at instanceof SVGElement) return shown || timer ? hideSoon() : undefined;
    if (event.composedPath().includes(card)) return;
    const place = under(event);
    if (!place) return shown || timer ? hideSoon() : undefined;
    clearTimeout(timer);
    timer = setTimeout(() => show(place.found, place.box), shown ? 0 : place.wait);
  }

  function onClick(event) {
    if (!words || event.composedPath().includes(card)) return;
    const place = under(event);
    if (place) show(place.found, place.box);
  }

  function onDown(event) {
    if (shown && !event.composedPath().includes(card)) hide();
  }

  function onKey(event) {
    if (event.key === "Escape" && shown) return hide();
    const from = event.composedPath()[0];
    const typing =
      from instanceof HTMLElement &&
      (from.isContentEditable || from.matches("input:not([type=range], [type=checkbox], [type=radio]), textarea, select"));
    if (event.key !== "?" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    openList();
  }

  function openList() {
    if (!words) return;
    if (list.matches(":popover-open")) return list.hidePopover();
    hide();
    const here = pageHere(slugs);
    const present = words.ids();
    const letters = new Set(
      [...document.querySelectorAll('[data-testid="stMain"] .katex .mathnormal')].map((node) => node.textContent.trim()),
    );
    for (const letter of letters) for (const entry of find.symbols(letter, here)) if (entry.pages.includes(here)) present.add(entry.id);
    const all = entries.filter((entry) => present.has(entry.id));
    const found = [...all.filter(({ group }) => group !== "symbols"), ...all.filter(({ group }) => group === "symbols")];
    rows.replaceChildren(
      ...found.map((entry) => link(entry, [el("strong", { text: entry.term }), el("span", { text: entry.definition })], "term-row")),
    );
    count.textContent = `${found.length} of ${entries.length}`;
    list.showPopover();
    rows.firstChild?.focus();
  }

  function walk(event) {
    const all = [...rows.children];
    const at = all.indexOf(event.target);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
  }

  const listeners = [
    ["pointermove", onMove],
    ["pointerdown", onDown],
    ["click", onClick],
    ["keydown", onKey],
    ["scroll", hide],
  ];
  for (const [name, listener] of listeners) document.addEventListener(name, listener, { capture: true, passive: name !== "keydown" });
  store.terms = openList;

  return {
    update(bytes, now) {
      api = now;
      if (page && pageHere(slugs) !== page) hide();
      const { header } = unpack(bytes);
      if (header.id !== sent) {
        sent = header.id;
        ({ entries, titles } = header);
        slugs = Object.keys(titles);
        ids = new Map(entries.map((entry) => [entry.id, entry]));
        find = matcher(entries);
        words?.stop();
        words = watch(find.find, root.getRootNode());
      }
      page = pageHere(slugs);
      root.dataset.terms = header.id;
    },
    destroy() {
      hide();
      words?.stop();
      for (const [name, listener] of listeners) document.removeEventListener(name, listener, { capture: true });
      if (store.terms === openList) store.terms = null;
    },
  };
});
