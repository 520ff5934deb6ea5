"""What does a head do for the answer? Take away what it passes on, and run the model again."""

from collections.abc import Callable, Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from vit_core.study.effect import Followed, batch_size
from vit_core.trace import ViTTrace


def without_heads(heads: list[int]) -> Callable[[Tensor], Tensor]:
    """An edit of `head_out` `[B, heads, T, head_dim]` that sets head `heads[i]` of picture `i` to zero."""

    def edit(head_out: Tensor) -> Tensor:
        keep = torch.ones(head_out.shape[:2], dtype=head_out.dtype, device=head_out.device)
        keep[torch.arange(len(heads)), torch.tensor(heads)] = 0
        return head_out * keep[:, :, None, None]

    return edit


def head_drops(trace: ViTTrace, followed: Followed) -> Iterator[Float[Tensor, " runs"]]:
    """The drop of the answer when one head's output is zero, layer by layer: `[layers * heads]` in all; negative where the head harms.

    For the first picture of the trace. Each step runs a few copies of the picture, each without another head of the same layer. Source:
    Michel et al. 2019, who mask heads in the same place; the bias of the output projection stays.
    """
    step, heads = batch_size(trace), trace.config.num_heads
    for layer in range(trace.depth):
        for start in range(0, heads, step):
            silent = list(range(start, min(start + step, heads)))
            pictures = trace.images[:1].expand(len(silent), -1, -1, -1)
            edited = trace.model(pictures, trace.patch_size, {(layer, "head_out"): without_heads(silent)})
            yield followed.value - followed.left(edited)
