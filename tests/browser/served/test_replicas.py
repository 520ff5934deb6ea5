"""Two processes of the app: who was on the one that is killed comes back on the other, at the same view."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser.fronts import FRONTS, back, kill, replica_of
from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import ready, settled

VIEW = "attention?picture=rocket&layer=4&head=2&token=40"


@pytest.mark.parametrize("kind", FRONTS)
def test_who_was_on_a_replica_that_is_killed_goes_on_at_the_same_view(kind, fresh_server, page, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "one for both of them")
    servers = {}
    for name in ("one", "two"):
        monkeypatch.setenv("VIT_REPLICA", name)
        servers[name] = fresh_server()
    folder = tmp_path / "front"
    folder.mkdir()
    front = FRONTS[kind](folder, servers)
    try:
        tab = open_app(page(own=True), f"{front.url}/{VIEW}")
        ready(tab)
        settled(tab)
        strip, address = tab.locator(".strip"), tab.url
        shown = strip.locator(".who, .sizes, .answer").all_inner_texts()
        finished = tab.evaluate("window.__runs.finished")
        replica = replica_of(tab)
        kill(servers[replica])
        back(tab, finished)
        settled(tab)
        assert tab.url == address
        assert strip.locator(".who, .sizes, .answer").all_inner_texts() == shown
        assert replica_of(tab) != replica
        expect(tab.get_by_role("slider", name="Layer").first).to_have_value("4")
        with rerun(tab):  # it is alive: the other one answers
            tab.locator(".gallery button").first.click()
        assert strip.locator(".who, .sizes, .answer").all_inner_texts() != shown
    finally:
        front.stop()


def test_a_picture_of_ones_own_comes_back_from_the_browser_and_is_forgotten_on_demand(fresh_server, page, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "one for both of them")
    servers = {}
    for name in ("one", "two"):
        monkeypatch.setenv("VIT_REPLICA", name)
        servers[name] = fresh_server()
    front = FRONTS["forwarder"](tmp_path, servers)
    try:
        tab = open_app(page(own=True), f"{front.url}/attention?layer=4&head=2")
        ready(tab)
        with rerun(tab):
            tab.locator('input[type="file"]').first.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": speckled()})
        strip = tab.locator(".strip")
        expect(strip).to_contain_text("mine.png")
        forget = strip.get_by_role("button", name="Forget it")
        expect(forget).to_be_visible()  # the browser has it
        settled(tab)
        shown, link, finished = strip.inner_text(), tab.url, tab.evaluate("window.__runs.finished")
        kill(servers[replica_of(tab)])
        back(tab, finished)
        settled(tab)
        assert tab.url == link and strip.locator(".answer").inner_text() in shown
        expect(strip).to_contain_text("mine.png")
        expect(tab.get_by_test_id("stAlert")).to_have_count(0)
        stranger = open_app(page(own=True), link)  # whoever has the link sees it, and does not keep it
        expect(stranger.locator(".strip")).to_contain_text("mine.png")
        expect(stranger.locator(".strip").get_by_role("button", name="Forget it")).to_be_hidden()
        with rerun(tab):
            forget.click()
        expect(strip).not_to_contain_text("mine.png")
        open_app(tab, link)
        expect(tab.get_by_test_id("stAlert")).to_contain_text("is no longer kept")
        expect(strip).not_to_contain_text("mine.png")
    finally:
        front.stop()


def test_a_server_that_starts_anew_is_given_the_picture_of_the_link(fresh_server, page, tmp_path) -> None:
    servers = {"one": fresh_server()}
    front = FRONTS["forwarder"](tmp_path, servers)
    try:
        tab = open_app(page(own=True), front.url)
        ready(tab)
        with rerun(tab):
            tab.locator('input[type="file"]').first.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": speckled()})
        strip = tab.locator(".strip")
        expect(strip.get_by_role("button", name="Forget it")).to_be_visible()
        settled(tab)
        link, answer = tab.url, strip.locator(".answer").inner_text()
        tab.goto("about:blank")
        kill(servers["one"])
        front.ports = [int(fresh_server().url.rsplit(":", 1)[1])]
        tab.goto(link)
        expect(strip).to_contain_text("mine.png")
        settled(tab)
        expect(tab.get_by_test_id("stAlert")).to_have_count(0)
        assert strip.locator(".answer").inner_text() == answer
        assert "picture=upload-" in tab.url
    finally:
        front.stop()


def speckled() -> bytes:
    """A picture of noise: its pixels must come back as they were."""
    packed = BytesIO()
    Image.effect_noise((180, 120), 80).convert("RGB").save(packed, "PNG")
    return packed.getvalue()
