"""The overview in a real browser: its flow leads to the pages, and a patch under the pointer shows its numbers."""

import pytest
from playwright.sync_api import expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import ready
from ui.work import cached


def test_a_stage_of_the_flow_leads_to_its_page(server, page) -> None:
    tab = open_app(page(), f"{server.url}/?picture=rocket")
    ready(tab)
    with rerun(tab):
        tab.locator(".flow").get_by_role("button", name="12 blocks").click()
    expect(tab.locator("h1.vit-title")).to_have_text("Attention")
    expect(tab.locator(".strip")).to_contain_text("Rocket")


def test_hovering_a_patch_shows_its_numbers(server, page) -> None:
    tab = open_app(page(), server.url)
    ready(tab)
    picture = tab.locator(".stage .picture canvas")
    box = picture.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 3.5 / 14, box["y"] + box["height"] * 5.5 / 14)
    trace = cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace
    patch = 5 * 14 + 3
    facts = tab.locator(".facts").first
    expect(facts).to_contain_text(f"row 6, col 4 · #{patch + 1}")
    norm = float(trace.patch_embeddings[0, patch].norm())
    shown = facts.locator("dd").nth(3)
    expect(shown).not_to_have_text("—")
    assert float(shown.inner_text()) == pytest.approx(norm, rel=2e-3)
    picture.focus()
    tab.mouse.move(0, 0)
    tab.keyboard.press("End")
    expect(facts).to_contain_text("row 14, col 14 · #196")
    tab.keyboard.press("ArrowUp")
    expect(facts).to_contain_text("row 13, col 14 · #182")
