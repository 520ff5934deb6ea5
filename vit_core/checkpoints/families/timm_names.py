"""timm's names, which are ours: also those of the original DeiT, DINO and DINOv2 files. The configuration is read from the shapes."""

from collections.abc import Mapping
from math import isqrt
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.facts import Facts, find_positions
from vit_core.checkpoints.families.naming import Plan, count_blocks, position_table, renamed, shape_of, square_kernel
from vit_core.checkpoints.files.weights import Entry

MARK = "patch_embed.proj.weight"
OTHERS = {"reg_token": "register_tokens", "mlp.w12": "mlp.fc1", "mlp.w3": "mlp.fc2", "ls1.gamma": "gamma_1", "ls2.gamma": "gamma_2"}
"""DINOv2's name of the registers, timm's of the two matrices of a SwiGLU, DeiT III's of the layer scales."""
NEEDED = ("blocks.0.attn.qkv.",)
OWN_HEAD, LEAVES_OUT = "head.weight", ""
"""What stands beside the mark in every ViT of these names."""


def read_shapes(entries: Mapping[str, Entry], facts: Facts, what: str, before: str = "", head: str | None = None) -> dict[str, Any]:
    """The fields of ViTConfig that names and shapes tell: all but heads, activation, epsilon and preprocessing.

    before: what stands before every name. head: the beginning of the classifier's names, where it is not `before` and "head".
    """
    names = {name.removeprefix(before) for name in entries if name.startswith(before)}
    head = before + "head" if head is None else head
    classes = shape_of(entries, f"{head}.weight", 2, what)[0] if f"{head}.weight" in entries else 0
    dim, chans, *_ = kernel = shape_of(entries, before + MARK, 4, what)
    patch = square_kernel(kernel, 2, 3, what)
    registers = next((name for name in ("reg_token", "register_tokens") if name in names), None)
    distilled, classed = "dist_token" in names, "cls_token" in names
    gated = "blocks.0.mlp.w12.weight" in names
    hidden = shape_of(entries, f"{before}blocks.0.mlp.{'w3' if gated else 'fc2'}.weight", 2, what)[1]
    gated = gated or shape_of(entries, f"{before}blocks.0.mlp.fc1.weight", 2, what)[0] == 2 * hidden
    after = "fc_norm.weight" in names
    rows = position_table(entries, before + "pos_embed", 3, what)[1]
    count = shape_of(entries, before + registers, 3, what)[1] if registers else 0
    if count and not any(square(rows - other) for other in (0, classed + distilled)) and square(rows - classed - distilled - count):
        raise CheckpointError(f"{what} has {rows} positions, of which {count} are its registers', which is not supported.")
    return {
        "embed_dim": dim,
        "depth": count_blocks(entries, before + "blocks."),
        "mlp_hidden": hidden,
        "num_classes": classes,
        "patch_size": patch,
        "in_chans": chans,
        "ffn": "swiglu" if gated else "mlp",
        "qkv_bias": "blocks.0.attn.qkv.bias" in names,
        "patch_bias": "patch_embed.proj.bias" in names,
        "head_bias": f"{head}.bias" in entries or not classes,
        "pre_norm": "norm_pre.weight" in names,
        "layer_scale": "blocks.0.ls1.gamma" in names or "blocks.0.gamma_1" in names,
        "class_token": classed,
        "distill_token": distilled,
        "num_registers": count,
        "mask_token": "mask_token" in names,
        "pool": "cls_dist" if distilled else "mean" if after or not classed else "cls",
        "norm_position": "after_pool" if after else "before_pool",
        "pos_interpolation": interpolation(facts, bool(registers)),
        **find_positions(rows, classed + distilled, patch, facts.image_size, what),
    }


def square(count: int) -> bool:
    """Whether so many patches make a square."""
    return count > 0 and isqrt(count) ** 2 == count


def interpolation(facts: Facts, registers: bool) -> str:
    """The family's own way to resize positions; DINOv2's code antialiases where there are registers. timm's way where no family is
    named."""
    return "bicubic_antialias" if facts.defaults is None or registers else facts.defaults.pos_interpolation


def plan(shapes: Mapping[str, tuple[int, ...]], entries: Mapping[str, Entry], before: str = "", head: str | None = None) -> Plan:
    """Ours are theirs, but for those in `OTHERS`."""
    return renamed(shapes, before, head, lambda name: their_name(name, before, entries))


def their_name(name: str, before: str, entries: Mapping[str, Entry]) -> str:
    others = [name.replace(ours, theirs) for ours, theirs in OTHERS.items() if ours in name]
    return next((other for other in others if before + name not in entries and before + other in entries), name)
