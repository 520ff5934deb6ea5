"""Groups of patches: how much they part, how alike two groupings are, numbers that stay from one to the next, and what each patch would say
by itself."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.readout import head_on, probabilities
from vit_core.trace import ViTTrace


def parted(rows: Float[Tensor, "patches width"], groups: Int[Tensor, " patches"]) -> float:
    """The share of the rows' variance that lies between the groups: 1 where the rows of each are all the same, 0 where their means are.

    nan where no row differs from another.
    """
    rows = rows.double()
    within = sum(float((mine - mine.mean(dim=0)).square().sum()) for group in groups.unique() if len(mine := rows[groups == group]))
    total = float((rows - rows.mean(dim=0)).square().sum())
    return 1 - within / total if total > 0 else float("nan")


def crossed(one: Int[Tensor, " patches"], other: Int[Tensor, " patches"]) -> Int[Tensor, "groups other_groups"]:
    """How many patches are in each group of both groupings; their groups are counted from 0."""
    across = int(other.max()) + 1
    return torch.bincount(one * across + other, minlength=(int(one.max()) + 1) * across).reshape(-1, across)


def rand_index(one: Int[Tensor, " patches"], other: Int[Tensor, " patches"]) -> float:
    """How far two groupings agree about which pairs of patches belong together: 1 where they are the same, about 0 by chance. The adjusted
    Rand index. Source: Hubert & Arabie 1985, equation 5."""
    pairs = lambda counts: float((counts.double() * (counts.double() - 1) / 2).sum())  # noqa: E731 (it is only used here)
    table = crossed(one, other)
    both, first, second = pairs(table), pairs(table.sum(dim=1)), pairs(table.sum(dim=0))
    every = len(one) * (len(one) - 1) / 2
    expected, most = first * second / every if every else 0.0, (first + second) / 2
    return (both - expected) / (most - expected) if most != expected else 1.0


def renamed(groups: Int[Tensor, " patches"], before: Int[Tensor, " patches"], count: int) -> Int[Tensor, " patches"]:
    """`groups`, numbered 0 to `count` - 1, each with the number of the one of `before` with which it shares most patches; the largest
    shares choose first."""
    table = torch.zeros(count, count, dtype=torch.int64)
    found = crossed(groups, before)
    table[: found.shape[0], : found.shape[1]] = found
    names = torch.full((count,), -1, dtype=torch.int64)
    for place in table.flatten().argsort(descending=True, stable=True).tolist():
        group, name = divmod(place, count)
        if names[group] < 0 and name not in names:
            names[group] = name
    return names[groups]


@torch.inference_mode()
def patch_answers(trace: ViTTrace, layer: int) -> tuple[Int[Tensor, " patches"], Float[Tensor, " patches"]]:
    """What the head would say if it read each patch's row after a layer: the likeliest class, and its probability.

    The final normalisation comes first, as in the model; what the head reads beside its leading vector stays. ValueError if the model has
    no classes. The logit lens of nostalgebraist 2020, on each patch.
    """
    if not trace.config.num_classes:
        raise ValueError("This model has no classes: a patch has nothing to say.")
    rows = trace.model.final_norm(trace.block(layer).resid_post[:1, trace.layout.patches])[0]
    probability, answer = probabilities(trace.config, head_on(trace, rows)).max(dim=-1)
    return answer, probability
