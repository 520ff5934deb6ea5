"""“Save as a web page” on every page of the app: opened from the disk without a network, the file shows the numbers that the app shows."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.saved_pages import opened
from tests.support.browser.server import PATIENCE, open_app
from tests.support.browser.stages import ready, settled, view_query
from ui.kit import registry

MOST = 3_000_000
FEWEST = 50
SMALL = {"experiments": "?size=64", "practice": "?size=64&patch=8"}
"""Pages whose model runs many times are looked at where it is quick; all others at 197 tokens and width 192, of the picture opened with."""
FEWER = ("lessons",)
"""Pages that show fewer numbers than fifty: all of them are compared."""
POINTED, PLACES = ("overview", "experiments"), ((0.3, 0.3), (0.8, 0.6))
"""Pages that show more under the pointer, and where it is then, in shares of the first picture."""
VIEWS = {"overview": view_query(all=True, chapter=7), "walkthrough": view_query(step=6)}
# What a person reads in a component: its words in order, without the ticks of charts, which follow the width.
WORDS = """
(roots) => roots.map((root) => {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (!parent.closest("svg, .plotted-drawing, style") && parent.checkVisibility({ visibilityProperty: true })) {
      found.push(walk.currentNode.data);
    }
  }
  return found.join(" ");
})
"""
NUMBER = re.compile(r"[−+-]?\d(?:[\d.,\u2009\u202f]*\d)?(?:e[−-]?\d+)?")
ROUNDING = 1e-5
"""Numbers below are what is left of two ways to compute the same."""


def numbers(components: Locator) -> list[str]:
    """Every number that stands in these components, as it is written, in order."""
    return [number for words in components.evaluate_all(WORDS) for number in NUMBER.findall(words)]


def near(found: str, shown: str) -> bool:
    """Whether a number of the file is the app's: what travels in steps may differ by one in the last place that is printed."""
    one, other = (re.sub("[,\u2009\u202f+]", "", number).replace("−", "-") for number in (found, shown))
    digits, _, power = other.partition("e")
    last = 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))
    return found == shown or abs(float(one) - float(other)) <= max(1.01 * last, ROUNDING)


def whole(page: Page, parts: Locator, count: int = 1) -> list[str]:
    """The numbers of a page whose charts are drawn (or said to be left out), once there are so many."""
    expect(page.locator(".plotted-place:visible:not([data-drawn], :has(p))")).to_have_count(0)
    deadline = time.monotonic() + PATIENCE / 1000
    while len(found := numbers(parts)) < count and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    return found


def pointed(page: Page, parts: Locator) -> list[str]:
    """The numbers while the pointer is at `PLACES` of the first picture."""
    picture, found = parts.locator("canvas:visible").first, []
    picture.scroll_into_view_if_needed()
    for across, down in PLACES:
        box = picture.bounding_box()
        page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found += numbers(parts)
    return found


@pytest.mark.parametrize("spec", registry.PAGES, ids=lambda spec: spec.slug)
def test_a_pages_file_shows_what_the_app_shows(spec: registry.PageSpec, server, page, browser, tmp_path) -> None:
    tab = page(viewport=(1280, 900))
    open_app(tab, f"{server.url}/{spec.path}{VIEWS.get(spec.slug, SMALL.get(spec.slug, ''))}")
    ready(tab)
    tab.get_by_role("tab", name="Export").click()
    button = tab.get_by_role("button", name="Save as a web page")
    expect(button).to_be_visible()
    settled(tab)
    parts = tab.locator(".stMain .vit:not(:has(.strip), [data-terms])")
    tab.mouse.move(0, 0)  # nothing is under the pointer
    shown = whole(tab, parts)
    more = pointed(tab, parts) if spec.slug in POINTED else []
    with tab.expect_download() as download:
        button.click()
    assert download.value.suggested_filename.startswith(f"{spec.slug}-")
    file = tmp_path / "page.html"
    download.value.save_as(file)
    assert file.stat().st_size <= MOST
    with opened(browser, file, (1280, 900)) as saved:
        expect(saved.locator("h1")).to_have_text(spec.title)
        found = whole(saved, saved.locator("section .vit"), len(shown))
        found += pointed(saved, saved.locator("section .vit")) if more else []
        assert saved.locator("#said").inner_text() == ""
    shown += more
    print(f"{spec.slug}: {len(shown)} numbers, {file.stat().st_size / 1e6:.2f} MB")
    assert [pair for pair in zip(shown, found, strict=False) if not near(*pair)] == []
    assert len(found) == len(shown) and (len(found) >= FEWEST or spec.slug in FEWER)
