"""Explanations and their tests in a real browser: the pointer over all maps at once, any class, Cancel, and the whole gallery."""

import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import said
from tests.support.browser.server import open_app, rerun, wait_for_run
from tests.support.browser.stages import ready
from ui.work import cached
from vit_core.study.explanations import tested
from vit_core.study.explanations.gradients import Question, asked
from vit_core.study.explanations.methods import METHODS

KNOWN = '.vit[data-known="true"]'
MAPS, TESTED = f"{KNOWN}:has(> .explained)", f"{KNOWN}:has(> .tested)"
LONGEST = 120_000


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 64, 16, cached.gallery_picture("coffee")).trace


def opened(tab: Page, server, view: dict, setting: str = "size=64&patch=16") -> Page:
    open_app(tab, f"{server.url}/experiments?{setting}&view={quote(json.dumps(view))}")
    ready(tab)
    return tab


def whole(tab: Page, selector: str) -> Locator:
    """The open experiment when all of its values are known and the page has run for the last time."""
    found = tab.locator(selector)
    found.wait_for(timeout=LONGEST)
    tab.get_by_role("button", name="Cancel").wait_for(state="detached", timeout=LONGEST)
    wait_for_run(tab)
    return found


def view(tab: Page) -> dict:
    return json.loads(parse_qs(urlsplit(tab.url).query).get("view", ["{}"])[0])


def place_of(values: torch.Tensor, patch: int) -> int:
    """The rank of a patch, 1 for the largest."""
    return 1 + int((values > values[patch]).sum())


def test_one_pointer_over_all_maps(server, page, trace) -> None:
    tab = opened(page(), server, {"exp": "explain"})
    root = whole(tab, MAPS)
    figures = root.locator("figure")
    expect(figures).to_have_count(len(METHODS))
    canvas = figures.nth(4).locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + 0.375 * box["width"], box["y"] + 0.625 * box["height"])
    expect(root.locator(".explained-head strong")).to_have_text("row 3, col 2")
    question = asked(trace)
    for at in (0, 5, 7, 9):
        values = tested.last_map(METHODS[at], trace, question)
        expect(figures.nth(at).locator(".own")).to_contain_text(f"rank {place_of(values, 9)} of 16")
        shown = float(figures.nth(at).locator(".own").inner_text().split(",")[0].replace("−", "-"))
        assert shown == pytest.approx(float(values[9]), abs=1e-3 * float(values.abs().max()))
    tab.mouse.move(2, 2)
    canvas.focus()
    canvas.press("End")
    expect(root.locator(".explained-head strong")).to_have_text("row 4, col 4")
    with rerun(tab):
        canvas.press("Enter")
    assert "token=16" in tab.url
    with rerun(tab):
        root.get_by_role("radio", name="ranks").click()
    assert view(tab)["ranks"] is True
    expect(root.locator(".aside")).to_contain_text("Ranks: the brighter")


def test_any_class_and_the_difference_of_two(server, page, trace) -> None:
    tab = opened(page(viewport=(390, 844)), server, {"exp": "explain"})
    root = whole(tab, MAPS)
    best, second = trace.logits[0].topk(2).indices.tolist()
    names = [name for name, _ in said(trace, 2)]
    expect(root.locator(".asked")).to_contain_text(f"The logit of {names[0]} is")
    with rerun(tab):
        tab.get_by_role("combobox", name="and not").click()
        tab.get_by_role("option", name=names[1], exact=True).click()
    expect(root.locator(".asked")).to_contain_text(f"The logit of {names[0]} less that of {names[1]} is")
    root = whole(tab, MAPS)
    assert view(tab) == {"exp": "explain", "not": second}
    score = float(root.locator(".asked").inner_text().split(" is ")[1].rstrip("."))
    assert score == pytest.approx(float(Question(best, second).score(trace.logits)[0]), rel=1e-3)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_explanations_can_be_cancelled_and_begun_again(server, page) -> None:
    tab = opened(page(), server, {"exp": "explain"}, "size=192&patch=8")
    begin, stop = tab.get_by_role("button", name=f"Explain by {len(METHODS)} methods"), tab.get_by_role("button", name="Cancel")
    for _ in range(2):
        begin.click(timeout=60_000)
        stop.click(timeout=60_000)
        expect(tab.get_by_text(f"of {len(METHODS)} methods. What is known until then is shown.")).to_be_visible(timeout=60_000)
    expect(begin).to_be_visible()


def test_put_to_the_test_and_the_gallery_begun_and_cancelled(server, page, trace) -> None:
    tab = opened(page(color_scheme="dark"), server, {"exp": "tested"})
    root = whole(tab, TESTED)
    expect(root.locator(".verdict")).to_contain_text("This is one picture and one model")
    question = asked(trace)
    maps = torch.stack([tested.last_map(METHODS[0], trace, question)])
    moved = float(torch.stack(list(tested.sensitivity(trace, question, maps, METHODS[:1]))).max())
    rows = root.locator("table.numbers").first.locator("tbody tr")
    assert float(rows.first.locator("td").nth(3).inner_text()) == pytest.approx(moved, rel=1e-3)
    expect(rows.filter(has_text="RISE").locator("td").nth(3)).to_have_text("—")
    with rerun(tab):
        root.get_by_role("radio", name="SmoothGrad").click()
    assert view(tab)["by"] == "smooth"
    gallery = tab.locator(".vit", has_text="Over the gallery")
    expect(gallery).to_contain_text("They are not computed yet")
    begin = tab.get_by_role("button", name=f"The whole gallery, {len(cached.gallery())} pictures")
    begin.click()
    tab.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(tab.get_by_text("Cancelled at picture")).to_be_visible(timeout=60_000)
    expect(begin).to_be_visible()
