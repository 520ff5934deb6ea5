"""The server as `make app` starts it."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser.server import PATIENCE, open_app, wait_for_run
from tests.support.load import person
from tests.support.load.person import fetch

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


def test_the_menus_are_there_while_the_model_is_being_loaded(fresh_server, page) -> None:
    server = fresh_server(script=Path(person.__file__).with_name("slow_app.py"))
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
