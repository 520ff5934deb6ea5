"""Closed forms against numbers worked out by hand and the published ones. `test_measure.py` holds them against running models."""

import pytest

from vit_core import cost
from vit_core.config import ViTConfig
from vit_core.presets import presets, specs

B16 = presets["ViT-B/16"]
BY_NAME = {spec.name: spec for spec in specs()}
# 2×3 patches of 4 px and a class token: 7 tokens of 6 channels, 2 heads, a hidden layer of 10.
SMALL = ViTConfig(embed_dim=6, depth=2, num_heads=2, mlp_hidden=10, num_classes=5, norm_eps=1e-6, image_size=(8, 12), patch_size=4)


def test_parameters_by_hand():
    count = cost.parameters(SMALL)
    assert count.parts() == {
        "patch_embed": 6 * 48 + 6,
        "class_token": 6,
        "distill_token": 0,
        "registers": 0,
        "mask_token": 0,
        "positions": 7 * 6,
        "pre_norm": 0,
        "qkv": 2 * 126,  # 6·18 + 18
        "projection": 2 * 42,  # 6·6 + 6
        "mlp": 2 * 136,  # 6·10 + 10 + 10·6 + 6
        "norms": 2 * 24,
        "layer_scale": 0,
        "final_norm": 12,
        "head": 35,
    }
    assert count.block.total == 328
    assert count.blocks == 656
    assert count.total == 1045


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"qkv_bias": False}, -2 * 18),
        ({"patch_bias": False}, -6),
        ({"head_bias": False}, -5),
        ({"num_classes": 0}, -35),
        ({"pre_norm": True}, 12),
        ({"layer_scale": True}, 2 * 12),
        ({"num_registers": 4}, 24),
        ({"mask_token": True}, 6),
        ({"distill_token": True, "pool": "cls_dist"}, 6 + 6 + 35),
        ({"distill_token": True}, 6 + 6),
        ({"pool": "cls_mean"}, 30),
        ({"class_token": False, "pool": "mean"}, -12),
        ({"pos_covers": "patches"}, -6),
        ({"ffn": "swiglu"}, 2 * 70),  # the gate: 6·10 + 10
        ({"kernel_size": 2}, 6 * 3 * (4 - 16)),
        ({"pos_grid": (3, 3)}, 3 * 6),
        ({"norm_position": "after_pool"}, 0),
    ],
)
def test_what_a_variant_adds(changes, difference):
    assert cost.parameters(SMALL.replace(**changes)).total == 1045 + difference


@pytest.mark.parametrize(("name", "total"), [("ViT-B/16", 86_567_656), ("ViT-L/16", 304_326_632), ("ViT-H/14", 632_045_800)])
def test_famous_totals(name, total):
    assert cost.parameters(presets[name]).total == total


def test_a_block_of_b16():
    block, dim = cost.parameters(B16).block, 768
    assert block.total == 12 * dim**2 + 13 * dim == 7_087_872
    assert block.qkv + block.projection == 4 * dim**2 + 4 * dim
    assert block.mlp == 8 * dim**2 + 5 * dim
    assert block.norms == 4 * dim


@pytest.mark.parametrize("name", presets)
def test_parameters_are_exactly_those_of_the_table(name):
    assert cost.parameters(presets[name]).total == BY_NAME[name].params_exact


def test_tokens():
    assert cost.tokens(SMALL) == 7
    assert cost.tokens(SMALL, (4, 4), 2) == 5
    assert (cost.tokens(B16), cost.tokens(B16, 384), cost.tokens(B16, 1024)) == (197, 577, 4097)
    assert cost.tokens(presets["DINOv2-S/14-reg4"], 224) == 261
    assert cost.tokens(presets["DeiT-B-distil"]) == 198
    assert cost.tokens(presets["ViT-g/14"]) == 256
    assert cost.tokens(B16, 2048, 8) == 65_537  # more than any model here runs


@pytest.mark.parametrize(("size", "patch"), [(225, 16), (224, 15), (224, 0), ((224, 100), 16)])
@pytest.mark.parametrize("count", [cost.tokens, cost.macs, cost.memory, cost.trace_bytes])
def test_sizes_that_do_not_divide(count, size, patch):
    with pytest.raises(ValueError, match=r"must divide the image|at least 1 pixel"):
        count(B16, size, patch)


def test_macs_by_hand():
    count = cost.macs(SMALL)
    assert count.parts() == {
        "kernel_resize": 0,
        "patch_embed": 6 * 48 * 6,
        "qkv": 2 * 756,  # 7·6·18
        "scores": 2 * 294,  # 7·7·6
        "weighted_values": 2 * 294,
        "projection": 2 * 252,  # 7·6·6
        "mlp": 2 * 840,  # 2·7·6·10
        "head": 30,
    }
    assert count.block.total == 2436
    assert count.total == 6630
    assert count.flops == 13_260
    assert count.block.attention_core == 588
    assert count.block.attention_share == pytest.approx(588 / 2436)
    assert count.attention_share == pytest.approx(2 * 588 / 6630)


def test_macs_at_another_patch_size_include_the_resized_kernel():
    count = cost.macs(SMALL, (8, 12), 2)
    assert count.kernel_resize == 6 * 3 * 16 * 4
    assert count.patch_embed == 24 * 12 * 6
    assert count.block.scores == 25 * 25 * 6


def test_macs_of_variants():
    assert cost.macs(SMALL.replace(ffn="swiglu")).block.mlp == 3 * 7 * 6 * 10
    assert cost.macs(SMALL.replace(distill_token=True, pool="cls_dist")).head == 60
    assert cost.macs(SMALL.replace(num_classes=0)).head == 0
    assert cost.macs(SMALL.replace(num_registers=3)).block.projection == 10 * 36


def attention_pooling(config: ViTConfig, patches: int) -> int:
    """Multiply-accumulates of the head with which ViT-g/14 and ViT-G/14 were published: one learned query over all patches, then an MLP."""
    dim = config.embed_dim
    return 2 * dim**2 + 2 * patches * dim**2 + 2 * patches * dim + 2 * dim * config.mlp_hidden


@pytest.mark.parametrize("name", presets)
def test_macs_are_those_of_the_table(name):
    config, spec = presets[name], BY_NAME[name]
    for size, published, digits in ((224, spec.gmacs_224, 2), (spec.eval_size, spec.gmacs_eval, 1)):
        total = cost.macs(config, size).total
        if not config.class_token:
            total += attention_pooling(config, cost.tokens(config, size))
        assert total / 1e9 == pytest.approx(published, abs=0.5001 * 10**-digits)


def test_the_sources_claims_about_side_and_share():
    assert cost.macs(B16, 448).total / cost.macs(B16, 224).total == pytest.approx(4.47, abs=0.005)
    shares = [100 * cost.macs(B16, size).block.attention_share for size in (224, 384, 1024)]
    assert shares == pytest.approx([4.1, 11.1, 47.1], abs=0.05)
    assert [100 * cost.macs(B16, size).attention_share for size in (224, 384, 1024)] == pytest.approx([4.1, 11.1, 46.9], abs=0.05)
    assert cost.macs(presets["ViT-L/16"]).total / cost.macs(B16).total == pytest.approx(3.50, abs=0.005)


def test_where_attention_is_half():
    assert cost.tokens_where_attention_is_half(B16) == 6 * 768
    assert cost.tokens_where_attention_is_half(presets["DINOv2-g/14"]) == 2 * 1536 + 6144 == 6 * 1536
    assert cost.tokens_where_attention_is_half(SMALL.replace(mlp_hidden=9)) == 21
    for config in (SMALL, SMALL.replace(ffn="swiglu", mlp_hidden=7)):
        half = cost.tokens_where_attention_is_half(config)
        assert cost.macs(config, (4, 4 * (half - 1))).block.attention_share >= 0.5
        assert cost.macs(config, (4, 4 * (half - 2))).block.attention_share < 0.5


def test_one_attention_matrix():
    assert cost.memory(B16, element_bytes=2).attention_matrix == 931_416
    assert cost.memory(B16, 384, element_bytes=1).attention_matrix == 3_995_148
    assert cost.memory(B16, 1024, element_bytes=2).attention_matrix == pytest.approx(403e6, rel=1e-3)
    assert cost.memory(B16, batch=3, element_bytes=2).attention_matrix == 3 * 931_416


@pytest.mark.parametrize(("name", "gigabytes"), [("ViT-B/16", 0.173), ("ViT-L/16", 0.609), ("ViT-H/14", 1.264), ("ViT-G/14", 3.69)])
def test_half_precision_weights(name, gigabytes):
    assert cost.memory(presets[name], element_bytes=2).weights / 1e9 == pytest.approx(gigabytes, abs=0.005)


@pytest.mark.parametrize(
    ("options", "bytes_per_parameter"),
    [
        ({}, 16),
        ({"element_bytes": 2}, 16),
        ({"element_bytes": 2, "gradient_bytes": 4}, 18),
        ({"optimizer": "momentum"}, 12),
        ({"optimizer": "sgd"}, 8),
        ({"mode": "inference"}, 4),
        ({"mode": "inference", "element_bytes": 2}, 2),
        ({"mode": "inference", "element_bytes": 1}, 1),
    ],
)
def test_model_states(options, bytes_per_parameter):
    count = cost.memory(B16, **({"mode": "training"} | options))
    assert count.weights + count.gradients + count.optimizer == bytes_per_parameter * 86_567_656


def test_trace_by_hand():
    # Patch embeddings 6·6, tokens 7·6, six such in each of 2 layers, pooled 6, logits 5; then a resized table of 25·6 for 24 patches.
    assert cost.trace_bytes(SMALL) == 4 * (36 + 13 * 42 + 6 + 5)
    assert cost.trace_bytes(SMALL, batch=3) == 3 * cost.trace_bytes(SMALL)
    assert cost.trace_bytes(SMALL, (8, 12), 2, batch=2) == 4 * (2 * (24 * 6 + 13 * 25 * 6 + 6 + 5) + 25 * 6)
    assert cost.trace_bytes(SMALL.replace(num_classes=0)) == 4 * (36 + 13 * 42 + 6)


def test_inference_peak_by_hand():
    # Before the last layer: 36 + 42 + 6·42; in its MLP 8·42 + 70 is more than 6·42 + 2·70.
    assert cost.inference_peak(SMALL) == 4 * (36 + 42 + 252 + 8 * 42 + 70)
    assert cost.inference_peak(SMALL, attention="explicit") == 4 * (36 + 42 + 252 + 8 * 42 + 70 + 2 * 49)
    # 20 heads of B/16's width: two matrices and q, k, v outweigh the MLP with one.
    many = SMALL.replace(embed_dim=20, num_heads=20, mlp_hidden=1)
    assert cost.inference_peak(many, attention="explicit") == 4 * (120 + 140 + 6 * 140 + 3 * 140 + 2 * 20 * 49)
    # The patch kernel, its copy in the order of the patches, and the patches.
    assert cost.inference_peak(SMALL.replace(kernel_size=8, mlp_hidden=1, depth=1)) == 4 * (8 * 12 * 3 + 2 * 6 * 48)
    # The logits of a head far wider than the model.
    assert cost.inference_peak(SMALL.replace(num_classes=10_000)) == 4 * (36 + 13 * 42 + 6 + 10_000)


def test_saved_activations_of_b16():
    # A plain ViT that normalises all tokens before it picks [CLS] saves 280,802,384 bytes explicitly and 236,321,360 fused. Ours normalises
    # [CLS] alone, and saves 196 tokens and 2 statistics of 196 tokens less.
    less = 2 * 4 * (196 * 768 + 2 * 196)
    assert cost.saved_activations(B16, batch=2, attention="explicit") == 280_802_384 - less
    assert cost.saved_activations(B16, batch=2) == 236_321_360 - less


def test_checkpointing_saves_inputs_and_one_layer():
    stream = 2 * 4 * 197 * 768
    count = {depth: cost.saved_activations(B16.replace(depth=depth), batch=2, checkpointing=True) for depth in (1, 12)}
    assert count[1] == cost.saved_activations(B16.replace(depth=1), batch=2)
    assert count[12] - count[1] == 11 * stream


def test_checkpointing_and_a_kept_trace_exclude_each_other():
    with pytest.raises(ValueError, match="A kept trace holds on to what checkpointing discards"):
        cost.saved_activations(B16, checkpointing=True, keep_trace=True)


def test_memory_in_inference():
    count = cost.memory(SMALL, batch=2, attention="explicit")
    assert (count.weights, count.gradients, count.optimizer) == (4 * 1045, 0, 0)
    assert count.inputs == 4 * 2 * 3 * 8 * 12
    assert count.activations == cost.inference_peak(SMALL, batch=2, attention="explicit")
    assert count.attention_matrices == count.attention_matrix == 4 * 2 * 2 * 49
    assert count.trace == cost.trace_bytes(SMALL, batch=2)
    assert count.total == count.weights + count.inputs + count.activations
    assert cost.memory(SMALL).attention_matrices == 0


def test_memory_in_training():
    count = cost.memory(SMALL, batch=2, mode="training", attention="explicit")
    assert count.activations == cost.saved_activations(SMALL, batch=2, attention="explicit")
    assert count.attention_matrices == SMALL.depth * count.attention_matrix
    assert count.total == 16 * 1045 + count.inputs + count.activations
    assert cost.memory(SMALL, mode="training", attention="explicit", checkpointing=True).attention_matrices == 4 * 2 * 49
    assert cost.memory(SMALL, mode="training").attention_matrices == 0


@pytest.mark.parametrize("options", [{"batch": 0}, {"element_bytes": 0}])
def test_counts_below_one(options):
    with pytest.raises(ValueError, match="`batch` and `element_bytes` must be at least 1; got "):
        cost.memory(SMALL, **options)
