// Finds the glossary's terms in the page's text. Nothing is added to the page: what is found is painted by the CSS Custom Highlight API.

export const MARKED = "vit-term";
const SKIPPED =
  "script, style, button, a, input, select, textarea, h1, h2, h3, h4, h5, h6, code, pre, .katex, svg, canvas, label, td, [role=button], [role=tab], [role=option], [role=slider], [contenteditable], [aria-hidden=true], [data-terms=off], .visually-hidden";
const SCOPES = "section, article, figure, .card, [role=tabpanel], [data-testid=stAlert], [role=dialog]";
const SHEET = `::highlight(${MARKED}) { text-decoration: underline dotted 1.5px color-mix(in srgb, currentcolor 50%, transparent); text-underline-offset: 3px; }
.katex .mathnormal { cursor: help; }`;
const WORD = /[\p{L}\p{N}_]+/gu;
const JOINED = /[\p{L}\p{N}_-]/u;
const QUIET = 150; // ms without a change before a part of the page is read again

/** How terms are recognised: `find(text)` gives [{start, end, id}], `symbols(text, page)` the entries of a letter in a formula. */
export function matcher(entries) {
  const byWord = new Map(); // the first word of a form -> its forms, longest first
  const symbols = new Map();
  for (const entry of entries) {
    for (const symbol of entry.symbols ?? []) symbols.set(symbol, [...(symbols.get(symbol) ?? []), entry]);
    if (entry.mark === false) continue;
    for (const form of [entry.term, ...(entry.aliases ?? [])]) {
      if (/[(,]/.test(form) || /^[A-Z]$/.test(form)) continue; // "22.05 M" is no width
      const exact = form.length === 1 || /[A-Z]/.test(form);
      for (const written of form.length > 1 && /\w$/.test(form) && !form.endsWith("s") ? [form, `${form}s`] : [form]) {
        const [first] = written.toLowerCase().match(WORD);
        const rest = { id: entry.id, written: exact ? written : written.toLowerCase(), exact, lead: written.toLowerCase().indexOf(first) };
        byWord.set(
          first,
          [...(byWord.get(first) ?? []), rest].sort((a, b) => b.written.length - a.written.length),
        );
      }
    }
  }

  function find(text) {
    const hits = [];
    let free = 0;
    for (const { 0: word, index } of text.matchAll(WORD)) {
      for (const { id, written, exact, lead } of (index >= free && byWord.get(word.toLowerCase())) || []) {
        const start = index - lead;
        const end = start + written.length;
        const there = text.slice(start, end);
        if (
          start < free ||
          (exact ? there : there.toLowerCase()) !== written ||
          JOINED.test(text[start - 1] ?? "") ||
          JOINED.test(text[end] ?? "")
        )
          continue;
        hits.push({ start, end, id });
        free = end;
        break;
      }
    }
    return hits;
  }

  return {
    find,
    symbols(text, page) {
      const all = symbols.get(text) ?? [...new Set([...text].flatMap((letter) => symbols.get(letter) ?? []))]; // KaTeX joins letters: ij
      const here = all.filter((entry) => entry.pages.includes(page));
      return here.length ? here : all;
    },
  };
}

/** Watches the page's main part and the components in it, and keeps `CSS.highlights` up to date. `own` is a root to leave alone. */
export function watch(find, own) {
  const roots = new Map(); // root -> {observer, ranges, elements, ids, changed}
  const known = new WeakMap(); // text node -> what was found in it
  const byElement = new WeakMap();
  const highlight = globalThis.Highlight ? new Highlight() : null;
  const sheet = new CSSStyleSheet();
  const idle = globalThis.requestIdleCallback ?? ((call) => setTimeout(call, 1));
  let timer = null;
  let stopped = false;
  sheet.replaceSync(SHEET);
  if (highlight) CSS.highlights.set(MARKED, highlight);
  document.adoptedStyleSheets.push(sheet);

  function add(root) {
    const kept = { ranges: [], elements: [], ids: new Set(), changed: performance.now(), dirty: true };
    kept.observer = new MutationObserver(() => {
      kept.changed = performance.now();
      kept.dirty = true;
      timer ??= setTimeout(look, QUIET);
    });
    kept.observer.observe(root, { childList: true, characterData: true, subtree: true });
    if (root instanceof ShadowRoot) root.adoptedStyleSheets.push(sheet);
    roots.set(root, kept);
  }

  function forget(root) {
    const kept = roots.get(root);
    kept.observer.disconnect();
    clear(kept);
    if (root instanceof ShadowRoot) root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== sheet);
    roots.delete(root);
  }

  function clear(kept) {
    for (const range of kept.ranges) highlight?.delete(range);
    for (const element of kept.elements) byElement.delete(element);
    Object.assign(kept, { ranges: [], elements: [], ids: new Set() });
  }

  /** The parts of the page that exist now; true if a component has not drawn itself yet. */
  function discover() {
    for (const root of [...roots.keys()]) if (!(root.host ?? root).isConnected) forget(root);
    for (const part of document.querySelectorAll('[data-testid="stMain"], [data-testid="stDialog"]')) if (!roots.has(part)) add(part);
    let waiting = false;
    for (const host of document.querySelectorAll(
      '[data-testid="stMain"] [data-testid^="stBidiComponent"], [data-testid="stDialog"] [data-testid^="stBidiComponent"]',
    )) {
      if (!host.shadowRoot) waiting = true;
      else if (host.shadowRoot !== own && !roots.has(host.shadowRoot)) add(host.shadowRoot);
    }
    return waiting;
  }

  function look() {
    timer = null;
    if (stopped) return;
    idle(() => {
      if (stopped) return;
      const start = performance.now();
      const waiting = discover();
      let later = waiting;
      for (const [root, kept] of roots) {
        if (!kept.dirty) continue;
        if (start - kept.changed < QUIET) later = true;
        else read(root, kept);
      }
      globalThis.__vitTermTimes?.push(performance.now() - start);
      if (later) timer ??= setTimeout(look, QUIET);
    });
  }

  function read(root, kept) {
    clear(kept);
    kept.dirty = false;
    const seen = new Map();
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
      node.nodeType === Node.TEXT_NODE
        ? NodeFilter.FILTER_ACCEPT
        : node.matches(SKIPPED)
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_SKIP,
    );
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      let found = known.get(node);
      if (found?.data !== node.data) known.set(node, (found = { data: node.data, hits: node.data.trim() ? find(node.data) : [] }));
      const parent = node.parentElement;
      if (!found.hits.length || !parent) continue;
      const scope = parent.closest(SCOPES) ?? root;
      if (!seen.has(scope)) seen.set(scope, new Set());
      for (const hit of found.hits) {
        kept.ids.add(hit.id);
        if (seen.get(scope).has(hit.id)) continue;
        seen.get(scope).add(hit.id);
        if (!byElement.has(parent)) byElement.set(parent, []);
        byElement.get(parent).push({ node, text: node.data, ...hit });
        kept.elements.push(parent);
        if (!highlight) continue;
        const range = new StaticRange({ startContainer: node, startOffset: hit.start, endContainer: node, endOffset: hit.end });
        kept.ranges.push(range);
        highlight.add(range);
      }
    }
  }

  look();
  return {
    /** The marked term under a point of `element`: {id, box}, or null. */
    at(element, x, y) {
      for (const { node, text, start, end, id } of byElement.get(element) ?? []) {
        if (node.data !== text || !node.isConnected) continue;
        const range = document.createRange();
        range.setStart(node, start);
        range.setEnd(node, end);
        for (const box of range.getClientRects())
          if (x >= box.left && x <= box.right && y >= box.top - 2 && y <= box.bottom + 2) return { id, box };
      }
      return null;
    },
    /** The ids of all terms that stand on the page. */
    ids() {
      return new Set([...roots.values()].flatMap(({ ids }) => [...ids]));
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
      for (const root of [...roots.keys()]) forget(root);
      if (CSS.highlights?.get(MARKED) === highlight) CSS.highlights.delete(MARKED);
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== sheet);
    },
  };
}
