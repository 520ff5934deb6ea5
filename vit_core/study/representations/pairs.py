"""Two traces side by side, of any two models and settings: which layer, head and patch of one stands beside which of the other."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.trace import ViTTrace

Grid = tuple[int, int]


def beside(index: int, count: int, other_count: int) -> int:
    """The place in another row of `other_count` at the same relative depth: first beside first, last beside last, halves go up."""
    return (2 * index * (other_count - 1) + count - 1) // (2 * (count - 1)) if count > 1 else other_count - 1


def head_beside(head: int, heads: int, other_heads: int) -> int:
    """The head of the same number where both have as many; else the one at the same share of the row. Heads of two models have no
    kinship."""
    return head * other_heads // heads


def nearest_patches(grid: Grid, other: Grid) -> Int[Tensor, " patches"]:
    """For each patch of `grid` (raster order, from 0) the patch of `other` in which its centre lies, in one and the same picture."""
    rows, cols = ((torch.arange(n) * 2 + 1) * m // (2 * n) for n, m in zip(grid, other, strict=True))
    return (rows[:, None] * other[1] + cols[None, :]).flatten()


def attention_beside(
    one: ViTTrace, other: ViTTrace, layer: int, head: int, query: int, other_query: int
) -> tuple[Float[Tensor, " patches"], Float[Tensor, " patches"]]:
    """A query's weights on the patches of `one`, and those of the layer, head and query beside them, on the same grid.

    Where the grids differ, each patch takes the weight of the patch around its centre, times the ratio of the two patches' areas: the
    weight that falls on an area of that size.
    """
    there = beside(layer, one.depth, other.depth), head_beside(head, one.config.num_heads, other.config.num_heads)
    here = one.attn_weights(layer, query)[0, head, 0, one.layout.patches]
    values = other.attn_weights(there[0], other_query)[0, there[1], 0, other.layout.patches]
    return here, values[nearest_patches(one.layout.grid, other.layout.grid)] * (other.layout.num_patches / one.layout.num_patches)


def stream_similarity(one: ViTTrace, other: ViTTrace) -> Float[Tensor, "stages patches"]:
    """Cosine similarity of the rows of two traces in the same place of the picture, before the first layer of `one` and after each.

    It says something where both read their rows alike: one model, or moments of one training. ValueError if the widths differ.
    """
    if one.config.embed_dim != other.config.embed_dim:
        raise ValueError(f"Rows of different width cannot be compared; got {one.config.embed_dim} and {other.config.embed_dim}.")
    places = nearest_patches(one.layout.grid, other.layout.grid)
    rows = []
    for stage in range(one.depth + 1):
        there = other.resid(beside(stage, one.depth + 1, other.depth + 1))[0, other.layout.patches][places]
        rows.append(F.cosine_similarity(one.resid(stage)[0, one.layout.patches], there, dim=-1))
    return torch.stack(rows)
