"""Occlusion, ablation, curves and token edits against computations by hand and against direct runs of the model through `edits`."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from torch.testing import assert_close

from tests.support.models.small import VARIANTS, as_released, pictures, small_model
from vit_core.analysis import rollout
from vit_core.patches import patchify, unpatchify
from vit_core.study import effect, perturbation
from vit_core.study.ablation import head_drops
from vit_core.study.effect import Followed, spearman
from vit_core.study.token_edits import new_order, stage_site, stream_change, token_edits


def value(model, images, followed: Followed, edits=None) -> float:
    """One run, one picture, read directly."""
    trace = model(images, edits=edits)
    if model.config.num_classes:
        return float((trace.logits[0] / model.config.temperature).softmax(0)[followed.label])
    return float(torch.cosine_similarity(trace.pooled[0].flatten(), model(pictures(1)).pooled[0].flatten(), dim=0))


def covered(images, patches: list[int]):
    cut = patchify(images, 4).clone()
    cut[0, patches] = images.mean(dim=(2, 3)).repeat(1, 16)
    return unpatchify(cut, (4, 4), 3)


@pytest.mark.parametrize("variant", VARIANTS)
def test_occlusion_and_ablation_are_direct_runs(variant, monkeypatch):
    monkeypatch.setattr(effect, "LARGEST_BATCH", 2)  # 3 heads: batches that are not full
    model = small_model(**VARIANTS[variant])
    images = pictures(1)
    trace = model(images)
    followed = Followed.of(trace)
    assert followed.value == pytest.approx(value(model, images, followed), abs=1e-6)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, followed)))
    assert_close(
        drops, torch.tensor([followed.value - value(model, covered(images, [patch]), followed) for patch in range(16)]), atol=1e-5, rtol=0
    )

    def without(head: int):
        return lambda out: torch.cat([out[:, :head], torch.zeros_like(out[:, :1]), out[:, head + 1 :]], dim=1)

    drops = torch.cat(list(head_drops(trace, followed)))
    direct = [
        followed.value - value(model, images, followed, {(layer, "head_out"): without(head)}) for layer in range(3) for head in range(3)
    ]
    assert_close(drops, torch.tensor(direct), atol=1e-5, rtol=0)
    assert drops.abs().max() > 1e-5


def test_curves_are_direct_runs_and_meet_at_the_ends():
    model, images = small_model(), pictures(1)
    trace = model(images)
    followed = Followed.of(trace)
    orders = [torch.arange(16), *perturbation.random_orders(16, 2)]
    curves = perturbation.curves_of(torch.cat(list(perturbation.curve_values(trace, followed, orders, steps=5))), 16, steps=5)
    counts = [0, 3, 6, 10, 13, 16]
    assert_close(curves.shares, torch.tensor(counts) / 16)
    for i, order in enumerate(orders):
        for j, count in enumerate(counts):
            assert float(curves.deletion[i, j]) == pytest.approx(value(model, covered(images, order[:count].tolist()), followed), abs=1e-5)
            assert float(curves.insertion[i, j]) == pytest.approx(value(model, covered(images, order[count:].tolist()), followed), abs=1e-5)
    assert_close(curves.deletion[:, 0], torch.full((3,), followed.value))
    assert_close(curves.deletion[:, 0], curves.insertion[:, -1])
    assert_close(curves.deletion[:, -1], curves.insertion[:, 0])


def test_areas_by_hand():
    shares = torch.tensor([0, 0.25, 1.0])
    assert_close(
        effect.area(shares, torch.tensor([[1.0, 1, 1], [1, 0, 0], [0, 0.5, 1]])), torch.tensor([1, 0.125, 0.25 * 0.25 + 0.75 * 0.75])
    )


def test_repeated_runs_give_the_same():
    model, images = small_model(), pictures(1)

    def all_of() -> list[torch.Tensor]:
        trace = model(images)
        followed = Followed.of(trace)
        orders = perturbation.random_orders(16)
        return [torch.cat(list(values)) for values in (perturbation.curve_values(trace, followed, orders), head_drops(trace, followed))]

    for one, again in zip(all_of(), all_of(), strict=True):
        assert torch.equal(one, again)
    assert not torch.equal(*perturbation.random_orders(16, 2))


def test_attention_of_the_class_token_and_without_one():
    trace = small_model()(pictures(1))
    assert_close(perturbation.attention_on_patches(trace, 1), trace.attn_weights(1)[0, :, 0, 1:].mean(0))
    assert_close(perturbation.attention_on_patches(trace, None), rollout(trace)[0, 0, 1:])
    bare = small_model(class_token=False, pool="mean")(pictures(1))
    assert_close(perturbation.attention_on_patches(bare, 2), bare.attn_weights(2)[0].mean(dim=(0, 1)))
    assert_close(perturbation.attention_on_patches(bare, None), rollout(bare)[0].mean(0))


def test_rank_correlation_by_hand():
    assert_close(effect.ranks(torch.tensor([3.0, 1, 3, 2])), torch.tensor([3.5, 1, 3.5, 2], dtype=torch.float64))
    assert spearman(torch.tensor([1.0, 2, 3]), torch.tensor([10.0, 20, 15])) == pytest.approx(0.5)
    assert spearman(torch.tensor([1.0, 2, 3]), torch.tensor([-1.0, -8, -27])) == pytest.approx(-1)
    assert math.isnan(spearman(torch.ones(3), torch.tensor([1.0, 2, 3])))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=3, max_size=30))
def test_rank_correlation_with_ties_is_scipys(pairs):
    one, other = (torch.tensor(values, dtype=torch.float32) for values in zip(*pairs, strict=True))
    if len(set(one.tolist())) > 1 and len(set(other.tolist())) > 1:
        assert spearman(one, other) == pytest.approx(spearmanr(one.numpy(), other.numpy()).statistic, abs=1e-9)


@settings(max_examples=30)
@given(st.integers(2, 40), st.integers(0, 9))
def test_a_shuffle_is_one_cycle(count, seed):
    order, at, seen = new_order(count, "shuffle", seed).tolist(), 0, set()
    while at not in seen:
        seen.add(at)
        at = order[at]
    assert len(seen) == count


@pytest.mark.parametrize(("way", "rows"), [("zero", None), ("swap", [9, 5, 3]), ("shuffle", None)])
@pytest.mark.parametrize("stage", range(5))
def test_token_edits_are_direct_edits(way, rows, stage):
    model, images, tokens = small_model(num_registers=1), pictures(1), [3, 9, 5]
    trace = model(images)
    chosen, first = [3, 5, 9], 2 if stage == 0 else 0
    order = rows or [chosen[i] for i in new_order(3, "shuffle").tolist()]

    def by_hand(values):
        changed = values.clone()
        for to, source in zip(chosen, order, strict=True):
            changed[:, to - first] = 0 if way == "zero" else values[:, source - first]
        return changed

    site = {0: (None, "patch_embeddings"), 1: (None, "tokens")}.get(stage, (stage - 2, "resid_post"))
    assert stage_site(stage) == site
    edited, direct = model(images, edits=token_edits(trace.layout, 3, tokens, way, stage)), model(images, edits={site: by_hand})
    assert torch.equal(edited.logits, direct.logits)
    change = stream_change(trace, edited)
    assert change.shape == (4, 18)
    for at in range(4):
        expected = (direct.resid(at) - trace.resid(at))[0].norm(dim=-1) / trace.resid(at)[0].norm(dim=-1)
        assert_close(change[at], expected)
    untouched = [token for token in range(18) if token not in chosen]
    at = max(0, stage - 1)
    assert change[:at].abs().max() == 0 if at else True
    assert change[at][untouched].abs().max() == 0 and change[at][[3, 9]].min() > 0  # the middle one of a swap stays


def test_changing_places_once_positions_are_added_leaves_the_answer():
    model, images = small_model(), pictures(1)
    trace = model(images)
    everyone = list(range(1, 17))
    for stage in range(1, 5):
        edited = model(images, edits=token_edits(trace.layout, 3, everyone, "shuffle", stage))
        assert_close(edited.logits, trace.logits, atol=1e-5, rtol=1e-5)
    before = model(images, edits=token_edits(trace.layout, 3, everyone, "shuffle", 0))
    assert (before.logits - trace.logits).abs().max() > 1e-2


def test_no_tokens_no_edits():
    assert token_edits(small_model().config.layout((4, 4)), 3, [], "swap", 0) == {}


@pytest.mark.parametrize(
    ("tokens", "way", "stage", "message"),
    [
        ([1, 2], "swap", 5, "The stages of this model run from 0 to 4; got 5."),
        ([17], "zero", 1, "The sequence has tokens 0 to 16; got 17."),
        ([-1, 3], "zero", 1, "The sequence has tokens 0 to 16; got -1."),
        ([3], "shuffle", 1, "To shuffle, choose at least two tokens; got 1."),
        ([0, 3], "zero", 0, "[CLS] has no patch embedding: choose patches, or a later stage."),
        ([3], "double", 1, "Tokens are changed by zero, swap, shuffle; got double."),
    ],
)
def test_token_edits_refuse(tokens, way, stage, message):
    with as_released(), pytest.raises(ValueError) as caught:
        token_edits(small_model().config.layout((4, 4)), 3, tokens, way, stage)
    assert str(caught.value) == message
