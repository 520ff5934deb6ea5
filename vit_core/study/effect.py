"""What an experiment follows from run to run: how much of the model's answer is left."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vit_core.trace import ViTTrace

KEPT_BYTES = 1 << 27
LARGEST_BATCH = 16


@dataclass(frozen=True, eq=False)
class Followed:
    """What is followed, and its `value` in the unedited run.

    `label` is the class whose probability is followed: the likeliest of the unedited run. For a model without classes it is None, and the
    cosine similarity of the pooled features with the unedited ones, `features` (`[D]`, several read-out tokens one after the other), is
    followed instead: 1 where nothing changed.
    """

    label: int | None
    features: Float[Tensor, " dim"]
    value: float

    @classmethod
    def of(cls, trace: ViTTrace, label: int | None = None) -> "Followed":
        """What is followed of a trace's first picture: its likeliest class, or `label`; where there are no classes, the features."""
        features = trace.pooled[:1].flatten(1)[0]
        if trace.config.num_classes == 0:
            return cls(None, features, 1.0)
        label = int(trace.probs[0].argmax()) if label is None else label
        return cls(label, features, float(trace.probs[0, label]))

    def left(self, trace: ViTTrace) -> Float[Tensor, " batch"]:
        """How much of it is left in every picture of another run."""
        if self.label is not None:
            return trace.probs[:, self.label]
        return F.cosine_similarity(trace.pooled.flatten(1).double(), self.features[None].double(), dim=1).float()


def batch_size(trace: ViTTrace) -> int:
    """How many pictures to run at a time, so that what a run keeps stays below `KEPT_BYTES`; at most `LARGEST_BATCH`."""
    one = max(1, trace.kept_bytes // len(trace.images))
    return max(1, min(LARGEST_BATCH, KEPT_BYTES // one))


def spearman(one: Float[Tensor, " values"], other: Float[Tensor, " values"]) -> float:
    """Rank correlation: Pearson's correlation of the ranks, equal values sharing the mean of theirs; nan where all values are equal.

    Source: Spearman 1904.
    """
    first, second = (r - r.mean() for r in (ranks(one), ranks(other)))
    scale = first.norm() * second.norm()
    return float(first @ second / scale) if scale > 0 else float("nan")


def ranks(values: Float[Tensor, " values"]) -> Float[Tensor, " values"]:
    """Ranks from 1, the smallest value first; equal values share the mean of their ranks."""
    _, group, sizes = values.double().unique(return_inverse=True, return_counts=True)
    last = sizes.cumsum(0).double()
    return (last - (sizes.double() - 1) / 2)[group]


def area(shares: Float[Tensor, " points"], values: Float[Tensor, "*lead points"]) -> Float[Tensor, "*lead"]:
    """Area under curves by the trapezoid rule: the mean height where `shares` run from 0 to 1."""
    return torch.trapezoid(values.double(), shares.double(), dim=-1).float()
