"""What a picture opens with: maps made to be like an object and not, and the late head and patch that are chosen from a trace."""

import pytest
import torch

from ui.work import cached
from vit_core import VisionTransformer, ViTConfig
from vit_core.analysis import reader_attention
from vit_core.patches import patchify
from vit_core.study.opening import LATE, Opening, object_likeness, opening, without_sinks

GRID = (12, 12)


def blob(row: float, col: float, wide: float) -> torch.Tensor:
    """Weights around a place, falling off as a bell of this width in patches; they sum to 1."""
    rows, cols = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    bell = torch.exp(-((rows - row) ** 2 + (cols - col) ** 2) / (2 * wide**2)).flatten()
    return bell / bell.sum()


def likeness(weights: torch.Tensor) -> float:
    return float(object_likeness(weights, GRID))


def test_an_even_map_is_like_no_object_and_one_place_is_more_so_than_two_or_a_faint_one() -> None:
    even, one = torch.full((144,), 1 / 144), blob(5, 6, 1.5)
    two = (blob(1, 1, 1.1) + blob(10, 10, 1.1)) / 2
    scattered = one[torch.randperm(144, generator=torch.Generator().manual_seed(0))]
    assert likeness(even) == pytest.approx(0, abs=1e-6)
    assert likeness(one) > 2 * max(likeness(two), likeness(scattered), likeness((one + 3 * even) / 4))
    assert likeness(blob(6, 5, 1.5)) == pytest.approx(likeness(one), rel=0.01)  # wherever it is


def test_a_corner_that_takes_most_of_the_weight_changes_nothing() -> None:
    one, sunk = blob(5, 6, 1.5), 0.3 * blob(5, 6, 1.5)
    sunk[0] += 0.7
    assert without_sinks(sunk)[0] == 0 and float(without_sinks(sunk).sum()) == pytest.approx(1)
    assert likeness(sunk) == pytest.approx(likeness(one), rel=0.02)
    assert object_likeness(torch.zeros(2, 144), GRID).tolist() == [0, 0]


def test_contrast_over_spread_by_hand() -> None:
    """Half of the patches, the left one of two columns, hold all: half of the weight would have to move; the spread is that of a column."""
    weights = torch.tensor([0.25, 0.0] * 4)
    even, column = (5 / 4 + 1 / 4) ** 0.5, (5 / 4) ** 0.5
    assert float(object_likeness(weights, (4, 2))) == pytest.approx(0.5 * even / column)


def test_the_late_head_that_sees_an_object_is_opened_and_a_patch_of_it_that_stands_out() -> None:
    config = ViTConfig(32, 6, 4, 32, 3, norm_eps=1e-6, image_size=96, patch_size=8)
    model = VisionTransformer(config).init_weights(1).eval().requires_grad_(False)

    def looks(where: torch.Tensor, head: int):
        def edit(weights: torch.Tensor) -> torch.Tensor:
            changed = torch.full_like(weights, 1 / 145)
            changed[:, head, 0] = torch.cat([torch.zeros(1), where])
            return changed

        return edit

    pixels = torch.zeros(1, 3, 96, 96)
    pixels[..., 40:44, 48:56] = 1.0  # half of the patch in row 6, column 7
    pixels[..., :4, :8] = 9.0  # more contrast, but outside
    early, late = looks(blob(5, 6, 1.0), 2), looks(blob(5, 6, 1.5), 1)
    trace = model(
        pixels, edits={(layer, "attn_weights"): late if layer == 3 else early if layer == 1 else lambda w: w for layer in range(6)}
    )
    assert opening(trace) == Opening(3, 1, 5 * 12 + 6)


@pytest.mark.parametrize("picture", ["coffee", "chelsea", "retina"])
def test_the_opening_of_a_gallery_picture_is_a_late_head_and_a_bright_patch(picture: str) -> None:
    trace = cached.analysis.__wrapped__("bundled", picture, 224, 16, cached.gallery_picture(picture)).trace
    found = opening(trace)
    weights = reader_attention(trace, found.layer)[0, found.head, trace.layout.patches]
    assert found.layer >= trace.depth - LATE and without_sinks(weights)[found.patch] > 1 / len(weights)
    assert float(patchify(trace.images, 16)[0, found.patch].std()) > 0
    others = torch.cat([reader_attention(trace, layer)[0, :, trace.layout.patches] for layer in range(trace.depth - LATE, trace.depth)])
    assert float(object_likeness(weights, trace.layout.grid)) == pytest.approx(float(object_likeness(others, trace.layout.grid).max()))
