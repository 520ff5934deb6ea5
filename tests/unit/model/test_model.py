"""The forward pass: shapes and names of all it leaves behind, every variant's own arithmetic, edits, errors, gradients, memory."""

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from tests.support.models.small import PLAIN, VARIANTS, pictures, randomise, small_model
from vit_core.model import VisionTransformer
from vit_core.patches import kernel_resize_matrix

variants = pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)


@variants
@pytest.mark.parametrize(("size", "patch"), [((16, 16), 4), ((8, 20), 4), ((12, 6), 2)])
def test_names_and_shapes(changes, size, patch):
    model = small_model(**changes)
    config, x = model.config, pictures(2, *size)
    trace = model(x, patch)
    n, d, h, hidden = size[0] * size[1] // patch**2, config.embed_dim, config.num_heads, config.mlp_hidden
    t, positions = config.num_prefix_tokens + n, config.num_pos_prefix + n
    wide = 2 * hidden if config.ffn == "swiglu" else hidden
    assert trace.images is x
    assert (trace.patch_size, trace.image_size, trace.depth, trace.config) == (patch, size, 3, config)
    assert (trace.layout.grid, trace.layout.num_tokens) == ((size[0] // patch, size[1] // patch), t)
    whole = {"patches": (2, n, patch * patch * 3), "patch_embeddings": (2, n, d), "pos_embedding": (1, positions, d), "tokens": (2, t, d)}
    whole |= {"pooled": (2, 2, d) if config.num_pooled == 2 else (2, d), "logits": (2, config.num_classes or d), "norm_out": (2, t, d)}
    whole |= {"probs": whole["logits"]}
    assert {name: tuple(getattr(trace, name).shape) for name in whole} == whole
    stream = ("resid_pre", "norm1_out", "attn_out", "attn_update", "resid_mid", "norm2_out", "mlp_out", "mlp_update", "resid_post")
    per_block = dict.fromkeys(stream, (2, t, d)) | dict.fromkeys(("q", "k", "v", "head_out"), (2, h, t, d // h))
    per_block |= dict.fromkeys(("attn_scores", "attn_weights"), (2, h, t, t))
    per_block |= {"mlp_pre_act": (2, t, wide), "mlp_post_act": (2, t, hidden)}
    for layer in range(3):
        assert {name: tuple(getattr(trace.block(layer), name).shape) for name in per_block} == per_block
        assert trace.block(layer).attention.head_contributions.shape == (2, h, t, d)
        assert trace.block(layer).attention.log_sum_exp().shape == (2, h, t)
        assert trace.resid(layer) is trace.block(layer).resid_pre
    assert trace.resid(3) is trace.block(2).resid_post


def test_parameter_names_follow_timm():
    names = set(small_model(num_registers=1, layer_scale=True, distill_token=True, pool="cls_dist", depth=1).state_dict())
    block = {f"attn.{part}" for part in ("qkv", "proj")} | {"norm1", "norm2", "mlp.fc1", "mlp.fc2"}
    expected = {f"blocks.0.{part}.{kind}" for part in block for kind in ("weight", "bias")} | {"blocks.0.ls1.gamma", "blocks.0.ls2.gamma"}
    expected |= {f"{part}.{kind}" for part in ("patch_embed.proj", "norm", "head", "head_dist") for kind in ("weight", "bias")}
    assert names == expected | {"cls_token", "dist_token", "reg_token", "pos_embed"}


@pytest.mark.parametrize("queries", [0, -1, 3, slice(2, 5)])
def test_some_queries_are_rows_of_all(queries):
    trace = small_model()(pictures())
    rows = slice(queries, queries + 1 or None) if isinstance(queries, int) else queries
    assert_close(trace.attn_weights(1, queries), trace.attn_weights(1)[:, :, rows])
    assert_close(trace.attn_scores(1, queries), trace.attn_scores(1)[:, :, rows])


# What each variant computes, by its own formula.


def test_tokens_are_class_patches_and_positions():
    model, x = small_model(), pictures()
    trace = model(x)
    assert_close(trace.patch_embeddings, F.conv2d(x, model.patch_embed.proj.weight, model.patch_embed.proj.bias, stride=4).flatten(2).mT)
    assert_close(trace.tokens[:, 0], (model.cls_token + model.pos_embed)[0, :1].expand(2, -1))
    assert_close(trace.tokens[:, 1:], trace.patch_embeddings + model.pos_embed[:, 1:])


def test_registers_stand_behind_the_class_token_and_have_no_position():
    model = small_model(num_registers=2)
    tokens = model(pictures()).tokens
    assert torch.equal(tokens[:, 1:3], model.reg_token.expand(2, -1, -1))
    assert_close(tokens[:, :1], (model.cls_token + model.pos_embed[:, :1]).expand(2, -1, -1))


def test_positions_of_patches_alone():
    model = small_model(pos_covers="patches", num_registers=1)
    trace = model(pictures())
    assert torch.equal(trace.tokens[:, :2], torch.cat([model.cls_token, model.reg_token], dim=1).expand(2, -1, -1))
    assert_close(trace.tokens[:, 2:], trace.patch_embeddings + model.pos_embed)


def test_distillation_averages_two_heads():
    model = small_model(distill_token=True, pool="cls_dist")
    trace = model(pictures())
    assert_close(trace.tokens[:, 1], (model.dist_token + model.pos_embed[:, 1:2])[:, 0].expand(2, -1))
    assert_close(trace.pooled, trace.norm_out[:, :2])
    assert_close(trace.logits, (model.head(trace.norm_out[:, 0]) + model.head_dist(trace.norm_out[:, 1])) / 2)


@pytest.mark.parametrize("registers", [0, 3])
def test_the_mean_is_over_patches(registers):
    trace = small_model(pool="mean", num_registers=registers)(pictures())
    assert_close(trace.pooled, trace.norm_out[:, 1 + registers :].mean(dim=1))


def test_norm_after_the_mean():
    model = small_model(pool="mean", norm_position="after_pool")
    trace = model(pictures())
    assert_close(trace.pooled, model.fc_norm(trace.resid(3)[:, 1:].mean(dim=1)))


def test_pre_norm_normalises_the_tokens():
    model = small_model(pre_norm=True)
    model.norm_pre.reset_parameters()
    tokens = model(pictures()).tokens
    assert_close(tokens.mean(dim=-1), torch.zeros(2, 17), atol=1e-5, rtol=0)
    assert_close(tokens.var(dim=-1, unbiased=False), torch.ones(2, 17), atol=1e-4, rtol=0)


def test_layer_scale_weighs_both_branches():
    model = small_model(layer_scale=True)
    block = model(pictures()).block(0)
    assert_close(block.attn_update, block.attn_out * model.blocks[0].ls1.gamma)
    assert_close(block.mlp_update, block.mlp_out * model.blocks[0].ls2.gamma)


def test_swiglu_gates():
    block = small_model(ffn="swiglu")(pictures()).block(0)
    gate, value = block.mlp_pre_act[..., :20], block.mlp_pre_act[..., 20:]
    assert_close(block.mlp_post_act, gate * torch.sigmoid(gate) * value)


@pytest.mark.parametrize(
    ("act", "formula"),
    [
        ("gelu", lambda x: x * 0.5 * (1 + torch.erf(x / 2**0.5))),
        ("gelu_tanh", lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3)))),
        ("quick_gelu", lambda x: x * torch.sigmoid(1.702 * x)),
    ],
)
def test_activations(act, formula):
    block = small_model(act=act)(pictures()).block(0)
    assert_close(block.mlp_post_act, formula(block.mlp_pre_act))


def test_temperature_divides_the_logits():
    warm = small_model(temperature=2.0)(pictures())
    assert_close(warm.probs, (warm.logits / 2).softmax(dim=-1))


def test_top_k_names_the_likeliest():
    trace = small_model(labels=("ant", "bee", "cat", "dog", "elk"))(pictures())
    best = trace.probs[1].argsort(descending=True).tolist()
    assert trace.top_k(2, item=1) == [(trace.config.labels[i], pytest.approx(trace.probs[1, i].item())) for i in best[:2]]
    assert len(trace.top_k(9)) == 5
    assert small_model()(pictures()).top_k(1, item=1)[0][0] == f"class {best[0]}"


# Errors.


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m(pictures(chans=1)), "The model expects images of shape [B, 3, H, W]; got [2, 1, 16, 16]."),
        (lambda m: m(pictures(), 5), "The patch size must divide the image; got an image of 16×16 pixels and patches of 5."),
        (lambda m: m(pictures(), 0), "Image and patch sizes must be at least 1 pixel; got 16×16 and 0."),
        (lambda m: m(pictures(1, 260)), "The grid must lie between 1×1 and 64×64 patches; 260×260 pixels at 4 give 65×65."),
        (
            lambda m: m(pictures(), edits={(None, "head_out"): lambda x: x}),
            "Edits outside the blocks may change patch_embeddings, pos_embedding, tokens; got head_out.",
        ),
        (
            lambda m: m(pictures(), edits={(0, "tokens"): lambda x: x}),
            "Edits of a block may change attn_weights, head_out, attn_update, resid_mid, mlp_post_act, mlp_update, resid_post; got tokens.",
        ),
        (lambda m: m(pictures(), edits={(3, "resid_mid"): lambda x: x}), "The model has layers 0 to 2; got an edit of layer 3."),
        (lambda m: m(pictures(), edits={(-1, "resid_mid"): lambda x: x}), "The model has layers 0 to 2; got an edit of layer -1."),
        (
            lambda m: m(pictures(), edits={(0, "resid_mid"): lambda x: x[:, 1:]}),
            "The edit of `resid_mid` must keep its shape [2, 17, 12]; it returned [2, 16, 12].",
        ),
        (
            lambda m: small_model(num_classes=0)(pictures()).top_k(),
            "This model has no classification head, so it gives features and no prediction.",
        ),
    ],
)
def test_errors_name_what_is_wrong(call, message):
    with pytest.raises(ValueError) as caught:
        call(small_model())
    assert str(caught.value) == message


@pytest.mark.parametrize("layer", [3, -1])
def test_layers_that_do_not_exist(layer):
    with pytest.raises(IndexError) as caught:
        small_model()(pictures()).block(layer)
    assert str(caught.value) == f"The model has layers 0 to 2; got {layer}."


# Gradients and modes.


def test_evaluation_builds_no_graph():
    model = randomise(VisionTransformer(PLAIN)).eval()  # its weights could learn
    trace = model(pictures())
    kept = [trace.logits, trace.tokens, trace.block(0).q, trace.block(2).resid_post]
    derived = [trace.norm_out, trace.block(0).norm1_out, trace.block(1).mlp_update, trace.block(0).attention.head_contributions]
    assert not any(tensor.requires_grad for tensor in [*kept, *derived])


def test_evaluation_reaches_the_pixels_when_asked():
    x = pictures().requires_grad_()
    small_model()(x).logits.sum().backward()
    assert x.grad.abs().sum() > 0


@variants
def test_training_reaches_every_weight(changes):
    kernel_resize_matrix.cache_clear()
    model = randomise(VisionTransformer(PLAIN.replace(**changes), attention="explicit")).train()
    with torch.no_grad():
        model(pictures())  # what this leaves in caches must serve the next line
    trace = model(pictures())
    (trace.logits * torch.arange(trace.logits.numel()).reshape(trace.logits.shape)).sum().backward()
    assert trace.block(0).norm1_out.requires_grad
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()] == ["mask_token"] * model.config.mask_token


def test_initial_weights_depend_on_the_seed_alone():
    one, same, other = (VisionTransformer(PLAIN).init_weights(seed) for seed in (3, 3, 4))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), same.parameters(), strict=True))
    assert not torch.equal(one.blocks[0].attn.qkv.weight, other.blocks[0].attn.qkv.weight)
    assert not one.head.weight.any()
    assert not one.blocks[0].attn.qkv.bias.any()
    assert (one.norm.weight == 1).all()
    assert one.pos_embed.detach().std() == pytest.approx(0.02, rel=0.2)


# Memory.


def test_kept_bytes_by_hand():
    d, t, n = 12, 17, 16
    floats = 2 * (n * d + t * d + d + 5 + 3 * (3 * t * d + t * d + 2 * t * d))  # 2 pictures; 3 layers of q, k, v, head_out, two residuals
    assert small_model()(pictures()).kept_bytes == 4 * floats


@variants
def test_kept_bytes_are_linear_in_tokens(changes):
    model = small_model(**changes)
    one, two, four = (model(pictures(1, 8, width)).kept_bytes for width in (28, 56, 112))
    assert four - two == 2 * (two - one)


def test_edited_tensors_count():
    model, x = small_model(), pictures()
    grown = model(x, edits={(0, "attn_weights"): lambda w: w * 1}).kept_bytes - model(x).kept_bytes
    assert grown == 4 * 2 * 3 * 17 * 17
