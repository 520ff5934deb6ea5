"""What a published accuracy means: the data that the model had seen, how it was read out, at which size, and what that size computes."""

from dataclasses import dataclass

import vit_core
from vit_core import cost
from vit_core.presets import Accuracy, ModelSpec

FAMILIES = ("DINOv3", "DINOv2", "DINO", "DeiT", "CLIP", "SoViT", "ViT-22B", "ViT")
LABELLED = {
    "I1k": "ImageNet-1k",
    "I1k-1000ep": "ImageNet-1k",
    "I21k": "ImageNet-21k",
    "I21k-AugReg": "ImageNet-21k",
    "JFT300M": "JFT-300M",
    "JFT3B": "JFT-3B",
}
PROBED = {
    "DINO": "ImageNet-1k, no labels",
    "DINOv2": "LVD-142M, no labels",
    "DINOv3": "LVD-1689M, no labels",
    "CLIP": "400M image-text pairs",
    "ViT-22B": "JFT-4B",
}
PROTOCOLS = {
    "linear": "linear probe",
    "linear-probe": "linear probe",
    "kNN": "nearest neighbours",
    "zeroshot": "zero-shot",
    "ReaL": "ReaL labels",
}
POOLED = ("ViT-g/14", "ViT-G/14")


@dataclass(frozen=True)
class Result:
    """One published accuracy: what the model was pretrained on, how it was read out, and at which side in pixels."""

    data: str
    protocol: str
    size: int


def family(name: str) -> str:
    return next(prefix for prefix in FAMILIES if name.startswith(prefix))


def result(spec: ModelSpec, accuracy: Accuracy) -> Result:
    """What an accuracy's `setting` means. Probes and zero-shot are read at 224 px, CLIP's at the model's own size."""
    data, _, size = accuracy.setting.partition("@")
    if size:
        return Result(LABELLED[data], "trained or fine-tuned", int(size))
    kind = family(spec.name)
    return Result(PROBED[kind], PROTOCOLS[accuracy.setting], spec.image_size if kind == "CLIP" else 224)


def macs_at(spec: ModelSpec, size: int) -> int | None:
    """Multiply-accumulates at a size: computed for a plain model, else the table's where it has that size.

    Where the patch size does not divide the side (384 px, patches of 14), the pixels that are left over at the edge are not seen.
    """
    config = vit_core.presets.get(spec.name)
    if config is not None:
        return cost.macs(config, size - size % spec.patch_size).total
    table = {spec.eval_size: spec.gmacs_eval, 224: spec.gmacs_224}
    return round(table[size] * 1e9) if size in table else None
