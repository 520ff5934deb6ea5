"""How a model's answer is read off its rows: off the class token, the mean of the patches, or the class token and one more of these beside it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vit_core.analysis import weights_by_queries
from vit_core.config import ViTConfig
from vit_core.trace import ViTTrace


def reads_mean(config: ViTConfig) -> bool:
    """Whether the answer is read off the mean of the patches, whatever tokens stand in front of them."""
    return config.pool == "mean"


def reader_name(config: ViTConfig) -> str:
    """What the answer is read off, as a person calls it."""
    return "the mean of the patches" if reads_mean(config) else "[CLS]"


def read(trace: ViTTrace, rows: Tensor) -> Tensor:
    """The reader's row among the rows of all tokens: `[T, D]` to `[D]`."""
    return rows[trace.layout.patches].mean(dim=0) if reads_mean(trace.config) else rows[trace.layout.cls]


def reader_rows(trace: ViTTrace) -> Tensor:
    """The reader's row before the first block and after each: `[layers + 1, D]`."""
    return torch.stack([read(trace, trace.resid(layer)[0]) for layer in range(trace.depth + 1)])


def reader_start(trace: ViTTrace) -> Tensor:
    """The reader's row before positions are added, `[D]`: the learned token, or the mean of the patch embeddings."""
    return trace.patch_embeddings[0].mean(dim=0) if reads_mean(trace.config) else trace.model.cls_token[0, 0].detach()


@torch.inference_mode()
def reader_looks(trace: ViTTrace) -> Tensor:
    """What the reader attends to in each layer, mean over the heads, `[layers, T]`; for the mean of the patches, mean over all of them."""
    if not reads_mean(trace.config):
        return torch.stack([trace.attn_weights(layer, trace.layout.cls)[0, :, 0].mean(dim=0) for layer in range(trace.depth)])
    rows = []
    for layer in range(trace.depth):
        parts = [weights[0].mean(dim=0).sum(dim=0) for _, weights in weights_by_queries(trace, layer, trace.layout.patches)]
        rows.append(torch.stack(parts).sum(dim=0) / trace.layout.num_patches)
    return torch.stack(rows)


def features(trace: ViTTrace) -> Tensor:
    """What the head reads, in one row: the normalised reader, and what the head reads beside it; what a model without a head ends with."""
    return trace.pooled[0].flatten() if trace.config.num_classes else trace.logits[0]


def head_matrix(trace: ViTTrace) -> tuple[Tensor, Tensor]:
    """Weights `[classes, features]` and bias `[classes]` with `logits = features @ weights.T + bias`. Two heads count half each.

    ValueError if the model has no head.
    """
    model = trace.model
    if not trace.config.num_classes:
        raise ValueError("This model has no head, so there is no matrix of classes.")
    weight = model.head.weight.detach()
    bias = torch.zeros(len(weight)) if model.head.bias is None else model.head.bias.detach()
    if model.head_dist is None:
        return weight, bias
    second = model.head_dist
    return torch.cat([weight, second.weight.detach()], dim=1) / 2, (bias + second.bias.detach()) / 2


def without_norm(trace: ViTTrace) -> Tensor:
    """The probabilities where the LayerNorm before the head is left out, `[classes]`."""
    rows, layout = trace.resid(trace.depth)[0], trace.layout
    beside = {"cls_dist": lambda: rows[layout.dist], "cls_mean": lambda: rows[layout.patches].mean(dim=0)}.get(trace.config.pool)
    row = torch.cat([read(trace, rows), beside()]) if beside else read(trace, rows)
    weight, bias = head_matrix(trace)
    return F.softmax((row @ weight.T + bias) / trace.config.temperature, dim=-1)


def head_on(trace: ViTTrace, rows: Tensor) -> Tensor:
    """The head on other normalised rows than the reader's, `[N, D]` to logits `[N, classes]`; what it reads beside the reader stays."""
    if trace.config.pool == "cls_mean":
        rows = torch.cat([rows, trace.pooled[0, 1].expand(len(rows), -1)], dim=1)
    return trace.model.head(rows)


def content_of(trace: ViTTrace, token: int) -> Tensor:
    """What a token is before its position is added, `[D]`: a learned row, or a patch's embedding."""
    layout, model = trace.layout, trace.model
    if token >= layout.num_prefix_tokens:
        return trace.patch_embeddings[0, token - layout.num_prefix_tokens]
    return prefix_rows(model)[token]


def prefix_rows(model) -> Tensor:
    """The learned rows in front of the patches, `[prefix, D]`."""
    rows = [t[0].detach() for t in (model.cls_token, model.dist_token, model.reg_token) if t is not None]
    return torch.cat(rows) if rows else torch.zeros(0, model.config.embed_dim)


def place_of(trace: ViTTrace, token: int) -> int | None:
    """The row of the position table that is added to a token; None for a token without a place."""
    front, prefix = trace.config.num_pos_prefix, trace.layout.num_prefix_tokens
    if token >= prefix:
        return front + token - prefix
    return token if token < front else None


def assembled(trace: ViTTrace, token: int) -> Tensor:
    """Content plus position of a token, `[D]`; CLIP-like models normalise it before the first block."""
    place = place_of(trace, token)
    content = content_of(trace, token)
    return content if place is None else content + trace.pos_embedding[0, place].detach()
