"""The reader of shown numbers sees what it must: a wrong digit, a prefix, digits that a thin space parts, words that are gone."""

import pytest

from tests.support.recount.closed64 import published, sizes_of
from tests.support.recount.reading import Reader, Shown, tidy
from ui.performance import explained
from vit_core import cost
from vit_core.presets import presets


@pytest.mark.parametrize(
    ("text", "true", "right"),
    [
        ("0.05637", 0.056345, False),
        ("0.05634", 0.056345, True),
        ("−2.356", -2.35561, True),
        ("17.56 G", 17_563_828_224, True),
        ("17.57 G", 17_563_828_224, False),
        ("86,567,656", 86_567_656, True),
        ("86,567,657", 86_567_656, False),
        ("1.892e+4", 18_924.0, True),
        ("3.1e−6", 3.14e-6, True),
    ],
)
def test_a_digit_that_is_not_there_is_noticed(text: str, true: float, right: bool) -> None:
    assert Shown("page", "words", text, true).right == right


def test_numbers_are_found_by_their_words() -> None:
    read = Reader("page", tidy("tokens\n150\u2009528\nMACs\n17.56 G MACs, ×1.35\nindex #7 | 86\\,567\\,656"))
    assert [one.text for one in read.take("tokens # MACs # MACs, ×#", 150528, 17.56e9, 1.35)] == ["150528", "17.56 G", "1.35"]
    assert read.find("index ## | #") == ("7", "86567656")
    assert not any(one.right for one in read.take("index ## |", 8))
    with pytest.raises(AssertionError, match="nothing reads"):
        list(read.take("bytes #", 1))


def test_the_second_programs_sizes_are_those_of_the_table() -> None:
    known = [
        name for name in published() if name.startswith(("ViT-Ti", "ViT-S", "ViT-B", "ViT-L", "ViT-H", "DeiT", "DINO-", "DINOv2", "CLIP"))
    ]
    assert len(known) == 30
    assert {name: sizes_of(name).parameters() for name in known} == {name: int(published()[name]["params_exact"]) for name in known}


@pytest.mark.parametrize(("name", "size"), [("ViT-Ti/16", 224), ("ViT-B/16", 384), ("ViT-H/14", 224)])
def test_the_formula_under_performance_is_what_a_backward_pass_saves(name: str, size: int) -> None:
    s, config = sizes_of(name), presets[name]
    n = s.tokens(size)
    formula = s.layers * (8 * n * s.dim + 2 * n * s.hidden + 4 * n + s.heads * n) + 3 * size**2 + n * s.dim + s.dim + 2
    assert 4 * formula == cost.saved_activations(config, size, s.patch) == sum(s.training(size, 1, 4, fused=True))
    assert any(r"3HW + nD + D + 2\}" in latex for _, latex in explained.formulas())
