"""Curves over the resolution: the parts that they are given, and their sum."""

import json

import numpy as np
import plotly.io
import pytest

from vit_figures.growth import PARTS, growth

SIZES = np.array([224, 384, 512])


def parts(unit: str) -> dict[str, np.ndarray]:
    return {name: 1e6 * (1 + number) * SIZES for number, name in enumerate(PARTS[unit])}


@pytest.mark.parametrize("unit", PARTS)
@pytest.mark.parametrize("log", [True, False])
def test_parts_and_their_sum_are_drawn(unit, log) -> None:
    made, given = growth(SIZES, parts(unit), unit, log), parts(unit)
    assert [trace.name for trace in made.data] == [*PARTS[unit], "total"]
    for trace in made.data[:-1]:
        assert list(trace.y) == list(given[trace.name]) and trace.stackgroup == (None if log else "parts")
    assert list(made.data[-1].y) == list(sum(given.values()))
    assert made.data[-1].customdata[1][:2] == ["total", "384 px"]
    assert made.layout.xaxis.type == ("log" if log else None)
    assert json.loads(plotly.io.from_json(made.to_json()).to_json()) == json.loads(made.to_json())


def test_an_empty_figure_and_a_missing_part() -> None:
    none = np.zeros(0)
    assert all(len(trace.x) == 0 for trace in growth(none, dict.fromkeys(PARTS["bytes"], none), "bytes", True).data)
    with pytest.raises(KeyError):
        growth(SIZES, {}, "bytes", True)
