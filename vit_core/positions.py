"""Where each patch says it is: learned tables and their interpolation, sine-cosine tables, similarity."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vit_core.config import ViTConfig


def interpolate_positions(
    table: Float[Tensor, "1 positions dim"], config: ViTConfig, grid: tuple[int, int]
) -> Float[Tensor, "1 new_positions dim"]:
    """The position table for another grid: rows of prefix tokens are kept, the patches' rows are resized as an image of `dim` channels.

    At the table's own grid the learned rows are returned as they are. The filter is `config.pos_interpolation`.
    """
    if grid == config.native_grid:
        return table
    prefix, patches = table.split([config.num_pos_prefix, table.shape[1] - config.num_pos_prefix], dim=1)
    dim = table.shape[-1]
    as_image = patches.reshape(1, *config.native_grid, dim).permute(0, 3, 1, 2)
    antialias = config.pos_interpolation == "bicubic_antialias"
    resized = F.interpolate(as_image.float(), size=grid, mode="bicubic", antialias=antialias, align_corners=False)
    rows = resized.permute(0, 2, 3, 1).reshape(1, grid[0] * grid[1], dim).to(table.dtype)
    return torch.cat([prefix, rows], dim=1)


def sincos_positions(grid: tuple[int, int], dim: int, temperature: float = 10_000.0) -> Float[Tensor, "positions dim"]:
    """Fixed 2D sine-cosine rows in raster order, `[sin x, cos x, sin y, cos y]`, a quarter of `dim` each, x the column and y the row.

    ValueError unless 4 divides `dim`. Source: the plain ViT baseline of Beyer et al. 2022, after MoCo v3 (Chen et al. 2021). As in the
    former, frequencies fall from 1 to `1 / temperature`, both included; MoCo v3 stops one step before the end.
    """
    if dim % 4:
        raise ValueError(f"2D sine-cosine positions need a width divisible by 4; got {dim}.")
    rows, cols = torch.meshgrid(torch.arange(grid[0], dtype=torch.float64), torch.arange(grid[1], dtype=torch.float64), indexing="ij")
    quarter = dim // 4
    steps = torch.arange(quarter, dtype=torch.float64) / max(quarter - 1, 1)
    frequency = temperature**-steps
    across, down = cols.reshape(-1, 1) * frequency, rows.reshape(-1, 1) * frequency
    return torch.cat([across.sin(), across.cos(), down.sin(), down.cos()], dim=1).float()


def cosine_similarity(rows: Float[Tensor, "positions dim"]) -> Float[Tensor, "positions positions"]:
    """Cosine of the angle between every two rows, in [-1, 1]; a row of zeros is similar to nothing (0)."""
    unit = F.normalize(rows.double(), dim=-1)
    return (unit @ unit.T).float()
