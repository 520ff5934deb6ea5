"""What a first visit and the next page cost: bytes, requests, and milliseconds until the page's stage is drawn.

`python -m tests.bench.visits [file.json] [rounds]` starts the app, lets one session open every page concerned, so that models and payloads
are there, and then visits them in fresh browser contexts: a page by its address, and from there the next one through the navigation.
Medians are printed as a table, and written to the file together with every round.

A component's code counts wherever it travels: as text inside the messages of the websocket, or as files under `/_stcore/bidi-components/`.
"""

import base64
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.support.browser.find_browser import find_browser
from tests.support.browser.pages import Pages
from tests.support.browser.server import CHROMIUM_FLAGS, PATIENCE, Server, entry_of, open_app, wait_for_run

ROUNDS = 5
QUIET = 1.0  # seconds without traffic, then a visit is over
VISITS = {"/attention": "Experiments", "/": "Walkthrough", "/memory_scaling": "Variants"}  # an address, and the page after it
CODE = "/_stcore/bidi-components/"
OWN = ("/static/", "/favicon", "/_stcore/host-config", "/_stcore/health")  # Streamlit's own files; and the document itself
NOTE_CLICKS = "addEventListener('click', () => (window.__clicked = performance.now()), true);"

# The milliseconds at which a component that was not there before is seen drawn: its root holds a canvas with ink, or a drawing with parts.
DRAWN = r"""
() => {
  const inked = (canvas) => {
    if (!canvas.width || !canvas.height || !canvas.checkVisibility()) return false;
    const small = new OffscreenCanvas(8, 8).getContext("2d");
    small.drawImage(canvas, 0, 0, 8, 8);
    return small.getImageData(0, 0, 8, 8).data.some((value, i) => i % 4 === 3 && value > 0);
  };
  const filled = (svg) => svg.childElementCount > 0 && svg.checkVisibility();
  const painted = (root) => [...root.querySelectorAll("canvas")].some(inked) || [...root.querySelectorAll("svg")].some(filled);
  const stage = (node) => node.matches(".vit") && "ready" in node.dataset && !window.__before?.has(node) && painted(node);
  const look = (node) => [...node.querySelectorAll("*")].some((one) => stage(one) || (one.shadowRoot && look(one.shadowRoot)));
  const main = document.querySelector('[data-testid="stMain"]');
  return main && look(main) ? performance.now() : null;
}
"""
FORGET = r"""
() => {
  window.__before = new Set();
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.matches(".vit")) window.__before.add(one);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  delete window.__clicked;
}
"""


@dataclass
class Visit:
    """What one visit took. `code_*` are parts of `websocket_bytes` and of `http_app_bytes`."""

    websocket_bytes: int = 0
    websocket_messages: int = 0
    http_bytes: int = 0
    http_app_bytes: int = 0
    requests: int = 0
    code_bytes_in_messages: int = 0
    code_bytes_over_http: int = 0
    milliseconds: float = 0.0

    @property
    def code_bytes(self) -> int:
        return self.code_bytes_in_messages + self.code_bytes_over_http


@dataclass
class Traffic:
    """Counts what a page receives, into the visit that is under way; `last` is when it last received anything."""

    page: Page
    visit: Visit = field(default_factory=Visit)
    urls: dict[str, str] = field(default_factory=dict)
    last: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        protocol = self.page.context.new_cdp_session(self.page)
        protocol.on("Network.requestWillBeSent", self._asked)
        protocol.on("Network.loadingFinished", self._loaded)
        protocol.on("Network.webSocketFrameReceived", self._message)
        protocol.send("Network.enable")

    def begin(self) -> Visit:
        """A new visit, counted from here."""
        self.visit = Visit()
        return self.visit

    def wait_for_quiet(self) -> None:
        """Until nothing has come for a while."""
        self.last = time.monotonic()
        while time.monotonic() - self.last < QUIET:
            self.page.wait_for_timeout(100)

    def _asked(self, event: dict) -> None:
        url = event["request"]["url"]
        if url.startswith("http"):
            self.urls[event["requestId"]] = url
            self.visit.requests += 1
            self.last = time.monotonic()

    def _loaded(self, event: dict) -> None:
        path, size = urlsplit(self.urls.get(event["requestId"], "")).path, int(event["encodedDataLength"])
        if not path:
            return
        self.last = time.monotonic()
        self.visit.http_bytes += size
        if not (path.startswith(OWN) or path in VISITS or path.endswith(OWN[2:])):
            self.visit.http_app_bytes += size
        if path.startswith(CODE):
            self.visit.code_bytes_over_http += size

    def _message(self, event: dict) -> None:
        frame = event["response"]
        data = base64.b64decode(frame["payloadData"]) if frame["opcode"] == 2 else frame["payloadData"].encode()
        self.visit.websocket_bytes += len(data)
        self.visit.websocket_messages += 1
        self.last = time.monotonic()
        if frame["opcode"] == 2:
            self.visit.code_bytes_in_messages += code_in(data)


def code_in(data: bytes) -> int:
    """Bytes of the JavaScript, CSS and HTML of a component that a message carries."""
    component = ForwardMsg.FromString(data).delta.new_element.bidi_component
    return sum(len(text.encode()) for text in (component.js_content, component.css_content, component.html_content))


def drawn(page: Page) -> float:
    """When the stage was drawn, in milliseconds of the document's clock."""
    return page.wait_for_function(DRAWN, timeout=PATIENCE).json_value()


def visit_both(browser: Browser, url: str, path: str, following: str) -> tuple[Visit, Visit]:
    """A page opened by its address in a fresh context, then the next one through the navigation."""
    pages = Pages(browser)
    page = pages()
    page.add_init_script(NOTE_CLICKS)
    traffic = Traffic(page)
    first = traffic.begin()
    page.goto(url + path, wait_until="commit")
    first.milliseconds = drawn(page)
    wait_for_run(page)
    traffic.wait_for_quiet()
    entry = entry_of(page, following)
    page.evaluate(FORGET)
    after = traffic.begin()
    entry.click()
    after.milliseconds = drawn(page) - page.evaluate("window.__clicked")
    wait_for_run(page)
    traffic.wait_for_quiet()
    pages.close()
    return first, after


def warm(browser: Browser, url: str) -> None:
    """One session that opens every page once."""
    pages = Pages(browser)
    page = pages()
    for path, following in VISITS.items():
        open_app(page, url + path)
        drawn(page)
        entry = entry_of(page, following)
        page.evaluate(FORGET)
        entry.click()
        drawn(page)
        wait_for_run(page)
    pages.close()


def measure(rounds: int = ROUNDS) -> dict:
    """Every visit, `rounds` times, and the medians."""
    found: dict[str, list[dict]] = {}
    load = [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=CHROMIUM_FLAGS)
        server = Server(Path(folder) / "server.log")
        try:
            warm(browser, server.url)
            for _ in range(rounds):
                for path, following in VISITS.items():
                    names = f"first visit of {path}", f"from there to {following}"
                    for name, visit in zip(names, visit_both(browser, server.url, path, following), strict=True):
                        found.setdefault(name, []).append({**asdict(visit), "code_bytes": visit.code_bytes})
                load.append(os.getloadavg()[0])
        finally:
            server.stop()
            browser.close()
    medians = {name: {key: statistics.median(row[key] for row in rows) for key in rows[0]} for name, rows in found.items()}
    return {"cores": os.cpu_count(), "load": load, "medians": medians, "rounds": found}


def table(medians: dict[str, dict[str, float]]) -> str:
    """The medians as Markdown."""
    columns = list(next(iter(medians.values())))
    lines = ["| visit | " + " | ".join(name.replace("_", " ") for name in columns) + " |", "| --- |" + " ---: |" * len(columns)]
    lines += [f"| {name} | " + " | ".join(f"{row[column]:,.0f}" for column in columns) + " |" for name, row in medians.items()]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    result = measure(int(arguments[1]) if len(arguments) > 1 else ROUNDS)
    print(table(result["medians"]))
    print(f"{result['cores']} cores, load {', '.join(f'{load:.1f}' for load in result['load'])}")
    if arguments:
        Path(arguments[0]).write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
