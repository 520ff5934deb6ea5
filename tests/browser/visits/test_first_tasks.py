"""Ten tasks of a newcomer: what they want to know stands on the page after at most three actions from the first one, each found by the
words that can be seen."""

import contextlib
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.support.browser.pages import Pages
from tests.support.browser.server import open_app, wait_for_run
from tests.support.browser.stages import ready
from ui.work import cached

MOST = 3


@pytest.fixture(scope="module")
def tab(browser) -> Iterator[Page]:
    """One page for all ten."""
    pages = Pages(browser, motion="reduce")
    yield pages(viewport=(1400, 900))
    problems = pages.errors + [f"outside request: {url}" for url in pages.outside()]
    pages.close()
    assert not problems, "\n".join(problems)


class Newcomer:
    """Sees words, clicks on them, and counts."""

    def __init__(self, tab: Page, server, query: str = "") -> None:
        self.tab, self.actions = tab, 0
        open_app(tab, f"{server.url}/{query}")
        ready(tab)

    def word(self, text: str) -> Locator:
        """The first place where exactly these words can be seen."""
        return self.tab.get_by_text(text, exact=True).locator("visible=true").first

    def act(self) -> None:
        self.actions += 1
        assert self.actions <= MOST, "too many actions"

    def clicks(self, text: str, above: bool = False) -> None:
        """`above`: in the bar on top, where the page has the same words."""
        self.act()
        (self.tab.get_by_test_id("stTopNav").get_by_text(text, exact=True).first if above else self.word(text)).click()
        self.tab.wait_for_timeout(200)
        wait_for_run(self.tab)

    def picks(self, name: str, text: str) -> None:
        """One of a list, which closes when the page is run meanwhile: then it is opened once more."""
        self.act()
        for _ in range(9):
            self.tab.get_by_role("combobox", name=name).click()
            with contextlib.suppress(TimeoutError):
                self.word(text).wait_for(timeout=5_000)
                break
        self.clicks(text)

    def reads(self, pattern: str) -> None:
        expect(self.tab.get_by_text(re.compile(pattern)).locator("visible=true").first).to_be_visible()


@pytest.fixture
def newcomer(tab, server) -> Newcomer:
    return Newcomer(tab, server)


def test_what_does_the_model_say_and_how_often_is_it_right(newcomer: Newcomer) -> None:
    newcomer.reads(r"says .+ \d+\.\d%")
    newcomer.reads(r"right \d+%")


def test_which_patch_does_the_model_look_at_for_the_answer(newcomer: Newcomer) -> None:
    newcomer.clicks("Take it step by step")
    newcomer.clicks("Classifier")
    newcomer.reads(r"What \[CLS\] read in the last block")
    newcomer.reads(r"^row \d+, col \d+$")


def test_what_happens_without_positions(newcomer: Newcomer) -> None:
    newcomer.clicks("Positions")
    newcomer.clicks("More on this →")
    newcomer.clicks("zeroed")
    newcomer.reads("Without positions the order is lost")


def test_why_is_twice_the_resolution_four_times_the_tokens(newcomer: Newcomer) -> None:
    newcomer.clicks("Pixels to tokens")
    newcomer.clicks("Patch grid")
    newcomer.act()
    newcomer.tab.get_by_role("slider", name="Resolution").fill("448")
    newcomer.reads("784 patches")
    newcomer.reads("Twice the resolution is twice as many rows and twice as many columns")


def test_what_is_a_token(newcomer: Newcomer) -> None:
    newcomer.tab.wait_for_function("() => CSS.highlights.get('vit-term')?.size")  # its words have been looked for
    newcomer.clicks("Terms")
    newcomer.reads("A row of D numbers that the model works on")


def test_where_does_a_patch_look(newcomer: Newcomer) -> None:
    newcomer.clicks("Explore")
    newcomer.act()
    picture = newcomer.tab.get_by_role("img", name=re.compile("The picture in 14 by 14 patches")).locator("visible=true").first
    box = picture.bounding_box()
    newcomer.tab.mouse.move(box["x"] + box["width"] * 7.5 / 14, box["y"] + box["height"] * 4.5 / 14)
    newcomer.reads(r"row 5, col 8")


def test_what_does_the_answer_depend_on(tab: Page, server) -> None:
    newcomer = Newcomer(tab, server, "?size=64")
    newcomer.clicks("Attention", above=True)
    newcomer.clicks("Experiments")
    newcomer.reads("Do they agree\\?")


def test_what_does_another_model_say_of_the_same_picture(newcomer: Newcomer) -> None:
    there = list(cached.model_names().values())[1]
    newcomer.picks("Model", there)
    newcomer.reads(re.escape(there))
    newcomer.reads(r"says .+ \d+\.\d%")


def test_how_large_a_picture_fits_into_memory(newcomer: Newcomer) -> None:
    newcomer.clicks("Scale and practice")
    newcomer.clicks("Memory")
    newcomer.reads(r"largest picture is \d+ px")


def test_how_do_i_get_the_same_numbers_myself(newcomer: Newcomer) -> None:
    newcomer.clicks("Export")
    newcomer.reads("import vit_core")
