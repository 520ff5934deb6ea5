"""The selection and its link: what is kept, what is clamped, and that each clamp is said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.state.selection import MAX_GRID, MIN_GRID, Limits, Selection, Sizes, clamp, from_query, nearest, same_place

SIZES = Sizes()
LIMITS = Limits(["chelsea", "coffee"], ["bundled"], depth=12, num_heads=12, num_prefix_tokens=1)


def test_the_default_selection_has_an_empty_link() -> None:
    assert Selection().to_query() == {}


def test_layers_and_heads_count_from_one_in_a_link() -> None:
    assert Selection(layer=5, head=2).to_query() == {"layer": "6", "head": "3"}
    assert from_query({"layer": "6", "head": "3"}, LIMITS) == (Selection(layer=5, head=2), [])


def test_what_was_not_chosen_is_left_out_and_what_was_opens_again() -> None:
    assert Selection(layer=8, head=4, token=3).to_query(named=False) == {"token": "3"}
    for layer, head, query in (
        (5, 2, {"layer": "6", "head": "3"}),
        (1, 0, {"layer": "2"}),
        (11, 4, {"head": "5"}),
        (11, 0, {"layer": "12"}),
    ):
        assert Selection(layer=layer, head=head).to_query(named=True) == query
        assert from_query(query, LIMITS) == (Selection(layer=layer, head=head), [])


@given(
    st.builds(
        Selection,
        picture=st.sampled_from(LIMITS.pictures),
        image_size=st.sampled_from(SIZES.image_sizes),
        patch_size=st.sampled_from(SIZES.patch_sizes),
        layer=st.integers(0, 11),
        head=st.integers(0, 11),
        token=st.integers(0, 1024),
        view=st.text(max_size=50),
    )
)
def test_a_link_restores_what_can_be_shown(selection: Selection) -> None:
    shown, _ = clamp(selection, LIMITS)
    assert from_query(shown.to_query(), LIMITS) == (shown, [])


@given(
    st.dictionaries(
        st.sampled_from(["picture", "model", "size", "patch", "layer", "head", "token", "view", "other"]), st.text(max_size=400)
    )
)
def test_any_link_gives_a_selection_that_can_be_shown(params: dict[str, str]) -> None:
    selection, notices = from_query(params, LIMITS)
    assert clamp(selection, LIMITS) == (selection, [])
    assert all(notice.endswith(".") and "\n" not in notice for notice in notices)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"size": "abc"}, "The link's size “abc” is not a whole number; 224 is shown."),
        ({"layer": "x"}, "The link's layer “x” is not a whole number; 12 is shown."),
        ({"layer": "13"}, "There is no layer 13: they run from 1 to 12; 12 is shown."),
        ({"head": "0"}, "There is no head 0: they run from 1 to 12; 1 is shown."),
        ({"token": "197"}, "There is no token 197: they run from 0 to 196; 196 is shown."),
        ({"size": "224", "patch": "15"}, "224 pixels with patches of 15 cannot be shown; the nearest that can is 224 / 16."),
        ({"size": "230", "patch": "16"}, "230 pixels with patches of 16 cannot be shown; the nearest that can is 224 / 16."),
        ({"picture": "nobody"}, "The picture “nobody” is not in the gallery; chelsea is shown."),
        (
            {"picture": "upload-12"},
            "The picture “upload-12” was uploaded more than an hour ago, or elsewhere, and is no longer kept; chelsea is shown.",
        ),
        ({"model": "big"}, "There is no model “big” here; bundled is shown."),
        ({"view": "x" * 301}, "The link's view is longer than 300 characters; the page's own view is shown."),
    ],
)
def test_every_change_to_a_link_is_said(params: dict[str, str], said: str) -> None:
    assert from_query(params, LIMITS)[1] == [said]


def test_sliders_offer_only_what_divides() -> None:
    for size in SIZES.image_sizes:
        options = SIZES.patch_sizes_for(size)
        assert options, size
        assert all(size % p == 0 and MIN_GRID <= size // p <= MAX_GRID for p in options)


def test_nearest_prefers_the_smaller_of_two() -> None:
    assert nearest(12, [8, 16]) == 8


@pytest.mark.parametrize(("token", "grids", "there"), [(0, (14, 7), 0), (1, (14, 7), 1), (196, (14, 7), 49), (196, (14, 28), 784)])
def test_a_patch_keeps_its_place_in_another_grid(token: int, grids: tuple[int, int], there: int) -> None:
    assert same_place(token, 1, *grids) == there


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_the_place_is_the_one_under_the_middle_of_the_patch(before: int, after: int, data: st.DataObject) -> None:
    row, col = data.draw(st.integers(0, before - 1)), data.draw(st.integers(0, before - 1))
    found = divmod(same_place(1 + row * before + col, 1, before, after) - 1, after)
    assert found == tuple(int((2 * place + 1) * after // (2 * before)) for place in (row, col))
    assert same_place(1 + row * before + col, 1, before, before) == 1 + row * before + col
