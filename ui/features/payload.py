"""What the features page's components are sent: the rows of one layer at length 1, and every layer's principal components."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F

from ui.kit.payload import layout_facts, pack, picture_array
from vit_core.study.representations import features

if TYPE_CHECKING:
    from torch import Tensor

    from ui.work.analysis import Analysis
    from vit_core import ViTTrace

DIRECTIONS = 3
Places = Callable[[], "Tensor"]
"""Gives each place's mean over the gallery's pictures, `[layers, tokens, width]`."""


@dataclass(frozen=True)
class Setting:
    """The rows, and whether each place's mean over the gallery's pictures is subtracted."""

    rows: features.Rows
    content: bool

    @property
    def name(self) -> str:
        """As part of a payload's key."""
        return f"{self.rows} {'content' if self.content else 'whole'}"


def rows_of(trace: "ViTTrace", layer: int, setting: Setting, places: Places) -> "Tensor":
    """The rows that are looked at, `[tokens, width]`."""
    rows = features.rows_of(trace, layer, setting.rows)
    return features.without_place(rows, places()[layer]) if setting.content else rows


def at_length_one(rows: "Tensor") -> np.ndarray:
    """Rows as they travel: each divided by its length, in half precision. Their dot products are cosines, to three decimals."""
    return F.normalize(rows.double(), dim=-1).numpy().astype(np.float16)


def place_means(traces: Iterable["ViTTrace"], rows: features.Rows) -> "Tensor":
    """Each place's mean over pictures, in every layer: `[layers, tokens, width]`. One trace is held at a time."""
    total, count = None, 0
    for trace in traces:
        found = torch.stack([features.rows_of(trace, layer, rows) for layer in range(trace.depth)])
        total = found if total is None else total + found
        count += 1
    assert total is not None, "There are no pictures."
    return total / count


def likeness(analysis: "Analysis", of: str, subject: int, layer: int, setting: Setting, places: Places, pictures: int) -> bytes:
    """One layer's rows, and the picture. `of` names the model, picture and sizes: what the browser has kept of others is let go. `subject`:
    the token that is looked at until one is chosen."""
    trace = analysis.trace
    arrays = {"rows": at_length_one(rows_of(trace, layer, setting, places)), "picture": picture_array(analysis.shown)}
    facts = {"of": of, "subject": subject, "layer": layer, "rows": setting.rows, "content": setting.content, "pictures": pictures}
    return pack(arrays, **facts, **layout_facts(trace))


def in_directions(trace: "ViTTrace", setting: Setting, places: Places) -> tuple["Tensor", "Tensor"]:
    """Where each layer's patches lie along its first principal components, `[layers, patches, 3]`, and the shares of the variance that
    these explain, `[layers, 3]`.

    A component's sign means nothing: from layer to layer it is the one that goes with the layer before, so that colours stay.
    """
    first = trace.layout.num_prefix_tokens
    where: list[Tensor] = []
    shares: list[Tensor] = []
    for layer in range(trace.depth):
        rows = rows_of(trace, layer, setting, places)[first:]
        found = features.components(rows, DIRECTIONS)
        along = found.of(rows)
        if where:
            along = along * torch.where((along * where[-1]).sum(dim=0) < 0, -1.0, 1.0)
        where.append(along)
        shares.append(found.explained)
    return torch.stack(where), torch.stack(shares)


def directions(analysis: "Analysis", subject: int, setting: Setting, places: Places) -> bytes:
    """Every layer's components; where a layer's patches are all the same, the sentence that says so."""
    trace = analysis.trace
    arrays, problem = {"picture": picture_array(analysis.shown)}, None
    try:
        where, shares = in_directions(trace, setting, places)
        arrays |= {"where": where.float().numpy(), "explained": shares.float().numpy()}
    except ValueError:
        problem = "In a layer all patches are the same: they have no principal components."
    return pack(arrays, subject=subject, problem=problem, rows=setting.rows, content=setting.content, **layout_facts(trace))
