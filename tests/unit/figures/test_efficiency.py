"""What settings, variants, rounding and training look like: each figure draws what it is given, tells it, and travels."""

import json

import numpy as np
import plotly.io
import pytest

from vit_figures.efficiency import KIND_COLOURS, Setting, compute, course, rounding, variants
from vit_figures.look import prefixed


def told(made) -> dict:
    return {one.name: one for one in made.data if one.customdata is not None}


def travels(made) -> bool:
    return json.loads(plotly.io.from_json(made.to_json()).to_json()) == json.loads(made.to_json())


def test_compute_stacks_two_parts_and_shows_settings_that_fit() -> None:
    tokens = np.array([5, 10, 17, 26, 37])
    settings = [Setting("64 / 32", 5, 10), Setting("64 / 16", 17, 60, own=True)]
    made = compute(tokens, 3 * tokens, tokens**2, settings)
    found = told(made)
    assert list(found["all else, n"].y) == [15, 30, 51, 78] and list(found["attention, n²"].y) == [25, 100, 289, 676]
    dots = found["settings"]
    assert (list(dots.x), list(dots.y), list(dots.text)) == ([5, 17], [10, 60], ["", "64 / 16"])
    assert dots.customdata[1] == ["64 / 16", "17 tokens", "60 MACs", "", 1] and made.layout.xaxis.range[1] == pytest.approx(1.12 * 17)
    assert travels(made)


def test_variants_have_a_line_each_whose_points_choose_it() -> None:
    sizes = np.array([64, 128])
    made = variants(sizes, {kind: (i + 1) * sizes**2 for i, kind in enumerate(KIND_COLOURS)}, 16)
    assert {one.name: one.line.color for one in made.data} == KIND_COLOURS
    assert list(told(made)["windows"].y) == [8192, 32768] and told(made)["windows"].customdata[0][1:3] == ["64 px", "8.192 kMACs"]
    assert {row[-1] for row in told(made)["linear"].customdata} == {"linear"} and travels(made)
    with pytest.raises(KeyError):
        variants(sizes, {}, 16)


def test_a_course_leaves_out_what_was_not_measured_and_names_its_phases_below_each_other() -> None:
    made = course(
        np.array([0, 5e4, 1e5]), {"a": np.array([3, np.nan, 1]), "b": np.ones(3)}, "loss", "pictures", [(0, "first"), (9e4, "last")]
    )
    assert (list(told(made)["a"].x), list(told(made)["a"].y)) == ([0, 1e5], [3, 1])
    first, last = made.layout.annotations
    assert (first.text, first.xanchor, last.text, last.xanchor) == ("first", "left", "last", "right") and last.yshift < first.yshift
    assert told(made)["b"].customdata[1][1] == "50 k pictures" and travels(made)


def test_rounding_puts_every_weight_on_a_step() -> None:
    weights = np.array([-0.7, -0.04, 0.06, 0.24, 0.7])
    made = rounding(weights, 0.1, 7)
    dots = told(made)["weights"]
    assert list(dots.x) == list(weights) and list(dots.y) == pytest.approx([-0.7, 0, 0.1, 0.2, 0.7])
    stairs = dict(zip(made.data[0].x, made.data[0].y, strict=True))
    assert min(stairs) == pytest.approx(-0.7) and max(made.data[0].y) == pytest.approx(0.7) and travels(made)
    assert len(rounding(np.zeros(0), 0.0, 7).data[1].x) == 0


def test_numbers_with_prefixes() -> None:
    assert [prefixed(value, "B") for value in (0, 7, 999, 4.643e9, -2.5e15)] == ["0 B", "7 B", "999 B", "4.643 GB", "-2.5 PB"]
    assert prefixed(1500) == "1.5 k"
