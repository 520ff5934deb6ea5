"""Is attention importance? Cover the patches that get the most of it, and see what the model still says."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.effect import Answer, batch_size
from vit_core.patches import patchify, unpatchify
from vit_core.trace import ViTTrace


@dataclass(frozen=True)
class OcclusionCurves:
    """Probability of one class (without a head, likeness of the features: `effect.Answer`), with growing shares of the patches covered.

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


@torch.inference_mode()
def occlusion_curves(
    trace: ViTTrace, attention: Float[Tensor, " patches"], label: int | None = None, steps: int = 9, orders: int = 5, seed: int = 0
) -> OcclusionCurves:
    """Run the model again with 0 to 80% of the patches covered, by falling and by rising `attention`, and in random orders.

    `label` is the class whose probability is followed, the likeliest if None; a model without classes is followed by its features. For the
    first picture of the trace.
    """
    images, patch_size, grid = trace.images[:1], trace.patch_size, trace.layout.grid
    answer = Answer.of(trace) if label is None else replace(Answer.of(trace), label=label)
    count = trace.layout.num_patches
    shares = torch.linspace(0, 0.8, steps)
    generator = torch.Generator().manual_seed(seed)
    falling = attention.argsort(descending=True)
    rankings = [falling, falling.flip(0), *(torch.randperm(count, generator=generator) for _ in range(orders))]
    covered = torch.cat([cover(images, patch_size, grid, order[: round(float(share) * count)]) for order in rankings for share in shares])
    left = [answer.left(trace.model(chunk, patch_size)) for chunk in covered.split(batch_size(trace))]
    probs = torch.cat(left).reshape(len(rankings), steps)
    return OcclusionCurves(answer.label, shares, probs[0], probs[1], probs[2:])
