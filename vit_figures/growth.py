"""Curves over the resolution: what a model needs as the picture grows, part by part and in all."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from vit_figures.look import BLUE, GREEN, ORANGE, figure, told

PARTS = {
    "bytes": {"weights, gradients, optimizer": BLUE, "input and activations": GREEN, "attention matrices": ORANGE},
    "MACs": {"linear layers": GREEN, "attention: scores and weighted values": ORANGE},
}
"""The parts of each unit, from the ground up, in their colours."""
TOTAL = "total"


def growth(sizes: np.ndarray, parts: Mapping[str, np.ndarray], unit: str, log: bool) -> go.Figure:
    """The `parts` of `PARTS[unit]` and their sum, each `[sizes]`, over the side of the picture in px: lines on logarithmic axes, areas one
    on another on linear ones. KeyError for another unit, or where a part is missing."""
    made = figure("As the picture grows", "resolution, px a side", unit, height=440, phone=440, rows=("what", "resolution", unit))
    total = np.sum([parts[name] for name in PARTS[unit]], axis=0) if len(sizes) else sizes
    at = [f"{size:.0f} px" for size in sizes]
    for name, colour in PARTS[unit].items():
        drawn = {"line": {"color": colour, "width": 2}} | ({} if log else {"stackgroup": "parts", "fillcolor": colour, "line_width": 0.5})
        texts = told([name] * len(sizes), at, [f"{value:.4g} {unit}" for value in parts[name]])
        made.add_scatter(x=sizes, y=parts[name], mode="lines", name=name, **drawn, **texts)
    texts = told([TOTAL] * len(sizes), at, [f"{value:.4g} {unit}" for value in total])
    made.add_scatter(x=sizes, y=total, mode="lines", name=TOTAL, line_width=2.5, **texts)
    axis = {"type": "log", "tickformat": "~s"} if log else {"tickformat": "~s", "rangemode": "tozero"}
    made.update_xaxes(axis | {"tickformat": "d"} | ({"dtick": float(np.log10(2))} if log else {}))
    made.update_yaxes(axis | ({"dtick": 1} if log else {}), ticksuffix="B" if unit == "bytes" else "")
    made.update_layout(dragmode=False, hovermode="closest", margin={"t": 52})
    return made
