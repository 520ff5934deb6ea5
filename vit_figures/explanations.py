"""Explanations put to the test: what is left of the answer in the order of each, and how alike maps stay when weights are drawn anew."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from vit_figures.curves import add_band
from vit_figures.look import GREY, OKABE_ITO, figure, told

COLOURS = OKABE_ITO[:6]
DASHES = ("solid", "dash", "dot")


def orders(shares: np.ndarray, values: np.ndarray, names: Sequence[str], way: str, followed: str, whole: float) -> go.Figure:
    """What is `followed` against the share of patches `removed` or `added` (`way`) `[points]`. `values` `[orders, points]`: by each of
    `names`, then at random, drawn as mean and range; nan where it is not known yet. `whole`: its value for the whole picture."""
    percent, random = 100 * shares, values[len(names) :]
    made = figure(
        f"Patches {way} in the order of each map", f"share of patches {way}, %", followed, rows=("order", f"share {way}", followed)
    )
    add_band(made, percent, random.min(0), random.max(0), "range of random orders")
    for i, (name, line) in enumerate(zip(["random", *names], [random.mean(0), *values[: len(names)]], strict=True)):
        said = ["not known yet" if np.isnan(y) else f"{followed}: {y:.4f}" for y in line]
        texts = told([name] * len(percent), [f"{x:.0f}% {way}" for x in percent], said, links=[name] * len(percent))
        made.add_scatter(x=percent, y=line, mode="lines+markers", line=line_of(i - 1), marker_size=6, name=name, **texts)
    known = np.append(values[~np.isnan(values)], [0.0, whole])
    low, high = float(known.min()), float(known.max())
    made.update_yaxes(range=[low - 0.02 * (high - low), high + 0.04 * (high - low)])
    return made.update_xaxes(ticksuffix="%")


def line_of(number: int) -> dict[str, str]:
    """Colour and dash of a line; grey for what others are compared with."""
    if number < 0:
        return {"color": GREY, "dash": "solid"}
    return {"color": COLOURS[number % len(COLOURS)], "dash": DASHES[number // len(COLOURS) % len(DASHES)]}


def randomised(lines: Mapping[str, np.ndarray], stages: Sequence[str]) -> go.Figure:
    """Rank correlation of each method's map with its first, after each of `stages` was drawn anew beside all before; nan: no ranks."""
    x = np.arange(1, len(stages) + 1)
    made = figure(
        "Maps of models drawn anew",
        "parts drawn anew, from the last",
        "rank correlation",
        rows=("method", "drawn anew", "rank correlation"),
    )
    for i, (name, line) in enumerate(lines.items()):
        said = ["—" if np.isnan(y) else f"{y:.4f}" for y in line]
        texts = told([name] * len(x), [f"down to {stage}" for stage in stages], said, links=[name] * len(x))
        made.add_scatter(x=x, y=line, mode="lines+markers", line=line_of(i), marker_size=6, name=name, **texts)
    return made.update_yaxes(range=[-1.04, 1.04])
