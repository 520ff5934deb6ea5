"""The charts of the attention page as figures: every head by one measure, and what covering patches does to the answer."""

from typing import TYPE_CHECKING, Literal

import numpy as np
from torch import from_numpy

from vit_core.readout import Answer
from vit_core.study.occlusion import curves_of
from vit_figures.curves import covered
from vit_figures.heads import heads

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from vit_core import ViTTrace
    from vit_core.study.heads import HeadProfiles

MEASURES = {
    "distance": ("mean distance", "px", "distance"),
    "entropy": ("entropy", "bit", "entropy"),
    "prefix": ("mass on tokens in front", "", "prefix_mass"),
}
"""What heads are drawn by: its words, its unit, and its field in `HeadProfiles`."""


def by_measure(found: "HeadProfiles", measure: str, along: Literal["layer", "rank"]) -> "Figure":
    """All heads by one of `MEASURES`. KeyError for another."""
    words, unit, field = MEASURES[measure]
    even = found.uniform_distance if measure == "distance" else None
    return heads(getattr(found, field).float().numpy(), found.kinds, words, unit, along, even)


def importance(trace: "ViTTrace", values: np.ndarray) -> "Figure":
    """All of `occlusion_values`, nan where it is not known yet, in three orders."""
    top = Answer.of(trace, 1).top
    followed = f"probability of {top[0][0]}" if top else "cosine of the features to those of the whole picture"
    curves = curves_of(from_numpy(values), None)
    shares, most, least, drawn = (part.numpy() for part in (curves.shares, curves.most, curves.least, curves.random))
    return covered(shares, most, least, drawn, followed)
