"""The server as `make app` starts it."""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.server import PATIENCE, open_app, wait_for_run
from tests.support.browser.stages import ready as drawn
from tests.support.load import person
from tests.support.load.person import fetch
from tests.support.load.starts import as_kept_by

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ready(url: str) -> tuple[int, dict]:
    """The status and the answer of the address that says whether the model is loaded."""
    try:
        with DIRECT.open(f"{url}/ready", timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_it_is_ready_once_the_model_has_answered(fresh_server, page) -> None:
    server = fresh_server()
    deadline, said = time.monotonic() + PATIENCE / 1000, ready(server.url)
    while said == (503, {"ready": False}) and time.monotonic() < deadline:
        time.sleep(0.1)
        said = ready(server.url)
    assert said == (200, {"ready": True})
    tab = open_app(page(), server.url)
    assert tab.locator("h1.vit-title").inner_text() == "Overview"


def test_a_full_server_says_so_and_keeps_who_is_in(fresh_server, page, monkeypatch) -> None:
    monkeypatch.setenv("VIT_SESSIONS", "1")
    server = fresh_server()
    inside = open_app(page(own=True), f"{server.url}/attention?layer=4")
    outside = page(own=True)
    outside.goto(f"{server.url}/attention?layer=9")
    expect(outside.get_by_role("status")).to_contain_text("This server is full")
    page.expect_errors("503")
    inside.reload()
    wait_for_run(inside)
    expect(inside.locator("h1.vit-title")).to_have_text("Attention")


SLOW = Path(person.__file__).with_name("slow_app.py")


def test_the_menus_are_there_while_the_model_is_being_loaded(fresh_server, page, tmp_path, monkeypatch) -> None:
    """Where no first view is kept."""
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "none"))
    server = fresh_server(script=SLOW)
    tab = page(own=True)
    tab.goto(server.url)
    expect(tab.get_by_test_id("stTopNav").get_by_text("Walkthrough")).to_be_visible()
    waiting = tab.get_by_role("status").filter(has_text="The model is being loaded …")
    expect(waiting).to_be_visible()
    expect(tab.get_by_test_id("stSidebar").get_by_text("Picture", exact=True)).to_be_visible()
    fetch(server.url, ["/go"])
    wait_for_run(tab)
    expect(tab.locator("h1.vit-title")).to_have_text("Overview")
    expect(waiting).to_have_count(0)


def test_the_first_page_is_whole_before_the_model_is_loaded(server, fresh_server, page, tmp_path, monkeypatch) -> None:
    """With the first view of an earlier start; then the model comes, and is timed. Nothing else on the page is another."""
    monkeypatch.setenv("VIT_CACHE", str(as_kept_by(server.url, tmp_path / "cache")))
    slow = fresh_server(script=SLOW)
    tab = open_app(page(own=True), slow.url)
    drawn(tab)
    strip = tab.locator(".st-key-strip .strip")
    before = strip.inner_text()
    assert ready(slow.url) == (503, {"ready": False}) and "forward …" in before
    expect(tab.locator(".katex").first).to_be_visible()
    expect(tab.get_by_text("The model is being loaded")).to_have_count(0)
    fetch(slow.url, ["/go"])
    expect(strip.locator(".forward")).to_have_text(re.compile(r"forward \d+ ms"))
    assert re.sub(r"forward \S+( ms)?", "", strip.inner_text()) == re.sub(r"forward \S+", "", before)


def test_a_page_that_needs_the_model_waits_for_it_also_with_first_views(fresh_server, page, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("VIT_CACHE", str(tmp_path))
    server = fresh_server(script=SLOW)
    tab = page(own=True)
    tab.goto(f"{server.url}/attention")
    waiting = tab.get_by_role("status").filter(has_text="The model is being loaded …")
    expect(waiting).to_be_visible()
    fetch(server.url, ["/go"])
    wait_for_run(tab)
    expect(tab.locator("h1.vit-title")).to_have_text("Attention")
    expect(waiting).to_have_count(0)
