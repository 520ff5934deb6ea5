"""Attention that looks at less: windows, neighbourhoods, strided patches, and linear attention; as masks, as cost, and run.

Tokens in front of the patches ([CLS], registers) see all and are seen by all in every variant. Symbols as in `vit_core.cost`: n tokens,
N = R·C patches in R rows and C columns, p tokens in front of them, D width, a heads, d = D / a.
"""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from vit_core import cost
from vit_core.config import TokenLayout, ViTConfig
from vit_core.model import Edits
from vit_core.study.altered import Attend

Kind = Literal["full", "windows", "neighbourhood", "strided", "linear"]
KINDS: tuple[Kind, ...] = ("full", "windows", "neighbourhood", "strided", "linear")
CELLS = ("windows", "strided")


@dataclass(frozen=True)
class Variant:
    """A way to attend. `size` counts patches: a window's side, how far a neighbourhood reaches each way, every how manieth patch.

    windows: squares that do not overlap (as in Swin, Liu et al. 2021, without its shifts). neighbourhood: the square around each patch, cut
    off at the border (Hassani et al. 2023 shift it inwards instead). strided: patches whose row and column leave the same rest (the grid
    attention of MaxViT, Tu et al. 2022). linear: `phi(q) (phi(k)^T v)` with phi = elu + 1 (Katharopoulos et al. 2020).
    """

    kind: Kind = "full"
    size: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"`kind` must be one of {', '.join(KINDS)}; got {self.kind}.")
        if self.size < 1:
            raise ValueError(f"`size` must be at least 1; got {self.size}.")


def along(variant: Variant, count: int) -> Bool[Tensor, "count count"]:
    """Along one side of the grid: does place i (rows) see place j (columns)? A patch sees another if both its row and its column do."""
    i, j, size = torch.arange(count)[:, None], torch.arange(count), variant.size
    if variant.kind == "windows":
        return i // size == j // size
    if variant.kind == "neighbourhood":
        return (i - j).abs() <= size
    if variant.kind == "strided":
        return i % size == j % size
    return torch.ones(count, count, dtype=torch.bool)


def mask(variant: Variant, layout: TokenLayout) -> Bool[Tensor, "tokens tokens"]:
    """Does the query (rows) see the key (columns)?"""
    rows, cols = (along(variant, count) for count in layout.grid)
    allowed = torch.ones(layout.num_tokens, layout.num_tokens, dtype=torch.bool)
    allowed[layout.patches, layout.patches] = (rows[:, None, :, None] & cols[None, :, None, :]).flatten(2).flatten(0, 1)
    return allowed


def pairs_along(variant: Variant, count: int) -> int:
    """How many pairs (i, j) of `along` are true."""
    size = variant.size
    whole, rest = divmod(count, size)
    if variant.kind == "windows":
        return whole * size**2 + rest**2
    if variant.kind == "neighbourhood":
        reach = min(size, count - 1)
        return count * (2 * reach + 1) - reach * (reach + 1)
    if variant.kind == "strided":
        return rest * (whole + 1) ** 2 + (size - rest) * whole**2
    return count**2


def pairs(variant: Variant, layout: TokenLayout) -> int:
    """Pairs of query and key that see each other: `pairs_along` of rows times that of columns, and 2pN + p² with the tokens in front."""
    front = layout.num_prefix_tokens
    return pairs_along(variant, layout.grid[0]) * pairs_along(variant, layout.grid[1]) + 2 * front * layout.num_patches + front**2


def core_macs(variant: Variant, config: ViTConfig, layout: TokenLayout) -> int:
    """Multiply-accumulates of one layer's scores and weighted values: 2D for each pair; linear attention nD(2d + 1), its sums included."""
    if variant.kind == "linear":
        return layout.num_tokens * config.embed_dim * (2 * config.head_dim + 1)
    return 2 * config.embed_dim * pairs(variant, layout)


def stored(variant: Variant, config: ViTConfig, layout: TokenLayout) -> int:
    """Numbers that one layer holds between q, k, v and the heads' outputs: a for each pair; linear attention D(d + 1), however many
    tokens."""
    if variant.kind == "linear":
        return config.embed_dim * (config.head_dim + 1)
    return config.num_heads * pairs(variant, layout)


def macs(variant: Variant, config: ViTConfig, image_size: cost.Size, patch_size: int, layers: int | None = None) -> int:
    """Multiply-accumulates of a forward pass whose first `layers` layers (all if None) attend in this way."""
    layout = cost.layout(config, image_size, patch_size)
    saved = core_macs(Variant(), config, layout) - core_macs(variant, config, layout)
    return cost.macs(config, image_size, patch_size).total - (config.depth if layers is None else layers) * saved


def edits(variant: Variant, layout: TokenLayout, layers: int) -> Edits:
    """The variant as edits of the first `layers` layers: weights outside the mask become 0, the rest of a row is scaled to 1 again.

    That equals a softmax over what is seen. It shows what the variant does; it saves nothing, because all weights are computed first.
    ValueError for linear attention, which has no weights to edit.
    """
    if variant.kind == "linear":
        raise ValueError("Linear attention is not a mask; run it with `attend`.")
    allowed = mask(variant, layout)

    def only_seen(weights: Float[Tensor, "batch heads tokens tokens"]) -> Float[Tensor, "batch heads tokens tokens"]:
        kept = weights * allowed.to(weights)
        return kept / kept.sum(dim=-1, keepdim=True).clamp(min=torch.finfo(weights.dtype).tiny)

    return {(layer, "attn_weights"): only_seen for layer in range(layers)}


def attend(variant: Variant, layout: TokenLayout) -> Attend:
    """The variant as a function of q, k and v for `vit_core.study.altered.run_with`.

    windows and strided compute only the pairs that they need, cell by cell. A neighbourhood would need a kernel of its own; here it is a
    mask on full attention, which saves nothing.
    """
    if variant.kind == "linear":
        return linear_attention
    if variant.kind == "neighbourhood":
        return partial(F.scaled_dot_product_attention, attn_mask=mask(variant, layout))
    if variant.kind in CELLS:
        return partial(attend_in_cells, cells=cells(variant, layout.grid), front=layout.num_prefix_tokens)
    return F.scaled_dot_product_attention


def cells(variant: Variant, grid: tuple[int, int]) -> list[Int[Tensor, "cells members"]]:
    """The patches (raster order, from 0) that see each other, cells of one shape together; each patch is in one cell."""

    def sets(count: int) -> list[range]:
        if variant.kind == "windows":
            return [range(start, min(start + variant.size, count)) for start in range(0, count, variant.size)]
        return [range(rest, count, variant.size) for rest in range(min(variant.size, count))]

    found: dict[tuple[int, int], list[list[int]]] = {}
    for rows, cols in product(sets(grid[0]), sets(grid[1])):
        found.setdefault((len(rows), len(cols)), []).append([row * grid[1] + col for row in rows for col in cols])
    return [torch.tensor(members) for members in found.values()]


def attend_in_cells(
    q: Float[Tensor, "batch heads tokens head_dim"],
    k: Float[Tensor, "batch heads tokens head_dim"],
    v: Float[Tensor, "batch heads tokens head_dim"],
    cells: list[Int[Tensor, "_ _"]],
    front: int,
) -> Float[Tensor, "batch heads tokens head_dim"]:
    """Attention inside each cell and with the `front` tokens before the patches, which attend to all."""
    out = torch.empty_like(q)
    out[:, :, :front] = F.scaled_dot_product_attention(q[:, :, :front], k, v)
    for index in cells:
        places = front + index  # [cells, members]
        first = torch.arange(front).expand(len(index), front)
        keys = torch.cat([first, places], dim=1)
        asked, read, given = (t.flatten(1, 2) for t in (q[:, :, places], k[:, :, keys], v[:, :, keys]))
        inside = F.scaled_dot_product_attention(asked, read, given)
        out[:, :, places] = inside.unflatten(1, (q.shape[1], len(index)))
    return out


def linear_attention(
    q: Float[Tensor, "batch heads tokens head_dim"],
    k: Float[Tensor, "batch heads tokens head_dim"],
    v: Float[Tensor, "batch heads tokens head_dim"],
) -> Float[Tensor, "batch heads tokens head_dim"]:
    """`phi(q) (phi(k)^T v) / (phi(q) sum phi(k))` with phi = elu + 1, q and k scaled by d^-1/4 each, so that q·k has softmax's scale.

    The keys are summed up first, so that no matrix of tokens by tokens arises. Source: Katharopoulos et al. 2020; the scale is ours.
    """
    scale = q.shape[-1] ** -0.25
    q, k = F.elu(q * scale) + 1, F.elu(k * scale) + 1
    summed = k.transpose(-2, -1) @ v  # [B, heads, head_dim, head_dim]
    return (q @ summed) / (q @ k.sum(dim=-2)[..., None])
