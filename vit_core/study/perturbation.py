"""What does the answer depend on? Cover one patch at a time, and remove or add patches in an order.

Long computations are iterators: each step runs the model on a few pictures and gives their values, so that a caller can show how far it
is, and stop. All of the values are those of `torch.cat(list(...))`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.analysis import reader_attention, reader_rollout
from vit_core.study.effect import Followed, area, batch_size
from vit_core.study.occlusion import cover
from vit_core.trace import ViTTrace

STEPS, ORDERS = 14, 5


def covered_values(trace: ViTTrace, followed: Followed, sets: list[Int[Tensor, " _"]]) -> Iterator[Float[Tensor, " pictures"]]:
    """How much of the answer is left with each of these sets of patches (raster order, from 0) covered by the picture's mean colour."""
    images, patch_size, grid, step = trace.images[:1], trace.patch_size, trace.layout.grid, batch_size(trace)
    for start in range(0, len(sets), step):
        with torch.inference_mode():
            pictures = torch.cat([cover(images, patch_size, grid, patches) for patches in sets[start : start + step]])
        yield followed.left(trace.model(pictures, patch_size))


def occlusion_drops(trace: ViTTrace, followed: Followed) -> Iterator[Float[Tensor, " pictures"]]:
    """The drop of the answer when each patch alone is covered, in raster order; negative where covering it helps. `[N]` in all.

    For the first picture of the trace. Source: Zeiler & Fergus 2014, section 4.2. Our deviation: what covers is a patch of the model's
    own grid, in the picture's mean colour.
    """
    for left in covered_values(trace, followed, [torch.tensor([patch]) for patch in range(trace.layout.num_patches)]):
        yield followed.value - left


@torch.inference_mode()
def attention_on_patches(trace: ViTTrace, layer: int | None) -> Float[Tensor, " patches"]:
    """What reads the answer (`vit_core.readout`: [CLS], or the patches on average) attends to in a layer, mean over heads, on the patches
    of the first picture; for None, what reaches it by rollout."""
    row = reader_rollout(trace)[0] if layer is None else reader_attention(trace, layer)[0].mean(dim=0)
    return row[trace.layout.patches]


@dataclass(frozen=True, eq=False)
class Curves:
    """How much of the answer is left, by the share of the patches removed (`deletion`) or added to the covered picture (`insertion`).

    `shares` `[points]` from 0 to 1; both `[orders, points]`.
    """

    shares: Float[Tensor, " points"]
    deletion: Float[Tensor, "orders points"]
    insertion: Float[Tensor, "orders points"]

    @property
    def areas(self) -> tuple[Float[Tensor, " orders"], Float[Tensor, " orders"]]:
        """Area under each deletion curve (low: the order finds what matters) and under each insertion curve (high)."""
        return area(self.shares, self.deletion), area(self.shares, self.insertion)


def random_orders(count: int, orders: int = ORDERS, seed: int = 0) -> list[Int[Tensor, " patches"]]:
    """Several orders of the patches; the same for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randperm(count, generator=generator) for _ in range(orders)]


def curve_values(
    trace: ViTTrace, followed: Followed, orders: list[Int[Tensor, " patches"]], steps: int = STEPS
) -> Iterator[Float[Tensor, " pictures"]]:
    """The values of `curves_of`: for each order the deletion curve, then for each the insertion curve. Source: Petsiuk et al. 2018 (RISE).

    Our deviation: whole patches, in the picture's mean colour, both when removed and where the insertion starts.
    """
    counts = point_counts(trace.layout.num_patches, steps)
    removed = [order[:count] for order in orders for count in counts]
    missing = [order[count:] for order in orders for count in counts]
    yield from covered_values(trace, followed, removed + missing)


def curves_of(values: Float[Tensor, " pictures"], count: int, steps: int = STEPS) -> Curves:
    """All of `curve_values`, as curves; `count` is the number of patches."""
    deletion, insertion = values.reshape(2, -1, steps + 1)
    return Curves(torch.tensor(point_counts(count, steps)) / count, deletion, insertion)


def point_counts(count: int, steps: int) -> list[int]:
    """How many patches are removed (or added) at each point of a curve: from none to all."""
    return [round(count * step / steps) for step in range(steps + 1)]
