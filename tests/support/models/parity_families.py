"""Random small models of Hugging Face's families, and how their outputs stand to ours."""

import json
import os
from dataclasses import dataclass
from functools import cache

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the library is first imported: nothing here may reach for the network

import torch
import transformers
from torch.testing import assert_close

from tests.support.models.small import randomise
from vit_core import checkpoints

CLOSE = {"atol": 1e-5, "rtol": 1e-5}
SIZES = {
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 3,
    "image_size": 16,
    "patch_size": 4,
    "attn_implementation": "eager",
}
PLAIN = SIZES | {"intermediate_size": 40}
CLASSES = {"num_labels": 7}
GATED = {"use_swiglu_ffn": True}
TEXT = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 9,
    "vocab_size": 50,
    "max_position_embeddings": 7,
}
TEXT |= {"bos_token_id": 0, "eos_token_id": 1}
PIXELS = {"image_processor_type": "ViTImageProcessor", "image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "resample": 3}


@dataclass(frozen=True)
class Case:
    """`kind` and `config` are names of classes; `bare` are keywords of the model's constructor."""

    kind: str
    config: str
    fields: dict
    bare: dict


CASES = {
    "ViT": Case("ViTForImageClassification", "ViTConfig", PLAIN | CLASSES, {}),
    "ViT without head": Case("ViTModel", "ViTConfig", PLAIN, {}),
    "DINO": Case("ViTModel", "ViTConfig", PLAIN | {"layer_norm_eps": 1e-6}, {"add_pooling_layer": False}),
    "DeiT": Case("DeiTForImageClassification", "DeiTConfig", PLAIN | CLASSES, {}),
    "DeiT without head": Case("DeiTModel", "DeiTConfig", PLAIN, {}),
    "DeiT distilled": Case("DeiTForImageClassificationWithTeacher", "DeiTConfig", PLAIN | CLASSES, {}),
    "DINOv2": Case("Dinov2Model", "Dinov2Config", SIZES | {"mlp_ratio": 2}, {}),
    "DINOv2 gated": Case("Dinov2Model", "Dinov2Config", SIZES | {"mlp_ratio": 3, "use_mask_token": False} | GATED, {}),
    "DINOv2 with classes": Case("Dinov2ForImageClassification", "Dinov2Config", SIZES | {"mlp_ratio": 2} | CLASSES, {}),
    "DINOv2 with registers": Case(
        "Dinov2WithRegistersModel", "Dinov2WithRegistersConfig", SIZES | {"mlp_ratio": 2, "num_register_tokens": 3}, {}
    ),
    "DINOv2 gated, with registers": Case("Dinov2WithRegistersModel", "Dinov2WithRegistersConfig", SIZES | {"mlp_ratio": 2} | GATED, {}),
    "DINOv2 with registers and classes": Case(
        "Dinov2WithRegistersForImageClassification", "Dinov2WithRegistersConfig", SIZES | {"mlp_ratio": 2} | CLASSES, {}
    ),
    "MSN": Case("ViTMSNModel", "ViTMSNConfig", PLAIN, {}),
    "MSN with classes": Case("ViTMSNForImageClassification", "ViTMSNConfig", PLAIN | CLASSES, {}),
    "CLIP": Case("CLIPVisionModel", "CLIPVisionConfig", PLAIN, {}),
    "CLIP with projection": Case("CLIPVisionModelWithProjection", "CLIPVisionConfig", PLAIN | {"projection_dim": 6}, {}),
    "CLIP with text": Case(
        "CLIPModel", "CLIPConfig", {"vision_config": PLAIN, "text_config": TEXT, "projection_dim": 6, "attn_implementation": "eager"}, {}
    ),
}


@cache
def theirs(name: str, seed: int = 0):
    """One of their models with random weights, every bias, scale and token included."""
    case = CASES[name]
    config = getattr(transformers, case.config)(**case.fields)
    model = getattr(transformers, case.kind)(config, **case.bare)
    return randomise(model, seed, spread=0.15).eval()


def saved(model, folder, processor: dict | None = PIXELS):
    """A folder with the model, and what says how its pixels are prepared."""
    model.save_pretrained(folder)
    if processor is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder


def ours(model, folder):
    return checkpoints.load(saved(model, folder))


@torch.no_grad()
def outputs(model, x, interpolate: bool):
    """Their residual stream before every layer and after the last, attention weights, normed tokens (None: CLIP norms one), pooled,
    logits."""
    tower = getattr(model, "vision_model", None) if "CLIP" in type(model).__name__ else None
    body = tower or getattr(model, model.base_model_prefix, model)
    options = {"output_hidden_states": True, "output_attentions": True}
    options |= {} if "Dinov2" in type(model).__name__ else {"interpolate_pos_encoding": interpolate}
    result = body(x, **options)
    normed = None if tower is not None or "CLIP" in type(model).__name__ else result.last_hidden_state
    pooled = result.pooler_output if normed is None else normed[:, 0]
    logits = None
    if hasattr(model, "classifier") or hasattr(model, "cls_classifier"):
        extra = {} if "Dinov2" in type(model).__name__ else {"interpolate_pos_encoding": interpolate}
        logits = model(x, **extra).logits
    return result.hidden_states, result.attentions, normed, pooled, logits


def assert_same(model, loaded, x, interpolate: bool = False):
    """Every layer's residual stream and attention weights, the features, and the logits where there are classes."""
    streams, attentions, normed, pooled, logits = outputs(model, x, interpolate)
    trace = loaded(x)
    assert (len(streams), len(attentions)) == (trace.depth + 1, trace.depth)
    for layer in range(trace.depth + 1):
        assert_close(trace.resid(layer), streams[layer], **CLOSE)
    for layer in range(trace.depth):
        assert_close(trace.attn_weights(layer), attentions[layer], **CLOSE)
    if normed is not None:
        assert_close(trace.norm_out, normed, **CLOSE)
    if logits is None:
        assert_close(trace.pooled, pooled, **CLOSE)
        assert trace.logits is trace.pooled
    else:
        assert_close(trace.logits, logits, **CLOSE)
