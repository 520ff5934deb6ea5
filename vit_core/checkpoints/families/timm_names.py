"""timm's names, which are ours: also those of the original DeiT, DINO and DINOv2 files. The configuration is read from the shapes."""

from collections.abc import Mapping
from typing import Any

from vit_core.checkpoints.facts import Facts, find_positions
from vit_core.checkpoints.families.naming import Piece, Plan, count_blocks, shape_of, square_kernel
from vit_core.checkpoints.files.weights import Entry

MARK = "patch_embed.proj.weight"
OTHERS = {"reg_token": "register_tokens", "mlp.w12": "mlp.fc1", "mlp.w3": "mlp.fc2", "ls1.gamma": "gamma_1", "ls2.gamma": "gamma_2"}
"""DINOv2's name of the registers, timm's of the two matrices of a SwiGLU, DeiT III's of the layer scales."""
PREFIXES = ("module.", "backbone.", "model.", "encoder.", "_orig_mod.")


def prefix_of(entries: Mapping[str, Entry]) -> str:
    """What stands before every name: wrappers such as DataParallel add it."""
    found = next((name.removesuffix(MARK) for name in entries if name.endswith(MARK)), None)
    if not found:
        return ""
    plain = found
    while any(plain.startswith(prefix) for prefix in PREFIXES):
        plain = next(plain.removeprefix(prefix) for prefix in PREFIXES if plain.startswith(prefix))
    return found if not plain and all(name.startswith(found) for name in entries) else ""


def read_shapes(entries: Mapping[str, Entry], facts: Facts, what: str) -> dict[str, Any]:
    """The fields of ViTConfig that names and shapes tell: all but heads, activation, epsilon and preprocessing."""
    before = prefix_of(entries)
    names = {name.removeprefix(before) for name in entries}
    dim, chans, *_ = kernel = shape_of(entries, before + MARK, 4, what)
    patch = square_kernel(kernel, 2, 3, what)
    registers = next((name for name in ("reg_token", "register_tokens") if name in names), None)
    distilled, classed = "dist_token" in names, "cls_token" in names
    gated = "blocks.0.mlp.w12.weight" in names
    hidden = shape_of(entries, f"{before}blocks.0.mlp.{'w3' if gated else 'fc2'}.weight", 2, what)[1]
    gated = gated or shape_of(entries, f"{before}blocks.0.mlp.fc1.weight", 2, what)[0] == 2 * hidden
    after = "fc_norm.weight" in names
    rows = shape_of(entries, before + "pos_embed", 3, what)[1]
    return {
        "embed_dim": dim,
        "depth": count_blocks(entries, before + "blocks."),
        "mlp_hidden": hidden,
        "num_classes": shape_of(entries, before + "head.weight", 2, what)[0] if "head.weight" in names else 0,
        "patch_size": patch,
        "in_chans": chans,
        "ffn": "swiglu" if gated else "mlp",
        "qkv_bias": "blocks.0.attn.qkv.bias" in names,
        "patch_bias": "patch_embed.proj.bias" in names,
        "head_bias": "head.bias" in names or "head.weight" not in names,
        "pre_norm": "norm_pre.weight" in names,
        "layer_scale": "blocks.0.ls1.gamma" in names or "blocks.0.gamma_1" in names,
        "class_token": classed,
        "distill_token": distilled,
        "num_registers": shape_of(entries, before + registers, 3, what)[1] if registers else 0,
        "mask_token": "mask_token" in names,
        "pool": "cls_dist" if distilled else "mean" if after or not classed else "cls",
        "norm_position": "after_pool" if after else "before_pool",
        "pos_interpolation": interpolation(facts, bool(registers)),
        **find_positions(rows, classed + distilled, patch, facts.image_size, what),
    }


def interpolation(facts: Facts, registers: bool) -> str:
    """The family's own way to resize positions; DINOv2's code antialiases where there are registers. timm's way where no family is
    named."""
    return "bicubic_antialias" if facts.defaults is None or registers else facts.defaults.pos_interpolation


def plan(shapes: Mapping[str, tuple[int, ...]], entries: Mapping[str, Entry]) -> Plan:
    """Ours are theirs, but for those in `OTHERS`."""
    before = prefix_of(entries)
    return {name: (Piece(before + their_name(name, before, entries), shape),) for name, shape in shapes.items()}


def their_name(name: str, before: str, entries: Mapping[str, Entry]) -> str:
    others = [name.replace(ours, theirs) for ours, theirs in OTHERS.items() if ours in name]
    return next((other for other in others if before + name not in entries and before + other in entries), name)
