"""Cutting a picture into patches, putting it back together, and resizing the kernel that embeds them."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor


def patchify(images: Float[Tensor, "batch chans height width"], patch_size: int) -> Float[Tensor, "batch patches values"]:
    """Patches in raster order, each flattened row by row with the channels innermost: `[B, N, P*P*C]`.

    ValueError if `patch_size` does not divide both sides.
    """
    batch, chans, height, width = images.shape
    if patch_size < 1 or height % patch_size or width % patch_size:
        raise ValueError(f"The patch size must divide the image; got an image of {height}×{width} pixels and patches of {patch_size}.")
    rows, cols = height // patch_size, width // patch_size
    cut = images.reshape(batch, chans, rows, patch_size, cols, patch_size)
    return cut.permute(0, 2, 4, 3, 5, 1).reshape(batch, rows * cols, patch_size * patch_size * chans)


def unpatchify(
    patches: Float[Tensor, "batch patches values"], grid: tuple[int, int], chans: int = 3
) -> Float[Tensor, "batch chans height width"]:
    """The inverse of `patchify`: `[B, N, P*P*C]` back to `[B, C, H, W]`. ValueError if the sizes do not agree."""
    batch, count, values = patches.shape
    rows, cols = grid
    side = round((values / chans) ** 0.5)
    if count != rows * cols:
        raise ValueError(f"A grid of {rows}×{cols} needs {rows * cols} patches; got {count}.")
    if side * side * chans != values:
        raise ValueError(f"A square patch of {chans} channels has P·P·{chans} values; got {values}.")
    laid = patches.reshape(batch, rows, cols, side, side, chans)
    return laid.permute(0, 5, 1, 3, 2, 4).reshape(batch, chans, rows * side, cols * side)


@lru_cache(maxsize=64)
@torch.inference_mode(False)  # a cached tensor must serve training too, whoever asked for it first
def resize_matrix(old: int, new: int) -> Float[Tensor, "new_pixels old_pixels"]:
    """The matrix B of bilinear, antialiased resizing of an `old`×`old` square to `new`×`new`, on flattened squares: `B @ x`.

    Float64. Rows and columns are resized alike and one after the other, so B is the Kronecker square of the matrix for one side.
    """
    side = resize_side(old, new)
    return torch.kron(side, side)


def resize_side(old: int, new: int) -> Float[Tensor, "new old"]:
    """The matrix of the same resizing for one side, `old` pixels to `new`: what becomes of the unit vectors. Float64."""
    unit = torch.eye(old, dtype=torch.float64)[None, None]
    return F.interpolate(unit, size=(new, old), mode="bilinear", antialias=True, align_corners=False)[0, 0]


@lru_cache(maxsize=64)
@torch.inference_mode(False)
def kernel_resize_matrix(old: int, new: int, dtype: torch.dtype = torch.float32) -> Float[Tensor, "new_pixels old_pixels"]:
    """FlexiViT's pseudo-inverse resize: the matrix that turns a flattened `old`×`old` kernel into a `new`×`new` one.

    It is `pinv(B.T)` with B of `resize_matrix`. When a patch is enlarged, `<B x, W'> = <x, W>` holds exactly; when it is shrunk, W' is
    the least-squares solution. Source: Beyer et al. 2023 (FlexiViT), section 3.4. Computed in float64, whatever `dtype` it is returned
    in, and for one side first: the pseudo-inverse of a Kronecker product is the product of the pseudo-inverses, and far cheaper.
    """
    side = torch.linalg.pinv(resize_side(old, new).T)
    return torch.kron(side, side).to(dtype)


def resize_kernel(weight: Float[Tensor, "dim chans old old"], patch_size: int) -> Float[Tensor, "dim chans new new"]:
    """The patch kernel for another patch size, in pixels; the kernel itself where the size is its own."""
    dim, chans, old, _ = weight.shape
    if patch_size == old:
        return weight
    at_least_float32 = torch.promote_types(weight.dtype, torch.float32)
    matrix = kernel_resize_matrix(old, patch_size, at_least_float32).to(device=weight.device, dtype=weight.dtype)
    return (weight.reshape(dim * chans, old * old) @ matrix.T).reshape(dim, chans, patch_size, patch_size)


def flatten_kernel(weight: Float[Tensor, "dim chans side side"]) -> Float[Tensor, "dim values"]:
    """The kernel as the matrix W of `E = x W^T + b`, its columns in the order in which `patchify` flattens a patch."""
    return weight.permute(0, 2, 3, 1).flatten(1)
