"""What differs between Hugging Face's families of plain ViTs: names, defaults, architectures; and what is refused, with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ACTIVATIONS = {"gelu": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh", "quick_gelu": "quick_gelu"}

# A configuration file may leave out what has its default value.
SIZES = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "image_size": 224, "num_channels": 3}
PLAIN = SIZES | {"intermediate_size": 3072, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "patch_size": 16, "qkv_bias": True}
DINOV2 = SIZES | {"mlp_ratio": 4, "hidden_act": "gelu", "layer_norm_eps": 1e-6, "patch_size": 14, "qkv_bias": True}
CLIP = SIZES | {"intermediate_size": 3072, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "patch_size": 32, "qkv_bias": True}

MAX_RATIO = 100

BLOCK = {
    "norm1": ("layernorm_before",),
    "attn.qkv": ("attention.attention.query", "attention.attention.key", "attention.attention.value"),
    "attn.proj": ("attention.output.dense",),
    "norm2": ("layernorm_after",),
    "mlp.fc1": ("intermediate.dense",),
    "mlp.fc2": ("output.dense",),
}
DINOV2_BLOCK = BLOCK | {
    "norm1": ("norm1",),
    "norm2": ("norm2",),
    "ls1": ("layer_scale1",),
    "ls2": ("layer_scale2",),
    "mlp.fc1": ("mlp.fc1",),
    "mlp.fc2": ("mlp.fc2",),
    "mlp.w12": ("mlp.weights_in",),
    "mlp.w3": ("mlp.weights_out",),
}
CLIP_BLOCK = {
    "norm1": ("layer_norm1",),
    "attn.qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attn.proj": ("self_attn.out_proj",),
    "norm2": ("layer_norm2",),
    "mlp.fc1": ("mlp.fc1",),
    "mlp.fc2": ("mlp.fc2",),
}
OUTER = {
    "cls_token": "embeddings.cls_token",
    "dist_token": "embeddings.distillation_token",
    "reg_token": "embeddings.register_tokens",
    "mask_token": "embeddings.mask_token",
    "pos_embed": "embeddings.position_embeddings",
    "patch_embed.proj": "embeddings.patch_embeddings.projection",
    "norm": "layernorm",
    "head": "classifier",
}
CLIP_OUTER = {
    "cls_token": "embeddings.class_embedding",
    "pos_embed": "embeddings.position_embedding.weight",
    "patch_embed.proj": "embeddings.patch_embedding",
    "norm_pre": "pre_layrnorm",
    "norm": "post_layernorm",
    "projection": "visual_projection",
}


@dataclass(frozen=True)
class Kind:
    """One `model_type`. `pools` maps each architecture that is read to how it pools, None where it has no classifier."""

    base: str
    pools: Mapping[str, str | None]
    defaults: Mapping[str, Any]
    fields: Mapping[str, Any] = field(default_factory=dict)
    outer: Mapping[str, str] = field(default_factory=lambda: OUTER)
    block: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: BLOCK)
    layers: str = "encoder.layer"
    leaves_out: tuple[str, ...] = ("pooler.dense.",)
    """Beginnings of names that are not part of the body or its classifier: pooler (used in pretraining only), text tower, projections."""


TWO_HEADS = OUTER | {"head": "cls_classifier", "head_dist": "distillation_classifier"}
DEIT_POOLS = {"DeiTForImageClassification": "cls", "DeiTForImageClassificationWithTeacher": "cls_dist", "DeiTModel": None}
TEXT = ("text_model.", "text_projection.", "visual_projection.", "logit_scale", "embeddings.position_ids")
KINDS = {
    "vit": Kind("vit.", {"ViTForImageClassification": "cls", "ViTModel": None}, PLAIN),
    "deit": Kind("deit.", DEIT_POOLS, PLAIN, {"distill_token": True}),
    "vit_msn": Kind("vit.", {"ViTMSNForImageClassification": "cls", "ViTMSNModel": None}, PLAIN | {"layer_norm_eps": 1e-6}),
    "dinov2": Kind(
        "dinov2.",
        {"Dinov2ForImageClassification": "cls_mean", "Dinov2Model": None, "Dinov2Backbone": None},
        DINOV2 | {"use_mask_token": True},
        {"layer_scale": True},
        block=DINOV2_BLOCK,
    ),
    "dinov2_with_registers": Kind(
        "dinov2_with_registers.",
        {"Dinov2WithRegistersForImageClassification": "cls_mean", "Dinov2WithRegistersModel": None, "Dinov2WithRegistersBackbone": None},
        DINOV2 | {"patch_size": 16, "num_register_tokens": 4},
        {"layer_scale": True, "pos_interpolation": "bicubic_antialias"},
        block=DINOV2_BLOCK,
    ),
    "clip_vision_model": Kind(
        "vision_model.",
        {"CLIPVisionModel": None, "CLIPVisionModelWithProjection": None, "CLIPModel": None},
        CLIP,
        {"pre_norm": True, "patch_bias": False},
        CLIP_OUTER,
        CLIP_BLOCK,
        "encoder.layers",
        TEXT,
    ),
}
REFUSED = {
    "siglip": "SigLIP pools its features by attention",
    "siglip_vision_model": "SigLIP pools its features by attention",
    "siglip2": "SigLIP 2 pools its features by attention",
    "siglip2_vision_model": "SigLIP 2 pools its features by attention",
    "dinov3_vit": "DINOv3 rotates queries and keys by position",
    "dinov3_convnext": "it is a convolutional network",
    "swin": "Swin attends within windows",
    "swinv2": "Swin attends within windows",
    "vitdet": "ViTDet attends within windows",
    "sam": "SAM attends within windows and has relative positions",
    "sam_vision_model": "SAM attends within windows and has relative positions",
    "beit": "BEiT has relative positions in its attention",
    "data2vec-vision": "data2vec has relative positions in its attention",
    "vit_mae": "MAE's pretraining model has a decoder",
    "vit_hybrid": "it embeds patches by a convolutional network",
    "convnext": "it is a convolutional network",
    "resnet": "it is a convolutional network",
}
