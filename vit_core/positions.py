"""Where each patch says it is: learned tables and their interpolation, sine-cosine tables, similarity."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from vit_core.config import ViTConfig


def interpolate_positions(
    table: Float[Tensor, "1 positions dim"], config: ViTConfig, grid: tuple[int, int]
) -> Float[Tensor, "1 new_positions dim"]:
    """The position table for another grid: rows of prefix tokens are kept, the patches' rows are resized as an image of `dim` channels.

    At the table's own grid the learned rows are returned as they are. The filter is `config.pos_interpolation`. Computed in float32, and
    in float64 where the table is.
    """
    if grid == config.native_grid:
        return table
    prefix, patches = table.split([config.num_pos_prefix, table.shape[1] - config.num_pos_prefix], dim=1)
    dim = table.shape[-1]
    as_image = patches.reshape(1, *config.native_grid, dim).permute(0, 3, 1, 2)
    antialias = config.pos_interpolation == "bicubic_antialias"
    at_least_float32 = torch.promote_types(table.dtype, torch.float32)
    resized = F.interpolate(as_image.to(at_least_float32), size=grid, mode="bicubic", antialias=antialias, align_corners=False)
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


def sincos_positions_1d(count: int, dim: int, temperature: float = 10_000.0) -> Float[Tensor, "positions dim"]:
    """Fixed 1D sine-cosine rows: position `p` has `sin(p w), cos(p w)` side by side, for `w = temperature^(-2i / dim)`, i from 0.

    ValueError unless 2 divides `dim`. Source: Vaswani et al. 2017, section 3.5. Counting from 0, as there; rows and columns are not known.
    """
    if dim % 2:
        raise ValueError(f"1D sine-cosine positions need an even width; got {dim}.")
    frequency = temperature ** (-torch.arange(0, dim, 2, dtype=torch.float64) / dim)
    angle = torch.arange(count, dtype=torch.float64)[:, None] * frequency
    return torch.stack([angle.sin(), angle.cos()], dim=2).flatten(1).float()


def random_positions(count: int, dim: int, seed: int = 0) -> Float[Tensor, "positions dim"]:
    """Rows of independent standard normal numbers: every position has a mark of its own, and no two are related. Row `i` depends on
    `seed`, `dim` and `i` alone."""
    whole = -(-count * dim // 16) * 16  # normal numbers are drawn 16 at a time, and a part of 16 differently
    return torch.randn(whole, generator=torch.Generator().manual_seed(seed))[: count * dim].reshape(count, dim)


def interpolation_matrix(config: ViTConfig, old: int, new: int) -> Float[Tensor, "new old"]:
    """One side of `interpolate_positions` as a matrix: what becomes of the unit vectors of `old` places when they are resized to `new`.

    Rows and columns are resized alike and one after the other, so a table on a grid `[r, c, dim]` becomes `R @ table` along the rows
    and `C @ table` along the columns. The identity where nothing is resized.
    """
    antialias = config.pos_interpolation == "bicubic_antialias"
    unit = torch.eye(old)[None, None]  # column j is the unit vector of place j
    return F.interpolate(unit, size=(new, old), mode="bicubic", antialias=antialias, align_corners=False)[0, 0]


def round_trip_error(table: Float[Tensor, "1 positions dim"], config: ViTConfig, grid: tuple[int, int]) -> Float[Tensor, " patches"]:
    """What each patch's row loses on the way to another grid and back: length of its change over the root-mean-square length of all rows.

    The root mean square of the result is the relative change of the whole table (Frobenius norm).
    """
    there = interpolate_positions(table, config, grid)
    back = interpolate_positions(there, config.replace(pos_grid=grid), config.native_grid)
    rows = table[0, config.num_pos_prefix :]
    return (back[0, config.num_pos_prefix :] - rows).norm(dim=1) / rows.norm(dim=1).square().mean().sqrt()


@dataclass(frozen=True)
class PositionStructure:
    """Singular values of the rows without their mean, largest first; `components[:, i]` is what each position has of the i-th direction
    (its sign such that the largest entry is positive); `shares` are the squared singular values over their sum."""

    singular_values: Float[Tensor, " rank"]
    components: Float[Tensor, "positions rank"]
    shares: Float[Tensor, " rank"]


def position_structure(rows: Float[Tensor, "positions dim"]) -> PositionStructure:
    """Principal components of position rows, computed in float64. Shares are 0 where all rows are the same."""
    centred = rows.double() - rows.double().mean(dim=0)
    left, values, _ = torch.linalg.svd(centred, full_matrices=False)
    components = left * values
    largest = components.gather(0, components.abs().argmax(dim=0, keepdim=True))
    components = components * torch.where(largest < 0, -1.0, 1.0)
    total = values.square().sum()
    shares = values.square() / total if total > 0 else torch.zeros_like(values)
    return PositionStructure(values.float(), components.float(), shares.float())


def similarity_explained(similarity: Float[Tensor, "positions positions"], grid: tuple[int, int]) -> dict[str, float]:
    """R²: which share of the variance of similarity, over all pairs of different positions, the pair's offset explains.

    `row`, `column`, `distance`: the best prediction from the number of rows, of columns, or the Euclidean distance between the two, each
    value with a mean of its own, so that no shape is assumed. `row + column`: one term for each, added (least squares). `offset`: a
    mean for every pair of both. nan where all similarities are equal. ValueError if the grid has another number of positions.
    """
    count = grid[0] * grid[1]
    if len(similarity) != count:
        raise ValueError(f"A grid of {grid[0]}×{grid[1]} has {count} positions; got a matrix of {len(similarity)}.")
    first, second = torch.triu_indices(count, count, offset=1)
    down, across = (first // grid[1] - second // grid[1]).abs(), (first % grid[1] - second % grid[1]).abs()
    values = similarity[first, second].double()
    offset, spread = down * grid[1] + across, values - values.mean()
    total = spread.square().sum()

    def of_groups(group: Int[Tensor, " pairs"]) -> float:
        size = torch.bincount(group).clamp(min=1)
        means = torch.bincount(group, weights=spread) / size
        return float(1 - (spread - means[group]).square().sum() / total)

    terms = torch.cat([F.one_hot(down), F.one_hot(across)], dim=1).double()
    fitted = terms @ torch.linalg.lstsq(terms.T @ terms, terms.T @ spread[:, None], driver="gelsd").solution
    added = float(1 - (spread - fitted[:, 0]).square().sum() / total)
    groups = {"row": down, "column": across, "distance": down**2 + across**2, "offset": offset}
    return {**{name: of_groups(group) for name, group in groups.items()}, "row + column": added}
