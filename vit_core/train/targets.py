"""What the bundled model is meant to reach: numbers for a run on a GPU, and the least for two CPU cores."""

from collections.abc import Callable
from dataclasses import dataclass

GRIDS_TO_HOLD = (4, 7, 8, 16)


@dataclass(frozen=True)
class Target:
    """A number to reach with a GPU, and at least on two CPU cores; `scale` turns the measure into the unit that is shown."""

    name: str
    value: Callable[[dict], float]
    gpu: float
    cpu: float
    unit: str = ""
    at_most: bool = False

    def met(self, measures: dict, bound: float) -> bool:
        value = round(self.value(measures), 6)
        return value <= bound if self.at_most else value >= bound


def setting(measures: dict, image_size: int, patch_size: int) -> dict:
    """The accuracy row of one setting."""
    return next(row for row in measures["settings"] if (row["image_size"], row["patch_size"]) == (image_size, patch_size))


def grid_gap(measures: dict) -> float:
    """Points of top-1 between the best setting and the worst one of the grids 4, 7, 8 and 16."""
    rows = measures["settings"]
    return 100 * (max(row["top1"] for row in rows) - min(row["top1"] for row in rows if row["grid"] in GRIDS_TO_HOLD))


ACCURACY = (
    Target("top-1 at 224/16, 14×14 grid", lambda m: 100 * setting(m, 224, 16)["top1"], 60.0, 33.0, "%"),
    Target("top-5 at 224/16, 14×14 grid", lambda m: 100 * setting(m, 224, 16)["top5"], 82.0, 58.0, "%"),
    Target("worst of the grids 4, 7, 8, 16 below the best setting, top-1", grid_gap, 15.0, 15.0, " points", at_most=True),
)
ATTENTION = (
    Target("[CLS] attention in the object's box over the box's share: mean head", lambda m: m["attention"]["mean_head"]["ratio"], 2.0, 1.6),
    Target("the same, best head", lambda m: m["attention"]["heads"][m["attention"]["best_head"]]["ratio"], 2.5, 2.1),
    Target(
        "mean head's ratio over that of a centre Gaussian",
        lambda m: m["attention"]["mean_head"]["ratio"] / m["attention"]["gaussians"][0]["ratio"],
        1.0,
        1.0,
    ),
)
OTHER = (
    Target("positions whose most similar position is directly beside them", lambda m: 100 * m["positions"]["direct"], 95.0, 95.0, "%"),
    Target(
        "largest difference in loss, two runs of 50 steps from one seed",
        lambda m: m["repeat"]["largest_difference"],
        0.0,
        0.0,
        at_most=True,
    ),
)


def wanted(measures: dict) -> list[Target]:
    """The targets that apply: those of attention need pictures with boxes."""
    return [*ACCURACY, *(ATTENTION if measures["attention"] else ()), *OTHER]
