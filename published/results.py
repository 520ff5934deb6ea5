"""What a published accuracy means: the data that the model had seen, how it was read out, at which size, and what that size computes."""

from dataclasses import dataclass
from functools import lru_cache

import vit_core
from published.evidence import rows
from vit_core import cost
from vit_core.presets import Accuracy, ModelSpec

FAMILIES = ("DINOv3", "DINOv2", "DINO", "DeiT", "CLIP", "SoViT", "ViT-22B", "ViT")
OWN_SIZE, NOT_STATED = "the model’s own", "not stated"
ASSUMED = 224  # px, where the source does not say at which size it measured; what is computed from it says so
POOLED = ("ViT-g/14", "ViT-G/14")


@dataclass(frozen=True)
class Result:
    """One published accuracy: what the model was pretrained on, how it was read out, and at which side in pixels.

    `size_stated` is False where the source does not give the side: `size` is then an assumption. `training` and `head` are words.
    """

    data: str
    protocol: str
    size: int
    size_stated: bool
    training: str
    head: str


def family(name: str) -> str:
    return next(prefix for prefix in FAMILIES if name.startswith(prefix))


@lru_cache(maxsize=1)
def settings() -> dict[tuple[str, str], dict[str, str]]:
    """(source, setting) of the table of models to what the setting means there."""
    return {(row["source"], row["setting"]): row for row in rows("settings")}


def result(spec: ModelSpec, accuracy: Accuracy) -> Result:
    """What an accuracy's `setting` means in its source; KeyError if that is not listed."""
    row = settings()[accuracy.source, accuracy.setting]
    own = {OWN_SIZE: spec.image_size, NOT_STATED: ASSUMED}
    size = own[row["size"]] if row["size"] in own else int(row["size"])
    return Result(row["data"], row["protocol"], size, row["size"] != NOT_STATED, row["training"], row["head"])


def macs_at(spec: ModelSpec, size: int) -> int | None:
    """Multiply-accumulates at a size: computed for a plain model, else the table's where it has that size.

    Where the patch size does not divide the side (384 px, patches of 14), the pixels that are left over at the edge are not seen.
    """
    config = vit_core.presets.get(spec.name)
    if config is not None:
        return cost.macs(config, size - size % spec.patch_size).total
    table = {spec.eval_size: spec.gmacs_eval, 224: spec.gmacs_224}
    return round(table[size] * 1e9) if size in table else None
