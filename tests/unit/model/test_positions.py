"""Position tables: interpolation to other grids, fixed sine-cosine rows, similarity."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from tests.support.models.small import PLAIN
from vit_core.positions import cosine_similarity, interpolate_positions, sincos_positions

PREFIXES = [{}, {"distill_token": True, "pool": "cls_dist"}, {"pos_covers": "patches"}, {"class_token": False, "pool": "mean"}]


def table(config) -> torch.Tensor:
    rows, cols = config.native_grid
    return torch.randn(1, config.num_pos_prefix + rows * cols, config.embed_dim, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("changes", [*PREFIXES, {"pos_grid": (2, 7)}])
def test_the_native_grid_returns_the_table_itself(changes):
    config = PLAIN.replace(**changes)
    rows = table(config)
    assert interpolate_positions(rows, config, config.native_grid) is rows


@pytest.mark.parametrize("filter_", ["bicubic", "bicubic_antialias"])
@pytest.mark.parametrize("grid", [(2, 2), (6, 6), (3, 7), (4, 2), (1, 1)])
@pytest.mark.parametrize("changes", PREFIXES)
def test_other_grids_are_resized_as_an_image(changes, grid, filter_):
    config = PLAIN.replace(**changes, image_size=(12, 20), pos_interpolation=filter_)  # native grid 3×5
    rows, prefix = table(config), config.num_pos_prefix
    resized = interpolate_positions(rows, config, grid)
    assert resized.shape == (1, prefix + grid[0] * grid[1], config.embed_dim)
    assert torch.equal(resized[:, :prefix], rows[:, :prefix])
    for channel in (0, 7):
        image = rows[0, prefix:, channel].reshape(1, 1, 3, 5)
        by_torch = F.interpolate(image, size=grid, mode="bicubic", antialias=filter_ == "bicubic_antialias")
        assert_close(resized[0, prefix:, channel].reshape(grid), by_torch[0, 0])


def test_antialiasing_matters_when_the_grid_shrinks():
    configs = (PLAIN.replace(image_size=32, pos_interpolation=filter_) for filter_ in ("bicubic", "bicubic_antialias"))
    plain, smooth = (interpolate_positions(table(config), config, (3, 3)) for config in configs)
    assert (plain - smooth).abs().max() > 0.1


def test_constant_tables_stay_constant():
    rows = torch.full((1, 17, 12), 0.5)
    assert_close(interpolate_positions(rows, PLAIN, (5, 9)), torch.full((1, 46, 12), 0.5))


def test_sincos_by_hand():
    rows = sincos_positions((2, 3), 8, temperature=100.0)  # frequencies 1 and 1/100
    assert rows.shape == (6, 8)
    y, x = 1, 2  # the last patch
    by_hand = [f(p * w) for p in (x, y) for f in (math.sin, math.cos) for w in (1.0, 0.01)]
    assert_close(rows[5], torch.tensor(by_hand))
    assert_close(rows[0], torch.tensor([0.0, 0, 1, 1, 0, 0, 1, 1]))
    assert_close(sincos_positions((1, 2), 4)[1], torch.tensor([math.sin(1), math.cos(1), 0.0, 1.0]))


@pytest.mark.parametrize("dim", [2, 6, 9])
def test_sincos_needs_four_parts(dim):
    with pytest.raises(ValueError, match=f"2D sine-cosine positions need a width divisible by 4; got {dim}."):
        sincos_positions((2, 2), dim)


def test_similarity_by_hand():
    rows = torch.tensor([[3.0, 0.0], [1.0, 1.0], [-2.0, 0.0], [0.0, 0.0]])
    half = math.sqrt(0.5)
    expected = [[1, half, -1, 0], [half, 1, -half, 0], [-1, -half, 1, 0], [0, 0, 0, 0]]
    assert_close(cosine_similarity(rows), torch.tensor(expected))
