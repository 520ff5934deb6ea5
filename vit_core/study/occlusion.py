"""Is attention importance? Cover the patches that get the most of it, and see what the model still says."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.patches import patchify, unpatchify
from vit_core.study.effect import Followed, batch_size
from vit_core.trace import ViTTrace

MOST_COVERED, STEPS, ORDERS = 0.8, 9, 5


@dataclass(frozen=True)
class OcclusionCurves:
    """Probability of one class (without a head, likeness of the features: `effect.Followed`), with growing shares of the patches covered.

    `shares` `[steps]` in [0, 1]; `most` and `least` attended first, each `[steps]`; `random` `[orders, steps]`.
    """

    label: int | None
    shares: Float[Tensor, " steps"]
    most: Float[Tensor, " steps"]
    least: Float[Tensor, " steps"]
    random: Float[Tensor, "orders steps"]


def cover(
    images: Float[Tensor, "1 chans height width"], patch_size: int, grid: tuple[int, int], patches: Int[Tensor, " count"]
) -> Float[Tensor, "1 chans height width"]:
    """The picture with some patches (indices in raster order) replaced by the picture's mean colour."""
    cut = patchify(images, patch_size).clone()
    mean = images.mean(dim=(2, 3)).repeat(1, patch_size * patch_size)  # channels innermost, as `patchify` flattens
    cut[:, patches] = mean[:, None]
    return unpatchify(cut, grid, images.shape[1])


def shares_of(steps: int) -> Float[Tensor, " steps"]:
    """The shares that are covered: 0 to `MOST_COVERED`, in even steps."""
    return torch.linspace(0, MOST_COVERED, steps)


@torch.inference_mode()
def occlusion_values(
    trace: ViTTrace, attention: Float[Tensor, " patches"], label: int | None = None, steps: int = STEPS, orders: int = ORDERS, seed: int = 0
) -> Iterator[Float[Tensor, " part"]]:
    """What `occlusion_curves` is made of, in parts: `(2 + orders) * steps` values, one order after the other, most attended first to begin
    with."""
    images, patch_size, grid = trace.images[:1], trace.patch_size, trace.layout.grid
    followed, count = Followed.of(trace, label), trace.layout.num_patches
    generator = torch.Generator().manual_seed(seed)
    falling = attention.argsort(descending=True)
    rankings = [falling, falling.flip(0), *(torch.randperm(count, generator=generator) for _ in range(orders))]
    covered = [order[: round(float(share) * count)] for order in rankings for share in shares_of(steps)]
    size = batch_size(trace)
    for at in range(0, len(covered), size):
        pictures = torch.cat([cover(images, patch_size, grid, patches) for patches in covered[at : at + size]])
        yield followed.left(trace.model(pictures, patch_size))


def curves_of(values: Float[Tensor, " points"], label: int | None, steps: int = STEPS) -> OcclusionCurves:
    """The curves of the values of `occlusion_values`; nan where they are not known yet."""
    rows = values.reshape(-1, steps)
    return OcclusionCurves(label, shares_of(steps), rows[0], rows[1], rows[2:])


def occlusion_curves(
    trace: ViTTrace, attention: Float[Tensor, " patches"], label: int | None = None, steps: int = STEPS, orders: int = ORDERS, seed: int = 0
) -> OcclusionCurves:
    """Run the model again with 0 to 80% of the patches covered, by falling and by rising `attention`, and in random orders.

    `label` is the class whose probability is followed, the likeliest if None; a model without classes is followed by its features. For the
    first picture of the trace.
    """
    values = torch.cat(list(occlusion_values(trace, attention, label, steps, orders, seed)))
    return curves_of(values, Followed.of(trace, label).label, steps)
