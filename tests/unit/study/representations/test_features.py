"""Likeness, components and alignment of tokens against their definitions, sum by sum, and against scikit-learn where it has them."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.models.small import VARIANTS, as_released, pictures, small_model
from vit_core.study.representations.features import aligned, alike, best_matches, cka, components, content, hsic, rows_of, without_place


def rows(count: int = 20, width: int = 7, seed: int = 0) -> torch.Tensor:
    return torch.randn((count, width), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def turned(values: torch.Tensor, seed: int = 3) -> torch.Tensor:
    return values @ torch.linalg.qr(rows(values.shape[1], values.shape[1], seed)).Q


@pytest.mark.parametrize("variant", VARIANTS)
def test_rows_are_those_of_the_trace(variant):
    trace = small_model(**VARIANTS[variant])(pictures(2))
    block = trace.block(1)
    assert_close(rows_of(trace, 1, "stream"), trace.block(2).resid_pre[0])
    assert_close(rows_of(trace, 1, "update"), block.attn_update[0] + block.mlp_update[0], atol=1e-5, rtol=1e-5)
    heads, size = block.k.shape[1], block.k.shape[3]
    for what, of in (("query", block.q), ("key", block.k), ("value", block.v)):
        found = rows_of(trace, 1, what)
        assert found.shape == (trace.layout.num_tokens, heads * size)
        assert_close(found[2, size : 2 * size], of[0, 1, 2])
    with as_released(), pytest.raises(ValueError, match="Rows are stream, query, key, value, update; got scores"):
        rows_of(trace, 1, "scores")


def test_likeness_is_the_cosine_and_the_best_is_the_largest():
    one, other = rows(6), torch.cat([rows(5, seed=1), torch.zeros(1, 7)])
    found = alike(one, other)
    assert found[2, 3] == pytest.approx(float(one[2] @ other[3] / (one[2].norm() * other[3].norm())))
    assert (found[:, 5] == 0).all()
    matches = best_matches(one, other)
    assert matches.index.tolist() == [max(range(6), key=lambda at: float(found[row, at])) for row in range(6)]
    assert_close(matches.cosine, found.max(dim=1).values)
    assert best_matches(one, one.flip(0)).index.tolist() == [5, 4, 3, 2, 1, 0]


def test_components_are_those_of_the_covariance():
    values = rows(40) * torch.tensor([5, 3, 2, 1, 1, 0.5, 0.1])
    found = components(values, 3)
    variances, directions = torch.linalg.eigh(torch.cov(values.T))
    assert_close(found.explained, variances.flip(0)[:3] / variances.sum())
    assert_close((found.directions @ directions.flip(1)[:, :3]).abs(), torch.eye(3, dtype=torch.float64), atol=1e-8, rtol=0)
    assert_close(found.directions @ found.directions.T, torch.eye(3, dtype=torch.float64))
    assert (found.directions.gather(1, found.directions.abs().argmax(1, keepdim=True)) > 0).all()
    at = found.of(values)
    assert_close(at.mean(0), torch.zeros(3, dtype=torch.float64), atol=1e-12, rtol=0)
    assert_close(at.var(0) / values.var(0).sum(), found.explained)
    with pytest.raises(ValueError, match="have no 8 principal components"):
        components(values, 8)
    with pytest.raises(ValueError, match="All rows are the same"):
        components(torch.ones(5, 4), 2)


def test_content_has_no_place_left():
    place, things = rows(9, 4), torch.stack([rows(9, 4, seed) for seed in (4, 5, 6)])
    assert_close(content(things + place), content(things))
    assert_close(content(things).mean(0), torch.zeros(9, 4, dtype=torch.float64))


def test_alignment_is_its_double_sum():
    one, other = rows(9, 5), torch.cat([rows(9, 3), rows(9, 2, seed=2)], dim=1)

    def unbiased(first, second) -> float:
        k, m = (first @ first.T).fill_diagonal_(0), (second @ second.T).fill_diagonal_(0)
        n, ones = 9, torch.ones(9, dtype=torch.float64)
        middle = float(ones @ k @ ones) * float(ones @ m @ ones) / ((n - 1) * (n - 2))
        return (float(torch.trace(k @ m)) + middle - 2 * float(ones @ k @ m @ ones) / (n - 2)) / (n * (n - 3))

    expected = unbiased(one, other) / (unbiased(one, one) * unbiased(other, other)) ** 0.5
    assert cka(one, other) == pytest.approx(expected, rel=1e-9)
    assert cka(one, other) == pytest.approx(cka(other, one))


def test_alignment_sees_no_turn_scale_or_shift_and_nothing_where_nothing_is():
    values = rows(50, 8)
    assert cka(values, 3 * turned(values) + 7) == pytest.approx(1, abs=1e-9)
    chance = [cka(rows(60, 10, seed), rows(60, 10, 100 + seed)) for seed in range(20)]
    assert abs(sum(chance) / len(chance)) < 0.05  # the estimate with a bias gives 0.15 here
    assert cka(values, torch.ones(50, 3)) != cka(values, torch.ones(50, 3))  # nan
    with as_released(), pytest.raises(ValueError, match="the same tokens, at least 4 of them; got 50 and 49"):
        cka(values, values[1:])


def test_what_only_rounding_leaves_of_a_row_is_nothing():
    values, places = rows(5).float(), rows(5, seed=1).float()
    places[2] = values[2] * (1 + 1e-6)
    left = without_place(values, places)
    assert (left[2] == 0).all()
    assert_close(left[[0, 1, 3, 4]], (values - places)[[0, 1, 3, 4]])


def test_several_sets_of_tokens_are_averaged_before_they_are_aligned():
    pictures = [(rows(12, 5, seed), rows(12, 6, 50 + seed) + rows(12, 6, seed)) for seed in range(4)]
    mean = sum(hsic(pair) for pair in pictures) / 4
    found = aligned(mean)
    assert found[0, 1] == pytest.approx(float(mean[0, 1] / (mean[0, 0] * mean[1, 1]).sqrt())) and found.diagonal().tolist() == [1, 1]
    assert_close(hsic(pictures[0]), hsic(pictures[0]).T)
    assert aligned(hsic([pictures[0][0], torch.ones(12, 3)])).isnan().tolist() == [[False, True], [True, True]]
