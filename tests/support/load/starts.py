"""A start of the app from the command until a person can use the first page: when each thing was there, and tables of it."""

import json
import os
import shutil
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser

from tests.support.browser.server import COUNT_RUNS, PATIENCE, Server, open_app
from tests.support.browser.stages import ready
from tests.support.load import person
from tests.support.load.person import fetch, wait_until_ready
from ui.work import cached, first
from vit_explainer.door import kept

SCRIPT = Path(person.__file__).with_name("timed_app.py")
USABLE = "browser: the first page can be used"
SEEN = """
(() => {
  const seen = (window.__seen = {});
  const drawn = (node) => node.shadowRoot?.querySelector(".vit[data-ready]");
  const stage = () => [...document.querySelectorAll(".st-key-overview_story *")].some(drawn);
  const look = () => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (app) seen["browser: Streamlit’s page is there"] ??= Date.now();
    if (app?.dataset.testConnectionState === "CONNECTED") seen["browser: connected"] ??= Date.now();
    if (document.querySelector('[data-testid="stTopNav"]')) seen["browser: the menus are there"] ??= Date.now();
    if (stage()) seen["browser: the first page can be used"] ??= Date.now();
    if (document.querySelector(".vit-title")) seen["browser: the page’s title is there"] ??= Date.now();
    if (window.__runs?.finished) seen["browser: the first run is over"] ??= Date.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


def wait_until_kept(url: str, door: bool = False) -> None:
    """Until the model has answered, and all first views of this code are on the disk; `door`: and what the next start answers at once."""
    wait_until_ready(url)
    first.read.cache_clear()
    here, deadline = first.folder() / first.stamp(), time.monotonic() + PATIENCE / 1000
    answers = kept.folder() / kept.signature(os.environ)
    while {file.stem for file in here.glob("*.json")} != {*cached.gallery(), first.GALLERY} or (door and not answers.exists()):
        assert time.monotonic() < deadline, "The first views are not kept."
        time.sleep(0.1)


def as_kept_by(url: str, cache: Path) -> Path:
    """A folder for a start's cache, with all first views that the server at `url` keeps: an earlier start of this code would leave them."""
    wait_until_kept(url)
    shutil.copytree(first.folder(), cache / first.folder().name, ignore=shutil.ignore_patterns("*.part"))
    return cache


def started_before(folder: Path) -> None:
    """A start that is not measured: what it keeps, the next one finds."""
    server = Server(folder / "before.log")
    try:
        wait_until_kept(server.url, door=True)
    finally:
        server.stop()


def one(browser: Browser, folder: Path, early: bool = True) -> dict[str, float]:
    """Milliseconds from the command at which each thing was there; `early`: with what the app's command does before all else.

    The browser is open, with an empty tab, and is asked for the page as soon as the address takes a connection: before that it would say
    that there is nothing.
    """
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.add_init_script(COUNT_RUNS + SEEN)
    tab = context.new_page()
    start, day = time.monotonic(), time.time()
    server = Server(folder / "server.log", script=SCRIPT, early=early, whole=False)
    try:
        found = {"browser: asked to open the page": time.monotonic() - start}
        ready(open_app(tab, server.url))
        found |= {what: at / 1000 - day for what, at in tab.evaluate("window.__seen").items()}
        context.close()
        wait_until_ready(server.url)
        found |= {f"server: {what}": at - start for what, at in reversed(json.loads(fetch(server.url, ["/marks"])[0]))}
        return {what: 1000 * seconds for what, seconds in found.items()}
    finally:
        server.stop()


def table(starts: list[dict[str, float]]) -> str:
    """The medians in their order, as Markdown; only what every start has."""
    lines, before = ["| there | after the command | after the row before on its side |", "| --- | ---: | ---: |"], {}
    for what, at in in_order(starts):
        side = what.partition(":")[0]
        lines.append(f"| {what} | {at:,.0f} ms | {at - before.get(side, 0.0):,.0f} ms |")
        before[side] = at
    return "\n".join(lines)


def compared(starts: list[dict[str, float]], plain: list[dict[str, float]]) -> str:
    """The same with a column more: when it was there in starts of another kind."""
    other = dict(in_order(plain))
    head, line, *rows = table(starts).splitlines()
    added = [f"{row} {other[row.split(' | ')[0].removeprefix('| ')]:,.0f} ms |" for row in rows]
    return "\n".join([f"{head} without |", f"{line} ---: |", *added])


def in_order(starts: list[dict[str, float]]) -> list[tuple[str, float]]:
    """The median of each row that every start has, the first first."""
    rows = {what: median(start[what] for start in starts) for what in starts[0] if all(what in start for start in starts)}
    return sorted(rows.items(), key=lambda row: row[1])
