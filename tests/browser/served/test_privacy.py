"""The page "Privacy" is true, and can be read by everyone."""

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser.looks.audit import COLOURS, audit
from tests.support.browser.server import Server, open_app, rerun
from tests.support.browser.stages import ready
from tests.support.load import person
from tests.support.load.person import Person, fetch
from tests.support.load.starts import as_kept_by, wait_until_kept
from tests.support.loops import run
from tests.support.modules import serve
from vit_explainer import privacy

SCRIPT = Path(person.__file__).with_name("watched_app.py")
STORED = """
async () => {
  const bases = await indexedDB.databases();
  return [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...bases.map(({ name }) => name)];
}
"""


def large() -> bytes:
    """A picture of more than the megabyte from which on Starlette would put an upload on the disk."""
    packed = BytesIO()
    Image.effect_noise((1500, 1200), 90).convert("RGB").save(packed, "PNG")
    assert len(packed.getvalue()) > 1 << 20
    return packed.getvalue()


@pytest.fixture
def kept(server, fresh_server, tmp_path, monkeypatch) -> Callable[[Path], Server]:
    """Starts a script's server with a cache of its own that has its first views: what is written once it is ready, a visit wrote."""

    def start(script: Path) -> Server:
        monkeypatch.setenv("VIT_CACHE", str(as_kept_by(server.url, tmp_path / "cache")))
        watched = fresh_server(script=script)
        wait_until_kept(watched.url)
        return watched

    return start


def test_a_visit_with_a_picture_writes_no_file_and_its_log_names_nobody(kept) -> None:
    server = kept(SCRIPT)

    async def visit() -> None:
        one = Person(server.url)
        await one.enter("attention", "picture=coffee")
        await one.upload("holiday-in-the-hills.png", large())
        for page in ("practice", "memory_scaling", "lessons", "patch_grid"):
            await one.go(page)
        await one.leave()
        assert not one.exceptions

    fetch(server.url, ["/written"])
    before = server.log()
    run(visit())
    told = json.loads(fetch(server.url, ["/written"])[0])
    assert told == {"written": [], "held": 0}
    said = server.log().removeprefix(before)
    assert not re.search(r"holiday|upload-|127\.0\.0\.1|coffee", said), said


def test_a_file_that_is_written_is_noticed(kept, tmp_path) -> None:
    script = tmp_path / "writing_app.py"
    spooled = "from starlette.formparsers import MultiPartParser\nMultiPartParser.spool_max_size = 1 << 20\n"
    script.write_text(SCRIPT.read_text(encoding="utf-8") + spooled)
    server = kept(script)

    async def visit() -> None:
        one = Person(server.url)
        await one.enter("glossary", "image_size=64")
        await one.upload("mine.png", large())
        await one.leave()

    fetch(server.url, ["/written"])
    run(visit())
    assert json.loads(fetch(server.url, ["/written"])[0])["written"]


def names(tab: Page) -> set[str]:
    """All that the browser keeps of the app, by name; what Streamlit adds to a name is left out."""
    found = {cookie["name"] for cookie in tab.context.cookies()} | set(tab.evaluate(STORED))
    return {next((known for known in privacy.STREAMLIT if name.startswith(known)), name) for name in found}


def test_the_browser_keeps_what_the_page_says_and_no_more(server, page) -> None:
    tab = open_app(page(own=True), f"{server.url}/attention?size=64")
    ready(tab)
    with rerun(tab):
        tab.locator('input[type="file"]').first.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": large()})
    expect(tab.locator(".strip").get_by_role("button", name="Forget it")).to_be_visible()
    kept = names(tab)
    assert {"_streamlit_xsrf", "vit_seat", "vit-explainer"} <= kept
    assert kept <= {*privacy.STORED, *privacy.STREAMLIT}
    assert all(cookie["expires"] == -1 for cookie in tab.context.cookies())  # until the browser is closed


def test_the_page_is_one_click_away_and_can_be_read(server, page) -> None:
    tab = open_app(page(viewport=(1280, 900)), f"{server.url}/glossary?size=64")
    tab.locator(".vit-foot").get_by_role("link", name="Privacy").click()
    tab.wait_for_url("**/privacy")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Privacy")
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 844})
        for scheme, rules in (("light", None), ("dark", COLOURS)):
            tab.emulate_media(color_scheme=scheme)
            assert not audit(tab, rules)
            assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    tab.get_by_role("link", name="To the app").click()
    expect(tab.locator("h1.vit-title")).to_have_text("Overview")


ELSEWHERE = {"https://farewell.example/", "https://picture.example/", "http://93.184.216.34/", "wss://socket.example/"}
ASKS = """
async () => {
  navigator.sendBeacon("https://farewell.example/", "left");
  new Image().src = "https://picture.example/";
  new WebSocket("wss://socket.example/");
  await fetch("http://93.184.216.34/").catch(() => null);
}
"""


def test_what_a_page_asks_of_others_is_noticed(page) -> None:
    """As in every browser test, whatever it is about; from a page that may ask, which the app's may not."""
    tab = page(own=True)
    serve(tab)
    tab.evaluate(ASKS)
    for _ in range(100):
        if len(page.outside()) == len(page.errors) == len(ELSEWHERE):
            break
        tab.wait_for_timeout(100)
    assert set(page.outside()) == ELSEWHERE
    page.expect_errors("ERR_NAME_NOT_RESOLVED")
    page.failed.clear()
