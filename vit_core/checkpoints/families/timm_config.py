"""timm's `config.json` (`architecture`, `model_args`, `pretrained_cfg`): what it adds to the shapes of the weights."""

import re
from collections.abc import Mapping
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.families.naming import FOREIGN
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
HEADS = {
    ("tiny", 192): 3,
    ("xsmall", 256): 4,
    ("wee", 256): 4,
    ("little", 320): 5,
    ("small", 384): 6,
    ("medium", 512): 8,
    ("mediumd", 512): 8,
    ("betwixt", 640): 10,
    ("base", 768): 12,
    ("base", 896): 14,
    ("so150m2", 832): 13,
    ("so150m", 896): 14,
    ("large", 1024): 16,
    ("so400m", 1152): 16,
    ("huge", 1280): 16,
    ("giant", 1408): 16,
    ("giant", 1536): 24,
    ("giantopt", 1536): 16,
    ("gigantic", 1664): 16,
}
"""Heads of a size at its width, as `vision_transformer.py` and `deit.py` of timm 1.0 have them."""
OTHER_HEADS = {"vit_base_patch16_gap_224": 16}
NAME = re.compile(r"(?:vit|deit|deit3)_(?P<size>[a-z0-9]+)_(?:distilled_)?patch\d+_(?P<rest>[a-z0-9_]+)")
PLAIN_PART = re.compile(r"reg\d+|gap|clip|quickgelu|plus|dino|dinov2|tipsv2|miil|siglip|\d+x1|\d+|in21k|in21ft1k")
NOT_PLAIN = {
    r"(siglip_(?!gap)|.*_map_)": FOREIGN["attn_pool."],
    r"(.*_)?(rope|dinov3|lingbot)(_|$)": FOREIGN["rope"],
    r"(.*_)?(\d+x2|xp)(_|$)": "has parts of a block side by side, not one behind the other",
    r"(.*_)?rpn(_|$)": "normalises behind attention and MLP, not before them",
    r"radio_": "has no norm behind its last block",
}
"""What the name behind the patch size tells of a model that is no plain ViT. Searched from its start."""
NOT_PLAIN_SIZE = {
    "relpos": FOREIGN["rel_pos"],
    "srelpos": FOREIGN["rel_pos"],
    "dwee": "attends by the difference of two softmaxes",
    "dlittle": "attends by the difference of two softmaxes",
    "dpwee": "has parts of a block side by side, not one behind the other",
    "pwee": "has parts of a block side by side, not one behind the other",
    "pe": FOREIGN["rope"],
    "intern300m": "has no norm behind its last block",
}
TANH = re.compile(r"vit_(base_patch32|so400m_patch16|giantopt_patch16)_siglip_gap_\d+|vit_large_patch16_siglip_gap_512")
"""The names whose activation is GELU's tanh form."""


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
    size, rest = parts_of(architecture)
    unknown = sorted(set(args) - READ_ARGS - SHAPED) if isinstance(args, dict) else ["no table"]
    if unknown:
        raise CheckpointError(
            f"The `model_args` of timm's config.json name {', '.join(map(printable, unknown[:5]))}, which is not supported."
        )
    pool = values.get("global_pool", cfg.get("global_pool"))
    if pool in ("map", "avgmax", "max") or pool not in (None, "", "token", "avg"):
        reason = FOREIGN["attn_pool."] if pool == "map" else f"pools its features by {printable(str(pool))}"
        raise CheckpointError(f"{printable(architecture)} {reason}, which is not supported.")
    act = args.get("act_layer", named_activation(architecture))
    if not isinstance(act, str) or act not in ACTIVATIONS:
        raise CheckpointError(f"The activations {', '.join(ACTIVATIONS)} are supported; got {printable(str(act))}.")
    found = {"norm_eps": 1e-5 if "clip" in rest else 1e-6, "act": ACTIVATIONS[act], "pos_interpolation": "bicubic_antialias"}
    heads = args.get("num_heads", OTHER_HEADS.get(architecture, HEADS.get((size, shaped["embed_dim"]))))
    found |= {} if heads is None else {"num_heads": heads}
    if pool == "avg" and shaped["norm_position"] == "before_pool":
        found["pool"] = "mean"
    preprocessing = from_timm(cfg)
    found |= {} if preprocessing is None else {"preprocessing": preprocessing}
    labels = values.get("label_names", cfg.get("label_names"))
    if isinstance(labels, list) and len(labels) == shaped["num_classes"]:
        found["labels"] = tuple(str(label) for label in labels)
    return found


def parts_of(architecture: str) -> tuple[str, list[str]]:
    """The name of the size and the parts behind the patch size; CheckpointError, with the reason, for what is no plain ViT."""
    match = NAME.fullmatch(architecture)
    start = architecture.split("_")[1] if "_" in architecture else ""
    reason = NOT_PLAIN_SIZE.get(start) if architecture.startswith("vit_") else None
    behind = architecture.partition("_patch")[2].partition("_")[2]
    if reason is None and architecture.startswith("vit_"):
        reason = next((why for mark, why in NOT_PLAIN.items() if re.match(mark, f"{behind}_")), None)
    if reason is not None:
        raise CheckpointError(f"{printable(architecture)} {reason}, which is not supported.")
    parts = match["rest"].split("_") if match else []
    odd = next((part for part in parts if not PLAIN_PART.fullmatch(part)), None)
    if match is None or odd is not None:
        known = f"; its part {printable(odd)} is not known" if odd else ""
        raise CheckpointError(
            f"Of timm's architectures, plain vit_*, deit_* and deit3_* are supported; got {printable(architecture)}{known}."
        )
    return match["size"], parts


def named_activation(architecture: str) -> str:
    """The activation that a name stands for, where `model_args` says none."""
    return "quick_gelu" if "quickgelu" in architecture else "gelu_tanh" if TANH.fullmatch(architecture) else "gelu"


def input_size(values: Mapping[str, Any]) -> tuple[int, int] | None:
    """Height and width that the position table was made for, where the file says so."""
    args, cfg = values.get("model_args"), values.get("pretrained_cfg")
    size = args.get("img_size") if isinstance(args, dict) else None
    if size is None and isinstance(cfg, dict) and isinstance(cfg.get("input_size"), list) and len(cfg["input_size"]) == 3:
        size = cfg["input_size"][1:]
    sides: list[Any] = size if isinstance(size, list) else [size, size]
    return (sides[0], sides[1]) if len(sides) == 2 and all(type(side) is int and 0 < side <= 16_384 for side in sides) else None
