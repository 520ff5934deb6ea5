// The selection that all views of a page follow, and where one view reaches another.
import { SCHEMA } from "./schema.js";

/**
 * The selection that all views share. `preview` is seen by the views at once and stays in the browser; `commit` also goes to the server.
 * `adopt` takes what the server says, unless a newer change is still on its way there; what it only repeats leaves a preview as it is: it
 * may come while somebody is typing.
 *
 * In a saved page (`saved`) there is no server: `kit/standalone/open.js` stands for the strip.
 * The strip sets `send`, `open` (a page by its slug) and `caption` (of what the page is, and its link), and brings
 * `numbers`; the terms' hover sets `terms`, the glossary's page `entry`.
 */
export const store = (globalThis.__vitStore ??= {
  selection: {},
  settled: {}, // what the server holds, once all that went to it has come
  visit: null,
  at: 0,
  unsent: {},
  numbers: null,
  saved: false,
  send: null,
  open: null,
  caption: null,
  terms: null,
  entry: null,
  listeners: new Set(),
  preview(changes) {
    if (globalThis.__vitStrict) checkShared(changes);
    this.selection = { ...this.selection, ...changes };
    for (const listener of this.listeners) listener(this.selection);
  },
  commit(changes) {
    this.preview(changes);
    this.settled = { ...this.settled, ...changes };
    this.at += 1;
    this.unsent = { ...this.unsent, ...changes };
    this.send?.({ at: this.at, values: this.unsent });
  },
  /** Sends once more what the server has not confirmed: it may have gone to a strip that was on its way out. */
  resend() {
    if (Object.keys(this.unsent).length) this.send?.({ at: this.at, values: this.unsent });
  },
  /** The session that answers. One of another server counts changes anew, and has not heard of what the one before did not confirm. */
  meet(visit) {
    const another = this.visit !== null && visit !== this.visit;
    this.visit = visit;
    if (!another) return;
    this.at = 0;
    if (Object.keys(this.unsent).length) this.commit({});
  },
  adopt(selection, echo) {
    if (echo < this.at) return;
    this.at = echo;
    this.unsent = {};
    const news = Object.fromEntries(Object.entries(selection).filter(([key, value]) => value !== this.settled[key]));
    this.settled = { ...selection };
    if (Object.keys(news).length) this.preview(news);
  },
  /** Calls `then` once the server's selection is here: at once, or when the strip has brought it, which may be after a payload. */
  whenKnown(then) {
    if (this.selection.picture !== undefined) return void then();
    const stop = this.subscribe(() => {
      if (this.selection.picture === undefined) return;
      stop();
      then();
    });
  },
  subscribe(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  },
});

function checkShared(changes) {
  for (const name of Object.keys(changes)) {
    if (!SCHEMA.selection[name]?.shared) throw new Error(`The browser's views don't share “${name}” of the selection.`);
  }
}
