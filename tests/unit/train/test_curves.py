"""The log of a training, thinned and drawn as curves."""

import xml.etree.ElementTree as ET

import pytest

from vit_core.train import curves


def log_row(second, size=64, patch=16, loss=3.0):
    return {
        "step": second,
        "seconds": float(second),
        "progress": second / 100,
        "loss": loss,
        "lr": 0.001,
        "image_size": size,
        "patch_size": patch,
    }


def test_a_log_is_thinned_by_time_and_grid():
    log = [log_row(1, loss=4.0), log_row(2, loss=2.0), log_row(3, 64, 8, 5.0), log_row(60, 224, 16, 1.0)]
    rows = curves.thin(log, bins=2)
    assert rows == [
        {"minutes": 0.05, "step": 3, "lr": 0.001, "loss, up to 4×4": 3.0, "loss, 5×5 to 8×8": 5.0, "loss, above 8×8": None},
        {"minutes": 1.0, "step": 60, "lr": 0.001, "loss, up to 4×4": None, "loss, 5×5 to 8×8": None, "loss, above 8×8": 1.0},
    ]
    assert len(curves.thin([log_row(second) for second in range(1, 2000)])) == curves.BINS


def test_curves_are_written(tmp_path):
    rows = curves.thin([log_row(second, loss=4 - second / 50) for second in range(1, 100)])
    curves.write_csv(rows, tmp_path / "training.csv")
    assert (tmp_path / "training.csv").read_text().startswith("minutes,step,lr,")
    drawing = curves.draw(rows, [{"minutes": 0.0, "top1": 0.1, "top5": 0.2}, {"minutes": 1.6, "top1": 0.3, "top5": 0.5}])
    lines = ET.fromstring(drawing).findall(".//{http://www.w3.org/2000/svg}polyline")
    assert len(lines) == 3  # one group of grids, top-1, top-5
    for line in lines:
        points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
        assert points == sorted(points)
        assert all(curves.LEFT <= x <= curves.WIDTH - curves.RIGHT and curves.TOP <= y <= curves.HEIGHT - curves.BOTTOM for x, y in points)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 100.0, [0, 20, 40, 60, 80, 100]),
        (2.9, 4.1, [2.75, 3, 3.25, 3.5, 3.75, 4, 4.25]),
        (0.0, 0.07, [0, 0.02, 0.04, 0.06, 0.08]),
        (5.0, 5.0, [5, 5.01]),
    ],
)
def test_axis_marks_are_round(low, high, expected):
    found = curves.marks(low, high)
    assert found == pytest.approx(expected) and found[0] <= low and found[-1] >= high
