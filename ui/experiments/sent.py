"""What the experiments' component is sent, of results that are there; no server is needed for it."""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ui.kit.payload import layout_facts, pack, picture_array
from vit_core.readout import class_names
from vit_core.study import perturbation
from vit_core.study.effect import Followed, spearman
from vit_core.study.explanations.gradients import Question
from vit_core.study.explanations.methods import FACTS, METHODS

if TYPE_CHECKING:
    from ui.work.analysis import Analysis
    from vit_core import ViTTrace


def packed_kind(kind: str, arrays: dict[str, np.ndarray], analysis: "Analysis", shown: str, **facts: Any) -> bytes:
    """An experiment of a kind, with what all have in common; `shown` names the picture that it is drawn over."""
    followed, trace = Followed.of(analysis.trace), analysis.trace
    names = class_names(trace.config)
    common = {
        "kind": kind,
        "before": followed.value,
        "label": None if followed.label is None else names[followed.label],
        "shown": shown,
    }
    return pack({"picture": picture_array(analysis.shown), **arrays}, **common, **facts, **layout_facts(trace))


def attention_maps(trace: "ViTTrace") -> torch.Tensor:
    """What reads the answer attends to among the patches, in every layer, then by rollout: `[layers + 1, N]`."""
    return torch.stack([perturbation.attention_on_patches(trace, layer) for layer in [*range(trace.depth), None]])


def numbers(values: list[float] | None) -> list[float | None] | None:
    """Numbers as JSON can hold them: no nan."""
    return None if values is None else [value if np.isfinite(value) else None for value in values]


def agreeing(attention: np.ndarray, drops: np.ndarray) -> list[float | None] | None:
    """Rank correlation of the drops with each row of attention; None before all drops are known."""
    known = not np.isnan(drops).any()
    return numbers([spearman(torch.from_numpy(row), torch.from_numpy(drops)) for row in attention] if known else None)


def facts_of(trace: "ViTTrace", asks: Question) -> dict[str, Any]:
    """What the components say of the methods and of the question."""
    names, patches = class_names(trace.config), trace.layout.num_patches
    return {
        "methods": [
            {"id": m.id, "name": m.name, "source": m.source, "passes": m.passes(patches), "signed": m.signed, "leaves": m.leaves}
            for m in METHODS
        ],
        "why": names[asks.label],
        "not": None if asks.against is None else names[asks.against],
        "score": float(asks.score(trace.logits[:1])[0]),
    }


def split(values: np.ndarray, patches: int) -> tuple[np.ndarray, list[list[float | None]]]:
    """Maps `[methods, N]`, and after each map milliseconds and what it leaves over, of `explained`'s numbers."""
    rows = values.reshape(len(METHODS), patches + FACTS)
    return np.ascontiguousarray(rows[:, :patches]), [numbers(row.tolist()) or [] for row in rows[:, patches:]]
