"""The shelf: a published model downloaded with one click, stopped and taken up again, on three pages; a pair; without a network."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks.audit import audit
from tests.support.browser.server import Server, open_app, rerun, wait_for_run
from tests.support.files.hub import Fault, StandIn, folder
from tests.support.models.shelf_models import write
from ui.kit.registry import PAGES
from vit_core.data import shelf

TI, S = (shelf.rows()[name] for name in ("augreg-ti16", "augreg-s16"))
SLOW = 0.004  # seconds before each 16 kB: time for a person to stop it


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A hub with two models of the shelf, of random weights."""
    root = tmp_path_factory.mktemp("repositories")
    for row in (TI, S):
        write(row, root / row.repository)
    made = StandIn(folder(root))
    yield made
    made.stop()


def serve(tmp_path_factory, **settings: str):
    patch = pytest.MonkeyPatch()
    for name, value in {"VIT_CACHE": str(tmp_path_factory.mktemp("cache")), "NO_PROXY": "127.0.0.1", **settings}.items():
        patch.setenv(name, value)
    running = Server(tmp_path_factory.mktemp("server") / "server.log")
    patch.undo()
    return running


@pytest.fixture(scope="module")
def with_hub(hub: StandIn, tmp_path_factory):
    running = serve(tmp_path_factory, HF_ENDPOINT=hub.address)
    yield running
    running.stop()


def opened(tab: Page):
    """The dialog, opened from the sidebar."""
    with rerun(tab):
        tab.get_by_test_id("stSidebar").get_by_role("button", name="Models", exact=True).click()
    dialog = tab.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Without a network")).to_be_visible()
    return dialog


def test_from_the_shelf_to_three_pages_and_a_comparison(with_hub: Server, hub: StandIn, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_hub.url)
    dialog = opened(tab)
    expect(dialog).to_contain_text("0 of the 20 published ones are on this machine")
    expect(dialog).to_contain_text("22.9 MB to download")
    hub.repositories[TI.repository].faults[TI.file] = Fault(pause=SLOW)
    dialog.get_by_role("button", name="Download AugReg Ti/16", exact=True).click()
    expect(dialog.get_by_role("progressbar")).to_be_visible()
    expect(dialog).to_contain_text(re.compile(r"[1-9][\d.]* of 22\.9 MB"))
    dialog.get_by_role("button", name="Stop").click()
    expect(dialog).to_contain_text(re.compile(r"Stopped: \d+\.\d MB of 22\.9 MB are here"))
    hub.repositories[TI.repository].faults.clear()
    dialog.get_by_role("button", name="Go on with AugReg Ti/16").click()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    assert len(hub.ranges) == 1
    strip = tab.locator(".strip")
    expect(strip).to_contain_text("AugReg Ti/16")
    model = re.search(r"model=([^&]+)", tab.url)[1]
    for slug in ("", "attention", "patch_grid"):
        open_app(tab, f"{with_hub.url}/{slug}?model={model}")
        expect(strip).to_contain_text("AugReg Ti/16")
        expect(strip).to_contain_text("224 / 16 → 14 × 14 = 196 patches + [CLS] = 197 tokens")
        expect(tab.get_by_test_id("stException")).to_have_count(0)

    dialog = opened(tab)
    expect(dialog).to_contain_text("1 of the 20 published ones")
    expect(dialog.get_by_role("button", name="AugReg Ti/16 is shown")).to_be_disabled()
    dialog.get_by_role("button", name="Download AugReg Ti/16 beside S/16 (88.2 MB)").click()
    tab.wait_for_url(re.compile(r"/attention\?"))
    expect(tab.get_by_role("dialog")).to_have_count(0)
    wait_for_run(tab)
    expect(tab.locator(".compared")).to_contain_text("AugReg S/16")
    expect(tab.locator(".compared")).to_be_in_viewport()
    expect(strip).to_contain_text("AugReg Ti/16")


def test_nothing_is_wrong_with_it(with_hub: Server, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), with_hub.url)
    opened(tab)
    assert audit(tab) == []


def test_a_hub_that_cannot_be_reached_is_said(tmp_path_factory, page) -> None:
    running = serve(tmp_path_factory, HF_ENDPOINT="http://127.0.0.1:9")
    try:
        tab = open_app(page(viewport=(1280, 1000)), running.url)
        dialog = opened(tab)
        dialog.get_by_role("button", name="Download DINO S/8", exact=True).click()
        expect(dialog).to_contain_text("http://127.0.0.1:9 cannot be reached")
        expect(dialog.get_by_role("button", name="Download DINO S/8", exact=True)).to_be_visible()
        expect(dialog).to_contain_text("python -m vit_core.checkpoints fetch deit-ti --to models")
    finally:
        running.stop()


def test_downloads_that_are_switched_off(tmp_path_factory, page) -> None:
    running = serve(tmp_path_factory, VIT_HUB="off")
    try:
        tab = open_app(page(viewport=(390, 844)), f"{running.url}/{PAGES[0].path}")
        tab.get_by_test_id("stExpandSidebarButton").click()
        dialog = opened(tab)
        expect(dialog).to_contain_text("Downloads are switched off on this server (VIT_HUB=off)")
        expect(dialog.get_by_role("button", name="Download DINO S/8", exact=True)).to_be_disabled()
    finally:
        running.stop()
