"""Back and Forward: one entry a page; each restores the page as it was left."""

from playwright.sync_api import Page, expect

from tests.support.browser.server import go_to, open_app, rerun
from tests.support.browser.stages import ready, settled


def entries(tab: Page) -> int:
    """How many entries the browser's history has."""
    return tab.evaluate("history.length")


def through_history(tab: Page, way: str, path: str, title: str) -> None:
    """Presses Back or Forward, which must lead to this address and page."""
    with rerun(tab):
        tab.evaluate(f"history.{way}()")
    expect(tab.locator("h1.vit-title")).to_have_text(title)
    tab.wait_for_url(f"**{path}")


def test_back_returns_to_the_page_before_as_it_was_left(server, page) -> None:
    tab = open_app(page(own=True, reduced_motion="no-preference"), f"{server.url}/?picture=rocket")
    ready(tab)
    settled(tab)
    first, strip = entries(tab), tab.locator(".strip")
    patch = tab.get_by_role("slider", name="Patch size")
    for key in ("ArrowRight", "ArrowLeft", "ArrowRight"):  # a change replaces the entry of its page
        with rerun(tab):
            patch.press(key)
    assert entries(tab) == first
    go_to(tab, "Attention")
    settled(tab)
    with rerun(tab):
        tab.locator(".gallery button").first.click()
    expect(strip).not_to_contain_text("Rocket")
    picture = strip.locator(".who").inner_text()
    with rerun(tab):
        tab.get_by_test_id("stPageLink").last.click()  # the link at the foot
    settled(tab)
    tab.keyboard.press("?")
    with rerun(tab):
        tab.keyboard.press("Enter")  # the first term of the list
    expect(tab.locator("h1.vit-title")).to_have_text("Glossary")
    settled(tab)
    assert entries(tab) == first + 3
    through_history(tab, "back", "/experiments?patch=32", "Experiments")
    through_history(tab, "back", "/attention?patch=32", "Attention")
    expect(strip).to_contain_text(picture)
    through_history(tab, "back", "/?picture=rocket&patch=32", "Overview")
    expect(strip).to_contain_text("Rocket")
    expect(strip).to_contain_text("7 × 7 = 49 patches")
    through_history(tab, "forward", "/attention?patch=32", "Attention")
    expect(strip).to_contain_text(picture)


def test_an_entry_from_before_the_strip_is_passed_over(server, page) -> None:
    """Who leaves the first page at once has two entries of the next: its address was written before anything of ours had come."""
    tab = open_app(page(own=True, reduced_motion="no-preference"), f"{server.url}/?picture=rocket")
    settled(tab)
    go_to(tab, "Attention")
    settled(tab)
    tab.evaluate("History.prototype.pushState.call(history, {}, '', location.href)")
    through_history(tab, "back", "/?picture=rocket", "Overview")
    settled(tab)
    tab.wait_for_url("**/?picture=rocket")
    assert tab.locator('link[rel*="icon"]').first.get_attribute("href") == "./favicon.png"  # which the server has at any moment
