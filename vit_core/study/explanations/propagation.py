"""Relevance handed back step by step, to each input as it contributes, until every attention weight has its share; and the map of these."""

from copy import deepcopy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.readout import PATCHES, head_matrix, readout
from vit_core.study.explanations.gradients import Question, kept
from vit_core.trace import BlockTrace, ViTTrace


@dataclass(frozen=True, eq=False)
class Propagated:
    """The share of the score, which is 1, of every attention weight of a layer, `attention`, `layers` times `[heads, T, T]`; and of every
    number before the first block, `tokens` `[T, D]`, which have all of it."""

    attention: list[Float[Tensor, "heads tokens tokens"]]
    tokens: Float[Tensor, "tokens dim"]


def over(part: Tensor, whole: Tensor) -> Tensor:
    """`part / whole`, and 0 where there is nothing to share in."""
    nothing = whole == 0
    return torch.where(nothing, 0, part / torch.where(nothing, 1, whole))


def to_inputs(
    x: Float[Tensor, "rows inputs"], weight: Float[Tensor, "outputs inputs"], share: Float[Tensor, "rows outputs"]
) -> Float[Tensor, "rows inputs"]:
    """Through a linear layer: an output's share goes to its inputs as they contribute to it, those alone that raise it, or all if none
    does. Biases get none."""
    up, down, raising, lowering = x.clamp(min=0), x.clamp(max=0), weight.clamp(min=0), weight.clamp(max=0)
    raised = up @ raising.T + down @ lowering.T
    each, rest = over(share, raised), over(torch.where(raised == 0, share, 0), x @ weight.T)
    return up * (each @ raising) + down * (each @ lowering) + x * (rest @ weight)


def to_parts(one: Tensor, other: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Through a sum, the skip connection: to both parts as they contribute, then each part's total weighed by its size."""
    each = over(share, one + other)
    first, second = one * each, other * each
    a, b = first.sum(), second.sum()
    scale = share.sum() / (a.abs() + b.abs())
    return first * a.sign() * scale, second * b.sign() * scale


def to_factors(one: Tensor, other: Tensor, product: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
    """Through a product of two matrices, `one @ other`: half to each, within it as they contribute."""
    each = over(share, product)
    return one * (each @ other.mT) / 2, other * (one.mT @ each) / 2


def through(block: BlockTrace, share: Float[Tensor, "tokens dim"]) -> tuple[Tensor, Tensor]:
    """The shares before a block, and those of its attention weights. What changes single numbers passes shares on as they are: softmax,
    activation, normalisation, a factor per channel."""

    def value(name: str) -> Tensor:
        return getattr(block, name)[0]

    mlp, attn = block.block.mlp, block.block.attn
    enter, leave = mlp.linears
    stays, update = to_parts(value("resid_mid"), value("mlp_update"), share)
    hidden = to_inputs(value("mlp_post_act"), leave.weight, update)
    if enter.out_features > leave.in_features:  # a gate times a value
        hidden = torch.cat([hidden, hidden], dim=-1) / 2
    share = stays + to_inputs(value("norm2_out"), enter.weight, hidden)

    stays, update = to_parts(value("resid_pre"), value("attn_update"), share)
    q, k, v, weights, out = (value(name) for name in ("q", "k", "v", "attn_weights", "head_out"))
    merged = to_inputs(out.transpose(0, 1).flatten(1), attn.proj.weight, update)
    heads = merged.unflatten(1, (attn.num_heads, -1)).transpose(0, 1)  # [heads, T, head_dim]
    of_weights, of_v = to_factors(weights, v, out, heads)
    of_q, of_k = to_factors(q, k.mT, q @ k.mT, of_weights)
    joined = torch.cat([part.transpose(0, 1).flatten(1) for part in (of_q, of_k.mT, of_v)], dim=1)  # [T, 3 D]
    return stays + to_inputs(value("norm1_out"), attn.qkv.weight, joined), of_weights


def to_rows(trace: ViTTrace, share: Float[Tensor, "vectors dim"]) -> Float[Tensor, "tokens dim"]:
    """From the vectors that the head reads to the rows after the last block: a token's goes to its row, a mean's to the patches as far as
    they have its sign."""
    read, stream = readout(trace.config), trace.resid(trace.depth)
    normed = (trace.model.norm(stream) if read.reads_mean else trace.model.final_norm(stream))[0]
    found = torch.zeros_like(normed)
    for reader, own in zip(read.readers, share, strict=True):
        rows = reader.rows(trace.layout)
        if reader == PATCHES:
            along = (normed[rows] * normed[rows].mean(dim=0).sign()).clamp(min=0)
            own = along * over(own, along.sum(dim=0))
        found[rows] += own
    return found


def in_double(trace: ViTTrace) -> ViTTrace:
    """The same pass, of the first picture, in float64; the trace itself if it is."""
    if trace.images.dtype == torch.float64:
        return trace
    return deepcopy(trace.model).double()(trace.images[:1].double(), trace.patch_size)


@torch.no_grad()
def propagated(trace: ViTTrace, question: Question) -> Propagated:
    """The score, as 1, handed back from the head to the first block. Each step hands on all that it gets. In float64: where parts nearly
    cancel, shares are divided by what is left, and of float32 no third digit remained.

    Source: Chefer et al. 2021 (CVPR), section 3. Our deviations: the difference of two classes is one output of the head, whose weights
    are the difference of theirs; an output that no input raises hands its share on all the same; and there is the mean over patches.
    """
    trace = in_double(trace)
    weight = head_matrix(trace)[0]
    asked = weight[question.label] - (weight[question.against] if question.against is not None else 0)
    pooled = trace.pooled[:1].flatten(1)
    share = to_rows(trace, to_inputs(pooled, asked[None], torch.ones_like(pooled[:, :1])).reshape(-1, trace.config.embed_dim))
    attention = []
    for layer in reversed(range(trace.depth)):
        share, of_weights = through(trace.block(layer), share)
        attention.append(of_weights)
    return Propagated(attention[::-1], share)


def relevance_rollout(trace: ViTTrace, question: Question) -> Float[Tensor, "tokens tokens"]:
    """What attention brought from layer to layer: the product of `identity + mean over heads of (gradient * share where positive)` of all
    layers; row t is what token t took from all. Gradients, like shares, in float64. Source: Chefer et al. 2021 (CVPR), section 3."""
    trace = in_double(trace)
    _, slopes = kept(trace, question, [(layer, "attn_weights") for layer in range(trace.depth)])
    found = torch.eye(trace.layout.num_tokens, dtype=torch.float64)
    for slope, share in zip(slopes, propagated(trace, question).attention, strict=True):
        found = found + (slope[0] * share).clamp(min=0).mean(dim=0) @ found
    return found
