"""Is a cheaper way to run a model worth it? Its answers beside the model's own, its time in the same run, its memory."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vit_core.cost.measure import LiveBytes

Outputs = tuple[Tensor, Tensor]
"""`(pooled, logits)` of one picture."""


@dataclass(frozen=True)
class Agreement:
    """How one answer compares with the model's own.

    `same`: is the likeliest class the same one (None without a head)? `cosine` of the pooled features, `difference`: the largest between
    two logits. `own` and `other` are the classes' indices.
    """

    same: bool | None
    cosine: float
    difference: float
    own: int | None
    other: int | None


def agreement(own: Outputs, other: Outputs, has_head: bool) -> Agreement:
    """Compare the answers to one picture. Both sizes may differ; the features have one length whatever the tokens."""
    (one, two), logits = ([tensor.float().flatten() for tensor in pair] for pair in zip(own, other, strict=True))
    classes = [int(values.argmax()) if has_head else None for values in logits]
    cosine = float(F.cosine_similarity(one, two, dim=0))
    return Agreement(classes[0] == classes[1] if has_head else None, cosine, float((logits[0] - logits[1]).abs().max()), *classes)


def time_ratio(own: Callable[[], object], other: Callable[[], object], repeats: int = 5) -> float:
    """Time of `other` over that of `own`, the fastest of `repeats` each, run in turns after a round that is not counted.

    The fastest run tells most about the code, slower ones about what else the machine was doing. ValueError if `repeats` is below 1.
    """
    if repeats < 1:
        raise ValueError(f"`repeats` must be at least 1; got {repeats}.")
    return fastest_ratio([one_round(own, other) for _ in range(repeats + 1)])


def one_round(*runs: Callable[[], object]) -> tuple[float, ...]:
    """Seconds of each, one after the other."""
    taken = []
    for run in runs:
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return tuple(taken)


def fastest_ratio(rounds: Sequence[tuple[float, ...]]) -> float:
    """The fastest of the second over the fastest of the first, over all rounds but the first, which warms up."""
    own, other = (min(taken) for taken in zip(*rounds[1:], strict=True))
    return other / own


def peak_bytes(run: Callable[[], object]) -> int:
    """Most bytes of tensors that `run` makes and that are alive at once, by the lifetimes of what its operations return."""
    with torch.inference_mode(), LiveBytes() as live:
        run()
    return live.peak
