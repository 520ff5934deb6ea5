"""What becomes of tokens from layer to layer."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from vit_figures.look import BLUE, GREY, ORANGE, PINK, figure, told

LABELLED = 6
"""Layers whose numbers a phone has room for, beside the names of what comes before the first."""
BEFORE = 0.27
"""How far the embedded patches stand before the positions, as a share of all layers: as far as their two names take on a phone."""


def stages(depth: int) -> tuple[np.ndarray, list[str]]:
    """Where the stages of a token stand across, and what they are called: embedded, positions added, then each layer's end."""
    names = ["patch embedded", "position added", *(f"after layer {layer}" for layer in range(1, depth + 1))]
    return np.array([-BEFORE * depth, *range(depth + 1)]), names


def similarity(kept: np.ndarray, zeroed: np.ndarray, usual: np.ndarray) -> go.Figure:
    """Cosine similarity of two equal patches' tokens at every stage `[2 + layers]`: with positions, without, and of any two patches.
    Choosing a point chooses the number of its stage, from 0."""
    depth = len(kept) - 2
    x, names = stages(depth)
    lines = {
        "any two patches, on average": (usual, GREY),
        "without positions": (zeroed, ORANGE),
        "with positions": (kept, BLUE),
    }
    made = figure(
        "Two identical patches", "after layer", "cosine similarity", height=300, phone=360, rows=("tokens", "stage", "similarity")
    )
    _add_lines(made, x, names, lines)
    numbers = _labelled(depth)
    made.update_xaxes(tickvals=[x[0], 0, *numbers], ticktext=["patch", "+ pos", *map(str, numbers)], zeroline=False)
    lowest = min(0.0, *(float(np.floor(10 * values.min()) / 10) for values, _ in lines.values()))
    return made.update_yaxes(range=[lowest - 0.02, 1.04])


def movement(means: Mapping[str, np.ndarray]) -> go.Figure:
    """How far the tokens of each group have moved, on average, from the start to every layer's end `[1 + layers]`, over their length.
    Groups in the order of their colours; nan where a group is empty. Choosing a point chooses the number of its layer, 0 at the start."""
    depth = len(next(iter(means.values()))) - 1
    x = np.arange(depth + 1)
    names = ["at the start", *(f"after layer {layer}" for layer in x[1:])]
    axis = "relative movement"
    made = figure("Movement of the rows", "after layer", axis, height=280, phone=340, rows=("tokens", "stage", "movement"))
    _add_lines(
        made, x, names, {name: (values, colour) for (name, values), colour in zip(means.items(), (ORANGE, BLUE, PINK), strict=False)}
    )
    numbers = _labelled(depth)
    made.update_xaxes(tickvals=[0, *numbers], ticktext=["start", *map(str, numbers)], zeroline=False)
    return made.update_yaxes(rangemode="tozero")


def _labelled(depth: int) -> list[int]:
    """The layers whose numbers are written."""
    step = -(-depth // LABELLED)
    return list(range(step, depth + 1, step))


def _add_lines(made: go.Figure, x: np.ndarray, names: Sequence[str], lines: Mapping[str, tuple[np.ndarray, str]]) -> None:
    """A line a group over the stages."""
    for name, (values, colour) in lines.items():
        said = told([name] * len(x), names, ["—" if np.isnan(y) else f"{y:.4g}" for y in values], links=range(len(x)))
        made.add_scatter(x=x, y=values, mode="lines+markers", line={"color": colour, "width": 2}, marker_size=6, name=name, **said)
    made.update_layout(hoverdistance=-1)
