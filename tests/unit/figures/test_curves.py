"""Curves over shares of patches and over layers: they draw what they are given, tell it, and travel."""

import json

import numpy as np
import plotly.io
import pytest

from vit_figures.curves import added, removed
from vit_figures.layers import movement, similarity, stages
from vit_figures.look import BLUE, GREY, ORANGE, PINK

SHARES = np.array([0, 0.5, 1])
VALUES = np.array([[0.9, 0.2, 0.1], [0.9, 0.3, 0.1], [0.9, 0.6, 0.2], [0.9, 0.4, 0.1]])


def told(made) -> dict:
    return {one.name: one for one in made.data if one.customdata is not None}


def travels(made) -> bool:
    return json.loads(plotly.io.from_json(made.to_json()).to_json()) == json.loads(made.to_json())


@pytest.mark.parametrize(("draw", "way"), [(removed, "removed"), (added, "added")])
def test_three_orders_over_the_share(draw, way) -> None:
    made = draw(SHARES, VALUES, "probability of espresso", 0.9)
    found = told(made)
    assert {name: one.line.color for name, one in found.items()} == {"random": GREY, "occlusion": BLUE, "attention": ORANGE}
    assert list(found["attention"].y) == list(VALUES[0]) and list(found["occlusion"].y) == list(VALUES[1])
    assert list(found["random"].y) == pytest.approx([0.9, 0.5, 0.15]) and list(found["random"].x) == [0, 50, 100]
    assert list(found["attention"].customdata[1]) == ["attention", f"50% {way}", "probability of espresso: 0.2000", "", 1]
    assert made.layout.yaxis.range[0] < 0 < 0.9 < made.layout.yaxis.range[1] and travels(made)


def test_what_is_not_known_yet_is_said_and_not_drawn() -> None:
    made = removed(SHARES, np.full_like(VALUES, np.nan), "probability of espresso", 0.9)
    assert told(made)["random"].customdata[0][2] == "not known yet"
    assert made.layout.yaxis.range[1] > 0.9


def test_twins_from_the_embedding_to_the_last_layer() -> None:
    x, names = stages(12)
    assert list(x[1:]) == list(range(13)) and x[0] < -1 and len(names) == 14 and names[2] == "after layer 1"
    kept, zeroed, usual = np.linspace(1, 0.4, 14), np.ones(14), np.linspace(0, -0.13, 14)
    made = similarity(kept, zeroed, usual)
    found = told(made)
    assert list(found["with positions"].y) == list(kept) and list(found["without positions"].y) == list(zeroed)
    assert list(found["with positions"].customdata[1]) == ["with positions", "position added", f"{kept[1]:.4g}", "", 1]
    assert made.layout.yaxis.range[0] < -0.13 and list(made.layout.xaxis.ticktext) == ["patch", "+ pos", "2", "4", "6", "8", "10", "12"]
    assert travels(made)


def test_movement_has_a_line_a_group_and_none_for_an_empty_one() -> None:
    made = movement({"chosen": np.array([0, 0.5, 1]), "others": np.full(3, np.nan), "[CLS]": np.array([0, 0.1, 0.2])})
    found = told(made)
    assert [one.line.color for one in found.values()] == [ORANGE, BLUE, PINK]
    assert list(found["chosen"].y) == [0, 0.5, 1] and found["others"].customdata[2][2] == "—"
    assert [row[-1] for row in found["[CLS]"].customdata] == [0, 1, 2] and list(made.layout.xaxis.ticktext) == ["start", "1", "2"]
