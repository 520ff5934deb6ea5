"""Explanations put to the test, as charts: every order and every method has its line."""

import numpy as np
import pytest

from vit_figures.explanations import orders, randomised
from vit_figures.look import GREY

SHARES = np.array([0, 0.5, 1])
VALUES = np.array([[0.9, 0.2, 0.1], [0.9, 0.3, np.nan], [0.9, 0.6, 0.2], [0.9, 0.4, 0.1]])


def test_every_order_has_its_line() -> None:
    made = orders(SHARES, VALUES, ["one", "other"], "removed", "probability of espresso", 0.9)
    found = {one.name: one for one in made.data if one.customdata is not None}
    assert list(found) == ["random", "one", "other"] and found["random"].line.color == GREY
    assert list(found["random"].y) == pytest.approx([0.9, 0.5, 0.15]) and list(found["one"].y) == [0.9, 0.2, 0.1]
    assert list(found["one"].customdata[1])[:3] == ["one", "50% removed", "probability of espresso: 0.2000"]
    assert found["other"].customdata[2][2] == "not known yet"
    assert len({(one.line.color, one.line.dash) for one in found.values()}) == 3


def test_thirteen_lines_differ() -> None:
    made = orders(SHARES, np.zeros((18, 3)), [f"method {i}" for i in range(13)], "added", "probability of espresso", 0.9)
    assert len({(one.line.color, one.line.dash) for one in made.data if one.customdata is not None}) == 14


def test_how_alike_maps_stay() -> None:
    made = randomised({"one": np.array([1.0, 0.5]), "other": np.array([np.nan, -0.2])}, ["classifier", "block 2"])
    one, other = made.data
    assert list(one.y) == [1, 0.5] and list(one.customdata[1])[:3] == ["one", "down to block 2", "0.5000"]
    assert other.customdata[0][2] == "—"
