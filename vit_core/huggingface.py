"""Plain ViTs of Hugging Face in our terms: configuration, preprocessing, names of the weights. Reads no files."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from vit_core.config import Preprocessing, ViTConfig

CLASSIFIER, BARE = "ViTForImageClassification", "ViTModel"
ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "quick_gelu": "quick_gelu"}
FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}
"""Pillow's numbers of the filters that `Preprocessing` knows."""

# A configuration file may leave out what has its default value.
DEFAULTS = {
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "image_size": 224,
    "patch_size": 16,
    "num_channels": 3,
    "qkv_bias": True,
    "num_labels": 2,
}
OUTER_NAMES = {
    "cls_token": "embeddings.cls_token",
    "mask_token": "embeddings.mask_token",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj": "embeddings.patch_embeddings.projection",
    "norm": "layernorm",
}
BLOCK_NAMES = {
    "norm1": ("layernorm_before",),
    "attn.qkv": ("attention.attention.query", "attention.attention.key", "attention.attention.value"),
    "attn.proj": ("attention.output.dense",),
    "norm2": ("layernorm_after",),
    "mlp.fc1": ("intermediate.dense",),
    "mlp.fc2": ("output.dense",),
}


def to_config(values: Mapping[str, Any], processor: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> ViTConfig:
    """What `config.json` and `preprocessor_config.json` say (the latter empty if there is none). ValueError names what is not supported.

    The weights decide only what the files leave open: whether there is a mask token and, where no architecture is named, a classifier.
    Dropout rates are not read, as nothing is dropped when a model only looks.
    """
    if values.get("model_type") != "vit":
        raise ValueError(f'Of Hugging Face\'s models, those of `model_type` "vit" are supported; got "{values.get("model_type")}".')
    (architecture, *_) = values.get("architectures") or [CLASSIFIER if "classifier.weight" in tensors else BARE]
    if architecture not in (CLASSIFIER, BARE):
        raise ValueError(f"The architectures {CLASSIFIER} and {BARE} are supported; got {architecture}.")
    if "quantization_config" in values:
        raise ValueError("Quantised weights are not supported; the configuration has a `quantization_config`.")
    get = {**DEFAULTS, **values}
    if get["hidden_act"] not in ACTIVATIONS:
        raise ValueError(f"The activations {', '.join(ACTIVATIONS)} are supported; got {get['hidden_act']}.")
    if values.get("head_dim") and get["head_dim"] * get["num_attention_heads"] != get["hidden_size"]:
        raise ValueError(f"Heads must share the width; got {get['num_attention_heads']} of {get['head_dim']} for {get['hidden_size']}.")
    labels = read_labels(get) if architecture == CLASSIFIER else ()
    return ViTConfig.from_dict(
        {
            "embed_dim": get["hidden_size"],
            "depth": get["num_hidden_layers"],
            "num_heads": get["num_attention_heads"],
            "mlp_hidden": get["intermediate_size"],
            "num_classes": len(labels),
            "labels": labels,
            "norm_eps": get["layer_norm_eps"],
            "act": ACTIVATIONS[get["hidden_act"]],
            "image_size": get["image_size"],
            "patch_size": square_side(get["patch_size"]),
            "in_chans": get["num_channels"],
            "qkv_bias": get["qkv_bias"],
            "mask_token": any(name.endswith("embeddings.mask_token") for name in tensors),
            "preprocessing": read_preprocessing(processor),
        }
    )


def read_labels(values: Mapping[str, Any]) -> tuple[str, ...]:
    """One label a class, in order: from `id2label`, or `LABEL_0` and so on where only their number is known."""
    named = values.get("id2label")
    if named is None:
        return tuple(f"LABEL_{i}" for i in range(values["num_labels"]))
    if set(named) != {str(i) for i in range(len(named))}:
        raise ValueError(f"`id2label` must number its {len(named)} classes from 0 without gaps; got {', '.join(list(named)[:5])} …")
    return tuple(str(named[str(i)]) for i in range(len(named)))


def square_side(size: int | list[int]) -> int:
    """The side of a patch, which a configuration may give as a pair."""
    height, width = (size, size) if isinstance(size, int) else size
    if height != width:
        raise ValueError(f"Patches must be square; got {height}×{width} pixels.")
    return height


def read_preprocessing(values: Mapping[str, Any]) -> Preprocessing:
    """Mean, standard deviation and filter, each by default that of Hugging Face's ViT: 0.5, 0.5, bilinear.

    How a picture is cut to size is not part of it: that is the choice of whoever shows the picture.
    """
    kind = values.get("image_processor_type") or values.get("feature_extractor_type") or "ViTImageProcessor"
    absent = [field for field in ("image_mean", "image_std", "resample") if values.get(field) is None]
    if absent and not kind.startswith("ViT"):
        raise ValueError(f"The defaults of {kind} are not known here; its configuration leaves out {', '.join(absent)}.")
    if not values.get("do_rescale", True) or abs(255 * values.get("rescale_factor", 1 / 255) - 1) > 1e-6:
        raise ValueError("Pixels must be rescaled to 0…1; the preprocessing has another `do_rescale` or `rescale_factor`.")
    resample = values.get("resample")
    if resample is not None and resample not in FILTERS:
        raise ValueError(f"The filters {', '.join(FILTERS.values())} are supported; got `resample` {resample}.")
    mean, std = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
    if not values.get("do_normalize", True):
        mean, std = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    elif "image_mean" in values or "image_std" in values:
        mean, std = tuple(values.get("image_mean") or mean), tuple(values.get("image_std") or std)
    return Preprocessing(mean=mean, std=std, interpolation=FILTERS[2 if resample is None else resample])


def without_pooler(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All but the pooler's two tensors, which the class token's features and a classifier do not need."""
    return {name: tensor for name, tensor in tensors.items() if not name.removeprefix("vit.").startswith("pooler.dense.")}


def sources(name: str, tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The tensors that make up our parameter `name`; query, key and value are three of theirs and one of ours."""
    prefix = "vit." if any(key.startswith("vit.") for key in tensors) else ""
    stem, _, kind = name.rpartition(".")
    if stem == "head":
        return (f"classifier.{kind}",)
    if name in OUTER_NAMES:
        return (prefix + OUTER_NAMES[name],)
    if stem in OUTER_NAMES:
        return (f"{prefix}{OUTER_NAMES[stem]}.{kind}",)
    _, layer, part = stem.split(".", 2)
    return tuple(f"{prefix}encoder.layer.{layer}.{source}.{kind}" for source in BLOCK_NAMES[part])


def expected_shapes(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Their names and shapes for a model whose parameters have `shapes`."""
    expected = {}
    for name, shape in shapes.items():
        names = sources(name, tensors)
        theirs = (1, *shape) if name == "mask_token" else (shape[0] // len(names), *shape[1:])
        expected |= dict.fromkeys(names, theirs)
    return expected


def to_timm(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Their tensors under our names, q, k and v in one."""
    return {name: torch.cat([tensors[source] for source in sources(name, tensors)]).reshape(shape) for name, shape in shapes.items()}
