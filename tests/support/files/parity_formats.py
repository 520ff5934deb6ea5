"""Hugging Face's weights written by hand under the names of other projects. Nothing here uses the code that reads them."""

import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

LAYER = "encoder.layer.{}.{}"


def body(model) -> dict[str, Tensor]:
    """The tensors of a ViT under the names that Hugging Face saves, without a prefix."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return {
            name.removeprefix(f"{model.base_model_prefix}."): tensor
            for name, tensor in load_file(Path(folder) / "model.safetensors").items()
        }


def qkv(given: dict[str, Tensor], layer: int, kind: str) -> Tensor:
    return torch.cat([given[LAYER.format(layer, f"attention.attention.{part}.{kind}")] for part in ("query", "key", "value")])


def timm(model) -> dict[str, Tensor]:
    """timm's names, as of DeiT, DINO and DINOv2."""
    given, found = body(model), {}
    outer = {"cls_token": "embeddings.cls_token", "dist_token": "embeddings.distillation_token", "reg_token": "embeddings.register_tokens"}
    outer |= {"mask_token": "embeddings.mask_token", "pos_embed": "embeddings.position_embeddings"}
    linear = {"patch_embed.proj": "embeddings.patch_embeddings.projection", "norm": "layernorm", "head": "classifier"}
    linear |= {"head_dist": "distillation_classifier"} | ({"head": "cls_classifier"} if "cls_classifier.weight" in given else {})
    for layer in range(model.config.num_hidden_layers):
        parts = {"norm1": "layernorm_before", "norm2": "layernorm_after", "attn.proj": "attention.output.dense"}
        parts |= {"mlp.fc1": "intermediate.dense", "mlp.fc2": "output.dense"}
        parts |= {
            "mlp.fc1 ": "mlp.fc1",
            "mlp.fc2 ": "mlp.fc2",
            "norm1 ": "norm1",
            "norm2 ": "norm2",
            "mlp.w12": "mlp.weights_in",
            "mlp.w3": "mlp.weights_out",
        }
        linear |= {f"blocks.{layer}.{ours}": LAYER.format(layer, their) for ours, their in parts.items()}
        for number in (1, 2):
            outer[f"blocks.{layer}.ls{number}.gamma"] = LAYER.format(layer, f"layer_scale{number}.lambda1")
        for kind in ("weight", "bias"):
            found[f"blocks.{layer}.attn.qkv.{kind}"] = qkv(given, layer, kind)
    outer |= {
        f"{ours.strip()}.{kind}": f"{their}.{kind}"
        for ours, their in linear.items()
        for kind in ("weight", "bias")
        if f"{their}.{kind}" in given
    }
    return found | {ours: given[their] for ours, their in outer.items() if their in given}


def torchvision(model, older: bool = False) -> dict[str, Tensor]:
    """The names of torchvision's vit_*; its first release had other ones in the MLP."""
    given = body(model)
    names = {"class_token": "embeddings.cls_token", "encoder.pos_embedding": "embeddings.position_embeddings"}
    linear = {"conv_proj": "embeddings.patch_embeddings.projection", "encoder.ln": "layernorm", "heads.head": "classifier"}
    found = {}
    for layer in range(model.config.num_hidden_layers):
        here = f"encoder.layers.encoder_layer_{layer}."
        parts = {"ln_1": "layernorm_before", "ln_2": "layernorm_after", "self_attention.out_proj": "attention.output.dense"}
        parts |= {"mlp.linear_1" if older else "mlp.0": "intermediate.dense", "mlp.linear_2" if older else "mlp.3": "output.dense"}
        linear |= {here + ours: LAYER.format(layer, their) for ours, their in parts.items()}
        for kind in ("weight", "bias"):
            found[f"{here}self_attention.in_proj_{kind}"] = qkv(given, layer, kind)
    names |= {f"{ours}.{kind}": f"{their}.{kind}" for ours, their in linear.items() for kind in ("weight", "bias")}
    return found | {ours: given[their] for ours, their in names.items() if their in given}


def google(model) -> dict[str, np.ndarray]:
    """Flax's names and layouts: matrices `[in, out]`, attention by head, kernels `[height, width, in, out]`."""
    given = {name: tensor.numpy() for name, tensor in body(model).items()}
    heads, dim = model.config.num_attention_heads, model.config.hidden_size
    found = {
        "cls": given["embeddings.cls_token"],
        "embedding/kernel": given["embeddings.patch_embeddings.projection.weight"].transpose(2, 3, 1, 0),
        "embedding/bias": given["embeddings.patch_embeddings.projection.bias"],
        "Transformer/posembed_input/pos_embedding": given["embeddings.position_embeddings"],
        "Transformer/encoder_norm/scale": given["layernorm.weight"],
        "Transformer/encoder_norm/bias": given["layernorm.bias"],
    }
    if "classifier.weight" in given:
        found |= {"head/kernel": given["classifier.weight"].T, "head/bias": given["classifier.bias"]}
    for layer in range(model.config.num_hidden_layers):
        here = f"Transformer/encoderblock_{layer}/"
        for part in ("query", "key", "value"):
            weight, bias = (given[LAYER.format(layer, f"attention.attention.{part}.{kind}")] for kind in ("weight", "bias"))
            found[f"{here}MultiHeadDotProductAttention_1/{part}/kernel"] = weight.T.reshape(dim, heads, dim // heads)
            found[f"{here}MultiHeadDotProductAttention_1/{part}/bias"] = bias.reshape(heads, dim // heads)
        out = given[LAYER.format(layer, "attention.output.dense.weight")]
        found[f"{here}MultiHeadDotProductAttention_1/out/kernel"] = out.T.reshape(heads, dim // heads, dim)
        found[f"{here}MultiHeadDotProductAttention_1/out/bias"] = given[LAYER.format(layer, "attention.output.dense.bias")]
        for ours, their in (("LayerNorm_0", "layernorm_before"), ("LayerNorm_2", "layernorm_after")):
            found[f"{here}{ours}/scale"] = given[LAYER.format(layer, f"{their}.weight")]
            found[f"{here}{ours}/bias"] = given[LAYER.format(layer, f"{their}.bias")]
        for ours, their in (("MlpBlock_3/Dense_0", "intermediate.dense"), ("MlpBlock_3/Dense_1", "output.dense")):
            found[f"{here}{ours}/kernel"] = given[LAYER.format(layer, f"{their}.weight")].T
            found[f"{here}{ours}/bias"] = given[LAYER.format(layer, f"{their}.bias")]
    return found
