"""What holds on every page, looked at in one visit: nothing moves under the pointer, axe finds nothing,
no word is too small to read, nothing is cut off on the right, the tab has the page's name, and name and lead stand on one line."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks.audit import COLOURS, audit
from tests.support.browser.looks.letters import NOTE_CANVASES, small_words
from tests.support.browser.looks.still import what_moves
from tests.support.browser.looks.whole import beyond_the_edge, cut_off
from tests.support.browser.pages import Pages
from tests.support.browser.server import open_app
from tests.support.browser.stages import ready, view_query
from ui import shell
from ui.kit import registry

WIDE, PHONE, LOW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}, {"width": 1280, "height": 720}
BESIDE_THE_SIDEBAR = (1280, 1180, 1100, 1000, 900, 820)
ONE_LINE = 45  # px
UNFOLDED = {"overview": view_query(all=True)}


@pytest.fixture(scope="module")
def tab(browser) -> Iterator[Page]:
    """One page for all of them: it knows their modules already."""
    pages = Pages(browser)
    page = pages()
    page.add_init_script(NOTE_CANVASES)
    yield page
    problems = pages.errors + [f"outside request: {url}" for url in pages.outside()]
    pages.close()
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("spec", registry.PAGES, ids=lambda spec: spec.slug)
def test_nothing_moves_and_nothing_keeps_anyone_out(spec: registry.PageSpec, server, tab: Page) -> None:
    tab.set_viewport_size(LOW)
    tab.emulate_media(color_scheme="light")
    tab.evaluate("() => window.__smallWords?.clear()")
    open_app(tab, f"{server.url}/{spec.path}{UNFOLDED.get(spec.slug, '')}")
    ready(tab)
    expect(tab).to_have_title(shell.tab_title(spec.path))
    found = [f"moves: {text}" for text in what_moves(tab)]
    found += cut_off(tab, BESIDE_THE_SIDEBAR)
    touch = tab.context.new_cdp_session(tab)
    for size in (WIDE, PHONE):
        tab.set_viewport_size(size)
        touch.send("Emulation.setTouchEmulationEnabled", {"enabled": size is PHONE})
        for scheme, rules in (("light", None), ("dark", COLOURS)):
            tab.emulate_media(color_scheme=scheme)
            tab.wait_for_timeout(400)  # until what follows size and theme is drawn
            found += [f"{size['width']} px, {scheme}: {text}" for text in audit(tab, rules)]
            if beyond_the_edge(tab) > 0:
                found.append(f"{size['width']} px, {scheme}: the page can be scrolled sideways by {beyond_the_edge(tab)} px")
        found += [f"{size['width']} px: {text}" for text in small_words(tab)] + cut_off(tab, [size["width"]], size["height"])
        if size == WIDE and tab.locator(".vit-head").bounding_box()["height"] > ONE_LINE:
            found.append("the page's name and its lead take more than one line")
    touch.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    touch.detach()
    assert not found, "\n".join(found)
