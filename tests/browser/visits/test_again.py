"""A page that is led to another link (`tests/support/browser/again.py`) is as one that was loaded: a test may ask for it."""

from functools import partial

from playwright.sync_api import Page, expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import ready

MARK = "() => (window.__mark = true)"
MARKED = "() => Boolean(window.__mark)"
FOLDED = "(folded) => (document.querySelector('[data-testid=stSidebar]').getBoundingClientRect().right <= 0) === folded"
VISIT = "() => globalThis.__vitStore.visit"

led = partial(open_app, anew=False)


def strip_of(tab: Page):
    return tab.locator(".strip")


def at_rest(tab: Page) -> str:
    """The session that answers."""
    ready(tab)
    return tab.evaluate(VISIT)


def test_the_same_page_again_knows_nothing_of_the_session_before(server, page) -> None:
    tab = open_app(page(kept_open=True), f"{server.url}/attention?picture=rocket&layer=3&head=2")
    before = at_rest(tab)
    tab.evaluate(MARK)
    with rerun(tab):
        tab.get_by_role("tab", name="Code").click()
    with rerun(tab):
        tab.get_by_test_id("stSidebar").get_by_role("radio", name="Chelsea the cat.").click()
    expect(strip_of(tab)).to_contain_text("Chelsea")
    tab.get_by_test_id("stMain").evaluate("(main) => main.scrollTo(0, 500)")
    led(tab, f"{server.url}/attention?layer=5")
    assert at_rest(tab) != before and tab.evaluate(MARKED)
    expect(strip_of(tab)).to_contain_text("Coffee")
    expect(tab.get_by_role("tab", name="How it is computed")).to_have_attribute("aria-selected", "true")
    expect(tab.locator("section.card", has_text="This head")).to_contain_text("5/12")
    assert tab.get_by_test_id("stMain").evaluate("(main) => main.scrollTop") == 0
    assert tab.url == f"{server.url}/attention?layer=5"


def test_another_page_on_a_phone_and_back_on_a_screen(server, page) -> None:
    tab = open_app(page(kept_open=True), f"{server.url}/patch_embedding?picture=rocket")
    at_rest(tab)
    tab.evaluate(MARK)
    for width, folded in ((390, True), (1280, False)):
        tab.set_viewport_size({"width": width, "height": 800})
        led(tab, f"{server.url}/attention?picture=chelsea")
        at_rest(tab)
        tab.wait_for_function(FOLDED, arg=folded)
        expect(strip_of(tab)).to_contain_text("Chelsea")
        led(tab, f"{server.url}/patch_embedding")
        at_rest(tab)
        expect(strip_of(tab)).to_contain_text("Coffee")
    assert tab.evaluate(MARKED)


def test_what_a_document_decides_brings_a_new_one(server, page) -> None:
    tab = open_app(page(kept_open=True), f"{server.url}/attention")
    for address in ("/attention?present=1", "/attention", "/patch_grid", "/"):
        tab.evaluate(MARK)
        led(tab, server.url + address)
        assert not tab.evaluate(MARKED), address
    tab = open_app(page(), f"{server.url}/glossary")
    tab.evaluate(MARK)
    open_app(tab, f"{server.url}/glossary")
    assert not tab.evaluate(MARKED)  # nobody asked for it
