"""Explanations put to the test: does the answer fall where a map says, do maps agree, do they hold still under noise, and do they notice
when the model is another?"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import TokenLayout
from vit_core.study import perturbation
from vit_core.study.effect import Followed, spearman
from vit_core.study.explanations.gradients import Question, randomised
from vit_core.study.explanations.methods import FACTS, METHODS, QUICK, Method, Parts, explained
from vit_core.study.perturbation import random_orders
from vit_core.trace import ViTTrace

RADIUS, NOISES = 0.02, 4
FEW_STEPS = 7  # of a curve, where there are many pictures
STEADY = tuple(method for method in METHODS if method.backward or method in QUICK)


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


def maps_and_curves(trace: ViTTrace, question: Question, steps: int = perturbation.STEPS, known: Tensor | None = None) -> Parts:
    """The numbers of `explained`, unless they are `known`, then those of the curves of the class's probability in all `orders`."""
    parts = []
    for part in explained(trace, question) if known is None else [known]:
        parts.append(part)
        yield part
    maps = torch.cat(parts).reshape(len(METHODS), -1)[:, : trace.layout.num_patches]
    yield from perturbation.curve_values(trace, Followed.of(trace, question.label), orders(trace.layout, maps), steps)


def counts(patches: int, steps: int = perturbation.STEPS) -> tuple[int, int]:
    """How many numbers `maps_and_curves` gives: of maps, and of curves."""
    return len(METHODS) * (patches + FACTS), 2 * (len(METHODS) + 1 + perturbation.ORDERS) * (steps + 1)


def areas(values: Float[Tensor, " numbers"], patches: int, steps: int = perturbation.STEPS) -> Float[Tensor, "2 orders"]:
    """Areas under the curves of `maps_and_curves`, patches removed and added: by each method, by the centre prior, and the mean of the
    random orders."""
    curves = perturbation.curves_of(values[-counts(patches, steps)[1] :], patches, steps)
    found, own = torch.stack(curves.areas), len(METHODS) + 1
    return torch.cat([found[:, :own], found[:, own:].mean(dim=1, keepdim=True)], dim=1)


def noisy(trace: ViTTrace, count: int = NOISES, radius: float = RADIUS, seed: int = 0) -> Iterator[ViTTrace]:
    """The model on its first picture with even noise added, up to `radius` times the picture's range; the same for the same seed."""
    images, generator = trace.images[:1], torch.Generator().manual_seed(seed)
    reach = radius * (images.max() - images.min())
    for _ in range(count):
        noise = 2 * torch.rand(images.shape, generator=generator).to(images) - 1
        yield trace.model(images + reach * noise, trace.patch_size)


def sensitivity(
    trace: ViTTrace, question: Question, maps: Float[Tensor, "methods patches"], methods: Sequence[Method] = STEADY, count: int = NOISES
) -> Iterator[Float[Tensor, " methods"]]:
    """How far each method's map lies from `maps`, its map of the picture, over the length of that, for each of `count` pictures with noise;
    the largest of these is the map's sensitivity. nan where the map is nothing. Source: Yeh et al. 2019, max-sensitivity.

    Our deviations: over the map's length, so that methods can be compared; and the largest of a few draws, below the true largest.
    """
    for other in noisy(trace, count):
        moved = torch.stack([last_map(method, other, question) for method in methods]).double() - maps.double()
        yield (moved.norm(dim=1) / maps.double().norm(dim=1).where(maps.any(dim=1), torch.nan)).float()


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
