"""The charts of the experiments as figures: patches removed and added, and how far rows move."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vit_core.readout import class_names
from vit_core.study import perturbation
from vit_core.study.effect import Followed
from vit_core.study.explanations.methods import METHODS, QUICK
from vit_figures import curves, explanations
from vit_figures.layers import movement

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from torch import Tensor

    from vit_core import TokenLayout, ViTTrace
    from vit_core.study.perturbation import Curves


def curve_orders(trace: "ViTTrace", drops: "Tensor", layer: int | None) -> "list[Tensor]":
    """The orders in which patches are removed and added: by attention, by occlusion, and at random."""
    by_attention = perturbation.attention_on_patches(trace, layer).argsort(descending=True)
    return [by_attention, drops.argsort(descending=True), *perturbation.random_orders(trace.layout.num_patches)]


def in_orders(trace: "ViTTrace", found: "Curves") -> dict[str, "Figure"]:
    """Patches removed and added in three orders, by the names of `Curves`."""
    followed = Followed.of(trace)
    label = "similarity of the features" if followed.label is None else f"probability of {class_names(trace.config)[followed.label]}"
    shares, deletion, insertion = (part.numpy() for part in (found.shares, found.deletion, found.insertion))
    return {
        "deletion": curves.removed(shares, deletion, label, followed.value),
        "insertion": curves.added(shares, insertion, label, followed.value),
    }


def moved(layout: "TokenLayout", change: np.ndarray, chosen: Sequence[int]) -> "Figure":
    """How far the rows of the chosen tokens, of the other patches and of those in front have moved, `change` being `stream_change`'s."""
    lead, tokens = layout.num_prefix_tokens, np.arange(layout.num_tokens)
    others = ~np.isin(tokens, chosen)
    groups = {"chosen tokens, mean": ~others, "other patches, mean": others & (tokens >= lead)}
    if lead:
        groups["special tokens, mean" if lead > 1 else layout.name(0)] = others & (tokens < lead)
    empty = np.full(len(change), np.nan)
    return movement({name: change[:, group].mean(1) if group.any() else empty for name, group in groups.items()})


def explained(trace: "ViTTrace", label: int, found: "Curves", drawn: np.ndarray, stages: Sequence[str]) -> dict[str, "Figure"]:
    """Patches removed and added in the order of every method, of the centre prior and at random, by the names of `Curves`; and how alike
    maps stay, `drawn` `[stages, methods]`, when weights are drawn anew."""
    followed = f"probability of {class_names(trace.config)[label]}"
    names, shares = [*(method.name for method in METHODS), "centre prior"], found.shares.numpy()
    made = {
        name: explanations.orders(shares, values.numpy(), names, way, followed, float(trace.probs[0, label]))
        for name, way, values in (("deletion", "removed", found.deletion), ("insertion", "added", found.insertion))
    }
    return made | {"randomised": explanations.randomised({m.name: line for m, line in zip(QUICK, drawn.T, strict=True)}, stages)}
