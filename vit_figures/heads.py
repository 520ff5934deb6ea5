"""All heads of a model by one measure: by layer, or from the lowest to the highest."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import plotly.graph_objects as go

from vit_figures.look import AMBER, BLUE, GREEN, GREY, PINK, SKY, figure, told

KIND_COLOURS = {"local": BLUE, "row": SKY, "column": AMBER, "[CLS]-bound": PINK, "global": GREEN, "mixed": GREY}
"""The types of `vit_core.study.heads.HeadProfiles.kinds` in their colours."""
SPREAD = 0.5
"""Of the room between two layers, the share over which the dots of one layer lie."""
LABELLED = 12
"""Layers whose numbers a phone has room for."""


def heads(
    values: np.ndarray,
    kinds: Sequence[Sequence[str]],
    measure: str,
    unit: str = "",
    along: Literal["layer", "rank"] = "layer",
    even: float | None = None,
) -> go.Figure:
    """A dot a head for `values` and `kinds` `[layers, heads]` of a `measure`, by its layer or by its rank among all; `even`: what even
    attention would have. Choosing a point chooses the number of its head, counted on from layer to layer, from 0.
    """
    depth, count = values.shape
    across = "layer" if along == "layer" else "heads, from the lowest to the highest"
    axis = f"{measure}, {unit}" if unit else measure
    made = figure(f"Heads by {along}: {measure}", across, axis, height=340, phone=420, rows=("head", "type", measure))
    flat, names = values.ravel(), np.array(kinds, dtype=object).ravel()
    layers, numbers = (part.ravel() for part in np.indices(values.shape))
    if along == "layer":
        x = layers + 1 + (numbers / max(1, count - 1) - 0.5) * SPREAD
        made.update_xaxes(tick0=1, dtick=-(-depth // LABELLED), range=[0.5, depth + 0.5], showgrid=False, zeroline=False)
    else:
        x = np.argsort(np.argsort(flat, kind="stable"), kind="stable") + 1
        made.update_xaxes(range=[0, flat.size + 1], zeroline=False)
    for kind, colour in KIND_COLOURS.items():
        own = np.flatnonzero(names == kind)
        if not len(own):
            continue
        what = [f"layer {layers[i] + 1}, head {numbers[i] + 1}" for i in own]
        said = told(what, [kind] * len(own), [f"{flat[i]:.4g} {unit}".rstrip() for i in own], links=[int(i) for i in own])
        made.add_scatter(
            x=x[own], y=flat[own], mode="markers", name=f"{kind} {len(own)}", marker={"color": colour, "size": 9}, cliponaxis=False, **said
        )
    if even is not None:
        ends = {"x": [0.5, depth + 0.5] if along == "layer" else [0, flat.size + 1], "y": [even, even]}
        made.add_scatter(**ends, mode="lines", line={"color": GREY, "width": 1.5, "dash": "dash"}, name="even attention", hoverinfo="skip")
    made.update_yaxes(range=[0, 1.04 * max(float(flat.max()), even or 0.0) or 1.0])
    return made
