"""What stands beside what, by hand; and the numbers of two traces side by side, directly."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.models.small import as_released, pictures, small_model
from vit_core.study.representations import pairs


def test_layers_at_the_same_relative_depth():
    assert [pairs.beside(i, 12, 12) for i in range(12)] == list(range(12))
    assert [pairs.beside(i, 3, 5) for i in range(3)] == [0, 2, 4]
    assert [pairs.beside(i, 5, 3) for i in range(5)] == [0, 1, 1, 2, 2]
    assert [pairs.beside(i, 13, 7) for i in (0, 6, 12)] == [0, 3, 6]
    assert pairs.beside(0, 1, 6) == 5


def test_heads_at_the_same_share():
    assert [pairs.head_beside(h, 12, 12) for h in range(12)] == list(range(12))
    assert [pairs.head_beside(h, 6, 3) for h in range(6)] == [0, 0, 1, 1, 2, 2]
    assert [pairs.head_beside(h, 3, 12) for h in range(3)] == [0, 4, 8]


def test_patches_around_the_centre():
    assert pairs.nearest_patches((2, 2), (2, 2)).tolist() == [0, 1, 2, 3]
    assert pairs.nearest_patches((2, 2), (4, 4)).tolist() == [5, 7, 13, 15]
    assert pairs.nearest_patches((4, 4), (2, 2)).tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]
    assert pairs.nearest_patches((1, 3), (2, 2)).tolist() == [2, 3, 3]


def test_attention_and_rows_side_by_side():
    one, other = small_model()(pictures(1)), small_model(3, depth=5, num_heads=6, num_registers=2)(pictures(1, 32))
    here, there = pairs.attention_beside(one, other, 1, 2, 7, 0)
    assert_close(here, one.attn_weights(1)[0, 2, 7, 1:])
    assert_close(there, 4 * other.attn_weights(2)[0, 4, 0, 3:].reshape(8, 8)[1::2, 1::2].flatten())
    similar = pairs.stream_similarity(one, other)
    assert similar.shape == (4, 16)
    rows = other.resid(2)[0, 3:].reshape(8, 8, 12)[1::2, 1::2].flatten(0, 1)
    assert_close(similar[1], torch.cosine_similarity(one.resid(1)[0, 1:], rows))
    assert_close(pairs.stream_similarity(one, one), torch.ones(4, 16))


def test_rows_of_different_width_are_refused():
    one, other = small_model()(pictures(1)), small_model(embed_dim=24)(pictures(1))
    with as_released(), pytest.raises(ValueError) as caught:
        pairs.stream_similarity(one, other)
    assert str(caught.value) == "Rows of different width cannot be compared; got 12 and 24."
