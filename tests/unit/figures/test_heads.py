"""Every head as a dot: its layer or its rank across, its measure up, its type as colour, and what choosing it chooses."""

import json

import numpy as np
import plotly.io
import pytest

from vit_figures.heads import KIND_COLOURS, heads

VALUES = np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0]])
KINDS = [["local", "local", "mixed"], ["global", "mixed", "global"]]


def points(made) -> dict[int, tuple[float, float]]:
    """Where the dot of each head is."""
    return {
        row[-1]: (x, y) for one in made.data if one.customdata is not None for x, y, row in zip(one.x, one.y, one.customdata, strict=True)
    }


@pytest.mark.parametrize("along", ["layer", "rank"])
def test_every_head_is_a_dot_of_its_types_colour_and_travels(along) -> None:
    made = heads(VALUES, KINDS, "mean distance", "px", along, even=5.5)
    found = points(made)
    assert [found[i][1] for i in range(6)] == list(VALUES.ravel())
    for one in made.data[:-1]:
        kind = one.name.split()[0]
        assert one.marker.color == KIND_COLOURS[kind] and {row[1] for row in one.customdata} == {kind}
    assert made.data[-1].name == "even attention" and list(made.data[-1].y) == [5.5, 5.5]
    assert json.loads(plotly.io.from_json(made.to_json()).to_json()) == json.loads(made.to_json())


def test_by_layer_and_by_rank() -> None:
    by_layer, by_rank = (points(heads(VALUES, KINDS, "entropy", "bit", along)) for along in ("layer", "rank"))
    assert [by_layer[i][0] for i in range(6)] == [0.75, 1, 1.25, 1.75, 2, 2.25]
    assert sorted(by_rank, key=lambda i: by_rank[i]) == list(np.argsort(VALUES.ravel()))
    assert sorted(x for x, _ in by_rank.values()) == [1, 2, 3, 4, 5, 6]


def test_a_dot_tells_its_head_type_and_value_with_the_unit() -> None:
    made = heads(VALUES, KINDS, "mean distance", "px")
    assert made.data[0].customdata[0][:3] == ["layer 1, head 1", "local", "3 px"] and made.layout.yaxis.title.text == "mean distance, px"
    assert heads(VALUES, KINDS, "mass").data[0].customdata[0][2] == "3" and len(heads(np.zeros((1, 1)), [["mixed"]], "mass").data) == 1
    assert heads(np.ones((24, 16)), [["mixed"] * 16] * 24, "mass").layout.xaxis.dtick == 2
