"""What a picture is opened with before anybody has chosen: the late head whose attention is most like an object, and a patch of it.

Both are found from the trace alone, by rules of ours. That late heads of [CLS] mark objects nobody named to them was seen by Caron et al.
2021 (DINO), figure 1; which head does so changes with the picture.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.analysis import reader_attention
from vit_core.study.heads import colour_ceiling
from vit_core.trace import ViTTrace

LATE = 4
"""Layers, counted from the last, among whose heads one is chosen."""


@dataclass(frozen=True)
class Opening:
    """A head, by layer and number from 0, and a patch, in raster order from 0."""

    layer: int
    head: int
    patch: int


@torch.inference_mode()
def opening(trace: ViTTrace) -> Opening:
    """The head of the last `LATE` layers whose map is most object-like, and the patch of most contrast where this map is bright.

    The map is what reads the answer ([CLS], or the patches on average) attends to, on the patches of the first picture. The patch is the
    one with the largest product of its weight there, sinks left out, and the standard deviation of its pixel values over all channels.
    """
    layers = range(max(0, trace.depth - LATE), trace.depth)
    maps = torch.stack([reader_attention(trace, layer)[0, :, trace.layout.patches] for layer in layers])  # [layers, heads, N]
    best = int(object_likeness(maps, trace.layout.grid).flatten().argmax())
    layer, head = divmod(best, maps.shape[1])
    patch = int((without_sinks(maps[layer, head]) * trace.patches[0].std(dim=-1, correction=0)).argmax())
    return Opening(layers[layer], head, patch)


def without_sinks(weights: Float[Tensor, "*lead patches"]) -> Float[Tensor, "*lead patches"]:
    """Maps without the few patches far above all others (attention sinks: `colour_ceiling`), each scaled to sum to 1; all zero stays so."""
    ends = torch.tensor([colour_ceiling(row) for row in weights.reshape(-1, weights.shape[-1])]).view(*weights.shape[:-1], 1)
    kept = weights.where(weights <= ends, 0.0)
    return kept / kept.sum(dim=-1, keepdim=True).clamp(min=1e-12)


def object_likeness(weights: Float[Tensor, "*lead patches"], grid: tuple[int, int]) -> Float[Tensor, " *lead"]:
    """How much a map `[..., N]` is like that of an object: its contrast over its spread, sinks left out; 0 where it is even.

    Contrast: the share of the weight that would have to move for all patches to have the same (total variation from the even share).
    Spread: the weighted distance from the map's centre (root mean square) over that of an even map. An object is one place of some size:
    a faint map lacks contrast, one scattered over the picture is spread.
    """
    kept = without_sinks(weights)
    rows, cols = (axis.flatten() for axis in torch.meshgrid(*(torch.arange(float(side)) for side in grid), indexing="ij"))
    contrast = (kept - 1 / kept.shape[-1]).clamp(min=0).sum(dim=-1)

    def spread(share: Tensor) -> Tensor:
        down, across = ((share * (axis - (share * axis).sum(dim=-1, keepdim=True)) ** 2).sum(dim=-1) for axis in (rows, cols))
        return (down + across).sqrt()

    even = spread(torch.full_like(rows, 1 / len(rows)))
    return contrast * even / spread(kept).clamp(min=1 / 12**0.5)  # not below the spread inside one patch
