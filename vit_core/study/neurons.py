"""What the hidden neurons of the MLPs respond to: for each neuron, the patches of some pictures that drive it most."""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.trace import ViTTrace


@dataclass(frozen=True, eq=False)
class Drivers:
    """For each neuron of one layer the patches with the highest activation, strongest first: `[hidden, k]`.

    `picture` counts in the order in which the traces were given, `patch` in raster order, both from 0; `activation` is `mlp_post_act`.
    """

    activation: Float[Tensor, "hidden k"]
    picture: Int[Tensor, "hidden k"]
    patch: Int[Tensor, "hidden k"]


@torch.inference_mode()
def strongest_patches(traces: Iterable[ViTTrace], k: int = 6, each: int = 2) -> list[Drivers]:
    """For every layer, the `k` patches that drive each neuron most, over all traces (batches of one), at most `each` of a picture.

    The traces are read once, one after the other. ValueError if fewer than `k` patches can be chosen from.
    """
    values: list[list[Tensor]] = []
    patches: list[list[Tensor]] = []
    owners: list[Tensor] = []
    for number, trace in enumerate(traces):
        tops = [
            trace.block(layer).mlp_post_act[0, trace.layout.patches].topk(min(each, trace.layout.num_patches), dim=0)
            for layer in range(trace.depth)
        ]
        values.append([top.values for top in tops])
        patches.append([top.indices for top in tops])
        owners.append(torch.full_like(tops[0].indices, number))
    count = sum(map(len, owners))
    if count < k:
        raise ValueError(f"The {k} strongest patches cannot be chosen from {count}; take more pictures or more of each.")
    picture, found = torch.cat(owners), []
    for layer in range(len(values[0])):
        best = torch.cat([own[layer] for own in values]).topk(k, dim=0)  # [k, hidden]
        patch = torch.cat([own[layer] for own in patches]).gather(0, best.indices)
        found.append(Drivers(best.values.T.contiguous(), picture.gather(0, best.indices).T.contiguous(), patch.T.contiguous()))
    return found


@torch.inference_mode()
def most_active(trace: ViTTrace, layer: int, token: int, k: int = 8) -> list[tuple[int, float]]:
    """The `k` neurons of `layer` with the highest activation at `token`, as (neuron, `mlp_post_act`), strongest first."""
    top = trace.block(layer).mlp_post_act[0, token].topk(k)
    return list(zip(top.indices.tolist(), top.values.tolist(), strict=True))
