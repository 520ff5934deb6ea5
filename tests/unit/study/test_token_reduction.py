"""Merging and dropping tokens: nothing lost where none is taken, sizes conserved, each patch held once, costs as measured."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import vit_core
from tests.support.models.small import VARIANTS, as_released, pictures, small_model
from ui.work import cached
from vit_core.config import TokenLayout
from vit_core.study.efficiency import token_reduction as reduction
from vit_core.study.efficiency.token_reduction import GONE, METHODS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", VARIANTS)
def test_without_loss_it_is_the_models_own_pass(name: str, method: str) -> None:
    model, x = small_model(**VARIANTS[name]), pictures()
    own, done = model(x), reduction.reduce(model, x, 4, 0, method)
    torch.testing.assert_close(done.logits, own.logits, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(done.pooled, own.pooled, atol=1e-6, rtol=1e-6)
    assert set(done.counts) == {own.layout.num_tokens}


def test_the_bundled_model_without_loss() -> None:
    model = vit_core.load()
    x = vit_core.preprocess(cached.gallery_picture("coffee"), model, image_size=224)
    assert (reduction.reduce(model, x, 16, 0).logits - model(x, 16).logits).abs().max() < 1e-6


@settings(max_examples=40)
@given(
    rows=st.integers(1, 5),
    cols=st.integers(1, 5),
    name=st.sampled_from(list(VARIANTS)),
    per_layer=st.integers(0, 12),
    method=st.sampled_from(METHODS),
    seed=st.integers(0, 3),
)
def test_every_token_is_accounted_for(rows: int, cols: int, name: str, per_layer: int, method: str, seed: int) -> None:
    model = small_model(seed, **VARIANTS[name])
    done = reduction.reduce(model, pictures(2, 4 * rows, 4 * cols, seed=seed), 4, per_layer, method)
    layout = model.config.layout((rows, cols))
    front = layout.num_prefix_tokens
    assert done.counts == reduction.schedule(layout, 3, per_layer)
    for stage, (count, size) in enumerate(zip(done.counts, done.sizes, strict=True)):
        assert size.shape == (2, count)
        assert (size[:, :front] == 1).all()
        owners = done.owners[stage]
        for item in range(2):
            held = owners[item][owners[item] != GONE]
            assert ((held >= front) & (held < count)).all()
            counted = torch.bincount(held, minlength=count)[front:]
            assert torch.equal(counted.float(), size[item, front:])
            assert len(held) == (layout.num_patches if method == "merge" else count - front)
    assert done.logits.isfinite().all()


def test_the_closest_pair_merges_by_hand() -> None:
    keys = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.9], [-1.0, 0.0], [0.0, -1.0]]])  # [CLS] first
    source, target = reduction.most_similar(keys, 1, 1)
    assert (source.item(), target.item()) == (2, 3)
    x, size = reduction.merge(torch.arange(12.0).view(1, 6, 2), torch.tensor([[1.0, 1, 2, 1, 1, 1]]), source, target)
    assert x[0, 3].tolist() == pytest.approx([(2 * 4 + 6) / 3, (2 * 5 + 7) / 3])
    assert size[0].tolist() == [1, 1, 2, 3, 1, 1]
    keep = reduction.kept(source, 6)
    owner = reduction.moved(torch.tensor([[1, 2, 3, 4, 5]]), keep, source, target)
    assert owner[0].tolist() == [1, 2, 2, 3, 4]
    assert reduction.moved(torch.tensor([[1, 2, 3, 4, 5]]), keep, source, None)[0].tolist() == [1, GONE, 2, 3, 4]


def test_a_token_that_stands_for_two_counts_twice() -> None:
    """Two equal tokens merged attend and are attended to as the two did."""
    model = small_model(depth=1)
    x = pictures(1, 4, 8)
    x[..., 4:] = x[..., :4]
    same = {(None, "pos_embedding"): torch.zeros_like}
    trace = model(x, 4, edits=same)
    q, k, v = (getattr(trace.block(0), name) for name in "qkv")
    size = torch.tensor([[1.0, 2.0]])
    merged = torch.nn.functional.scaled_dot_product_attention(q[:, :, :2], k[:, :, :2], v[:, :, :2], attn_mask=size.log()[:, None, None])
    torch.testing.assert_close(merged, trace.block(0).head_out[:, :, :2])


def test_dropping_takes_what_the_class_token_attends_to_least() -> None:
    model, x = small_model(), pictures(1)
    done, trace = reduction.reduce(model, x, 4, 5, "drop"), model(x)
    attention = trace.attn_weights(0, 0)[0, :, 0].mean(0)[1:]
    gone = (done.owners[1, 0] == GONE).nonzero().flatten()
    assert set(gone.tolist()) == set(attention.argsort()[:5].tolist())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["plain", "dinov2", "registers", "no class token", "distilled"])
def test_macs_are_what_the_flop_counter_sees(name: str, method: str) -> None:
    model, x = small_model(**VARIANTS[name]), pictures(1, 20, 24)
    reduction.reduce(model, x, 4, 3, method)  # the matrix that resizes the kernel is made once
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        reduction.reduce(model, x, 4, 3, method)
    assert counter.get_total_flops() == 2 * reduction.macs(model.config, (20, 24), 4, 3, method)


def test_the_same_picture_gives_the_same_bits() -> None:
    model = vit_core.load()
    x = vit_core.preprocess(cached.gallery_picture("chelsea"), model, image_size=224)
    for method in METHODS:
        first, second = (reduction.reduce(model, x, 16, 8, method) for _ in range(2))
        assert torch.equal(first.owners, second.owners) and torch.equal(first.logits, second.logits)


def test_schedule_by_hand_and_bad_input() -> None:
    assert reduction.schedule(TokenLayout((3, 3)), 4, 4) == (10, 6, 4, 3, 2)
    with pytest.raises(ValueError, match="at least 0"):
        reduction.reduce(small_model(), pictures(), 4, -1)
    with as_released(), pytest.raises(ValueError, match="one of merge, drop"):
        reduction.reduce(small_model(), pictures(), 4, 1, "forget")
