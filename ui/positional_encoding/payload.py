"""What the positional page's browser components are sent: tables and what they are resized with; trials on the picture; the twins."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ui.kit.payload import jpeg, layout_facts, pack, picture_array
from ui.work.turns import turns
from vit_core import images, positions
from vit_core.data import moments
from vit_core.readout import class_names, whole_names
from vit_core.study import position_experiments as experiments
from vit_core.study.effect import Followed
from vit_core.train import snapshots

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

    from ui.work.analysis import Analysis
    from vit_core import TokenLayout, VisionTransformer, ViTTrace

SIDES = range(2, 25)
KEPT, SHOWN = 24, 8
MOST_CLASSES = 1000
MODES = {"bicubic": "bicubic", "bicubic_antialias": "bicubic, antialiased"}


@dataclass(frozen=True)
class Published:
    """One row of a published comparison."""

    name: str
    value: float
    ours: bool = False


ABLATION: dict[str, Any] = {
    "metric": "ImageNet 5-shot linear accuracy of ViT-B/16",
    "source": "Source: Dosovitskiy et al. 2021, An Image Is Worth 16×16 Words, Table 8.",
    "rows": [Published("none", 0.614), Published("1D (ViT)", 0.642, ours=True), Published("2D", 0.640), Published("relative", 0.640)],
}


Tables = tuple[dict[str, np.ndarray], dict]


def explorer(tables: Tables, model: str, learned: str, layout: dict) -> bytes:
    """A model's tables, with the picture's layout. `learned`: what its own table is called."""
    arrays, facts = tables
    return pack(arrays, model=model, learnedName=learned, **facts, **layout)


def model_tables(model: "VisionTransformer") -> Tables:
    """Tables, resizing matrices and structure of a model: the part of the explorer's payload that depends on the model alone."""
    config, table = model.config, model.pos_embed.detach()
    prefix, (rows, cols), dim = config.num_pos_prefix, config.native_grid, config.embed_dim
    count = rows * cols
    taken = training_moments(model)
    structured = {
        "learned": table[0, prefix:],
        "sincos2d": positions.sincos_positions((rows, cols), dim),
        "sincos1d": positions.sincos_positions_1d(count, dim),
        "random": positions.random_positions(count, dim),
        **{f"snapshot-{i}": old[0, prefix:] for i, (_, old) in enumerate(taken)},
    }
    structures = [positions.position_structure(rows_) for rows_ in structured.values()]
    kept = min(KEPT, len(structures[0].shares))
    arrays = {
        "table": table[0].numpy(),
        "random": positions.random_positions(SIDES[-1] ** 2, dim).numpy(),
        **resizing(model),
        "errors": np.stack([positions.round_trip_error(table, config, (side, side)).numpy() for side in SIDES]),
        "shares": np.stack([s.shares[:kept].numpy() for s in structures]),
        "components": np.stack([s.components[:, :SHOWN].T.contiguous().numpy() for s in structures]),
        "snapshots": np.stack([old[0].numpy() for _, old in taken]) if taken else np.zeros((0, len(table[0]), dim), np.float32),
    }
    explained = [positions.similarity_explained(positions.cosine_similarity(rows_), (rows, cols)) for rows_ in structured.values()]
    facts = {
        "nativeGrid": [rows, cols],
        "posPrefix": [config.layout((rows, cols)).name(i) for i in range(prefix)],
        "posMode": MODES[config.pos_interpolation],
        "sides": list(SIDES),
        "structured": list(structured),
        "kept": kept,
        "shown": min(SHOWN, arrays["components"].shape[1]),
        "explained": [{name: value if np.isfinite(value) else None for name, value in row.items()} for row in explained],
        "snapshots": [{"label": snapshot.label, "minutes": snapshot.minutes, "step": snapshot.step} for snapshot, _ in taken],
        "parameters": sum(p.numel() for p in model.parameters()),
        "ablation": {**ABLATION, "rows": [asdict(row) for row in ABLATION["rows"]]},
    }
    return arrays, facts


def training_moments(model: "VisionTransformer") -> list[tuple[moments.Snapshot, torch.Tensor]]:
    """The position tables of the bundled model's training, for it and for its own moments; none for another model."""
    plain = model.config.replace(temperature=1.0)
    same = [snapshot for snapshot in moments.available() if snapshots.config_of(snapshot.path).replace(temperature=1.0) == plain]
    return [(snapshot, snapshots.load(snapshot.path).pos_embed.detach()) for snapshot in same]


def resizing(model: "VisionTransformer") -> dict[str, np.ndarray]:
    """The matrices of `positions.interpolation_matrix` from the native grid to every side and back, one after the other."""
    found: dict[str, list] = {"toRows": [], "toCols": [], "fromRows": [], "fromCols": []}
    for side in SIDES:
        for name, native in zip(("Rows", "Cols"), model.config.native_grid, strict=True):
            found[f"to{name}"].append(positions.interpolation_matrix(model.config, native, side).flatten())
            found[f"from{name}"].append(positions.interpolation_matrix(model.config, side, native).flatten())
    return {name: torch.cat(parts).numpy() for name, parts in found.items()}


def trials(analysis: "Analysis", official: dict | None) -> bytes:
    """Every way to treat the positions, tried on the picture: probabilities, and the rows that were added. `official`: what was measured
    on the validation set.

    Of more than a thousand classes those that any way finds among its five likeliest; without a classifier, how alike the features are to
    those
    with positions kept.
    """
    trace = analysis.trace
    tried = experiments.try_positions(trace, between=turns.give_way)
    prefix, dim = trace.config.num_pos_prefix, trace.config.embed_dim
    labels, whole, probabilities = followed(tried)
    arrays = {
        "learned": trace.pos_embedding[0].numpy(),
        "random": positions.random_positions(trace.layout.num_patches, dim).numpy(),
        "order": experiments.shuffled_order(trace.layout.num_patches).int().numpy(),
        "probs": probabilities,
        "picture": picture_array(analysis.shown),
    }
    change = float((tried["kept"].logits - trace.logits).abs().max())
    names = [trace.layout.name(i) for i in range(prefix)]
    facts = {
        "ways": list(tried),
        "labels": labels,
        "whole": whole,
        "features": not trace.config.num_classes,
        "undone": change,
        "posPrefix": names,
    }
    facts["official"] = official
    return pack(arrays, **facts, **layout_facts(analysis.trace))


def followed(tried: Mapping[str, "ViTTrace"]) -> tuple[list[str], list[str], np.ndarray]:
    """What the trials are compared by, its whole names, and its values `[ways, names]` in float32."""
    kept = tried["kept"]
    if not kept.config.num_classes:
        return ["cosine"], ["cosine"], np.stack([Followed.of(kept).left(found).numpy() for found in tried.values()])
    count = kept.config.num_classes
    best = {number for found in tried.values() for number in found.probs[0].topk(min(5, count)).indices.tolist()}
    classes = list(range(count)) if count <= MOST_CLASSES else sorted(best)
    names, whole = ([of(kept.config)[number] for number in classes] for of in (class_names, whole_names))
    return names, whole, np.stack([found.probs[0, classes].numpy() for found in tried.values()])


def shown_patch(layout: "TokenLayout", token: int) -> int:
    """The patch (raster order, from 0) of a token; for a prefix token, which has no place, the one that the page starts with."""
    rows, cols = layout.grid
    return token - layout.num_prefix_tokens if token >= layout.num_prefix_tokens else rows // 4 * cols + cols // 4


def twins(analysis: "Analysis", patch: int) -> bytes:
    """A patch in a second place of the picture, and both tokens' paths through the layers."""
    from ui.kit.charts import looks, packed

    twins = experiments.follow_twins(analysis.trace, patch)
    trace = twins.trace
    shown = images.to_image(trace.images, trace.config.preprocessing)
    arrays = {"picture": np.frombuffer(jpeg(shown), dtype=np.uint8), "usual": twins.usual.numpy()}
    for name, path in (("kept", twins.kept), ("zeroed", twins.zeroed)):
        arrays |= {name: path.similarity.numpy(), f"{name}Distance": path.distance.numpy()}
    facts = {"figure": packed(twins_figure(twins)), "looks": looks()}
    return pack(arrays, first=twins.first, second=twins.second, **facts, **layout_facts(analysis.trace))


def twins_figure(twins: experiments.Twins) -> "Figure":
    """How alike both tokens stay from stage to stage."""
    from vit_figures.layers import similarity

    return similarity(*(values.numpy() for values in (twins.kept.similarity, twins.zeroed.similarity, twins.usual)))
