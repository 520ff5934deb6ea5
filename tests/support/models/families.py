"""Small random models of every kind, written to a folder as an operator's would be: what the app must be able to show."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.support.models.small import PLAIN, small_model
from vit_core import checkpoints
from vit_core.config import Preprocessing, ViTConfig

BASE = {"embed_dim": 24, "depth": 2, "num_heads": 3, "mlp_hidden": 40, "image_size": 112, "patch_size": 16}
LABELS = ("cat", "dog", "owl", "fox", "bee")

# Every kind by its file name: what is changed, and what the strip says between the patches and the number of tokens.
FAMILIES = {
    "dino-s16": ({"num_classes": 0}, "7 × 7 = 49 patches + [CLS] ="),
    "dinov2-reg-s14": (
        {"num_classes": 0, "patch_size": 14, "num_registers": 4, "layer_scale": True, "ffn": "swiglu", "mask_token": True},
        "8 × 8 = 64 patches + [CLS] + 4 registers =",
    ),
    "deit-distilled": ({"num_classes": 7, "distill_token": True, "pool": "cls_dist"}, "7 × 7 = 49 patches + [CLS] + [DIST] ="),
    "mean-of-patches": (
        {"class_token": False, "pool": "mean", "labels": LABELS, "patch_size": 8, "image_size": 64},
        "8 × 8 = 64 patches =",
    ),
    "clip-b32": (
        {"num_classes": 0, "pre_norm": True, "patch_bias": False, "act": "quick_gelu", "patch_size": 32, "image_size": 128},
        "4 × 4 = 16 patches + [CLS] =",
    ),
    "clip-zero-shot": (
        {"projection": 20, "labels": LABELS, "head_bias": False, "pre_norm": True, "patch_bias": False, "act": "quick_gelu"},
        "7 × 7 = 49 patches + [CLS] =",
    ),
    "grey-p8": (
        {"in_chans": 1, "labels": LABELS, "patch_size": 8, "image_size": 64, "preprocessing": Preprocessing((0.4,), (0.25,))},
        "8 × 8 = 64 patches + [CLS] =",
    ),
    "classifier-p14": ({"labels": LABELS, "patch_size": 14, "pos_covers": "patches"}, "8 × 8 = 64 patches + [CLS] ="),
}
BAD = "not-a-model.safetensors"
FOUR = "four-channels.safetensors"
BARE = "bare-weights.safetensors"
TWO = "student-and-teacher.pth"
OWN_NAMES = "own-names.pth"
PARTS = {"blocks.": "transformer.layers.", "attn.qkv.": "self_attn.in_proj_", "attn.proj": "self_attn.out_proj", "head.": "classify."}
"""How a file with names of its own calls what timm calls otherwise."""


def config_of(name: str) -> ViTConfig:
    """The configuration of one kind."""
    return PLAIN.replace(**{**BASE, **FAMILIES[name][0]}, name=name)


def write(folder: Path) -> Path:
    """All kinds, one of four channels, a file that is no model; and weights alone: under timm's names, two in one file, and under
    names of their own."""
    for seed, name in enumerate(FAMILIES):
        save(folder / f"{name}.safetensors", config_of(name), seed)
    save(folder / FOUR, PLAIN.replace(**BASE, in_chans=4), 0)
    (folder / BAD).write_bytes(b"nothing of the kind")
    bare = small_model(9, **{**BASE, "labels": LABELS})
    tensors = {name: tensor.contiguous() for name, tensor in bare.state_dict().items()}
    save_file(tensors, folder / BARE)
    torch.save({"student": tensors, "teacher": small_model(10, **{**BASE, "num_classes": 7}).state_dict()}, folder / TWO)
    torch.save({own_name(name): tensor for name, tensor in tensors.items()}, folder / OWN_NAMES)
    return folder


def own_name(name: str) -> str:
    """What `OWN_NAMES` calls one of our tensors."""
    for ours, theirs in PARTS.items():
        name = name.replace(ours, theirs)
    return name


def save(path: Path, config: ViTConfig, seed: int) -> None:
    """One random model."""
    model = small_model(seed, **{name: getattr(config, name) for name in config.__dataclass_fields__})
    checkpoints.save(model.state_dict(), config, path)
