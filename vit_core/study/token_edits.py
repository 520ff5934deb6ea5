"""Tokens zeroed, swapped or shuffled on their way through the model, and what becomes of it."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import TokenLayout
from vit_core.model import Edits
from vit_core.trace import ViTTrace

Way = Literal["zero", "swap", "shuffle"]
WAYS: tuple[Way, ...] = ("zero", "swap", "shuffle")


def stage_site(stage: int) -> tuple[int | None, str]:
    """Where a stage is edited: 0 the patch embeddings, before positions; 1 the tokens, positions added; 1 + n the stream after n layers."""
    return (None, "patch_embeddings") if stage == 0 else (None, "tokens") if stage == 1 else (stage - 2, "resid_post")


def new_order(count: int, way: Way, seed: int = 0) -> Int[Tensor, " tokens"]:
    """Whose row each of `count` tokens gets. swap: the first changes places with the last, the second with the last but one, and so on.
    shuffle: one random cycle, so that nobody keeps their own (Sattolo 1986); the same for the same seed."""
    if way == "swap":
        return torch.arange(count).flip(0)
    order, generator = torch.arange(count), torch.Generator().manual_seed(seed)
    for last in range(count - 1, 0, -1):
        other = int(torch.randint(last, (1,), generator=generator))
        order[[last, other]] = order[[other, last]]
    return order


def token_edits(layout: TokenLayout, depth: int, tokens: list[int], way: Way, stage: int, seed: int = 0) -> Edits:
    """The edits that change these tokens (indices in the sequence, taken in rising order) at a stage. No tokens: no edits.

    ValueError if a token or stage does not exist, if a token without a patch embedding is to be changed among these, or if fewer than
    two are to change places.
    """
    chosen = sorted(set(tokens))
    if not 0 <= stage <= depth + 1:
        raise ValueError(f"The stages of this model run from 0 to {depth + 1}; got {stage}.")
    if chosen and not 0 <= chosen[0] <= chosen[-1] < layout.num_tokens:
        raise ValueError(f"The sequence has tokens 0 to {layout.num_tokens - 1}; got {chosen[0] if chosen[0] < 0 else chosen[-1]}.")
    if not chosen:
        return {}
    if way not in WAYS:
        raise ValueError(f"Tokens are changed by {', '.join(WAYS)}; got {way}.")
    if way != "zero" and len(chosen) < 2:
        raise ValueError(f"To {way}, choose at least two tokens; got 1.")
    first = layout.num_prefix_tokens if stage == 0 else 0
    if chosen[0] < first:
        raise ValueError(f"{layout.name(chosen[0])} has no patch embedding: choose patches, or a later stage.")
    rows = torch.tensor(chosen) - first
    order = new_order(len(rows), way, seed)

    def edit(values: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens dim"]:
        changed = values.clone()
        changed[:, rows] = 0 if way == "zero" else values[:, rows[order]]
        return changed

    return {stage_site(stage): edit}


@torch.inference_mode()
def stream_change(before: ViTTrace, after: ViTTrace) -> Float[Tensor, "stages tokens"]:
    """How far each token's row has moved, over the length it had: before the first layer and after each, `[layers + 1, T]`."""
    stages = range(before.depth + 1)
    return torch.stack(
        [(after.resid(at)[0] - before.resid(at)[0]).norm(dim=-1) / before.resid(at)[0].norm(dim=-1).clamp(min=1e-12) for at in stages]
    )
