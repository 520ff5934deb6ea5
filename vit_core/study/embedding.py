"""What the patch embedding `E = x W^T + b` does to a patch: its terms, what it keeps, its filters, and which patches it makes alike."""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import ViTConfig
from vit_core.model import Edits
from vit_core.patches import flatten_kernel, unpatchify
from vit_core.trace import ViTTrace

NO_DIRECTION = 1e-13
"""Eigenvalues of W W^T below this share of the largest count as zero: singular values of W below 3e-7."""


def projection(trace: ViTTrace) -> tuple[Float[Tensor, "dim values"], Float[Tensor, " dim"]]:
    """The matrix W and the bias b that embedded this trace's patches (zeros where the model has no bias), in float64.

    Row d of W belongs to output dimension d; its values are in the order in which `patchify` flattens a patch.
    """
    embed = trace.model.patch_embed
    weight = flatten_kernel(embed.kernel(trace.patch_size)).detach().double()
    bias = weight.new_zeros(len(weight)) if embed.proj.bias is None else embed.proj.bias.detach().double()
    return weight, bias


def terms(trace: ViTTrace, patch: int, dim: int) -> Float[Tensor, " values"]:
    """The products `x * w` of one patch with one row of W, in float64: their sum plus the bias is that number of the embedding.

    IndexError names the range of `patch` and `dim`.
    """
    weight, _ = projection(trace)
    for name, index, count in (("patch", patch, trace.layout.num_patches), ("dim", dim, len(weight))):
        if not 0 <= index < count:
            raise IndexError(f"`{name}` goes from 0 to {count - 1}; got {index}.")
    return trace.patches[0, patch].double() * weight[dim]


def pseudo_inverse(matrix: Float[Tensor, "rows cols"]) -> Float[Tensor, "cols rows"]:
    """Moore-Penrose inverse in float64, by the Gram matrix of the shorter side: W^T (W W^T)^+ or (W^T W)^+ W^T.

    Far cheaper than a singular value decomposition of a wide W. Our deviation: singular values below 3e-7 of the largest count as zero.
    """
    matrix = matrix.double()
    wide = matrix.shape[0] <= matrix.shape[1]
    inverse = torch.linalg.pinv(gram(matrix), rtol=NO_DIRECTION, hermitian=True)
    return matrix.T @ inverse if wide else inverse @ matrix.T


def directions_kept(matrix: Float[Tensor, "rows cols"]) -> int:
    """How many directions of its input a matrix does not lose: its rank, by the tolerance of `pseudo_inverse`."""
    return int(torch.linalg.matrix_rank(gram(matrix.double()), rtol=NO_DIRECTION, hermitian=True))


def gram(matrix: Float[Tensor, "rows cols"]) -> Float[Tensor, "side side"]:
    """W W^T or W^T W, whichever is smaller."""
    return matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix


@torch.inference_mode()
def reconstruct(trace: ViTTrace) -> Float[Tensor, "batch chans height width"]:
    """The picture that the embeddings still hold, in the input's normalised units: each patch as `(E - b) W^+`.

    Of all patches with the same embedding this is the one of least norm, so what it lacks is what the embedding does not see.
    """
    weight, bias = projection(trace)
    patches = (trace.patch_embeddings.double() - bias) @ pseudo_inverse(weight).T
    return unpatchify(patches.float(), trace.layout.grid, trace.images.shape[1])


@torch.inference_mode()
def patch_errors(trace: ViTTrace, rebuilt: Float[Tensor, "batch chans height width"]) -> Float[Tensor, "batch patches"]:
    """Root mean square difference between a picture and its reconstruction in each patch, in levels of 0 to 255.

    The reconstruction is not clamped to what a pixel can hold.
    """
    std = torch.tensor(trace.config.preprocessing.std).view(1, -1, 1, 1)
    squared = ((rebuilt - trace.images) * std * 255).square().mean(dim=1, keepdim=True)
    return F.avg_pool2d(squared, trace.patch_size).flatten(1).sqrt()


@torch.inference_mode()
def filter_components(
    weight: Float[Tensor, "dim chans side side"], count: int = 28
) -> tuple[Float[Tensor, "count chans side side"], Float[Tensor, " count"]]:
    """The first principal components of the embedding filters, and the share of the filters' variance along each, largest first.

    Filters are the samples, pixels the variables, the mean filter is taken off. Each component has norm 1; its sign is chosen so that the
    largest value is positive. At most as many as there are dimensions. Source: Dosovitskiy et al. 2021, figure 7, left, which shows 28.
    """
    rows = weight.flatten(1).double()
    centred = rows - rows.mean(dim=0)
    wide = count < rows.shape[0] < rows.shape[1]  # then the smaller matrix has all that is asked for
    spread, vectors = torch.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)  # ascending; far cheaper than singular values
    count = min(count, *rows.shape)
    shares = (spread.flip(0)[:count] / spread.sum()).clamp(min=0)
    components = vectors.T.flip(0)[:count]
    components = F.normalize(components @ centred, dim=1) if wide else components
    strongest = components.gather(1, components.abs().argmax(dim=1, keepdim=True))
    return (components * strongest.sign()).reshape(-1, *weight.shape[1:]).float(), shares.float()


@torch.inference_mode()
def similarity(trace: ViTTrace, patch: int, placed: bool = False) -> Float[Tensor, " patches"]:
    """Cosine between one patch's embedding and every patch's: as embedded, or (`placed`) with positions added, as the first block reads
    them.

    A row of zeros is similar to nothing (0). IndexError names the range of `patch`.
    """
    count = trace.layout.num_patches
    if not 0 <= patch < count:
        raise IndexError(f"`patch` goes from 0 to {count - 1}; got {patch}.")
    rows = trace.tokens[0, trace.layout.patches] if placed else trace.patch_embeddings[0]
    unit = F.normalize(rows.double(), dim=-1)
    return (unit @ unit[patch]).float()


@torch.inference_mode()
def convolution(trace: ViTTrace) -> Float[Tensor, "batch patches dim"]:
    """The same embeddings by a convolution with kernel size and stride of one patch, which never cuts the picture up."""
    embed = trace.model.patch_embed
    maps = F.conv2d(trace.images, embed.kernel(trace.patch_size), embed.proj.bias, stride=trace.patch_size)  # [B, D, grid_h, grid_w]
    return maps.flatten(2).transpose(1, 2)


def reading_edits(config: ViTConfig, order: Int[Tensor, " patches"] | None = None, placed: bool = True) -> Edits:
    """Edits under which the model reads the patches in another `order` (place i holds patch `order[i]`), and without positions unless
    `placed`.

    Without positions the patches' rows of the position table are zero; those of prefix tokens stay.
    """
    edits: Edits = {} if order is None else {(None, "patch_embeddings"): lambda rows: rows[:, order]}
    if placed:
        return edits
    prefix = config.num_pos_prefix
    return {**edits, (None, "pos_embedding"): lambda rows: torch.cat([rows[:, :prefix], torch.zeros_like(rows[:, prefix:])], dim=1)}
