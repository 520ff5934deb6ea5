"""Curves of what the answer becomes when patches are covered."""

import numpy as np
import plotly.graph_objects as go

from vit_figures.look import BLUE, GREY, ORANGE, figure, told


def covered(shares: np.ndarray, most: np.ndarray, least: np.ndarray, random: np.ndarray, followed: str) -> go.Figure:
    """What is `followed` against the share of covered patches `[steps]`; `random` `[orders, steps]` is drawn as mean and range."""
    percent = 100 * shares
    made = figure("Patches covered in three orders", "share of patches covered, %", followed)
    add_band(made, percent, random.min(0), random.max(0), "range of random orders")
    lines = {
        "random order, mean": (random.mean(0), GREY),
        "least attended first": (least, BLUE),
        "most attended first": (most, ORANGE),
    }
    for name, (values, colour) in lines.items():
        texts = [name] * len(percent), [f"{x:.0f}% covered" for x in percent], [f"{followed}: {y:.4f}" for y in values]
        made.add_scatter(x=percent, y=values, mode="lines+markers", line_color=colour, marker_size=7, name=name, **told(*texts))
    made.update_yaxes(rangemode="tozero")
    made.update_xaxes(ticksuffix="%")
    return made


def add_band(made: go.Figure, x: np.ndarray, low: np.ndarray, high: np.ndarray, name: str) -> None:
    """The room between two curves, behind the others."""
    made.add_scatter(x=x, y=high, mode="lines", line_width=0, showlegend=False, hoverinfo="skip", legendgroup=name)
    made.add_scatter(
        x=x,
        y=low,
        mode="lines",
        line_width=0,
        fill="tonexty",
        fillcolor="rgba(141,148,156,0.25)",
        name=name,
        hoverinfo="skip",
        legendgroup=name,
    )
