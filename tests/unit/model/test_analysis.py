"""Analyses on attention that is set by hand through edits, so that every expected number can be worked out on paper."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from tests.support.models.small import as_released, pictures, small_model
from vit_core import analysis


def trace_with(*layers: list, grid: tuple[int, int] = (1, 2), batch: int = 1, **changes):
    """A trace whose attention weights are `layers`, each `[heads][T][T]`; patches of 4 pixels."""
    weights = [torch.tensor(layer, dtype=torch.float32)[None].expand(batch, -1, -1, -1) for layer in layers]
    model = small_model(depth=len(layers), num_heads=len(layers[0]), pos_grid=grid, **changes)
    edits = {(layer, "attn_weights"): lambda _, w=w: w for layer, w in enumerate(weights)}
    return model(pictures(batch, 4 * grid[0], 4 * grid[1]), edits=edits)


FIRST = [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]]
SECOND = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("residual", "expected"),
    [
        # ½I + ½FIRST = [[¾, ¼, 0], [0, 1, 0], [0, 0, 1]] and ½I + ½SECOND = [[½, 0, ½], [½, ½, 0], [0, ½, ½]]; the second times the first
        (0.5, [[0.375, 0.125, 0.5], [0.375, 0.625, 0], [0, 0.5, 0.5]]),
        (0.0, [[0, 0, 1], [0.5, 0.5, 0], [0, 1, 0]]),
        (1.0, torch.eye(3).tolist()),
    ],
)
def test_rollout_multiplies_later_layers_from_the_left(residual, expected):
    rolled = analysis.rollout(trace_with([FIRST], [SECOND], batch=2), residual=residual)
    assert_close(rolled, torch.tensor(expected).expand(2, -1, -1))


ONE, OTHER = [0.5, 0.3, 0.2], [0.1, 0.6, 0.3]


@pytest.mark.parametrize(
    ("fusion", "row"), [("mean", [0.3, 0.45, 0.25]), ("max", [0.5 / 1.4, 0.6 / 1.4, 0.3 / 1.4]), ("min", [1 / 6, 3 / 6, 2 / 6])]
)
def test_heads_are_fused_and_scaled_to_one(fusion, row):
    rolled = analysis.rollout(trace_with([[ONE] * 3, [OTHER] * 3]), fusion=fusion, residual=0.0)
    assert_close(rolled, torch.tensor([[row] * 3]))


@pytest.mark.parametrize(
    ("discard", "row"),
    [(0.0, ONE), (0.1, ONE), (0.34, [0.625, 0.375, 0]), (0.66, [1, 0, 0]), (0.9, [1, 0, 0]), (1.0, [1, 0, 0])],
)
def test_discarding_takes_the_lowest_weights_and_leaves_the_largest(discard, row):
    rolled = analysis.rollout(trace_with([[ONE] * 3]), residual=0.0, discard=discard)
    assert_close(rolled, torch.tensor([[row] * 3], dtype=torch.float32))


def test_a_token_with_nothing_left_draws_on_itself():
    ahead, back = [[0, 1, 0], [0, 0, 1], [0, 0, 1]], [[1, 0, 0], [0, 0, 1], [1, 0, 0]]
    rolled = analysis.rollout(trace_with([ahead, back]), fusion="min", residual=0.0)
    assert_close(rolled, torch.tensor([[[1.0, 0, 0], [0, 0, 1], [0, 0, 1]]]))


@settings(max_examples=20)
@given(
    st.sampled_from(["mean", "max", "min"]),
    st.floats(0, 1),
    st.floats(0, 1),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(0, 9),
)
def test_rollout_rows_sum_to_one(fusion, residual, discard, grid, seed):
    trace = small_model(seed, num_registers=seed % 3, spread=1.0)(pictures(2, 4 * grid[0], 4 * grid[1]))
    rolled = analysis.rollout(trace, fusion, residual, discard)
    assert rolled.shape == (2, trace.layout.num_tokens, trace.layout.num_tokens)
    assert_close(rolled.sum(dim=-1), torch.ones(rolled.shape[:-1]))
    assert rolled.min() >= 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fusion": "median"}, "`fusion` must be mean, max or min; got median."),
        ({"residual": 1.5}, "`residual` must lie between 0 and 1; got 1.5."),
        ({"discard": -0.1}, "`discard` must lie between 0 and 1; got -0.1."),
    ],
)
def test_rollout_refuses(options, message):
    with as_released(), pytest.raises(ValueError) as caught:
        analysis.rollout(trace_with([FIRST]), **options)
    assert str(caught.value) == message


def test_distance_by_hand():
    itself = torch.eye(5).tolist()
    evenly = [[0.2] * 5] * 5  # a fifth on [CLS] is left out; of four patches, 0, 4, 4 and 4√2 pixels away
    across = [
        [0, 1, 0, 0, 0],
        [0.5, 0, 0.5, 0, 0],
        [0.5, 0.5, 0, 0, 0],
        [0.5, 0, 0, 0, 0.5],
        [0.5, 0, 0, 0.5, 0],
    ]  # to the neighbour in the row
    mixed = [[1, 0, 0, 0, 0], *([[0, 0.75, 0, 0, 0.25]] * 4)]  # ¾ on the first patch, ¼ on the last
    distance = analysis.attention_distance(trace_with([itself, evenly], [across, mixed], grid=(2, 2), batch=2))
    diagonal = 4 * math.sqrt(2)
    of_mixed = (0.25 * diagonal + 4 + 4 + 0.75 * diagonal) / 4
    assert_close(distance, torch.tensor([[0, (4 + 4 + diagonal) / 4], [4, of_mixed]]))


def test_distance_without_weight_on_patches():
    to_class = [[1, 0, 0]] * 3
    one_looks = [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    distance = analysis.attention_distance(trace_with([to_class, one_looks]))
    assert_close(distance, torch.tensor([[float("nan"), 4.0]]), equal_nan=True)


@pytest.mark.parametrize(
    "changes", [{"num_registers": 2}, {"distill_token": True, "pool": "cls_dist"}, {"class_token": False, "pool": "mean"}]
)
def test_distance_leaves_every_prefix_token_out(changes):
    model = small_model(**changes, num_heads=1, depth=1)
    prefix = model.config.num_prefix_tokens
    weights = torch.zeros(1, 1, prefix + 3, prefix + 3)
    weights[..., :prefix] = 0.1
    weights[..., prefix] = 0.2  # everyone looks at the first patch of three in a row
    distance = analysis.attention_distance(model(pictures(1, 4, 12), edits={(0, "attn_weights"): lambda _: weights}))
    assert_close(distance, torch.tensor([[(0 + 4 + 8) / 3]]))


def test_entropy_by_hand():
    certain, evenly = torch.eye(4).tolist(), [[0.25] * 4] * 4
    halves = [[0.5, 0.25, 0.25, 0]] * 3 + [[0, 0, 0, 1]]  # 1.5 bits three times, then none
    entropy = analysis.attention_entropy(trace_with([certain, evenly], [evenly, halves], grid=(1, 3), batch=2))
    assert_close(entropy, torch.tensor([[0, 2], [2, 4.5 / 4]]))


def test_lens_ends_in_the_prediction_and_starts_with_the_class_token():
    model = small_model()
    trace = model(pictures())
    lens = analysis.logit_lens(trace)
    assert lens.shape == (4, 2, 5)
    assert torch.equal(lens[-1], trace.logits)
    assert_close(lens[0], model.head(model.norm(trace.tokens[:, 0])))
    assert_close(lens[2], model.head(model.norm(trace.block(2).resid_pre[:, 0])))


@pytest.mark.parametrize(
    "changes", [{"pool": "mean"}, {"distill_token": True, "pool": "cls_dist"}, {"pool": "mean", "norm_position": "after_pool"}]
)
def test_lens_reads_as_the_model_does(changes):
    model = small_model(**changes)
    nothing = {(layer, site): torch.zeros_like for layer in range(3) for site in ("attn_update", "mlp_update")}
    lens = analysis.logit_lens(model(pictures(), edits=nothing))
    assert_close(lens, lens[-1:].expand(4, -1, -1))
    assert torch.equal(analysis.logit_lens(model(pictures()))[-1], model(pictures()).logits)


@pytest.mark.parametrize("function", [analysis.rollout, analysis.attention_distance, analysis.attention_entropy])
def test_few_queries_at_a_time_give_the_same(function, monkeypatch):
    trace = small_model(num_registers=1)(pictures(2, 8, 20))
    whole = function(trace)
    for limit in (1, 2 * 3 * 12 * 5):
        monkeypatch.setattr(analysis, "MAX_WEIGHTS", limit)
        assert max(weights.numel() for _, weights in analysis.weights_by_queries(trace, 0, slice(0, 12))) == max(limit, 2 * 3 * 12)
        assert_close(function(trace), whole)


def test_weights_that_could_learn_build_no_graph():
    trace = small_model()(pictures())
    trace.model.requires_grad_(True)
    assert not analysis.logit_lens(trace).requires_grad
    assert not analysis.rollout(trace).requires_grad
