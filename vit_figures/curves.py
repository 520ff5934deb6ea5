"""Curves of what the answer becomes when patches are taken out of the picture, or put into it."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from vit_figures.look import BLUE, GREY, ORANGE, figure, told

BAND = "rgba(141,148,156,0.25)"
ORDERS = ("attention", "occlusion", "random")
"""In what order patches are removed or added, as the traces of `removed` and `added` are named."""


def covered(shares: np.ndarray, most: np.ndarray, least: np.ndarray, random: np.ndarray, followed: str) -> go.Figure:
    """What is `followed` against the share of covered patches `[steps]`; `random` `[orders, steps]` is drawn as mean and range."""
    lines = {"random order, mean": random.mean(0), "least attended first": least, "most attended first": most}
    made = _over_shares("Patches covered in three orders", "share of patches covered, %", "covered", shares, lines, random, followed)
    return made.update_yaxes(rangemode="tozero")


def removed(shares: np.ndarray, values: np.ndarray, followed: str, whole: float) -> go.Figure:
    """What is `followed` against the share of removed patches `[steps]`. `values` `[2 + orders, steps]`: by attention, by occlusion, then
    at random, drawn as mean and range; nan where it is not known yet. `whole`: its value for the whole picture, which the axis holds.
    Choosing a point chooses the number of its share, from 0."""
    return _in_orders("Patches removed in three orders", "removed", shares, values, followed, whole)


def added(shares: np.ndarray, values: np.ndarray, followed: str, whole: float) -> go.Figure:
    """The same as `removed` for patches that are added to the covered picture."""
    return _in_orders("Patches added in three orders", "added", shares, values, followed, whole)


def _in_orders(title: str, way: str, shares: np.ndarray, values: np.ndarray, followed: str, whole: float) -> go.Figure:
    by_attention, by_occlusion, *random = values
    drawn = np.stack(random)
    lines = {"random": drawn.mean(0), "occlusion": by_occlusion, "attention": by_attention}
    made = _over_shares(title, f"share of patches {way}, %", way, shares, lines, drawn, followed)
    known = np.append(values[~np.isnan(values)], [0.0, whole])
    low, high = float(known.min()), float(known.max())
    made.update_yaxes(range=[low - 0.02 * (high - low), high + 0.04 * (high - low)])
    return made.update_layout(hoverdistance=-1)


def _over_shares(
    title: str, across: str, way: str, shares: np.ndarray, lines: Mapping[str, np.ndarray], random: np.ndarray, followed: str
) -> go.Figure:
    percent = 100 * shares
    made = figure(title, across, followed, rows=("order", across, followed))
    add_band(made, percent, random.min(0), random.max(0), "range of random orders")
    for (name, values), colour in zip(lines.items(), (GREY, BLUE, ORANGE), strict=True):
        said = ["not known yet" if np.isnan(y) else f"{followed}: {y:.4f}" for y in values]
        texts = told([name] * len(percent), [f"{x:.0f}% {way}" for x in percent], said, links=range(len(percent)))
        made.add_scatter(x=percent, y=values, mode="lines+markers", line_color=colour, marker_size=7, name=name, **texts)
    return made.update_xaxes(ticksuffix="%")


def add_band(made: go.Figure, x: np.ndarray, low: np.ndarray, high: np.ndarray, name: str) -> None:
    """The room between two curves, behind the others."""
    shared = {"x": x, "mode": "lines", "line_width": 0, "hoverinfo": "skip", "legendgroup": name}
    made.add_scatter(y=high, showlegend=False, **shared)
    made.add_scatter(y=low, fill="tonexty", fillcolor=BAND, name=name, **shared)
