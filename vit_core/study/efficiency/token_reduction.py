"""Fewer tokens on the way through the model: similar ones merged (ToMe, Bolya et al. 2023), or the least attended dropped.

Both happen in every layer, between attention and MLP, and need no training. Tokens in front of the patches stay.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from vit_core import cost
from vit_core.config import TokenLayout, ViTConfig
from vit_core.model import Block, VisionTransformer
from vit_core.readout import readout
from vit_core.study.altered import after_attention, after_mlp, enter

Method = Literal["merge", "drop"]
METHODS: tuple[Method, ...] = ("merge", "drop")
GONE = -1


@dataclass(frozen=True, eq=False)
class Reduced:
    """What a pass with fewer and fewer tokens gave. `counts` are the tokens that enter each layer, and those at the end.

    `owners` `[L + 1, B, N]`: the index of the token that holds each patch, -1 if none does any more. `sizes`: how many of the first tokens
    each token stands for, `[B, T]` for each of `counts`.
    """

    pooled: Tensor
    logits: Float[Tensor, "batch classes"]
    counts: tuple[int, ...]
    owners: Int[Tensor, "stages batch patches"]
    sizes: tuple[Float[Tensor, "batch _"], ...]


def schedule(layout: TokenLayout, depth: int, per_layer: int) -> tuple[int, ...]:
    """Tokens that enter each layer, and those at the end: `per_layer` fewer each time, but never more than half of the patches' tokens."""
    counts = [layout.num_tokens]
    for _ in range(depth):
        counts.append(counts[-1] - min(per_layer, (counts[-1] - layout.num_prefix_tokens) // 2))
    return tuple(counts)


def macs(config: ViTConfig, image_size: cost.Size, patch_size: int, per_layer: int, method: Method = "merge") -> int:
    """Multiply-accumulates of `reduce`: attention with the tokens that enter a layer, MLP with those that are left, and the choosing.

    Merging compares the even with the odd tokens, (n/2)²·d; dropping computes the scores of what reads the answer again: of [CLS] nD, of
    the patches nD each.
    """
    whole = cost.macs(config, image_size, patch_size)
    counts = schedule(cost.layout(config, image_size, patch_size), config.depth, per_layer)
    first, dim, total = counts[0], config.embed_dim, whole.total - whole.blocks
    lead, prefix = readout(config).lead, config.num_prefix_tokens
    for before, after in pairwise(counts):
        linear = whole.block.qkv + whole.block.projection
        total += linear * before // first + 2 * dim * before**2 + whole.block.mlp * after // first
        if after < before and method == "merge":
            total += (before - before // 2) * (before // 2) * config.head_dim
        elif after < before:
            total += dim * before * (before - prefix if lead.several else 1)
    return total


@torch.inference_mode()
def reduce(
    model: VisionTransformer, images: Float[Tensor, "batch chans height width"], patch_size: int, per_layer: int, method: Method = "merge"
) -> Reduced:
    """Run the model with `per_layer` tokens fewer after each layer's attention. With 0 the logits are the model's own.

    ValueError for a negative `per_layer` or another `method`.
    """
    if per_layer < 0 or method not in METHODS:
        raise ValueError(f"`per_layer` must be at least 0 and `method` one of {', '.join(METHODS)}; got {per_layer} and {method}.")
    x, layout = enter(model, images, patch_size)
    front, depth, lead = layout.num_prefix_tokens, len(model.blocks), readout(model.config).lead
    size = x.new_ones(x.shape[:2])
    owner = torch.arange(front, layout.num_tokens, device=x.device).expand(len(x), -1)
    counts, owners, sizes = schedule(layout, depth, per_layer), [owner], [size]
    for block, (before, after) in zip(model.blocks, pairwise(counts), strict=True):
        q, k, v = block.attn.project(block.norm1(x))
        # Proportional attention: a key that stands for s tokens counts s times, exp(score + log s) = s·exp(score).
        bias = size.log()[:, None, None] if method == "merge" and before < layout.num_tokens else None
        x = after_attention(block, x, F.scaled_dot_product_attention(q, k, v, attn_mask=bias))
        if after < before:
            if method == "merge":
                source, target = most_similar(k.mean(dim=1), before - after, front)
                x, size = merge(x, size, source, target)
            else:
                queries = q[:, :, front:] if lead.several else q[:, :, lead.rows(layout)]
                source, target = least_attended(block, queries, k, before - after, front), None
            keep = kept(source, before)
            owner = moved(owner, keep, source, target)
            x, size = x[keep].view(len(x), after, -1), size[keep].view(len(x), after)
        x = after_mlp(block, x)
        owners.append(owner)
        sizes.append(size)
    pooled, logits = read_out(model, x, size, layout)
    return Reduced(pooled, logits, counts, torch.stack(owners), tuple(sizes))


def most_similar(
    keys: Float[Tensor, "batch tokens head_dim"], count: int, front: int
) -> tuple[Int[Tensor, "batch _"], Int[Tensor, "batch _"]]:
    """Bipartite soft matching: every even token finds its most similar odd one, and the `count` closest pairs are chosen.

    Returns who is merged (`source`) and into whom (`target`). Similarity is the cosine of the keys, heads averaged. Several may go into
    one.
    """
    keys = F.normalize(keys, dim=-1)
    similarity = keys[:, 0::2] @ keys[:, 1::2].transpose(-2, -1)  # [B, even, odd]
    similarity[:, : (front + 1) // 2] = -torch.inf
    similarity[:, :, : front // 2] = -torch.inf
    best, partner = similarity.max(dim=-1)
    even = best.topk(count, dim=-1).indices
    return 2 * even, 2 * partner.gather(1, even) + 1


def merge(
    x: Float[Tensor, "batch tokens dim"],
    size: Float[Tensor, "batch tokens"],
    source: Int[Tensor, "batch pairs"],
    target: Int[Tensor, "batch pairs"],
) -> tuple[Float[Tensor, "batch tokens dim"], Float[Tensor, "batch tokens"]]:
    """Each target becomes the mean of itself and its sources, weighted by their sizes; the sources stay where they are, to be left out."""
    weighted, rows = x * size[..., None], [index[..., None].expand(-1, -1, x.shape[-1]) for index in (source, target)]
    weighted = weighted.scatter_add(1, rows[1], weighted.gather(1, rows[0]))
    size = size.scatter_add(1, target, size.gather(1, source))
    return weighted / size[..., None], size


def least_attended(
    block: Block,
    queries: Float[Tensor, "batch heads queries head_dim"],
    k: Float[Tensor, "batch heads tokens head_dim"],
    count: int,
    front: int,
) -> Int[Tensor, "batch _"]:
    """The `count` tokens behind the first `front` to which the queries of what reads the answer attend least, these and heads averaged."""
    attention = block.attn.scores(queries, k).softmax(dim=-1).mean(dim=(1, 2))  # [B, T]
    return front + attention[:, front:].topk(count, dim=-1, largest=False).indices


def kept(source: Int[Tensor, "batch pairs"], count: int) -> Bool[Tensor, "batch tokens"]:
    """Which of `count` tokens are left, in their order."""
    return torch.ones(len(source), count, dtype=torch.bool, device=source.device).scatter(1, source, False)


def moved(
    owner: Int[Tensor, "batch patches"],
    keep: Bool[Tensor, "batch tokens"],
    source: Int[Tensor, "batch pairs"],
    target: Int[Tensor, "batch pairs"] | None,
) -> Int[Tensor, "batch patches"]:
    """Who holds each patch after the sources have left: their targets, or nobody."""
    place = keep.long().cumsum(dim=1) - 1
    place = place.scatter(1, source, torch.full_like(source, GONE) if target is None else place.gather(1, target))
    return torch.where(owner == GONE, GONE, place.gather(1, owner.clamp(min=0)))


def read_out(
    model: VisionTransformer, x: Float[Tensor, "batch tokens dim"], size: Float[Tensor, "batch tokens"], layout: TokenLayout
) -> tuple[Tensor, Float[Tensor, "batch classes"]]:
    """The model's own, for however many tokens are left; a mean over patches counts each token as often as the patches that it holds."""
    front = layout.num_prefix_tokens
    if readout(model.config).reads_mean:
        weights = size[:, front:, None] / size[:, front:].sum(dim=1)[:, None, None]
        pooled = model.fc_norm((model.norm(x)[:, front:] * weights).sum(dim=1))
        return pooled, model.classify(pooled)
    return model.read_out(x, layout)
