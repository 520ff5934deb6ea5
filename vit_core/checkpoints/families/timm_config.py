"""timm's `config.json` (`architecture`, `model_args`, `pretrained_cfg`): what it adds to the shapes of the weights."""

import re
from collections.abc import Mapping
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.families.naming import FOREIGN
from vit_core.checkpoints.families.published import PUBLISHED_HEADS
from vit_core.checkpoints.files.weights import printable
from vit_core.checkpoints.pixel_files import from_timm

ACTIVATIONS = {"gelu": "gelu", "gelu_tanh": "gelu_tanh", "quick_gelu": "quick_gelu", "quickgelu": "quick_gelu"}
READ_ARGS = {"num_heads", "act_layer", "img_size"}
"""Arguments that are used here; those of `SHAPED` show in the weights."""
SHAPED = {
    "patch_size",
    "embed_dim",
    "depth",
    "mlp_ratio",
    "init_values",
    "reg_tokens",
    "no_embed_class",
    "class_token",
    "pre_norm",
    "qkv_bias",
    "in_chans",
}
SHAPED |= {
    "num_classes",
    "global_pool",
    "fc_norm",
    "drop_rate",
    "drop_path_rate",
    "proj_drop_rate",
    "attn_drop_rate",
    "pos_drop_rate",
    "dynamic_img_size",
}
SHAPED |= {"mlp_layer", "weight_init", "final_norm", "use_fc_norm"}
SIZES = {"tiny": 192, "small": 384, "base": 768, "large": 1024, "huge": 1280, "giant": 1408, "gigantic": 1664}
HEADS = PUBLISHED_HEADS | {1408: 16, 1664: 16}
NAME = re.compile(rf"(vit|deit|deit3)_({'|'.join(SIZES)})_(?:distilled_)?patch\d+_(?P<rest>[a-z0-9_]+)")
PLAIN_REST = re.compile(r"(?:(?:reg\d+_)?(?:gap_)?(?:clip_|clip_quickgelu_|dinov2_?)?)?(?:\d+)?(?:_in21k|_in21ft1k)?")


def is_timm(values: Mapping[str, Any]) -> bool:
    return isinstance(values.get("architecture"), str)


def to_config(values: Mapping[str, Any], shaped: Mapping[str, Any]) -> dict[str, Any]:
    """Heads, activation, epsilon, preprocessing, size and labels, in addition to what the shapes of the weights have told.

    The architecture's name gives epsilon (1e-5 for CLIP, else 1e-6), activation (QuickGELU where it says so), and, with the published
    width of its size, the heads. `model_args` replaces what it names. CheckpointError for architectures that are no plain ViT.
    """
    architecture, args = values["architecture"], values.get("model_args") or {}
    said = values.get("pretrained_cfg")
    cfg: dict[str, Any] = said if isinstance(said, dict) else {}
    match = NAME.fullmatch(architecture)
    if not match or not PLAIN_REST.fullmatch(match["rest"]):
        raise CheckpointError(f"Of timm's architectures, plain vit_*, deit_* and deit3_* are supported; got {printable(architecture)}.")
    unknown = sorted(set(args) - READ_ARGS - SHAPED) if isinstance(args, dict) else ["no table"]
    if unknown:
        raise CheckpointError(
            f"The `model_args` of timm's config.json name {', '.join(map(printable, unknown[:5]))}, which is not supported."
        )
    pool = values.get("global_pool", cfg.get("global_pool"))
    if pool in ("map", "avgmax", "max") or pool not in (None, "", "token", "avg"):
        reason = FOREIGN["attn_pool."] if pool == "map" else f"pools its features by {printable(str(pool))}"
        raise CheckpointError(f"{printable(architecture)} {reason}, which is not supported.")
    clip = "clip_" in match["rest"]
    act = args.get("act_layer", "quick_gelu" if "quickgelu" in architecture else "gelu")
    if not isinstance(act, str) or act not in ACTIVATIONS:
        raise CheckpointError(f"The activations {', '.join(ACTIVATIONS)} are supported; got {printable(str(act))}.")
    found = {"norm_eps": 1e-5 if clip else 1e-6, "act": ACTIVATIONS[act], "pos_interpolation": "bicubic_antialias"}
    width = shaped["embed_dim"]
    heads = args.get(
        "num_heads", 24 if width == 1536 and "dinov2" in architecture else HEADS.get(width) if SIZES[match[2]] == width else None
    )
    found |= {} if heads is None else {"num_heads": heads}
    if pool == "avg" and shaped["norm_position"] == "before_pool":
        found["pool"] = "mean"
    preprocessing = from_timm(cfg)
    found |= {} if preprocessing is None else {"preprocessing": preprocessing}
    labels = values.get("label_names", cfg.get("label_names"))
    if isinstance(labels, list) and len(labels) == shaped["num_classes"]:
        found["labels"] = tuple(str(label) for label in labels)
    return found


def input_size(values: Mapping[str, Any]) -> tuple[int, int] | None:
    """Height and width that the position table was made for, where the file says so."""
    args, cfg = values.get("model_args"), values.get("pretrained_cfg")
    size = args.get("img_size") if isinstance(args, dict) else None
    if size is None and isinstance(cfg, dict) and isinstance(cfg.get("input_size"), list) and len(cfg["input_size"]) == 3:
        size = cfg["input_size"][1:]
    sides: list[Any] = size if isinstance(size, list) else [size, size]
    return (sides[0], sides[1]) if len(sides) == 2 and all(type(side) is int and 0 < side <= 16_384 for side in sides) else None
