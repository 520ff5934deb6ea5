"""Models that are no plain ViT, and tensors that do not fit, are refused by name."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.checkpoint_files import PLAIN_TIMM, hf_folder, npz_file, refusal, timm_file, timm_folder
from tests.support.files.small_files import hf_tensors, torchvision_tensors

WAY_ON = " Its fine-tuned version has none; or save it without that layer and the head, for a model that gives features."

# What is not a plain ViT is refused by name.


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"model_type": "siglip"}, "Models of `model_type` siglip are not supported: SigLIP pools its features by attention."),
        (
            {"model_type": "siglip_vision_model"},
            "Models of `model_type` siglip_vision_model are not supported: SigLIP pools its features by attention.",
        ),
        ({"model_type": "dinov3_vit"}, "Models of `model_type` dinov3_vit are not supported: DINOv3 rotates queries and keys by position."),
        ({"model_type": "swin"}, "Models of `model_type` swin are not supported: Swin attends within windows."),
        ({"model_type": "swinv2"}, "Models of `model_type` swinv2 are not supported: Swin attends within windows."),
        ({"model_type": "vitdet"}, "Models of `model_type` vitdet are not supported: ViTDet attends within windows."),
        ({"model_type": "sam"}, "Models of `model_type` sam are not supported: SAM attends within windows and has relative positions."),
        ({"model_type": "beit"}, "Models of `model_type` beit are not supported: BEiT has relative positions in its attention."),
        ({"model_type": "vit_mae"}, "Models of `model_type` vit_mae are not supported: MAE's pretraining model has a decoder."),
        ({"model_type": "convnext"}, "Models of `model_type` convnext are not supported: it is a convolutional network."),
        (
            {"model_type": ["vit"]},
            "Of Hugging Face's models, those of `model_type` vit, deit, vit_msn, dinov2, dinov2_with_registers, clip_vision_model and clip "
            "are supported; got ['vit'].",
        ),
    ],
)
def test_other_models_of_hugging_face(config, text, tmp_path):
    assert refusal(hf_folder(tmp_path, config)) == text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("attn_pool.latent", "pools its features by attention (SigLIP and others)"),
        ("vision_model.head.probe", "pools its features by attention (SigLIP and others)"),
        ("rope_embed.periods", "rotates queries and keys by position (DINOv3 and others)"),
        ("storage_tokens", "rotates queries and keys by position (DINOv3 and others)"),
        ("layers.0.blocks.0.attn.relative_position_bias_table", "has relative positions in its attention (Swin, BEiT and others)"),
        ("blocks.0.attn.rel_pos_h", "has relative positions in its attention (SAM, ViTDet and others)"),
        ("blocks.0.attn.q_norm.weight", "normalises queries and keys"),
        ("blocks.0.attn.q_bias", "is a BEiT or a Swin v2, not a plain ViT"),
        ("layers.1.downsample.norm.weight", "works at several resolutions (Swin and others)"),
        ("patch_embed.backbone.stem.conv.weight", "embeds patches by a convolutional network"),
        ("decoder_embed.weight", "has a decoder, as in MAE's pretraining"),
        ("pre_logits.fc.weight", "has a layer of its own between features and head (`pre_logits`)"),
        ("layer1.0.conv1.weight", "is a convolutional network"),
    ],
)
def test_other_models_by_their_names(name, reason, tmp_path):
    path = timm_file(tmp_path, {name: torch.zeros(2)})
    said = refusal(path, family="vit", num_heads=3)
    assert said.removesuffix(WAY_ON if name.startswith("pre_logits") else "") == (
        f"a.safetensors {reason}, which is not supported: it has {name}."
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("conv_root/kernel", "embeds patches by a convolutional network"),
        ("pre_logits/kernel", "has a layer of its own between features and head (`pre_logits`)"),
        ("params/img/MAPHead_0/probe", "pools its features by attention (SigLIP and others)"),
    ],
)
def test_other_models_of_google(name, reason, tmp_path):
    said = refusal(npz_file(tmp_path, {name: np.zeros(2)}))
    assert said.removesuffix(WAY_ON if name.startswith("pre_logits") else "") == (f"a.npz {reason}, which is not supported: it has {name}.")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"architecture": "resnet50"}, f"{PLAIN_TIMM} got resnet50."),
        ({"model_args": {"qk_norm": True}}, "The `model_args` of timm's config.json name qk_norm, which is not supported."),
        ({"model_args": {"norm_layer": "rmsnorm"}}, "The `model_args` of timm's config.json name norm_layer, which is not supported."),
        ({"model_args": [1]}, "The `model_args` of timm's config.json name no table, which is not supported."),
        ({"model_args": {"act_layer": "relu"}}, "The activations gelu, gelu_tanh, quick_gelu, quickgelu are supported; got relu."),
        ({"global_pool": "map"}, "vit_tiny_patch16_224 pools its features by attention (SigLIP and others), which is not supported."),
        ({"global_pool": "avgmax"}, "vit_tiny_patch16_224 pools its features by avgmax, which is not supported."),
        (
            {"pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "random"}},
            "The filters nearest, lanczos, bilinear, bicubic are supported; got `interpolation` random.",
        ),
        (
            {"pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5, 0.5, 0], "interpolation": "bicubic"}},
            "`std` must be 3 positive numbers, one a channel, or 1 for grey; got [0.5, 0.5, 0].",
        ),
    ],
)
def test_timm_configurations_refused(values, text, tmp_path):
    assert refusal(timm_folder(tmp_path, **values)) == text


# Names and shapes.


@pytest.mark.parametrize(
    ("changes", "lost", "text"),
    [
        (
            {"patch_embed.proj.weight": torch.zeros(12, 3, 4, 5)},
            (),
            "a.safetensors has patches of 4×5 pixels; only square ones are supported.",
        ),
        (
            {"patch_embed.proj.weight": torch.zeros(12, 3)},
            (),
            "a.safetensors has patch_embed.proj.weight of shape [12, 3], where 4 sides above 0 are expected.",
        ),
        (
            {"pos_embed": torch.zeros(0, 17, 12)},
            (),
            "a.safetensors has pos_embed of shape [0, 17, 12], where 3 sides above 0 are expected.",
        ),
        (
            {},
            ("pos_embed",),
            "a.safetensors has no pos_embed: a ViT without a table of positions is not supported; if its positions are fixed (sine and "
            "cosine), save them with the weights under that name.",
        ),
        ({}, ("blocks.0.mlp.fc2.weight",), "a.safetensors has no blocks.0.mlp.fc2.weight."),
        ({}, ("norm.bias",), "The weights do not fit the configuration: norm.bias is missing."),
        ({"extra\n\x1b[31m": torch.zeros(2)}, (), "The weights do not fit the configuration: extra��[31m is unexpected."),
        ({"blocks.5.norm1.weight": torch.zeros(12)}, (), None),
        (
            {"norm.weight": torch.zeros(12, dtype=torch.int64)},
            (),
            "Weights must be of type float16, bfloat16, float32, float64; norm.weight is int64.",
        ),
        (
            {"cls_token": torch.zeros(1, 1, 13)},
            (),
            "The weights do not fit the configuration: cls_token has shape [1, 1, 13] where [1, 1, 12] is expected.",
        ),
    ],
)
def test_tensors_that_do_not_fit(changes, lost, text, tmp_path):
    got = refusal(timm_file(tmp_path, changes, lost), family="vit", num_heads=3)
    assert (
        got == text
        if text
        else got.startswith("The weights do not fit the configuration: blocks.1.norm1.weight is missing; ") and got.endswith("more.")
    )


def test_other_names(tmp_path):
    save_file({"a": torch.zeros(1), "b": torch.zeros(1)}, tmp_path / "a.safetensors")
    assert refusal(tmp_path / "a.safetensors") == (
        "a.safetensors is no Vision Transformer whose names are known (timm, Hugging Face, torchvision, OpenAI, Google); its tensors are "
        "a, b …"
    )
    save_file({}, tmp_path / "b.safetensors")
    assert refusal(tmp_path / "b.safetensors").endswith("its tensors are none …")
    save_file(hf_tensors(), tmp_path / "c.safetensors")
    assert refusal(tmp_path / "c.safetensors") == (
        "c.safetensors has Hugging Face's names: put the config.json that belongs to it beside it, under the name model.safetensors."
    )


def test_heads_of_google_that_do_not_share_the_width(tmp_path):
    path = npz_file(tmp_path, {"Transformer/encoderblock_0/MultiHeadDotProductAttention_1/query/kernel": np.zeros((12, 3, 5))})
    assert refusal(path, family="google") == "a.npz has 3 heads of 5, which do not share the width 12."


def test_torchvision_without_an_mlp(tmp_path):
    torch.save({name: tensor for name, tensor in torchvision_tensors().items() if ".mlp." not in name}, tmp_path / "a.pth")
    assert refusal(tmp_path / "a.pth") == "a.pth has no encoder.layers.encoder_layer_0.mlp.0.weight."
