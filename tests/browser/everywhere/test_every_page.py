"""What holds on every page, looked at in one visit: nothing moves under the pointer, axe finds nothing,
no word is too small to read, nothing is cut off on the right, the tab has the page's name, name and lead stand on one line, and it can be
printed out of the dark theme."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.fixtures import FAILED
from tests.support.browser.looks.audit import COLOURS, audit
from tests.support.browser.looks.letters import NOTE_CANVASES, small_words
from tests.support.browser.looks.paper import SHEET, faults_on_paper, on_paper
from tests.support.browser.looks.still import what_moves
from tests.support.browser.looks.whole import beyond_the_edge, cut_off
from tests.support.browser.pages import Pages
from tests.support.browser.server import open_app
from tests.support.browser.stages import ready, settled, view_query
from ui import shell
from ui.kit import registry

WIDE, PHONE, LOW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}, {"width": 1280, "height": 720}
BESIDE_THE_SIDEBAR = (1280, 1180, 1100, 1000, 900, 820)
ONE_LINE = 45  # px
FOLLOWS = 400  # ms until what follows size and theme is drawn
UNFOLDED = {"overview": view_query(all=True)}


@pytest.fixture(scope="module")
def window(browser) -> Iterator[Page]:
    """One window for all of them: it knows their modules already."""
    pages = Pages(browser)
    page = pages()
    page.add_init_script(NOTE_CANVASES)
    yield page
    problems = pages.errors + [f"outside request: {url}" for url in pages.outside()]
    pages.close()
    assert not problems, "\n".join(problems)


@pytest.fixture(scope="module", params=registry.PAGES, ids=lambda spec: spec.slug)
def spec(request) -> registry.PageSpec:
    """Each page in turn; the tests that look at it follow each other."""
    return request.param


@pytest.fixture
def tab(spec: registry.PageSpec, server, window: Page, request) -> Iterator[Page]:
    """The page, opened once for all that look at it; anew after a test that failed."""
    request.node.stash[FAILED] = False
    if window.evaluate("window.__visited") != spec.slug:
        window.set_viewport_size(LOW)
        window.emulate_media(media="null", color_scheme="light")
        open_app(window, f"{server.url}/{spec.path}{UNFOLDED.get(spec.slug, '')}")
        ready(window)
        settled(window)
        window.evaluate("(slug) => (window.__visited = slug)", spec.slug)
    yield window
    if request.node.stash[FAILED]:
        window.goto("about:blank")


def test_nothing_moves_and_nothing_keeps_anyone_out(spec: registry.PageSpec, tab: Page) -> None:
    expect(tab).to_have_title(shell.tab_title(spec.path))
    found = [f"moves: {text}" for text in what_moves(tab)]
    for pause in tab.get_by_role("button", name="Pause").all():
        pause.click()  # what follows is about a page that stands still
    found += cut_off(tab, BESIDE_THE_SIDEBAR)
    touch = tab.context.new_cdp_session(tab)
    for size in (WIDE, PHONE):
        tab.set_viewport_size(size)
        touch.send("Emulation.setTouchEmulationEnabled", {"enabled": size is PHONE})
        for scheme, rules in (("light", None), ("dark", COLOURS)):
            tab.emulate_media(color_scheme=scheme)
            tab.wait_for_timeout(FOLLOWS)
            found += [f"{size['width']} px, {scheme}: {text}" for text in audit(tab, rules)]
            if beyond_the_edge(tab) > 0:
                found.append(f"{size['width']} px, {scheme}: the page can be scrolled sideways by {beyond_the_edge(tab)} px")
        found += [f"{size['width']} px: {text}" for text in small_words(tab)] + cut_off(tab, [size["width"]], size["height"])
        if size == WIDE and tab.locator(".vit-head").bounding_box()["height"] > ONE_LINE:
            found.append("the page's name and its lead take more than one line")
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    touch.detach()
    assert not found, "\n".join(found)


def test_a_page_is_whole_and_light_on_paper(tab: Page) -> None:
    tab.set_viewport_size(SHEET)
    tab.emulate_media(color_scheme="dark")
    tab.wait_for_timeout(FOLLOWS)
    on_paper(tab)
    found = faults_on_paper(tab)
    assert not found, "\n".join(found)
    assert tab.pdf(format="A4").startswith(b"%PDF")
