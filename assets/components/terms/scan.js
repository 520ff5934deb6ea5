// Watches the page's text for terms of the glossary. Nothing is added to it: what is found is painted by the CSS Custom Highlight API.

export const MARKED = "vit-term";
const SKIPPED = [
  "script, style, button, a, input, select, textarea, h1, h2, h3, h4, h5, h6, code, pre, .katex, svg, canvas, label, td",
  "[role=button], [role=tab], [role=option], [role=slider], [contenteditable], [aria-hidden=true], [data-terms=off], .visually-hidden",
].join();
const SCOPES = "section, article, figure, .card, [role=tabpanel], [data-testid=stAlert], [role=dialog]";
const UNDERLINE = "underline dotted 1.5px color-mix(in srgb, currentcolor 50%, transparent)";
const SHEET = `::highlight(${MARKED}) { text-decoration: ${UNDERLINE}; text-underline-offset: 3px; }
.katex .mathnormal { cursor: help; }`;
const QUIET = 150; // ms without a change before a part of the page is read again
const PARTS = ["stMain", "stDialog"].map((id) => `[data-testid="${id}"]`);
const COMPONENTS = PARTS.map((part) => `${part} [data-testid^="stBidiComponent"]`);

/** Watches the page's main part and the components in it, and keeps `CSS.highlights` up to date. `own` is a root to leave alone. */
export function watch(find, own) {
  const watcher = new Watcher(find, own);
  watcher.look();
  return watcher;
}

class Watcher {
  constructor(find, own) {
    this.find = find;
    this.own = own;
    this.roots = new Map(); // root -> {observer, ranges, elements, ids, changed}
    this.known = new WeakMap(); // text node -> what was found in it
    this.byElement = new WeakMap();
    this.highlight = globalThis.Highlight ? new Highlight() : null;
    this.sheet = new CSSStyleSheet();
    this.timer = null;
    this.stopped = false;
    this.sheet.replaceSync(SHEET);
    if (this.highlight) CSS.highlights.set(MARKED, this.highlight);
    document.adoptedStyleSheets.push(this.sheet);
  }

  /** The marked term under a point of `element`: {id, box}, or null. */
  at(element, x, y) {
    for (const { node, text, start, end, id } of this.byElement.get(element) ?? []) {
      if (node.data !== text || !node.isConnected) continue;
      const range = document.createRange();
      range.setStart(node, start);
      range.setEnd(node, end);
      for (const box of range.getClientRects())
        if (x >= box.left && x <= box.right && y >= box.top - 2 && y <= box.bottom + 2) return { id, box };
    }
    return null;
  }

  /** The ids of all terms that stand on the page. */
  ids() {
    return new Set([...this.roots.values()].flatMap(({ ids }) => [...ids]));
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    for (const root of [...this.roots.keys()]) this.forget(root);
    if (CSS.highlights?.get(MARKED) === this.highlight) CSS.highlights.delete(MARKED);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== this.sheet);
  }

  lookLater() {
    this.timer ??= setTimeout(() => this.look(), QUIET);
  }

  look() {
    this.timer = null;
    if (this.stopped) return;
    const idle = globalThis.requestIdleCallback ?? ((call) => setTimeout(call, 1));
    idle(() => {
      if (this.stopped) return;
      const start = performance.now();
      let later = this.discover();
      for (const [root, kept] of this.roots) {
        if (!kept.dirty) continue;
        if (start - kept.changed < QUIET) later = true;
        else this.read(root, kept);
      }
      globalThis.__vitTermTimes?.push(performance.now() - start);
      if (later) this.lookLater();
    });
  }

  /** The parts of the page that exist now; true if a component has not drawn itself yet. */
  discover() {
    for (const root of [...this.roots.keys()]) if (!(root.host ?? root).isConnected) this.forget(root);
    for (const part of document.querySelectorAll(PARTS.join())) if (!this.roots.has(part)) this.add(part);
    let waiting = false;
    for (const host of document.querySelectorAll(COMPONENTS.join())) {
      if (!host.shadowRoot) waiting = true;
      else if (host.shadowRoot !== this.own && !this.roots.has(host.shadowRoot)) this.add(host.shadowRoot);
    }
    return waiting;
  }

  add(root) {
    const kept = { ranges: [], elements: [], ids: new Set(), changed: performance.now(), dirty: true };
    kept.observer = new MutationObserver(() => {
      kept.changed = performance.now();
      kept.dirty = true;
      this.lookLater();
    });
    kept.observer.observe(root, { childList: true, characterData: true, subtree: true });
    if (root instanceof ShadowRoot) root.adoptedStyleSheets.push(this.sheet);
    this.roots.set(root, kept);
  }

  forget(root) {
    const kept = this.roots.get(root);
    kept.observer.disconnect();
    this.clear(kept);
    if (root instanceof ShadowRoot) root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== this.sheet);
    this.roots.delete(root);
  }

  clear(kept) {
    for (const range of kept.ranges) this.highlight?.delete(range);
    for (const element of kept.elements) this.byElement.delete(element);
    Object.assign(kept, { ranges: [], elements: [], ids: new Set() });
  }

  /** Read a part of the page again: in each scope a term is marked where it stands first. */
  read(root, kept) {
    this.clear(kept);
    kept.dirty = false;
    const seen = new Map();
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, wanted);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const hits = this.hitsIn(node);
      const parent = node.parentElement;
      if (!hits.length || !parent) continue;
      const scope = parent.closest(SCOPES) ?? root;
      if (!seen.has(scope)) seen.set(scope, new Set());
      for (const hit of hits) {
        kept.ids.add(hit.id);
        if (seen.get(scope).has(hit.id)) continue;
        seen.get(scope).add(hit.id);
        this.mark(kept, node, parent, hit);
      }
    }
  }

  hitsIn(node) {
    let found = this.known.get(node);
    if (found?.data !== node.data) {
      found = { data: node.data, hits: node.data.trim() ? this.find(node.data) : [] };
      this.known.set(node, found);
    }
    return found.hits;
  }

  mark(kept, node, parent, hit) {
    if (!this.byElement.has(parent)) this.byElement.set(parent, []);
    this.byElement.get(parent).push({ node, text: node.data, ...hit });
    kept.elements.push(parent);
    if (!this.highlight) return;
    const range = new StaticRange({ startContainer: node, startOffset: hit.start, endContainer: node, endOffset: hit.end });
    kept.ranges.push(range);
    this.highlight.add(range);
  }
}

function wanted(node) {
  if (!(node instanceof Element)) return NodeFilter.FILTER_ACCEPT;
  return node.matches(SKIPPED) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
}
