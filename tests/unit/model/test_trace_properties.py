"""What holds for every trace of every small ViT, at every size: the parts add up to the whole, and looking changes nothing."""

from dataclasses import dataclass

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from tests.support.models.small import pictures, small_model
from vit_core.model import VisionTransformer
from vit_core.patches import patchify, unpatchify
from vit_core.trace import ViTTrace

NEAR = {"atol": 2e-5, "rtol": 2e-4}
some = settings(max_examples=20)
KEPT = ("q", "k", "v", "head_out", "resid_pre", "resid_mid", "resid_post")
DERIVED = ("norm1_out", "attn_scores", "attn_weights", "attn_out", "attn_update", "norm2_out")
DERIVED += ("mlp_pre_act", "mlp_post_act", "mlp_out", "mlp_update")


@dataclass
class Run:
    """A model and a picture size that suits it."""

    fields: dict
    patch: int
    grid: tuple[int, int]
    seed: int

    def model(self, **changes) -> VisionTransformer:
        return small_model(self.seed, **(self.fields | changes))

    def images(self, batch: int = 1) -> torch.Tensor:
        return pictures(batch, self.grid[0] * self.patch, self.grid[1] * self.patch, seed=self.seed + 1)

    def trace(self, batch: int = 1, **changes) -> ViTTrace:
        return self.model(**changes)(self.images(batch), self.patch)


@st.composite
def runs(draw) -> Run:
    heads, pool = draw(st.integers(1, 3)), draw(st.sampled_from(["cls", "mean", "cls_dist"]))
    grids = st.tuples(st.integers(1, 4), st.integers(1, 4))
    fields = {
        "embed_dim": heads * draw(st.integers(2, 4)),
        "num_heads": heads,
        "depth": draw(st.integers(1, 3)),
        "mlp_hidden": draw(st.integers(1, 8)),
        "num_classes": draw(st.integers(0, 4)),
        "norm_eps": draw(st.sampled_from([1e-6, 1e-12, 1e-5])),
        "kernel_size": draw(st.none() | st.integers(1, 4)),
        "pos_grid": draw(grids),
        "act": draw(st.sampled_from(["gelu", "gelu_tanh", "quick_gelu"])),
        "ffn": draw(st.sampled_from(["mlp", "swiglu"])),
        "pool": pool,
        "class_token": pool != "mean" or draw(st.booleans()),
        "distill_token": pool == "cls_dist",
        "num_registers": draw(st.integers(0, 2)),
        "pos_covers": draw(st.sampled_from(["class_and_patches", "patches"])),
        "norm_position": draw(st.sampled_from(["before_pool", "after_pool"])),
    }
    fields |= {name: draw(st.booleans()) for name in ("qkv_bias", "patch_bias", "head_bias", "pre_norm", "layer_scale")}
    return Run(fields, patch=draw(st.integers(1, 4)), grid=draw(grids), seed=draw(st.integers(0, 1000)))


@some
@given(runs())
def test_parts_add_up(run):
    trace = run.trace(batch=2)
    for block in trace.blocks:
        assert_close(block.attn_weights.sum(dim=-1), torch.ones(block.attn_weights.shape[:-1]))
        assert block.attn_weights.min() >= 0
        assert_close((block.attn_scores - block.attention.log_sum_exp()[..., None]).exp(), block.attn_weights, **NEAR)
        assert_close(block.attn_weights @ block.v, block.head_out, **NEAR)  # what is shown is what the fused kernel used
        assert_close(block.attention.head_contributions.sum(dim=1) + block.block.attn.proj.bias, block.attn_out, **NEAR)
        assert_close(block.resid_pre + block.attn_update, block.resid_mid, **NEAR)
        assert_close(block.resid_mid + block.mlp_update, block.resid_post, **NEAR)
    assert torch.equal(trace.block(0).resid_pre, trace.tokens)
    assert_close(trace.probs.sum(dim=-1), torch.ones(2))


@some
@given(runs())
def test_explicit_attention_gives_the_same_trace(run):
    fused, explicit = run.trace(), small_model(run.seed, attention="explicit", **run.fields)(run.images(), run.patch)
    for one, other in zip(fused.blocks, explicit.blocks, strict=True):
        for name in KEPT:
            assert_close(getattr(one, name), getattr(other, name), **NEAR)
    assert_close(fused.logits, explicit.logits, **NEAR)


@some
@given(runs())
def test_pictures_of_a_batch_do_not_meet(run):
    model, images = run.model(), run.images(batch=3)
    together = model(images, run.patch)
    for item in range(3):
        alone = model(images[item : item + 1], run.patch)
        assert_close(alone.logits[0], together.logits[item], **NEAR)
        assert_close(alone.resid(alone.depth)[0], together.resid(alone.depth)[item], **NEAR)


@some
@given(runs())
def test_looking_changes_nothing(run):
    model, images = run.model(), run.images()
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    trace, before = model(images, run.patch), images.clone()
    kept = [trace.patch_embeddings, trace.pos_embedding, trace.tokens, trace.pooled, trace.logits]
    kept += [getattr(block, name) for block in trace.blocks for name in KEPT]
    copies = [tensor.clone() for tensor in kept]
    first = [getattr(block, name) for block in trace.blocks for name in DERIVED]
    looked = [trace.patches, trace.probs, trace.norm_out, *(block.attention.head_contributions for block in trace.blocks)]
    again = [getattr(block, name) for block in trace.blocks for name in DERIVED]
    assert all(torch.equal(tensor, copy) for tensor, copy in zip(kept, copies, strict=True))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(images, before)
    assert torch.equal(model(images, run.patch).logits, trace.logits)
    assert all(tensor.isfinite().all() for tensor in looked)


@some
@given(runs(), st.integers(1, 15))
def test_without_positions_the_order_of_patches_is_lost(run, turn):
    patches = run.grid[0] * run.grid[1]
    assume(turn % patches)
    order = [(place + turn) % patches for place in range(patches)]
    images, model = run.images(), run.model(pos_grid=run.grid)
    shuffled = unpatchify(patchify(images, run.patch)[:, order], run.grid)

    one, other = model(images, run.patch), model(shuffled, run.patch)
    assert not torch.allclose(other.tokens[:, one.layout.patches], one.tokens[:, one.layout.patches][:, order])
    model.pos_embed.zero_()
    one, other = model(images, run.patch), model(shuffled, run.patch)
    prefix = range(one.layout.num_prefix_tokens)
    moved = [*prefix, *(len(prefix) + place for place in order)]
    for layer in range(one.depth + 1):
        assert_close(other.resid(layer), one.resid(layer)[:, moved], **NEAR)
    assert_close(other.logits, one.logits, **NEAR)
