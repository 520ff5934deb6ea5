"""Google's .npz files: Flax's names and layouts, `[in, out]` where PyTorch has `[out, in]`. Only the preprocessing is not in the file.

Source of names and numbers: github.com/google-research/vision_transformer. Its LayerNorm has epsilon 1e-6 and its GELU is the tanh form.
"""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.facts import Facts, find_positions
from vit_core.checkpoints.families.naming import Piece, Plan, count_blocks, position_table, shape_of, square_kernel
from vit_core.checkpoints.files.weights import Entry

MARK = "embedding/kernel"
NEEDED = ("Transformer/",)
OWN_HEAD, LEAVES_OUT = "head/kernel", ""
BLOCK = "Transformer/encoderblock_"
ATTENTION = "MultiHeadDotProductAttention_1"
POSITIONS = "Transformer/posembed_input/pos_embedding"
NORMS = {"norm": "Transformer/encoder_norm"}
BLOCK_NORMS = {"norm1": "LayerNorm_0", "norm2": "LayerNorm_2"}
DENSE = {"mlp.fc1": "MlpBlock_3/Dense_0", "mlp.fc2": "MlpBlock_3/Dense_1"}


def read_shapes(entries: Mapping[str, Entry], facts: Facts, what: str, before: str = "", head: str | None = None) -> dict[str, Any]:
    """All fields of ViTConfig but the preprocessing."""
    *_, chans, dim = kernel = shape_of(entries, MARK, 4, what)
    patch = square_kernel(kernel, 0, 1, what)
    _, heads, head_dim = shape_of(entries, f"{BLOCK}0/{ATTENTION}/query/kernel", 3, what)
    if heads * head_dim != dim:
        raise CheckpointError(f"{what} has {heads} heads of {head_dim}, which do not share the width {dim}.")
    classed = "cls" in entries
    return {
        "embed_dim": dim,
        "depth": count_blocks(entries, BLOCK),
        "num_heads": heads,
        "mlp_hidden": shape_of(entries, f"{BLOCK}0/MlpBlock_3/Dense_0/kernel", 2, what)[1],
        "num_classes": shape_of(entries, "head/kernel", 2, what)[1] if "head/kernel" in entries else 0,
        "norm_eps": 1e-6,
        "act": "gelu_tanh",
        "patch_size": patch,
        "in_chans": chans,
        "class_token": classed,
        "pool": "cls" if classed else "mean",
        "pos_interpolation": "bicubic_antialias",
        **find_positions(position_table(entries, POSITIONS, 3, what)[1], int(classed), patch, facts.image_size, what),
    }


def plan(shapes: Mapping[str, tuple[int, ...]], entries: Mapping[str, Entry], before: str = "", head: str | None = None) -> Plan:
    """Where each of our parameters lies, in which layout."""
    heads = entries[f"{BLOCK}0/{ATTENTION}/query/kernel"].shape[1]
    return {name: pieces(name, shape, heads) for name, shape in shapes.items()}


def pieces(name: str, shape: tuple[int, ...], heads: int) -> tuple[Piece, ...]:
    """Where one of our parameters lies."""
    stem, _, kind = name.rpartition(".")
    weight = kind == "weight"
    if name in ("cls_token", "pos_embed"):
        return (Piece("cls" if name == "cls_token" else POSITIONS, shape),)
    if stem == "patch_embed.proj":
        return (Piece("embedding/kernel", (*shape[2:], shape[1], shape[0]), kernel_first),) if weight else (Piece("embedding/bias", shape),)
    if stem in NORMS:
        return (Piece(f"{NORMS[stem]}/{'scale' if weight else 'bias'}", shape),)
    if stem == "head":
        return (dense("head", shape),)
    _, layer, part = stem.split(".", 2)
    block = BLOCK + layer
    if part in BLOCK_NORMS:
        return (Piece(f"{block}/{BLOCK_NORMS[part]}/{'scale' if weight else 'bias'}", shape),)
    if part in DENSE:
        return (dense(f"{block}/{DENSE[part]}", shape),)
    dim = shape[-1] if weight else shape[0] // (3 if part == "attn.qkv" else 1)
    head_dim = dim // heads
    if part == "attn.proj":
        out = f"{block}/{ATTENTION}/out"
        return (Piece(f"{out}/kernel", (heads, head_dim, dim), rows_last),) if weight else (Piece(f"{out}/bias", shape),)
    names = [f"{block}/{ATTENTION}/{letter}" for letter in ("query", "key", "value")]
    if weight:
        return tuple(Piece(f"{theirs}/kernel", (dim, heads, head_dim), columns_first) for theirs in names)
    return tuple(Piece(f"{theirs}/bias", (heads, head_dim), Tensor.flatten) for theirs in names)


def dense(name: str, shape: tuple[int, ...]) -> Piece:
    """A linear layer's matrix or bias."""
    return Piece(f"{name}/kernel", shape[::-1], Tensor.t) if len(shape) == 2 else Piece(f"{name}/bias", shape)


def kernel_first(kernel: Tensor) -> Tensor:
    """`[side, side, chans, dim]` to `[dim, chans, side, side]`."""
    return kernel.permute(3, 2, 0, 1)


def columns_first(kernel: Tensor) -> Tensor:
    """`[dim, heads, head_dim]` to `[heads · head_dim, dim]`."""
    return kernel.flatten(1).t()


def rows_last(kernel: Tensor) -> Tensor:
    """`[heads, head_dim, dim]` to `[dim, heads · head_dim]`."""
    return kernel.flatten(0, 1).t()
