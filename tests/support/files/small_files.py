"""Small checkpoints in the formats and names that others publish, made on the spot, for tests of the loaders: one layer, width 12, 4-px
patches."""

import numpy as np
import torch

from tests.support.models.small import small_model
from vit_core.model import VisionTransformer

SMALL = {"embed_dim": 12, "depth": 1, "mlp_hidden": 20}
HF_CONFIG = {
    "model_type": "vit",
    "architectures": ["ViTForImageClassification"],
    "hidden_size": 12,
    "num_hidden_layers": 1,
    "num_attention_heads": 3,
    "intermediate_size": 20,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-6,
    "image_size": 16,
    "patch_size": 4,
    "qkv_bias": True,
    "id2label": {str(i): f"class {i}" for i in range(5)},
}
PIXELS = {
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
    "resample": 2,
    "do_normalize": True,
    "do_rescale": True,
    "rescale_factor": 1 / 255,
}
TIMM_CONFIG = {
    "architecture": "vit_tiny_patch16_224",
    "global_pool": "token",
    "model_args": {"num_heads": 3, "img_size": 16},
    "pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic", "input_size": [3, 16, 16]},
}


def timm_tensors() -> dict[str, torch.Tensor]:
    """timm's names, which are ours."""
    return {name: tensor.clone() for name, tensor in small_model(**SMALL).state_dict().items()}


def google_arrays() -> dict[str, np.ndarray]:
    """Google's `.npz` names and shapes."""
    here = "Transformer/encoderblock_0/"
    attention = f"{here}MultiHeadDotProductAttention_1/"
    sizes = {"cls": (1, 1, 12), "embedding/kernel": (4, 4, 3, 12), "embedding/bias": (12,), "head/kernel": (12, 5), "head/bias": (5,)}
    sizes |= {"Transformer/posembed_input/pos_embedding": (1, 17, 12)}
    sizes |= {f"{attention}{part}/kernel": (12, 3, 4) for part in ("query", "key", "value")}
    sizes |= {f"{attention}{part}/bias": (3, 4) for part in ("query", "key", "value")}
    sizes |= {f"{attention}out/kernel": (3, 4, 12), f"{attention}out/bias": (12,)}
    sizes |= {f"{here}MlpBlock_3/Dense_0/kernel": (12, 20), f"{here}MlpBlock_3/Dense_0/bias": (20,)}
    sizes |= {f"{here}MlpBlock_3/Dense_1/kernel": (20, 12), f"{here}MlpBlock_3/Dense_1/bias": (12,)}
    norms = [f"{here}LayerNorm_0", f"{here}LayerNorm_2", "Transformer/encoder_norm"]
    sizes |= {f"{norm}/{kind}": (12,) for norm in norms for kind in ("scale", "bias")}
    return {name: np.ones(size, np.float32) for name, size in sizes.items()}


def torchvision_tensors() -> dict[str, torch.Tensor]:
    """torchvision's names."""
    outer = {"cls_token": "class_token", "pos_embed": "encoder.pos_embedding"}
    parts = {
        "patch_embed.proj": "conv_proj",
        "blocks.0.": "encoder.layers.encoder_layer_0.",
        "attn.qkv.": "self_attention.in_proj_",
        "norm1": "ln_1",
    }
    parts |= {
        "attn.proj": "self_attention.out_proj",
        "norm2": "ln_2",
        "mlp.fc1": "mlp.0",
        "mlp.fc2": "mlp.3",
        "norm.": "encoder.ln.",
        "head.": "heads.head.",
    }
    found = {}
    for name, tensor in timm_tensors().items():
        for ours, their in (outer | parts).items():
            name = name.replace(ours, their)
        found[name] = tensor
    return found


def hf_tensors(classes: int = 5) -> dict[str, torch.Tensor]:
    """Hugging Face's names of a ViT."""
    layer = {f"attention.attention.{part}": (12, 12) for part in ("query", "key", "value")} | {"attention.output.dense": (12, 12)}
    layer |= {"intermediate.dense": (20, 12), "output.dense": (12, 20), "layernorm_before": (12,), "layernorm_after": (12,)}
    linear = {f"vit.encoder.layer.0.{name}": shape for name, shape in layer.items()}
    linear |= {"vit.embeddings.patch_embeddings.projection": (12, 3, 4, 4), "vit.layernorm": (12,), "classifier": (classes, 12)}
    tensors = {f"{name}.weight": torch.zeros(shape) for name, shape in linear.items()}
    tensors |= {f"{name}.bias": torch.zeros(shape[0]) for name, shape in linear.items()}
    return tensors | {"vit.embeddings.cls_token": torch.zeros(1, 1, 12), "vit.embeddings.position_embeddings": torch.zeros(1, 17, 12)}


def clip_tensors() -> tuple[VisionTransformer, dict[str, torch.Tensor]]:
    """The names of OpenAI's code for a tower that we made, with its projection and a text tower beside it."""
    model = small_model(**SMALL, num_classes=0, pre_norm=True, patch_bias=False)
    names = {
        "blocks.": "transformer.resblocks.",
        "attn.qkv.": "attn.in_proj_",
        "attn.proj": "attn.out_proj",
        "norm1": "ln_1",
        "norm2": "ln_2",
    }
    names |= {"mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "norm_pre": "ln_pre", "norm.": "ln_post.", "patch_embed.proj": "conv1"}
    names |= {"cls_token": "class_embedding", "pos_embed": "positional_embedding"}
    found = {}
    for name, tensor in model.state_dict().items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)
        flat = {"class_embedding": tensor.flatten(), "positional_embedding": tensor[0] if tensor.ndim == 3 else tensor}
        found[f"visual.{name}"] = flat.get(name, tensor).clone()
    text = {
        "transformer.resblocks.0.ln_1.weight": torch.ones(6),
        "logit_scale": torch.tensor(4.6),
        "positional_embedding": torch.zeros(7, 6),
    }
    return model, found | {"visual.proj": torch.zeros(12, 6)} | text
