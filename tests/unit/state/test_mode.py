"""Which links show the app as usual, in a frame, or projected."""

import pytest

from ui.kit.registry import PAGES
from ui.shell import bare
from ui.state import mode


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", mode.USUAL),
        ("embed=true", mode.USUAL),  # Streamlit's own
        ("embed=figure&layer=3", mode.EMBEDDED),
        ("layer=3&present=1", mode.PRESENTED),
        ("present=2", mode.USUAL),
        ("embed=figure&present=1", mode.EMBEDDED),
        ("?&&=%ff", mode.USUAL),
    ],
)
def test_a_link_says_how_the_app_is_shown(query: str, shown: str) -> None:
    assert mode.of_query(query) == shown


def test_pages_lie_around_each_other_and_only_pages_have_figures() -> None:
    slugs = [spec.slug for spec in PAGES]
    assert bare.around(slugs[0]) == ["", slugs[1]] and bare.around(slugs[-1]) == [slugs[-2], ""]
    assert [bare.around(slug)[1] for slug in slugs[:-1]] == slugs[1:]
    assert set(bare.FIGURES) < set(slugs)
