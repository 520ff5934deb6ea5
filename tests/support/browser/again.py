"""An open page is led to another link in a session of its own, without a new document, which takes most of the time of a page's load.

The document says good-bye to its session, is emptied, and connects as a stranger would. Then the link is put into the address, and
Streamlit is told of it as by Back and Forward, which have the app read all that is selected from the link (`ui/state/session.py`). Where
that would not be the same as a new document (`embed`, `present`, an address that is no page, another server), there is a new document.
What the modules of components remember of a visit stays: pages that show it (`REMEMBER`) are loaded, and so is the second try of a test.
"""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page

from ui.kit.registry import PAGES

PATHS = {f"/{spec.path}" for spec in PAGES}
APART = {"embed", "present"}  # decided by the document's first address
REMEMBER = {"/", "/patch_grid"}  # where a person left the story; the runs of the visit: kept by modules, as long as the document is there

# Run before the document's own scripts. Streamlit tells the server which session it had: that is left out, once. What it sends by itself to
# the new session before the link is in the address goes nowhere.
KEEP_OPEN = """
(() => {
  const again = (window.__again = { socket: null, lost: null, stranger: false, silent: false });
  window.WebSocket = class extends window.WebSocket {
    constructor(url, protocols) {
      super(url, again.stranger ? protocols.slice(0, 2) : protocols);
      [again.socket, again.stranger] = [this, false];
    }
    send(data) {
      if (!again.silent) super.send(data);
    }
  };
  again.app = () => {
    const root = document.getElementById("root") ?? {};
    const left = [root[Object.keys(root).find((key) => key.startsWith("__reactContainer$"))]];
    for (let fiber = left.pop(); fiber; fiber = left.pop()) {
      if (fiber.stateNode?.clearAppState) return fiber.stateNode;
      left.push(...[fiber.sibling, fiber.child].filter(Boolean));
    }
    return null;
  };
})();
"""
# Whether the open document can be led on; if so, its session is left, and nothing is drawn any more.
LEAVE = """
() => {
  const again = window.__again, app = again?.app();
  if (!app) return false;
  if (again.silent) return true; // left before
  if (again.socket?.readyState !== WebSocket.OPEN) return false;
  again.silent = again.stranger = true;
  document.activeElement?.blur();
  app.cleanupAutoReruns();
  app.clearAppState(app.state.appHash, "", "", "");
  [again.lost, again.socket] = [again.socket, null];
  again.lost.close();
  return true;
}
"""
ENTER = """
async (url) => {
  const again = window.__again, app = document.querySelector('[data-testid="stApp"]');
  const there = () => again.socket?.readyState === WebSocket.OPEN && app.dataset.testConnectionState === "CONNECTED";
  for (let i = 0; i < 1500 && !there(); i++) await new Promise((done) => setTimeout(done, 20));
  if (!there()) return false;
  const empty = { selection: {}, settled: {}, visit: null, at: 0, unsent: {}, numbers: null, entry: null };
  if (globalThis.__vitStore) Object.assign(globalThis.__vitStore, empty);
  document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  [window.__runs.finished, window.__runs.quietFrames, again.silent] = [0, 0, false];
  history.pushState({}, "", url);
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  return true;
}
"""


def leave(page: Page) -> bool:
    """Leaves the session of an open page; False if its document cannot be used again."""
    return page.url.startswith("http") and page.evaluate(LEAVE)


def led(page: Page, url: str) -> bool:
    """Leads an open document to a link; False if it needs a new one. The first run there has not been waited for."""
    there, here = urlsplit(url), urlsplit(page.url)
    known = (there.path or "/") in PATHS - REMEMBER and not APART & {*parse_qs(there.query), *parse_qs(here.query)}
    return known and there[:2] == here[:2] and leave(page) and page.evaluate(ENTER, url)
