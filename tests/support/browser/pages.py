"""Pages that notice errors and outside requests, and the windows that tests lend to each other."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Error, Page, Request

from tests.support.browser.server import COUNT_RUNS, PATIENCE, STRICT

LOCAL_HOSTS = {"127.0.0.1", "localhost"}
LOCAL_SCHEMES = {"data", "blob", "about"}
Motion = Literal["reduce", "no-preference"]
MOST_USES = 40  # after so many tests a window is closed: what its documents have left behind goes with it
FORGET = "() => { localStorage.clear(); sessionStorage.clear(); }"

# For the report of a test that failed.
PAGE_STATE = """
() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const drawn = [];
  const look = (node) => {
    for (const found of node.querySelectorAll("*")) {
      if (found.classList.contains("vit")) drawn.push(`${found.firstElementChild?.className || "empty"}:
      ${JSON.stringify({ ...found.dataset })}`); if (found.shadowRoot) look(found.shadowRoot);
    }
  };
  look(document);
  const runs = `${app?.dataset.testScriptState}, ${app?.dataset.testConnectionState}, ${JSON.stringify(window.__runs)}`;
  return [runs, ...drawn, [...(app?.innerText.replace(/\\s+/g, " ") ?? "")].slice(0, 1500).join("")].join("\\n");
}
"""


class Window:
    """A browser context with one page; what happens in it is told to the `Pages` that have it now."""

    def __init__(self, browser: Browser, **context_options) -> None:
        self.borrower: Pages | None = None
        self.uses = 0
        self.options = context_options
        self.context: BrowserContext = browser.new_context(**context_options)
        self.context.set_default_timeout(PATIENCE)
        self.context.add_init_script(COUNT_RUNS + STRICT)
        self.context.on("console", lambda message: self.borrower and self.borrower.note(message))
        self.context.on("weberror", lambda error: self.borrower and self.borrower.errors.append(f"page: {error.error}"))
        # Any other name than this machine's leads nowhere (`CHROMIUM_FLAGS`): who asks for one fails. To be told of all requests took a
        # twentieth of a page's load.
        self.context.on("requestfailed", lambda request: self._failed(request.url))
        self.context.on("page", lambda page: page.on("websocket", lambda socket: self._failed(socket.url)))
        self.page: Page = self.context.new_page()

    def _failed(self, url: str) -> None:
        if self.borrower:
            self.borrower.failed.append(url)

    def clean(self) -> None:
        """Blank again, with nothing stored and no button held."""
        for other in self.context.pages:
            if other is not self.page:
                other.close()
        if self.page.url.startswith("http"):
            self.page.evaluate(FORGET)
        self.page.mouse.up()
        self.page.mouse.move(0, 0)
        self.context.clear_cookies()
        self.page.goto("about:blank")


@dataclass
class Pool:
    """Windows that no test has at the moment.

    A document in a window that was used before comes in a third of the processor time that a new window takes: the renderer lives, and
    still knows the compiled scripts.
    """

    browser: Browser
    idle: list[Window]

    def lend(self, **context_options) -> Window:
        """A window with these options, used before if there is one."""
        found = next((window for window in self.idle if window.options == context_options), None)
        if found is None:
            return Window(self.browser, **context_options)
        self.idle.remove(found)
        return found

    def take_back(self, window: Window) -> None:
        try:
            window.clean()
        except Error:
            window.uses = MOST_USES
        if window.uses < MOST_USES:
            self.idle.append(window)
        else:
            window.context.close()


class Pages:
    """Opens pages; keeps what their consoles reported, the addresses that they asked for in vain, and those of their websockets.

    With a `pool`, a page comes in a window of it; without one, in one of its own. `motion` is what the system asks of pages unless a test
    says otherwise.
    """

    def __init__(self, browser: Browser, pool: Pool | None = None, motion: Motion = "no-preference") -> None:
        self.browser = browser
        self.pool = pool
        self.motion: Motion = motion
        self.errors: list[str] = []
        self.failed: list[str] = []
        self.heard: list[tuple[Page, Callable[[Request], None]]] = []
        self.lent: list[Window] = []
        self.own: list[Window] = []

    def __call__(
        self,
        viewport: tuple[int, int] = (1280, 800),
        color_scheme: Literal["light", "dark"] = "light",
        reduced_motion: Motion | None = None,
        own: bool = False,
        **context_options,
    ) -> Page:
        """A blank page. `own`: in a new window, for tests that add scripts, routes or listeners to it. `context_options` are Playwright's:
        `has_touch=True`, …"""
        alone = own or self.pool is None
        window = Window(self.browser, **context_options) if alone else self.pool.lend(**context_options)
        (self.own if alone else self.lent).append(window)
        window.borrower = self
        window.uses += 1
        window.page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
        window.page.emulate_media(media="null", color_scheme=color_scheme, reduced_motion=reduced_motion or self.motion)
        return window.page

    @property
    def open(self) -> list[Page]:
        """Every page of these windows."""
        return [page for window in (*self.lent, *self.own) for page in window.context.pages]

    def note(self, message) -> None:
        """Keeps a console error. Opened at a page's link, Streamlit's own client first asks below that path for its endpoints, and gets a
        404."""
        probe = re.search(r"/\w+/_stcore/(health|host-config)$", message.location.get("url", ""))
        if message.type == "error" and not probe:
            self.errors.append(f"console: {message.text} ({message.location.get('url', '')})")

    @cached_property
    def requests(self) -> list[str]:
        """All addresses that the pages ask for, from the first look at this list on."""
        found: list[str] = []
        self.heard = [(page, lambda request: found.append(request.url)) for page in self.open]
        for page, listener in self.heard:
            page.on("request", listener)
        return found

    def outside(self) -> list[str]:
        """The addresses asked for that do not belong to this machine."""
        parts = [(url, urlsplit(url)) for url in self.failed]
        return [url for url, part in parts if part.scheme not in LOCAL_SCHEMES and part.hostname not in LOCAL_HOSTS]

    def expect_errors(self, pattern: str) -> None:
        """Takes the errors that match out of the record, for a test that provokes them; there must be one."""
        kept = [error for error in self.errors if not re.search(pattern, error)]
        assert len(kept) < len(self.errors), f"No error matches {pattern!r}; there are: {self.errors}"
        self.errors = kept

    def screenshots(self, stem: Path) -> list[Path]:
        """Saves what every open page shows, as `stem.png`, `stem-2.png`, …"""
        stem.parent.mkdir(parents=True, exist_ok=True)
        saved = []
        for page in self.open:
            path = stem.with_name(stem.name + (f"-{len(saved) + 1}" if saved else "") + ".png")
            page.screenshot(path=path)
            saved.append(path)
        return saved

    def state(self) -> str:
        """Every open page in words: its address, its runs, what its components have drawn, and its text."""
        return "\n\n".join(f"{page.url}\n{page.evaluate(PAGE_STATE)}" for page in self.open)

    def close(self) -> None:
        for page, listener in self.heard:
            page.remove_listener("request", listener)
        self.heard.clear()
        for window in self.own:
            window.context.close()
        for window in self.lent:
            window.borrower = None
            assert self.pool is not None
            self.pool.take_back(window)
        self.own.clear()
        self.lent.clear()
