"""Breaking positions on a picture: taken away, in a wrong order, replaced; and two equal patches, followed through the layers.

Every experiment is a set of `edits` for one forward pass. The model is never changed: without the edits it answers as before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import TokenLayout, ViTConfig
from vit_core.model import Edits
from vit_core.patches import patchify, unpatchify
from vit_core.positions import random_positions, sincos_positions, sincos_positions_1d
from vit_core.trace import ViTTrace

SITE = (None, "pos_embedding")
WAYS = ("kept", "zeroed", "shuffled", "sincos2d", "sincos1d", "random")


def shuffled_order(count: int, seed: int = 0) -> Int[Tensor, " patches"]:
    """Whose position each patch gets, in a random order."""
    return torch.randperm(count, generator=torch.Generator().manual_seed(seed))


def scaled_like(rows: Float[Tensor, "positions dim"], model_rows: Float[Tensor, "positions dim"]) -> Float[Tensor, "positions dim"]:
    """`rows` times one factor, so that their mean length is that of `model_rows`: a fair replacement is as loud as what it replaces."""
    return rows.to(model_rows) * (model_rows.norm(dim=1).mean() / rows.norm(dim=1).mean())


def position_edits(config: ViTConfig, grid: tuple[int, int], seed: int = 0) -> dict[str, Edits]:
    """The ways to treat the patches' positions, by name (`WAYS`), as edits; the rows of prefix tokens stay.

    kept: no edit. zeroed: nothing is added. shuffled: the learned rows in a random order. sincos2d, sincos1d, random: other rows, of the
    same mean length; the model has never seen them, so they show what it reads from its own rows, not how good the other encoding is.
    """
    prefix, dim = config.num_pos_prefix, config.embed_dim
    count = grid[0] * grid[1]
    order = shuffled_order(count, seed)

    def patches(change: Callable[[Tensor], Tensor]) -> Edits:
        return {SITE: lambda rows: torch.cat([rows[:, :prefix], change(rows[0, prefix:])[None]], dim=1)}

    return {
        "kept": {},
        "zeroed": patches(torch.zeros_like),
        "shuffled": patches(lambda rows: rows[order.to(rows.device)]),
        "sincos2d": patches(lambda rows: scaled_like(sincos_positions(grid, dim), rows)),
        "sincos1d": patches(lambda rows: scaled_like(sincos_positions_1d(count, dim), rows)),
        "random": patches(lambda rows: scaled_like(random_positions(count, dim, seed), rows)),
    }


def try_positions(trace: ViTTrace, seed: int = 0, between: Callable[[], object] = lambda: None) -> dict[str, ViTTrace]:
    """The trace's picture again, once for every way; `kept` is run again too, after all others, and gives the same bits as before.

    `between()` is called before each run: of a server, to let others compute.
    """
    ways, found = position_edits(trace.config, trace.layout.grid, seed), {}
    for way in reversed(WAYS):
        between()
        found[way] = trace.model(trace.images, trace.patch_size, ways[way])
    return {way: found[way] for way in WAYS}


def with_twin(
    images: Float[Tensor, "batch chans height width"], patch_size: int, first: int, second: int
) -> Float[Tensor, "batch chans height width"]:
    """The pictures with patch `first` copied over patch `second` (raster order, from 0). ValueError if there is no such patch."""
    grid = images.shape[2] // patch_size, images.shape[3] // patch_size
    for patch in (first, second):
        if not 0 <= patch < grid[0] * grid[1]:
            raise ValueError(f"The picture has patches 0 to {grid[0] * grid[1] - 1}; got {patch}.")
    patches = patchify(images, patch_size).clone()
    patches[:, second] = patches[:, first]
    return unpatchify(patches, grid, images.shape[1])


def other_place(layout: TokenLayout, patch: int) -> int:
    """Where a patch's twin is put: opposite through the centre; the first patch for the one in the centre itself."""
    rows, cols = layout.grid
    opposite = (rows - 1 - patch // cols) * cols + cols - 1 - patch % cols
    return opposite if opposite != patch else 0


@dataclass(frozen=True)
class TwinPath:
    """Two tokens on their way: the cosine similarity and the distance of their rows, first as patch embeddings, then as tokens
    (positions added), then after every layer; `distance` is over the mean length of the two rows (0: equal)."""

    similarity: Float[Tensor, " stages"]
    distance: Float[Tensor, " stages"]


def follow(trace: ViTTrace, first: int, second: int) -> TwinPath:
    """The path of two patches (raster order, from 0) of a trace's first picture."""
    place = trace.layout.num_prefix_tokens
    stages = [trace.patch_embeddings[0, [first, second]]]
    stages += [trace.resid(layer)[0, [place + first, place + second]] for layer in range(trace.depth + 1)]
    rows = torch.stack(stages).double()  # [stages, 2, D]
    lengths = rows.norm(dim=-1).mean(dim=1).clamp(min=1e-12)
    return TwinPath(F.cosine_similarity(rows[:, 0], rows[:, 1], dim=-1).float(), ((rows[:, 0] - rows[:, 1]).norm(dim=-1) / lengths).float())


def usual_pair(trace: ViTTrace) -> Float[Tensor, " stages"]:
    """Mean cosine similarity of all pairs of different patches at the same stages: what two patches have in common anyway."""
    patches = trace.layout.patches
    stages = [trace.patch_embeddings[0], *(trace.resid(layer)[0, patches] for layer in range(trace.depth + 1))]
    count = trace.layout.num_patches
    totals = [F.normalize(rows.double(), dim=-1).sum(dim=0).square().sum() for rows in stages]  # the sum over all pairs, i = j included
    return torch.stack([(total - count) / (count * (count - 1)) for total in totals]).float()


@dataclass(frozen=True)
class Twins:
    """`trace` is of the picture with the same patch in two places, `kept` and `zeroed` the paths of the two with positions and without."""

    first: int
    second: int
    trace: ViTTrace
    kept: TwinPath
    zeroed: TwinPath
    usual: Float[Tensor, " stages"]


def follow_twins(trace: ViTTrace, first: int) -> Twins:
    """Copy a patch (raster order, from 0) of a trace's picture to another place, and follow both through the layers."""
    second = other_place(trace.layout, first)
    images = with_twin(trace.images, trace.patch_size, first, second)
    twins = trace.model(images, trace.patch_size)
    bare = trace.model(images, trace.patch_size, position_edits(trace.config, trace.layout.grid)["zeroed"])
    return Twins(first, second, twins, follow(twins, first, second), follow(bare, first, second), usual_pair(twins))
