"""One picture at several sizes: the mean of the answers, and the smallest size that is sure enough.

`probs` has an answer for each size, the smallest first; `macs` says what each costs, in multiply-accumulates.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor


def answers(logits: Float[Tensor, "*lead classes"], temperature: float) -> Float[Tensor, "*lead classes"]:
    """Probabilities in float64: softmax(logits / temperature), with the model's calibrated temperature."""
    return (logits.double() / temperature).softmax(dim=-1)


def averaged(probs: Float[Tensor, "sizes *pictures classes"]) -> Float[Tensor, "*pictures classes"]:
    """Multi-scale inference: the mean of the sizes' probabilities, each size counted alike. ValueError without a size."""
    if not len(probs):
        raise ValueError("There is no answer to average.")
    return probs.mean(dim=0)


def sure(probs: Float[Tensor, "sizes *pictures classes"], threshold: float) -> Int[Tensor, "*pictures"]:
    """Adaptive input sizing: for each picture the first size whose likeliest class reaches `threshold`, else the last.

    Sizes are tried in turn, the smallest first, and the first answer that is sure enough is kept.
    """
    reached = probs.amax(dim=-1) >= threshold
    reached[-1] = True
    return reached.int().argmax(dim=0)


def spent(macs: Sequence[int], tried: int) -> int:
    """Multiply-accumulates of one picture whose answer at size number `tried` was kept: every smaller size was run too."""
    return sum(macs[: tried + 1])


def agreement(one: Float[Tensor, "pictures classes"], other: Float[Tensor, "pictures classes"]) -> int:
    """On how many pictures two answers have the same likeliest class."""
    return int((one.argmax(dim=-1) == other.argmax(dim=-1)).sum())


def kept(probs: Float[Tensor, "sizes pictures classes"], threshold: float) -> Float[Tensor, "pictures classes"]:
    """The answers that adaptive sizing gives."""
    return probs[sure(probs, threshold), torch.arange(probs.shape[1])]
