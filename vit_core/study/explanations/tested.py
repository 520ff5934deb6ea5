"""Explanations put to the test: does the answer fall where a map says, do maps agree, and do they notice when the model is another?"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import TokenLayout
from vit_core.study.effect import spearman
from vit_core.study.explanations.methods import QUICK, Method
from vit_core.study.gradients import Question, randomised
from vit_core.study.perturbation import random_orders
from vit_core.trace import ViTTrace


def centre_prior(layout: TokenLayout) -> Float[Tensor, " patches"]:
    """What knows nothing of the picture, and that photographs have their subject in the middle: the nearer to it, the higher. `[N]`, minus
    the distance in patches."""
    rows, cols = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2 for side in layout.grid)
    return -(rows[:, None] ** 2 + cols[None, :] ** 2).sqrt().flatten()


def orders(layout: TokenLayout, maps: Float[Tensor, "methods patches"]) -> list[Int[Tensor, " patches"]]:
    """The orders in which patches are removed and added: by each map, the largest first, by the centre prior, and at random."""
    falling = [row.argsort(descending=True, stable=True) for row in (*maps, centre_prior(layout))]
    return [*falling, *random_orders(layout.num_patches)]


def agreement(maps: Float[Tensor, "methods patches"]) -> list[list[float]]:
    """Rank correlation of any two maps; nan with one that is everywhere the same."""
    return [[spearman(one, other) for other in maps] for one in maps]


def last_map(method: Method, trace: ViTTrace, question: Question) -> Float[Tensor, " patches"]:
    """A method's map alone."""
    return [part for part in method.run(trace, question) if len(part)][-1][: trace.layout.num_patches]


def stages(depth: int) -> list[str]:
    """What is drawn anew at each stage of `randomisation`, beside all before it."""
    return ["classifier", *(f"block {layer}" for layer in range(depth, 0, -1))]


def randomisation(
    trace: ViTTrace, question: Question, maps: Float[Tensor, "methods patches"], methods: Sequence[Method] = QUICK, seed: int = 0
) -> Iterator[Float[Tensor, " methods"]]:
    """Rank correlation of each method's map with `maps`, its map of the whole model, after the classifier's weights are drawn anew, then
    also the last block's, and so on to the first: `depth + 1` stages. nan where a map is everywhere the same. Source: Adebayo et al. 2018,
    section 3."""
    for _, other in randomised(trace.model, trace.depth, seed):
        again = other(trace.images[:1], trace.patch_size)
        found = [spearman(last_map(method, again, question), row) for method, row in zip(methods, maps, strict=True)]
        yield torch.tensor(found)
