"""What can be read from a trace: attention rollout, distance and entropy, and the logit lens. One layer, and few queries, at a time."""

from collections.abc import Iterator
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import TokenLayout
from vit_core.readout import readout
from vit_core.trace import ViTTrace

MAX_WEIGHTS = 1 << 22
"""Attention weights in memory at a time: 16 MiB in float32."""

Fusion = Literal["mean", "max", "min"]


@torch.inference_mode()
def rollout(trace: ViTTrace, fusion: Fusion = "mean", residual: float = 0.5, discard: float = 0.0) -> Float[Tensor, "batch queries keys"]:
    """How much each token of the last layer draws on each input token, `[B, T, T]`; every row sums to 1.

    The product over the layers, the last one leftmost, of `residual * I + (1 - residual) * A`, with A the heads' attention weights
    fused by `fusion`. `discard` is the share of each row's weights, the lowest, that is set to zero (in whole weights; the largest always
    stays) before the row is scaled to sum to 1. ValueError unless both shares lie between 0 and 1. Source: Abnar & Zuidema 2020, who take
    the mean, equal shares and no discarding. Our deviation: a row in which nothing is left (heads that share no key, weights edited to
    zero) stands for a token that draws on itself alone.
    """
    for name, share in (("residual", residual), ("discard", discard)):
        if not 0 <= share <= 1:
            raise ValueError(f"`{name}` must lie between 0 and 1; got {share}.")
    tokens = trace.layout.num_tokens
    identity = torch.eye(tokens, dtype=trace.tokens.dtype, device=trace.tokens.device)
    product = identity.expand(len(trace.tokens), -1, -1)
    for layer in range(trace.depth):
        fused = torch.cat([fuse(weights, fusion) for _, weights in weights_by_queries(trace, layer, slice(0, tokens))], dim=1)  # [B, T, T]
        dropped = min(round(discard * tokens), tokens - 1)
        if dropped:
            lowest = fused.topk(dropped, dim=-1, largest=False, sorted=False).indices
            fused = fused.scatter(-1, lowest, 0.0)
        total = fused.sum(dim=-1, keepdim=True)
        mixing = torch.where(total > 0, fused / total, identity)
        product = (residual * identity + (1 - residual) * mixing) @ product
    return product


@torch.inference_mode()
def attention_distance(trace: ViTTrace) -> Float[Tensor, "layers heads"]:
    """Mean distance in pixels between a patch and what it attends to, `[layers, heads]`, over all patches and pictures.

    A patch's distance is that of its centre to the centres of all patches, weighted by attention. Class, distillation and register tokens
    have no place in the picture: they are left out as queries and as keys, and the weights on patches are scaled to sum to 1. A patch that
    gives patches no weight at all is left out; a head with no patch left has distance nan. Source: Dosovitskiy et al. 2021, figure 7.
    """
    distances = patch_distances(trace.layout, trace.patch_size).to(trace.tokens)
    rows = []
    for layer in range(trace.depth):
        total = count = trace.tokens.new_zeros(())
        for queries, weights in weights_by_queries(trace, layer, trace.layout.patches):
            on_patches = weights[..., trace.layout.patches]  # [B, heads, queries, N]
            mass = on_patches.sum(dim=-1)
            first = queries.start - trace.layout.num_prefix_tokens
            reach = torch.einsum("bhqk,qk->bhq", on_patches, distances[first : first + mass.shape[-1]]) / mass
            total = total + torch.where(mass > 0, reach, 0.0).sum(dim=(0, 2))
            count = count + (mass > 0).sum(dim=(0, 2))
        rows.append(total / count)
    return torch.stack(rows)


@torch.inference_mode()
def attention_entropy(trace: ViTTrace) -> Float[Tensor, "layers heads"]:
    """Entropy of the attention weights in bits, `[layers, heads]`, over all keys, averaged over all queries and pictures.

    0 where every token attends to one token; `log2 T` where each attends evenly to all.
    """
    queries = slice(0, trace.layout.num_tokens)
    zero = trace.tokens.new_zeros(())
    rows = [sum((surprise(weights) for _, weights in weights_by_queries(trace, layer, queries)), zero) for layer in range(trace.depth)]
    return torch.stack(rows) / (len(trace.tokens) * trace.layout.num_tokens)


@torch.inference_mode()
def logit_lens(trace: ViTTrace) -> Float[Tensor, "depths batch classes"]:
    """What the head would say if it read the residual stream before each layer and after the last, `[layers + 1, B, classes]`.

    The final normalisation comes first, as in the model; the last entry is `trace.logits`. From nostalgebraist 2020, on language models.
    """
    return torch.stack([trace.model.read_out(trace.resid(layer), trace.layout)[1] for layer in range(trace.depth + 1)])


@torch.inference_mode()
def reader_attention(trace: ViTTrace, layer: int) -> Float[Tensor, "batch heads keys"]:
    """What the answer's leading reader (`vit_core.readout`) attends to in a layer: [CLS], or the mean over the patches' rows."""
    rows = readout(trace.config).lead.rows(trace.layout)
    return sum(weights.sum(dim=2) for _, weights in weights_by_queries(trace, layer, rows)) / (rows.stop - rows.start)


@torch.inference_mode()
def strongest_keys(
    trace: ViTTrace, layer: int, count: int
) -> tuple[Int[Tensor, "batch queries count"], Float[Tensor, "batch queries count"]]:
    """For every query of a layer the `count` keys with the largest attention weight, heads averaged, largest first, and these weights.

    ValueError unless `count` lies between 1 and the number of tokens.
    """
    tokens = trace.layout.num_tokens
    if not 1 <= count <= tokens:
        raise ValueError(f"`count` must lie between 1 and {tokens}, the number of tokens; got {count}.")
    found = [weights.mean(dim=1).topk(count) for _, weights in weights_by_queries(trace, layer, slice(0, tokens))]
    return torch.cat([part.indices for part in found], dim=1), torch.cat([part.values for part in found], dim=1)


@torch.inference_mode()
def reader_rollout(trace: ViTTrace) -> Float[Tensor, "batch keys"]:
    """What reaches the answer's leading reader from each input token, by `rollout`; the mean over the patches where they are read."""
    return readout(trace.config).lead.of(rollout(trace), trace.layout)


def surprise(weights: Float[Tensor, "batch heads queries keys"]) -> Float[Tensor, " heads"]:
    """The sum of `-w log2 w`, where 0 counts as nothing."""
    logarithms = weights.clamp(min=torch.finfo(weights.dtype).tiny).log2()
    return -torch.einsum("bhqk,bhqk->h", weights, logarithms)


def fuse(weights: Float[Tensor, "batch heads queries keys"], fusion: Literal["mean", "max", "min"]) -> Float[Tensor, "batch queries keys"]:
    """The heads in one. ValueError for another name."""
    if fusion not in ("mean", "max", "min"):
        raise ValueError(f"`fusion` must be mean, max or min; got {fusion}.")
    return weights.mean(dim=1) if fusion == "mean" else weights.amax(dim=1) if fusion == "max" else weights.amin(dim=1)


def weights_by_queries(trace: ViTTrace, layer: int, queries: slice) -> Iterator[tuple[slice, Float[Tensor, "batch heads queries keys"]]]:
    """A layer's attention weights for `queries`, some rows at a time so that no more than `MAX_WEIGHTS` of them are in memory."""
    batch, heads, tokens, _ = trace.block(layer).q.shape
    step = max(1, MAX_WEIGHTS // (batch * heads * tokens))
    for start in range(queries.start, queries.stop, step):
        part = slice(start, min(start + step, queries.stop))
        yield part, trace.attn_weights(layer, part)


def patch_distances(layout: TokenLayout, patch_size: int) -> Float[Tensor, "patches patches"]:
    """Distance in pixels between the centres of every two patches, `[N, N]`, in raster order."""
    rows, cols = torch.meshgrid(*(torch.arange(side, dtype=torch.float32) for side in layout.grid), indexing="ij")
    centres = torch.stack([rows.flatten(), cols.flatten()], dim=1) * patch_size
    return torch.cdist(centres, centres, compute_mode="donot_use_mm_for_euclid_dist")
