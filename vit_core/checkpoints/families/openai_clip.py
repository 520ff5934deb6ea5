"""OpenAI's names of CLIP's image tower, which OpenCLIP writes too. Activation, heads and preprocessing are not in the file.

Source: openai/CLIP, `clip/model.py`: epsilon is PyTorch's 1e-5. The text tower is left out, and the projection behind the image
tower too where no text features are given.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vit_core.checkpoints.facts import Facts, find_positions
from vit_core.checkpoints.families.naming import Piece, Plan, count_blocks, position_table, shape_of, square_kernel
from vit_core.checkpoints.files.weights import Entry

MARK = "conv1.weight"
LAYER = "transformer.resblocks."
NEEDED = (f"{LAYER}0.", "class_embedding")
OWN_HEAD, LEAVES_OUT = "head.weight", "proj"
OUTER = {"cls_token": "class_embedding", "pos_embed": "positional_embedding"}
LINEAR = {"patch_embed.proj": "conv1", "norm_pre": "ln_pre", "norm": "ln_post"}
BLOCK = {"norm1": "ln_1", "attn.proj": "attn.out_proj", "norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}


def read_shapes(entries: Mapping[str, Entry], facts: Facts, what: str, before: str = "", head: str | None = None) -> dict[str, Any]:
    """All fields of ViTConfig but heads, activation and preprocessing; a classifier only where one stands beside the tower."""
    dim, chans, *_ = kernel = shape_of(entries, before + MARK, 4, what)
    patch = square_kernel(kernel, 2, 3, what)
    classes = 0 if head is None else shape_of(entries, f"{head}.weight", 2, what)[0]
    return {
        "embed_dim": dim,
        "depth": count_blocks(entries, before + LAYER),
        "mlp_hidden": shape_of(entries, f"{before}{LAYER}0.mlp.c_fc.weight", 2, what)[0],
        "num_classes": classes,
        "head_bias": f"{head}.bias" in entries or not classes,
        "norm_eps": 1e-5,
        "patch_size": patch,
        "in_chans": chans,
        "patch_bias": f"{before}conv1.bias" in entries,
        "pre_norm": f"{before}ln_pre.weight" in entries,
        **find_positions(position_table(entries, f"{before}positional_embedding", 2, what)[0], 1, patch, facts.image_size, what),
    }


def plan(shapes: Mapping[str, tuple[int, ...]], _: Mapping[str, Entry], before: str = "", head: str | None = None) -> Plan:
    """Renamed one by one; the class token and the positions have no axis for the batch."""

    def piece(name: str, shape: tuple[int, ...]) -> Piece:
        if name.startswith("head."):
            return Piece(f"{head}{name.removeprefix('head')}", shape)
        if name == "projection.weight":
            return Piece(before + LEAVES_OUT, shape[::-1], Tensor.t)
        flat = {"cls_token": shape[2:], "pos_embed": shape[1:]}.get(name, shape)
        return Piece(before + their_name(name), flat)

    return {name: (piece(name, shape),) for name, shape in shapes.items()}


def their_name(name: str) -> str:
    stem, _, kind = name.rpartition(".")
    if name in OUTER:
        return OUTER[name]
    if stem in LINEAR:
        return f"{LINEAR[stem]}.{kind}"
    _, layer, part = stem.split(".", 2)
    return f"{LAYER}{layer}.attn.in_proj_{kind}" if part == "attn.qkv" else f"{LAYER}{layer}.{BLOCK[part]}.{kind}"
