"""Performance and choosing in a real browser: sources on hover, by keyboard and by touch; the guide as `vit_core` answers; narrow and
dark.
"""

import json
import re

from playwright.sync_api import expect

from published.evidence import claims
from tests.support.browser.server import rerun
from tests.support.browser.stages import opened, view_query


def test_every_cell_says_where_it_is_from(server, page) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, "performance")
    tip, origin = stage.get_by_role("tooltip"), stage.locator(".origin")
    cells = stage.locator(".results td")
    assert cells.evaluate_all("(cells) => cells.every((cell) => cell.dataset.note)")
    expect(tip).to_be_hidden()
    cells.nth(1).hover()
    expect(tip).to_contain_text("Table 5: I1k@384. Commonly given for JFT-300M, as 77.9")
    cells.nth(0).focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("JFT300M@384. Commonly stated: 77.9")
    expect(origin).to_contain_text("ViT-B/16, top-1: 84.15")
    tab.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    with rerun(tab):
        tab.keyboard.press("Enter")
    expect(stage.get_by_role("combobox", name="Model to follow")).to_have_value("ViT-B/16")
    with rerun(tab):
        stage.get_by_role("radio", name="all results").click()
    with rerun(tab):
        stage.locator("th").get_by_role("button", name="top-1").click()
    expect(stage.locator(".results tbody tr").first).to_contain_text("CLIP-B/32")
    again = opened(page(), server, "performance", view_query(**json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view"))))
    expect(again.locator(".results tbody tr").first).to_contain_text("CLIP-B/32")


def test_points_are_read_by_pointer_and_keyboard_on_every_axis(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "performance")
    chart, card = stage.locator(".stage .plotted-place[data-drawn]"), stage.locator(".point")
    chart.focus()
    tab.keyboard.press("ArrowRight")
    first = card.get_by_role("heading").inner_text()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    expect(card.get_by_role("heading")).not_to_have_text(first)
    box = chart.locator(".points path").first.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2)
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(chart.locator(".hoverlayer")).to_contain_text(re.compile(r"parameters.*top-1 \d\d\.", re.DOTALL))
    expect(card.get_by_role("heading")).to_contain_text(re.compile(r"/\d\d"))
    assert card.locator("dd .figure").evaluate_all("(all) => all.length >= 10 && all.every((one) => one.dataset.note)")
    with rerun(tab):
        tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    followed = stage.get_by_role("combobox", name="Model to follow")
    expect(followed).not_to_have_value("")
    expect(stage.locator(".moving .ring").first).to_be_visible()
    expect(card.get_by_role("heading")).to_contain_text(followed.input_value())
    for name in ("compute", "data"):
        with rerun(tab):
            stage.get_by_role("radio", name=name, exact=True).click()
        expect(stage.locator(f'.stage [data-drawn^="Accuracy against {name}"]')).to_be_visible()
    before = chart.locator(".points path").count()
    with rerun(tab):
        chart.locator(".legend .traces", has_text="JFT-300M").locator(".legendtoggle").click()
    expect(chart.locator(".points path")).not_to_have_count(before)
    again = opened(page(), server, "performance", view_query(**json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view"))))
    expect(again.locator('.stage [data-drawn^="Accuracy against data"] .points path')).to_have_count(chart.locator(".points path").count())


def test_claims_are_filtered_and_their_figures_have_sources(server, page) -> None:
    tab = page(viewport=(1200, 1000))
    stage = opened(tab, server, "performance")
    shown = stage.locator(".claim:visible")
    expect(shown).to_have_count(len(claims()))
    with rerun(tab):
        stage.get_by_role("combobox", name="Verdict").select_option("out of date")
    expect(shown).to_have_count(sum(claim.verdict == "out of date" for claim in claims().values()))
    with rerun(tab):
        stage.get_by_role("combobox", name="Verdict").select_option("")
    stage.get_by_role("searchbox").fill("windows of 14")
    expect(shown).to_have_count(1)
    shown.locator(".figure").first.focus()
    expect(stage.get_by_role("tooltip")).to_contain_text("Kirillov et al. 2023")


def test_a_phone_scrolls_only_down_and_a_touch_shows_the_source(server, page) -> None:
    tab = page(viewport=(390, 844), color_scheme="dark", has_touch=True)
    stage = opened(tab, server, "performance")
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert stage.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
    stage.locator(".panel li.figure, .evidence .figure").first.tap()
    expect(stage.get_by_role("tooltip")).to_contain_text("Dosovitskiy")
    assert stage.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
