"""What a token is before the first block: a learned row or a patch's embedding, and the position that is added to it."""

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.model import VisionTransformer
from vit_core.trace import ViTTrace


def prefix_rows(model: VisionTransformer) -> Float[Tensor, "prefix dim"]:
    """The learned rows in front of the patches; none, `[0, D]`, where the model has none."""
    rows = [t[0].detach() for t in (model.cls_token, model.dist_token, model.reg_token) if t is not None]
    return torch.cat(rows) if rows else torch.zeros(0, model.config.embed_dim)


def content_of(trace: ViTTrace, token: int) -> Float[Tensor, " dim"]:
    """What a token is before its position is added: a learned row, or a patch's embedding."""
    front = trace.layout.num_prefix_tokens
    return prefix_rows(trace.model)[token] if token < front else trace.patch_embeddings[0, token - front]


def place_of(trace: ViTTrace, token: int) -> int | None:
    """The row of the position table that is added to a token; None for a token without a place."""
    with_place, front = trace.config.num_pos_prefix, trace.layout.num_prefix_tokens
    if token >= front:
        return with_place + token - front
    return token if token < with_place else None


def assembled(trace: ViTTrace, token: int) -> Float[Tensor, " dim"]:
    """Content plus position of a token; CLIP-like models normalise it before the first block."""
    place, content = place_of(trace, token), content_of(trace, token)
    return content if place is None else content + trace.pos_embedding[0, place].detach()
