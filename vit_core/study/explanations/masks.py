"""Explanations that only run the model forwards: pictures with parts covered, and what the model says to them."""

from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vit_core.patches import patchify, unpatchify
from vit_core.study.effect import batch_size
from vit_core.study.explanations.gradients import Question
from vit_core.study.occlusion import cover
from vit_core.trace import ViTTrace

MASKS, CELLS, KEPT = 256, 7, 0.5


def masks(grid: tuple[int, int], count: int = MASKS, seed: int = 0) -> Float[Tensor, "count patches"]:
    """How much of each patch a random mask keeps, from 0 to 1: cells, at most `CELLS` a side, each kept with probability `KEPT`, drawn
    larger by straight lines and moved at random by up to one cell. The same for the same seed. Source: Petsiuk et al. 2018, section 3.2."""
    generator = torch.Generator().manual_seed(seed)
    cells = [min(CELLS, side) for side in grid]
    sizes = [-(-side // cell) for side, cell in zip(grid, cells, strict=True)]
    drawn = (torch.rand((count, 1, cells[0] + 1, cells[1] + 1), generator=generator) < KEPT).float()
    large = F.interpolate(drawn, size=[(cell + 1) * size for cell, size in zip(cells, sizes, strict=True)], mode="bilinear")
    moved = [torch.randint(size, (count,), generator=generator).tolist() for size in sizes]
    cut = [large[i, 0, row : row + grid[0], col : col + grid[1]] for i, (row, col) in enumerate(zip(*moved, strict=True))]
    return torch.stack(cut).flatten(1)


def scores(trace: ViTTrace, question: Question, pictures: Iterable[Tensor]) -> Iterator[Float[Tensor, " part"]]:
    """The score of each of these pictures `[1, chans, height, width]`, a few at a time."""
    size, some = batch_size(trace), []
    for picture in pictures:
        some.append(picture)
        if len(some) == size:
            yield question.score(trace.model(torch.cat(some), trace.patch_size).logits)
            some = []
    if some:
        yield question.score(trace.model(torch.cat(some), trace.patch_size).logits)


def kept_pictures(trace: ViTTrace, kept: Float[Tensor, "count patches"]) -> Iterator[Float[Tensor, "1 chans height width"]]:
    """The picture under each mask: as much of a patch as it keeps, the rest in the picture's mean colour."""
    images, grid = trace.images[:1], trace.layout.grid
    cut, plain = (patchify(x, trace.patch_size) for x in (images, images.mean(dim=(2, 3), keepdim=True).expand_as(images)))
    for mask in kept.to(images):
        yield unpatchify(plain + mask[None, :, None] * (cut - plain), grid, images.shape[1])


def rise(trace: ViTTrace, question: Question, count: int = MASKS, seed: int = 0) -> Iterator[Float[Tensor, " part"]]:
    """The mean score of the pictures in which a patch is kept, weighted by how much of it is, less the mean score of all. Empty parts, one
    for each step of the model, then the map `[N]`. Source: Petsiuk et al. 2018 (RISE), equation 6.

    Our deviations: the score in place of the probability; the mean colour where they have black; the mean of all taken away, and the masks
    that were drawn counted in place of those expected, which both change no rank by more than chance.
    """
    kept, found = masks(trace.layout.grid, count, seed), []
    for part in scores(trace, question, kept_pictures(trace, kept)):
        found.append(part.double())
        yield part[:0]
    said = torch.cat(found)
    yield (said @ kept.double()) / kept.double().sum(dim=0).clamp(min=1e-9) - said.mean()


def occluded(trace: ViTTrace, question: Question) -> Iterator[Float[Tensor, " part"]]:
    """By how much the score falls when a patch alone takes the picture's mean colour. Empty parts, one for each step of the model, then the
    map `[N]`. Source: Zeiler & Fergus 2014, section 4.2; see `perturbation.occlusion_drops`, which follows the probability."""
    found, images, grid = [], trace.images[:1], trace.layout.grid
    pictures = (cover(images, trace.patch_size, grid, torch.tensor([patch])) for patch in range(trace.layout.num_patches))
    for part in scores(trace, question, pictures):
        found.append(part.double())
        yield part[:0]
    yield float(question.score(trace.logits[:1].double())) - torch.cat(found)
