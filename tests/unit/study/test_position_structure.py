"""What position rows are made of, fixed encodings, the way to another grid and back, and the experiments that break positions."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from tests.support.models.small import PLAIN, pictures, small_model
from vit_core.patches import patchify, unpatchify
from vit_core.positions import (
    cosine_similarity,
    interpolate_positions,
    interpolation_matrix,
    position_structure,
    random_positions,
    round_trip_error,
    similarity_explained,
    sincos_positions,
    sincos_positions_1d,
)
from vit_core.study import position_experiments as experiments

KINDS = [
    {},
    {"distill_token": True, "pool": "cls_dist"},
    {"pos_covers": "patches", "num_registers": 2},
    {"class_token": False, "pool": "mean"},
]


def test_1d_sincos_by_hand():
    rows = sincos_positions_1d(3, 4, temperature=100.0)  # frequencies 1 and 1/10
    by_hand = [[f(p * w) for w in (1.0, 0.1) for f in (math.sin, math.cos)] for p in range(3)]
    assert_close(rows, torch.tensor(by_hand))
    assert_close(sincos_positions_1d(2, 6)[1, 2:4], torch.tensor([math.sin(10_000 ** (-1 / 3)), math.cos(10_000 ** (-1 / 3))]))


def test_1d_sincos_needs_an_even_width():
    with pytest.raises(ValueError, match="need an even width; got 5"):
        sincos_positions_1d(2, 5)


def test_1d_sincos_depends_on_the_difference_alone():
    similarity = cosine_similarity(sincos_positions_1d(20, 16))
    assert_close(similarity[3, 8], similarity[11, 16])
    assert_close(similarity[0, 5], similarity[5, 0])


def test_random_rows_depend_on_seed_and_place_alone():
    assert torch.equal(random_positions(5, 8), random_positions(9, 8)[:5])
    assert not torch.equal(random_positions(5, 8), random_positions(5, 8, seed=1))


@pytest.mark.parametrize("filter_", ["bicubic", "bicubic_antialias"])
@pytest.mark.parametrize("grid", [(2, 2), (5, 3), (4, 9), (3, 5)])
def test_two_matrices_do_what_the_model_does(filter_, grid):
    config = PLAIN.replace(image_size=(12, 20), pos_interpolation=filter_)  # native grid 3×5
    table = torch.randn(1, 16, 12, generator=torch.Generator().manual_seed(0))
    down, across = (interpolation_matrix(config, old, new) for old, new in zip((3, 5), grid, strict=True))
    by_matrices = torch.einsum("ri,sj,ijd->rsd", down, across, table[0, 1:].reshape(3, 5, 12)).flatten(0, 1)
    assert_close(by_matrices, interpolate_positions(table, config, grid)[0, 1:], atol=1e-6, rtol=0)


def test_a_side_that_is_kept_has_the_identity():
    assert_close(interpolation_matrix(PLAIN, 5, 5), torch.eye(5))


def test_the_round_trip():
    config = PLAIN.replace(image_size=32)  # 8×8
    table = torch.randn(1, 65, 12, generator=torch.Generator().manual_seed(0))
    assert torch.equal(round_trip_error(table, config, (8, 8)), torch.zeros(64))
    assert_close(round_trip_error(torch.ones(1, 65, 12), config, (3, 5)), torch.zeros(64), atol=1e-5, rtol=0)
    error = round_trip_error(table, config, (3, 3))
    back = interpolate_positions(interpolate_positions(table, config, (3, 3)), config.replace(pos_grid=(3, 3)), (8, 8))
    assert_close(error.square().mean().sqrt(), (back - table)[0, 1:].norm() / table[0, 1:].norm())
    assert error.square().mean() > round_trip_error(table, config, (7, 7)).square().mean()


def test_structure_by_hand():
    along, up = torch.tensor([3.0, -1, -1, -1]), torch.tensor([0.0, 1, 0.5, -1.5])  # at right angles, both of mean 0
    rows = torch.stack([along, up], dim=1) + torch.tensor([7.0, -2.0])
    found = position_structure(rows)
    assert_close(found.singular_values, torch.tensor([math.sqrt(12), math.sqrt(3.5)]))
    signed = torch.stack([along, -up], dim=1)  # the entry of largest magnitude is positive
    assert_close(found.components, signed, atol=1e-5, rtol=0)
    assert_close(found.shares, torch.tensor([12 / 15.5, 3.5 / 15.5]))
    assert_close(position_structure(-rows).components, signed, atol=1e-5, rtol=0)


def test_rows_that_are_all_the_same_have_no_structure():
    assert torch.equal(position_structure(torch.ones(6, 4)).shares, torch.zeros(4))


def offsets(grid):
    place = torch.arange(grid[0] * grid[1])
    row, col = place // grid[1], place % grid[1]
    return (row[:, None] - row).abs().float(), (col[:, None] - col).abs().float()


@pytest.mark.parametrize(
    ("similarity", "whole"),
    [
        (lambda down, across: (-down).exp(), {"row", "row + column", "offset"}),
        (lambda down, across: across**2, {"column", "row + column", "offset"}),
        (lambda down, across: 1 / (1 + (down**2 + across**2).sqrt()), {"distance", "offset"}),
        (lambda down, across: (-down).exp() + across.cos(), {"row + column", "offset"}),
        (lambda down, across: (-down).exp() * across.cos(), {"offset"}),
    ],
    ids=["rows", "columns", "distance", "sum", "product"],
)
def test_what_explains_similarity(similarity, whole):
    grid = (4, 6)
    found = similarity_explained(similarity(*offsets(grid)), grid)
    assert {name for name, share in found.items() if share > 1 - 1e-6} == whole
    assert all(-1e-6 <= share <= 1 + 1e-6 for share in found.values())
    assert found["offset"] >= max(found.values()) - 1e-6 and found["row + column"] >= max(found["row"], found["column"]) - 1e-6


def test_2d_sincos_is_a_sum_of_rows_and_columns():
    assert similarity_explained(cosine_similarity(sincos_positions((5, 7), 16)), (5, 7))["row + column"] == pytest.approx(1, abs=1e-5)


def test_explaining_nothing_and_a_wrong_grid():
    assert all(math.isnan(share) for share in similarity_explained(torch.zeros(6, 6), (2, 3)).values())
    with pytest.raises(ValueError, match="A grid of 2×2 has 4 positions; got a matrix of 6"):
        similarity_explained(torch.zeros(6, 6), (2, 2))


@pytest.mark.parametrize("changes", KINDS)
def test_the_ways_change_the_patches_alone(changes):
    config = PLAIN.replace(**changes)
    prefix = config.num_pos_prefix
    rows = torch.randn(1, prefix + 12, 12, generator=torch.Generator().manual_seed(0))
    before = rows.clone()
    ways = experiments.position_edits(config, (3, 4))
    assert tuple(ways) == experiments.WAYS and ways["kept"] == {}
    changed = {way: edits[experiments.SITE](rows) for way, edits in ways.items() if edits}
    assert torch.equal(rows, before)
    assert all(torch.equal(new[:, :prefix], rows[:, :prefix]) and new.shape == rows.shape for new in changed.values())
    assert not changed["zeroed"][:, prefix:].any()
    order = experiments.shuffled_order(12)
    assert sorted(order.tolist()) == list(range(12)) and torch.equal(changed["shuffled"][0, prefix:], rows[0, prefix:][order])
    for way, source in {
        "sincos2d": sincos_positions((3, 4), 12),
        "sincos1d": sincos_positions_1d(12, 12),
        "random": random_positions(12, 12),
    }.items():
        new = changed[way][0, prefix:]
        assert_close(new.norm(dim=1).mean(), rows[0, prefix:].norm(dim=1).mean())
        assert_close(F.cosine_similarity(new, source), torch.ones(12))


@pytest.mark.parametrize("changes", KINDS)
def test_without_the_edits_the_answer_is_the_same_to_the_bit(changes):
    model = small_model(**changes)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trace = model(pictures(1), 4)
    tried = experiments.try_positions(trace)
    assert tuple(tried) == experiments.WAYS
    assert torch.equal(tried["kept"].logits, trace.logits)
    assert all(not torch.equal(tried[way].logits, trace.logits) for way in experiments.WAYS[1:])
    assert torch.equal(model(trace.images, 4).logits, trace.logits)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())


def test_shuffled_positions_are_a_shuffled_picture():
    model = small_model()
    trace = model(pictures(1), 4)
    order = experiments.shuffled_order(16)
    patches = patchify(trace.images, 4)
    shuffled = torch.empty_like(patches)
    shuffled[:, order] = patches  # patch i gets the row of place order[i]: it stands there
    as_picture = model(unpatchify(shuffled, (4, 4)), 4)
    assert_close(experiments.try_positions(trace)["shuffled"].logits, as_picture.logits, atol=1e-5, rtol=1e-4)


def test_a_twin_is_a_copy():
    images = pictures(1)
    twins = experiments.with_twin(images, 4, 5, 10)
    before, after = patchify(images, 4), patchify(twins, 4)
    assert torch.equal(after[:, 10], before[:, 5])
    others = [i for i in range(16) if i != 10]
    assert torch.equal(after[:, others], before[:, others])
    with pytest.raises(ValueError, match="The picture has patches 0 to 15; got 16"):
        experiments.with_twin(images, 4, 5, 16)


def test_the_twin_stands_elsewhere():
    for grid in ((4, 4), (3, 3), (2, 5)):
        layout = PLAIN.layout(grid)
        for patch in range(layout.num_patches):
            other = experiments.other_place(layout, patch)
            assert other != patch and 0 <= other < layout.num_patches
    assert experiments.other_place(PLAIN.layout((3, 4)), 1) == 10


@pytest.mark.parametrize("changes", KINDS)
def test_only_positions_tell_twins_apart(changes):
    model = small_model(**changes)
    trace = model(pictures(1), 4)
    twins = experiments.follow_twins(trace, 5)
    assert (twins.first, twins.second) == (5, 10)
    place = trace.layout.num_prefix_tokens
    assert len(twins.kept.similarity) == len(twins.usual) == model.config.depth + 2
    assert twins.kept.distance[0] == 0 and twins.kept.similarity[0] == pytest.approx(1)
    first, second = twins.trace.tokens[0, place + 5], twins.trace.tokens[0, place + 10]
    rows = twins.trace.pos_embedding[0, model.config.num_pos_prefix :]
    assert_close(first - second, rows[5] - rows[10], atol=1e-5, rtol=1e-4)
    lengths = (first.norm() + second.norm()) / 2
    assert twins.kept.distance[1] == pytest.approx(float((first - second).norm() / lengths), abs=1e-5)
    assert twins.kept.distance[1:].min() > 1e-3
    assert twins.zeroed.distance.max() < 1e-5
    last = twins.trace.resid(model.config.depth)[0, place:]
    pairs = cosine_similarity(last)[torch.triu(torch.ones(16, 16, dtype=torch.bool), diagonal=1)]
    assert twins.usual[-1] == pytest.approx(float(pairs.mean()), abs=1e-5)
