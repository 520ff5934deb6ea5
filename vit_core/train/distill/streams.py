"""The teacher's residual stream as a target: limited where single tokens are huge, aligned with the student's layers, tokens and grid."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import TokenLayout
from vit_core.trace import ViTTrace

SAMPLED = 500  # tokens that a spread is measured on, at least, where there are as many
FLOOR = 0.3  # of the mean spread, added to the spread of every dimension, so that quiet dimensions do not rule


def limited(stream: Float[Tensor, "batch tokens dim"], times: float) -> Float[Tensor, "batch tokens dim"]:
    """The stream with every token shortened to at most `times` the median length.

    Trained ViTs keep a few patches of the background as registers, fifty times longer than the rest (Darcet et al. 2023): an error taken
    over all tokens would be theirs alone. Every layer reads through a normalisation, which sees the direction and not the length.
    """
    length = stream.norm(dim=-1, keepdim=True)
    return stream * (times * length.median() / length.clamp(min=1e-6)).clamp(max=1)


def spread(values: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "1 1 dim"]:
    """Standard deviation of each dimension over pictures and tokens, plus `FLOOR` times the mean of them: what an error is measured in."""
    rows = values.float().flatten(0, 1)
    rows = rows[:: max(1, len(rows) // SAMPLED)]
    mean = rows.mean(dim=0, keepdim=True)
    deviation = ((rows - mean).square().mean(dim=0, keepdim=True).sqrt() + 1e-3)[None]
    return deviation + FLOOR * deviation.mean()


def scaled_error(guess: Tensor, target: Tensor, scale: Tensor) -> Tensor:
    """Mean square of the error over `scale`."""
    return ((guess - target) * (1 / scale)).square().mean()


@dataclass(frozen=True)
class Answer:
    """What the teacher says to a batch: `stages[2 l]` is its stream before layer l, `stages[2 l + 1]` after that layer's attention, the
    last one what leaves the last layer, each `[B, T, D]`; `logits` `[B, K]`; `pooled` as the model gives it; `layout` of its tokens."""

    stages: tuple[Float[Tensor, "batch tokens dim"], ...]
    logits: Float[Tensor, "batch classes"]
    pooled: Tensor
    layout: TokenLayout

    def at(self, layer: float) -> Float[Tensor, "batch tokens dim"]:
        """The stream before layer `layer`, counted from 0; between two layers the straight line between them."""
        below = min(int(layer), (len(self.stages) - 1) // 2)
        share = layer - below
        low = self.stages[2 * below]
        return low if share < 1e-6 else torch.lerp(low, self.stages[2 * below + 2], share)


def answer(trace: ViTTrace, limit: float) -> Answer:
    """A teacher's trace as targets, free of inference mode. `limit` see `limited`."""
    found = [trace.blocks[0].resid_pre]
    for block in trace.blocks:
        found += [block.resid_mid, block.resid_post]
    return Answer(
        tuple(limited(stage.float(), limit) for stage in found), trace.logits.float().clone(), trace.pooled.float().clone(), trace.layout
    )


def shared_tokens(student: TokenLayout, teacher: TokenLayout) -> tuple[Int[Tensor, " shared"], Int[Tensor, " shared"]]:
    """Where the tokens that both have stand, in the student's sequence and in the teacher's, for grids that are equal.

    Class token, distillation token and patches; registers and tokens that the teacher lacks are the student's own.
    """
    pairs = [(student.cls, teacher.cls), (student.dist, teacher.dist)]
    both = [(mine, theirs) for mine, theirs in pairs if mine is not None and theirs is not None]
    ours = [mine for mine, _ in both] + list(range(student.num_tokens))[student.patches]
    others = [theirs for _, theirs in both] + list(range(teacher.num_tokens))[teacher.patches]
    return torch.tensor(ours), torch.tensor(others)


def picked(stream: Float[Tensor, "batch tokens dim"], tokens: Int[Tensor, " shared"]) -> Float[Tensor, "batch shared dim"]:
    """These tokens of a stream; the stream itself where they are all of them (tokens come in order)."""
    return stream if len(tokens) == stream.shape[1] else stream[:, tokens]


def on_grid(stream: Float[Tensor, "batch tokens dim"], layout: TokenLayout, grid: tuple[int, int]) -> Float[Tensor, "batch new_tokens dim"]:
    """A stream with its patches resampled to another grid (bilinear, antialiased where it shrinks); prefix tokens are kept."""
    if grid == layout.grid:
        return stream
    patches = stream[:, layout.patches].unflatten(1, layout.grid).permute(0, 3, 1, 2)
    patches = F.interpolate(patches, size=grid, mode="bilinear", antialias=True, align_corners=False)
    return torch.cat([stream[:, : layout.num_prefix_tokens], patches.flatten(2).transpose(1, 2)], dim=1)
