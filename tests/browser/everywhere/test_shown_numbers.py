"""Every digit that the pages show is one that the number has: numbers are read at chance places of all pages, and computed again by a
second program that shares no code with the app."""

import os
import random

import pytest
from playwright.sync_api import Page

from tests.support.browser.server import open_app
from tests.support.browser.stages import ready
from tests.support.recount.pages import PAGES, link
from tests.support.recount.reading import Shown
from tests.support.recount.visit import Truth, Visit
from ui.kit import registry

FEWEST = 300
SEED = int(os.environ.get("SHOWN_NUMBERS_SEED") or random.SystemRandom().randrange(10**6))
"""Where chance starts; the environment's `SHOWN_NUMBERS_SEED` repeats a run."""


@pytest.fixture
def truth() -> Truth:
    return Truth()


def numbers_of(slug: str, server, tab: Page, truth: Truth) -> list[Shown]:
    """What a page shows at the places that chance chose, beside the true values."""
    draw = random.Random(f"{SEED} {slug}")
    path = next(spec.path for spec in registry.PAGES if spec.slug == slug)
    open_app(tab, f"{server.url}/{path}{link(slug, draw)}")
    ready(tab)
    return list(PAGES[slug](Visit(slug, tab, truth, draw)))


def test_every_digit_shown_is_that_of_the_second_program(server, page, truth: Truth) -> None:
    print(f"SHOWN_NUMBERS_SEED={SEED}")
    assert list(PAGES) == [spec.slug for spec in registry.PAGES]
    tab = page(viewport=(1400, 900))
    found = {slug: numbers_of(slug, server, tab, truth) for slug in PAGES}
    few = {slug: len(numbers) for slug, numbers in found.items() if len(numbers) < FEWEST // len(PAGES)}
    assert not few and sum(map(len, found.values())) >= FEWEST
    wrong = [str(one) for numbers in found.values() for one in numbers if not one.right]
    assert not wrong, f"SHOWN_NUMBERS_SEED={SEED}, {len(wrong)} numbers:\n" + "\n".join(wrong)
