"""Variants of attention: closed forms against counted masks and measured products, and every way of running one against the mask."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tests.support.models.small import VARIANTS, as_released, pictures, small_model
from vit_core import cost
from vit_core.config import TokenLayout
from vit_core.study.altered import run_with
from vit_core.study.efficiency import attention_variants as variants
from vit_core.study.efficiency.attention_variants import KINDS, Variant

MASKS = ("full", "windows", "neighbourhood", "strided")
layouts = st.builds(
    TokenLayout, grid=st.tuples(st.integers(1, 9), st.integers(1, 9)), class_token=st.booleans(), num_registers=st.integers(0, 3)
)


def random_qkv(layout: TokenLayout, heads: int = 2, head_dim: int = 4, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(3, 1, heads, layout.num_tokens, head_dim, generator=generator)


def test_windows_by_hand() -> None:
    mask = variants.mask(Variant("windows", 2), TokenLayout((1, 5)))
    rows = ["111111", "111000", "111000", "100110", "100110", "100001"]
    assert ["".join(str(int(cell)) for cell in row) for row in mask] == rows


def test_neighbourhood_and_strides_by_hand() -> None:
    near = variants.mask(Variant("neighbourhood", 1), TokenLayout((3, 3), class_token=False))
    assert near[0].tolist() == [True, True, False, True, True, False, False, False, False]
    assert near[4].all() and near[1].sum() == 6
    far = variants.mask(Variant("strided", 2), TokenLayout((3, 3), class_token=False))
    assert far[0].tolist() == [True, False, True, False, False, False, True, False, True]
    assert far[4].sum() == 1


@given(layout=layouts, kind=st.sampled_from(KINDS), size=st.integers(1, 10))
def test_pairs_are_the_masks_true_entries(layout: TokenLayout, kind: str, size: int) -> None:
    variant = Variant(kind, size)
    mask = variants.mask(variant, layout)
    assert variants.pairs(variant, layout) == int(mask.sum())
    assert torch.equal(mask, mask.T)
    assert mask.diagonal().all() and mask[: layout.num_prefix_tokens].all()


@given(layout=layouts, kind=st.sampled_from(MASKS), size=st.integers(1, 10))
def test_what_runs_is_the_masked_softmax(layout: TokenLayout, kind: str, size: int) -> None:
    q, k, v = random_qkv(layout)
    variant = Variant(kind, size)
    scores = (q @ k.transpose(-2, -1) / 2).masked_fill(~variants.mask(variant, layout), -torch.inf)
    torch.testing.assert_close(variants.attend(variant, layout)(q, k, v), scores.softmax(dim=-1) @ v, atol=1e-5, rtol=1e-5)


@given(layout=layouts, kind=st.sampled_from(["windows", "strided"]), size=st.integers(1, 10))
def test_every_patch_is_in_one_cell(layout: TokenLayout, kind: str, size: int) -> None:
    members = torch.cat([index.flatten() for index in variants.cells(Variant(kind, size), layout.grid)])
    assert sorted(members.tolist()) == list(range(layout.num_patches))


def test_linear_attention_is_its_definition() -> None:
    q, k, v = random_qkv(TokenLayout((3, 4)))
    left, right = F.elu(q / 4**0.25) + 1, F.elu(k / 4**0.25) + 1
    weights = left @ right.transpose(-2, -1)
    expected = weights / weights.sum(dim=-1, keepdim=True) @ v
    torch.testing.assert_close(variants.linear_attention(q, k, v), expected, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(
    "variant", [Variant("full"), Variant("windows", 3), Variant("strided", 2), Variant("linear")], ids=lambda v: v.kind
)
def test_macs_are_what_the_flop_counter_sees(variant: Variant) -> None:
    layout = TokenLayout((5, 7), num_registers=2)
    config = small_model().config.replace(num_registers=2)
    q, k, v = random_qkv(layout, config.num_heads, config.head_dim)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        variants.attend(variant, layout)(q, k, v)
    # The normaliser of linear attention is a product of a matrix and a vector, which the counter sees as well.
    assert counter.get_total_flops() == 2 * variants.core_macs(variant, config, layout)


def test_what_is_stored() -> None:
    config, layout = small_model().config, TokenLayout((4, 4))
    for kind in MASKS:
        assert variants.stored(Variant(kind, 2), config, layout) == config.num_heads * int(variants.mask(Variant(kind, 2), layout).sum())
    _, k, v = random_qkv(layout, config.num_heads, config.head_dim)
    state = (k.transpose(-2, -1) @ v).numel() + k.sum(dim=-2).numel()
    assert variants.stored(Variant("linear"), config, layout) == state


@pytest.mark.parametrize("name", VARIANTS)
def test_edits_and_run_give_the_same_answer_with_every_kind_of_model(name: str) -> None:
    model, x = small_model(**VARIANTS[name]), pictures(1)
    layout = model(x).layout
    for kind, size in (("windows", 2), ("neighbourhood", 1), ("strided", 2)):
        variant = Variant(kind, size)
        edited = model(x, edits=variants.edits(variant, layout, 2))
        pooled, logits = run_with(model, x, 4, dict.fromkeys(range(2), variants.attend(variant, layout)))
        torch.testing.assert_close(logits, edited.logits, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(pooled, edited.pooled, atol=1e-4, rtol=1e-4)
        assert (edited.attn_weights(0)[..., ~variants.mask(variant, layout)] == 0).all()
        torch.testing.assert_close(edited.attn_weights(0).sum(-1), torch.ones_like(edited.attn_weights(0)[..., 0]))


@pytest.mark.parametrize("name", VARIANTS)
def test_full_attention_is_the_models_own(name: str) -> None:
    model, x = small_model(**VARIANTS[name]), pictures()
    own, layout = model(x), model(x).layout
    for attend in ({}, dict.fromkeys(range(3), variants.attend(Variant(), layout))):
        pooled, logits = run_with(model, x, 4, attend)
        torch.testing.assert_close(logits, own.logits, atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(pooled, own.pooled, atol=1e-6, rtol=1e-6)


def test_a_model_costs_what_its_layers_save() -> None:
    config = small_model().config
    whole = cost.macs(config)
    assert variants.macs(Variant(), config, 16, 4) == whole.total
    layout = config.layout((4, 4))
    one, two = (variants.macs(Variant("windows", 2), config, 16, 4, layers) for layers in (1, 2))
    assert whole.total - one == one - two == 2 * config.embed_dim * (17**2 - (64 + 33))
    assert variants.core_macs(Variant("windows", 2), config, layout) == 2 * config.embed_dim * (64 + 33)


def test_bad_variants_are_said() -> None:
    with as_released(), pytest.raises(ValueError, match="must be one of full, windows"):
        Variant("circles")
    with pytest.raises(ValueError, match="at least 1; got 0"):
        Variant("windows", 0)
    with pytest.raises(ValueError, match="not a mask"):
        variants.edits(Variant("linear"), TokenLayout((2, 2)), 1)
