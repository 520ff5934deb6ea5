"""`figure(name, trace)`: the charts of the app as Plotly figures, computed from a trace without a server."""

from collections.abc import Callable, Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch

from ui.attention import charts as attention
from ui.experiments import charts as experiments
from ui.model_variants.payload import sizes as sizes_of_published
from ui.performance import charts as performance
from ui.performance.panels import panels
from ui.performance.results import table
from ui.performance.words import COLUMNS
from ui.positional_encoding.payload import shown_patch, twins_figure
from ui.practice import charts as practice
from ui.practice.course import curves
from vit_core import cost
from vit_core.data.bundled import default
from vit_core.study import occlusion, perturbation
from vit_core.study.effect import Followed
from vit_core.study.efficiency import quantization
from vit_core.study.heads import head_profiles
from vit_core.study.position_experiments import follow_twins
from vit_core.study.token_edits import Way, stream_change, token_edits
from vit_figures.efficiency import Setting
from vit_figures.growth import growth

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from vit_core import ViTTrace


def heads(trace: "ViTTrace", measure: str = "distance", along: Literal["layer", "rank"] = "layer") -> "Figure":
    """Every head by `distance`, `entropy` or `prefix`, by layer or by rank."""
    return attention.by_measure(head_profiles(trace), measure, along)


def importance(trace: "ViTTrace") -> "Figure":
    """Patches covered in three orders; runs the model again for each share."""
    values = torch.cat(list(occlusion.occlusion_values(trace, perturbation.attention_on_patches(trace, trace.depth - 1))))
    return attention.importance(trace, values.numpy())


def removed(trace: "ViTTrace", layer: int | None = None, added: bool = False) -> "Figure":
    """Patches removed (or `added`) by the attention of a layer (from 0; of rollout without one), by occlusion and at random; runs the model
    again for each patch and share."""
    followed = Followed.of(trace)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, followed)))
    values = torch.cat(list(perturbation.curve_values(trace, followed, experiments.curve_orders(trace, drops, layer))))
    found = experiments.in_orders(trace, perturbation.curves_of(values, trace.layout.num_patches))
    return found["insertion" if added else "deletion"]


def movement(trace: "ViTTrace", tokens: Sequence[int], way: Way = "zero", stage: int = 0) -> "Figure":
    """How far the rows move when `tokens` are changed at a stage, 0 being the patch embeddings; runs the model again."""
    edits = token_edits(trace.layout, trace.depth, list(tokens), way, stage)
    after = trace.model(trace.images[:1], trace.patch_size, edits)
    return experiments.moved(trace.layout, stream_change(trace, after).numpy(), tokens)


def twins(trace: "ViTTrace", patch: int | None = None) -> "Figure":
    """How alike a patch (from 0; the page's own without one) and its copy in another place stay; runs the model again."""
    return twins_figure(follow_twins(trace, shown_patch(trace.layout, 0) if patch is None else patch))


def compute(trace: "ViTTrace") -> "Figure":
    """Compute over tokens, with the trace's own setting."""
    (size, _), patch = trace.image_size, trace.patch_size
    own = Setting(f"{size} / {patch}", trace.layout.num_tokens, cost.macs(trace.config, trace.image_size, patch).total, own=True)
    return practice.compute(trace.config, patch, [own])


def variants(trace: "ViTTrace", windows: int = 7, neighbourhood: int = 3, strided: int = 2) -> "Figure":
    """One layer's attention over the resolution, in variants of these sizes in patches."""
    return practice.variants(trace.config, trace.patch_size, {"windows": windows, "neighbourhood": neighbourhood, "strided": strided})


def rounding(trace: "ViTTrace", layer: int = 0, matrix: int = 0, row: int = 0, bits: int = 4) -> "Figure":
    """A row of the layer's matrix (0 to 3: qkv, projection, the MLP's two), rounded to so many bits."""
    linear = list(quantization.linears(trace.model.blocks[layer]).values())[matrix]
    return practice.rounding(linear.weight[row].detach().float().numpy(), bits)


def memory(
    trace: "ViTTrace", batch: int = 1, mode: Literal["inference", "training"] = "training", log: bool = True, unit: str = "bytes"
) -> "Figure":
    """What the model needs as the picture grows, in `bytes` for a batch, or in `MACs` for one picture."""
    config, patch = trace.config, trace.patch_size
    sizes = patch * np.unique(np.geomspace(2, 8192 // patch, 60).round().astype(int))
    if unit == "bytes":
        held = [cost.memory(config, int(size), patch, batch=batch, mode=mode) for size in sizes]
        parts = {
            "weights, gradients, optimizer": [one.weights + one.gradients + one.optimizer for one in held],
            "input and activations": [one.inputs + one.activations - one.attention_matrices for one in held],
            "attention matrices": [one.attention_matrices for one in held],
        }
    else:
        macs = [cost.macs(config, int(size), patch) for size in sizes]
        core = [config.depth * one.block.attention_core for one in macs]
        linear = [one.total - part for one, part in zip(macs, core, strict=True)]
        parts = {"linear layers": linear, "attention: scores and weighted values": core}
    return growth(sizes, {name: np.array(values, dtype=float) for name, values in parts.items()}, unit, log)


def accuracy(_: "ViTTrace | None" = None, against: str = "parameters") -> "Figure":
    """Published accuracies against `parameters`, `macs` or `images` (in pretraining)."""
    return performance.against(against, table(), list(COLUMNS))


def published(_: "ViTTrace | None" = None, against: Literal["parameters", "macs"] = "parameters") -> "Figure":
    """The published models of the table of variants."""
    return sizes_of_published()[0 if against == "parameters" else 1]


def lines(_: "ViTTrace | None" = None, panel: str = "data") -> "Figure":
    """A small chart of published lines: what `data` or `training` did."""
    return performance.panel(next(spec for spec in panels() if spec["id"] == panel and spec["kind"] == "lines"))


def course(_: "ViTTrace | None" = None, chart: int = 0) -> "Figure":
    """The course of the bundled model's training."""
    found = curves(default().curves)
    assert found is not None, "The log comes with the bundled model."
    return practice.course(found)[chart]


CHARTS: dict[str, Callable[..., "Figure"]] = {
    draw.__name__: draw
    for draw in (heads, importance, removed, movement, twins, compute, variants, rounding, memory, accuracy, published, lines, course)
}
"""The charts by name."""


def figure(name: str, trace: "ViTTrace | None" = None, **options: Any) -> "Figure":
    """A chart of the app as a figure. ValueError with one sentence for a chart or an option that there is not, or without its trace."""
    if name not in CHARTS:
        raise ValueError(f"There is no chart “{name}”; there are {', '.join(CHARTS)}.")
    draw = CHARTS[name]
    known = list(signature(draw).parameters)[1:]
    for option in options:
        if option not in known:
            raise ValueError(f"The chart “{name}” has no option “{option}”; it has {', '.join(known) or 'none'}.")
    if trace is None and "_" not in signature(draw).parameters:
        raise ValueError(f"The chart “{name}” is of a trace: figure({name!r}, trace).")
    return draw(trace, **options)
