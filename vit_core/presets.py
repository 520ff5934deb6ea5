"""Published Vision Transformers: their figures with sources (`specs`), and a configuration for each that is a plain ViT (`presets`)."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vit_core.config import Preprocessing, ViTConfig
from vit_core.data import SPECS

INTEGERS = ("patch", "image_size", "layers", "D", "heads", "mlp_dim", "params_exact")
# Each source as (work, table or section).
PLACES = {
    "V1": ("Dosovitskiy et al. 2021 (ViT)", "Table 1"),
    "V2": ("Dosovitskiy et al. 2021 (ViT)", "Table 2"),
    "V5": ("Dosovitskiy et al. 2021 (ViT)", "Table 5"),
    "VR": (
        "Steiner et al. 2022 (AugReg)",
        "model table of the google-research/vision_transformer repository, picked by pretraining metric",
    ),
    "Z1": ("Zhai et al. 2022 (Scaling Vision Transformers)", "Table 1"),
    "Z2": ("Zhai et al. 2022 (Scaling Vision Transformers)", "Table 2"),
    "S1": ("Alabdulmohsin et al. 2023 (SoViT)", "Table 1"),
    "I1": ("Dehghani et al. 2023 (ViT-22B)", "abstract and table of sizes"),
    "D": ("Touvron et al. 2021 (DeiT)", "model zoo in the README of the facebookresearch/deit repository"),
    "N": ("Caron et al. 2021 (DINO)", "Table 2"),
    "N2": ("Oquab et al. 2023 (DINOv2) and Darcet et al. 2024 (registers)", "model table of the facebookresearch/dinov2 repository"),
    "N3": ("Siméoni et al. 2025 (DINOv3)", "model table of the facebookresearch/dinov3 repository"),
    "C": ("Radford et al. 2021 (CLIP)", "sizes; zero-shot accuracy from OpenCLIP’s table of results, within 0.5 points of the paper’s"),
}
SOURCES = {key: f"{work}, {place}" for key, (work, place) in PLACES.items()}


@dataclass(frozen=True)
class Accuracy:
    """ImageNet-1k top-1 in percent. `setting` tells how (`I21k@384`: pretraining data and pixels), `source` is a key of `SOURCES`."""

    setting: str
    value: float
    source: str
    note: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """One row of the table. Sizes in pixels and channels; `gmacs_*` in 10^9 multiply-accumulates an image, at 224 px and at `eval_size`.

    `params_exact` and the multiply-accumulates are computed, the former without and the latter with the attention pooling head of ViT-g/14
    and ViT-G/14; `params_published` is what the paper prints. `sources` are keys of `SOURCES`.
    """

    name: str
    patch_size: int
    image_size: int
    depth: int
    embed_dim: int
    num_heads: int
    mlp_hidden: int
    params_exact: int
    params_published: str
    gmacs_224: float
    gflops_224: float
    eval_size: int
    gmacs_eval: float
    top1: tuple[Accuracy, ...]
    sources: tuple[str, ...]


@lru_cache(maxsize=1)
def read_table() -> tuple[ModelSpec, ...]:
    """The rows of `SPECS`; ValueError names a figure that cannot be read or has no known source."""
    with SPECS.open(encoding="utf-8", newline="") as file:
        return tuple(read_row(row) for row in csv.DictReader(file))


def read_row(row: Mapping[str, str]) -> ModelSpec:
    """One row, every field in its own type."""
    sources = tuple(row["source"].split(";"))
    top1 = tuple(read_accuracy(figure, row["name"]) for figure in row["top1"].split(";"))
    unknown = sorted({*sources, *(figure.source for figure in top1)} - SOURCES.keys())
    if unknown:
        raise ValueError(f"{SPECS.name}: {row['name']} names sources that are not listed: {', '.join(unknown)}.")
    patch, image, layers, dim, heads, hidden, params = (int(row[column]) for column in INTEGERS)
    published = row["params_published"]
    compute = float(row["GMACs_224"]), float(row["GFLOPs_224"]), int(row["eval_res"]), float(row["GMACs_evalres"])
    return ModelSpec(row["name"], patch, image, layers, dim, heads, hidden, params, published, *compute, top1, sources)


def read_accuracy(figure: str, name: str) -> Accuracy:
    """`setting=value [source] (note)`, the note optional."""
    match = re.fullmatch(r"([^=]+)=(\d+(?:\.\d+)?) \[(\w+)\](?: \((.+)\))?", figure)
    if not match:
        raise ValueError(f'{SPECS.name}: {name} has "{figure}" where "setting=value [source]" is expected.')
    return Accuracy(match[1], float(match[2]), match[3], match[4] or "")


def specs() -> list[ModelSpec]:
    """Every published model of the table, plain or not, in its order."""
    return list(read_table())


NOT_PLAIN = {
    "SoViT-400m/14": "its features are pooled by an attention layer with a query of its own",
    "ViT-22B/14": "attention and MLP run side by side in a block, and queries and keys are normalised",
} | {
    name: "positions rotate queries and keys in every layer; there is no position table"
    for name in ("DINOv3-S/16", "DINOv3-S+/16", "DINOv3-B/16", "DINOv3-L/16", "DINOv3-H+/16", "DINOv3-7B/16")
}

HALF = Preprocessing(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), interpolation="bilinear")
CLIP_PIXELS = Preprocessing(mean=(0.48145466, 0.4578275, 0.40821073), std=(0.26862954, 0.26130258, 0.27577711))

# The original JAX code interpolates positions linearly, and CLIP's never does. Both are resized here as later ports (timm, OpenCLIP) do.
VIT = {"num_classes": 1000, "norm_eps": 1e-6, "act": "gelu_tanh", "preprocessing": HALF, "pos_interpolation": "bicubic_antialias"}
# Published with an attention pooling head. Without it the body is plain: no class token, no head, patches averaged.
SCALED = VIT | {"num_classes": 0, "class_token": False, "pool": "mean"}
DEIT = {"num_classes": 1000, "norm_eps": 1e-6}
DISTILLED = DEIT | {"distill_token": True, "pool": "cls_dist"}
DINO = {"num_classes": 0, "norm_eps": 1e-6}
# The mask token is part of the released weights. Without registers, the released code resizes positions to a grid larger by 0.1 of a patch
# and does not antialias; the 0.1 is left out here.
DINOV2 = DINO | {"layer_scale": True, "mask_token": True}
REGISTERS = DINOV2 | {"num_registers": 4, "pos_interpolation": "bicubic_antialias"}
# The head is the projection into the space shared with text.
CLIP = {
    "norm_eps": 1e-5,
    "act": "quick_gelu",
    "pre_norm": True,
    "patch_bias": False,
    "head_bias": False,
    "pos_interpolation": "bicubic_antialias",
    "preprocessing": CLIP_PIXELS,
}

VARIANTS: dict[str, dict[str, Any]] = {
    "ViT-Ti/16": VIT,
    "ViT-S/32": VIT,
    "ViT-S/16": VIT,
    "ViT-B/32": VIT,
    "ViT-B/16": VIT,
    "ViT-L/32": VIT,
    "ViT-L/16": VIT,
    "ViT-H/14": VIT,
    "ViT-g/14": SCALED,
    "ViT-G/14": SCALED,
    "DeiT-Ti/16": DEIT,
    "DeiT-S/16": DEIT,
    "DeiT-B/16": DEIT,
    "DeiT-Ti-distil": DISTILLED,
    "DeiT-S-distil": DISTILLED,
    "DeiT-B-distil": DISTILLED,
    "DINO-S/16": DINO,
    "DINO-S/8": DINO,
    "DINO-B/16": DINO,
    "DINO-B/8": DINO,
    "DINOv2-S/14": DINOV2,
    "DINOv2-S/14-reg4": REGISTERS,
    "DINOv2-B/14": DINOV2,
    "DINOv2-B/14-reg4": REGISTERS,
    "DINOv2-L/14": DINOV2,
    "DINOv2-L/14-reg4": REGISTERS,
    "DINOv2-g/14": DINOV2 | {"ffn": "swiglu"},
    "DINOv2-g/14-reg4": REGISTERS | {"ffn": "swiglu"},
    "CLIP-B/32": CLIP | {"num_classes": 512},
    "CLIP-B/16": CLIP | {"num_classes": 512},
    "CLIP-L/14": CLIP | {"num_classes": 768},
    "CLIP-L/14@336": CLIP | {"num_classes": 768},
}


def configure(spec: ModelSpec) -> ViTConfig:
    """The configuration of a published plain ViT: its sizes from the table, the rest from its family."""
    sizes = {name: getattr(spec, name) for name in ("name", "patch_size", "image_size", "depth", "embed_dim", "num_heads", "mlp_hidden")}
    return ViTConfig(**sizes, **VARIANTS[spec.name])


presets: dict[str, ViTConfig] = {spec.name: configure(spec) for spec in read_table() if spec.name in VARIANTS}
