"""torchvision's names of its `vit_*` models. Epsilon and activation are fixed by its code, heads and preprocessing are not in the file."""

from collections.abc import Mapping
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.facts import Facts, find_positions
from vit_core.checkpoints.families.naming import Plan, count_blocks, position_table, renamed, shape_of, square_kernel
from vit_core.checkpoints.files.weights import Entry

MARK = "conv_proj.weight"
NEEDED = ("encoder.layers.encoder_layer_0.",)
OWN_HEAD, LEAVES_OUT = "heads.head.weight", ""
LAYER = "encoder.layers.encoder_layer_"
OUTER = {"cls_token": "class_token", "pos_embed": "encoder.pos_embedding"}
LINEAR = {"patch_embed.proj": "conv_proj", "norm": "encoder.ln", "head": "heads.head"}
BLOCK = {"norm1": "ln_1", "attn.proj": "self_attention.out_proj", "norm2": "ln_2"}
MLP = {"mlp.fc1": ("mlp.0", "mlp.linear_1"), "mlp.fc2": ("mlp.3", "mlp.linear_2")}
"""The names of newer and older files."""


def read_shapes(entries: Mapping[str, Entry], facts: Facts, what: str, before: str = "", head: str | None = None) -> dict[str, Any]:
    """All fields of ViTConfig but heads and preprocessing."""
    dim, chans, *_ = kernel = shape_of(entries, before + MARK, 4, what)
    patch = square_kernel(kernel, 2, 3, what)
    first = next((name for name in MLP["mlp.fc1"] if f"{before}{LAYER}0.{name}.weight" in entries), None)
    if first is None:
        raise CheckpointError(f"{what} has no {before}{LAYER}0.{MLP['mlp.fc1'][0]}.weight.")
    head = f"{before}{LINEAR['head']}" if head is None else head
    classes = shape_of(entries, f"{head}.weight", 2, what)[0] if f"{head}.weight" in entries else 0
    return {
        "embed_dim": dim,
        "depth": count_blocks(entries, before + LAYER),
        "mlp_hidden": shape_of(entries, f"{before}{LAYER}0.{first}.weight", 2, what)[0],
        "num_classes": classes,
        "head_bias": f"{head}.bias" in entries or not classes,
        "norm_eps": 1e-6,
        "act": "gelu",
        "patch_size": patch,
        "in_chans": chans,
        **find_positions(position_table(entries, f"{before}encoder.pos_embedding", 3, what)[1], 1, patch, facts.image_size, what),
    }


def plan(shapes: Mapping[str, tuple[int, ...]], entries: Mapping[str, Entry], before: str = "", head: str | None = None) -> Plan:
    """Renamed one by one; q, k and v are one matrix in both."""
    return renamed(shapes, before, head, lambda name: their_name(name, before, entries))


def their_name(name: str, before: str, entries: Mapping[str, Entry]) -> str:
    stem, _, kind = name.rpartition(".")
    if name in OUTER:
        return OUTER[name]
    if stem in LINEAR:
        return f"{LINEAR[stem]}.{kind}"
    _, layer, part = stem.split(".", 2)
    if part == "attn.qkv":
        return f"{LAYER}{layer}.self_attention.in_proj_{kind}"
    if part in MLP:
        new, old = (f"{LAYER}{layer}.{their}.{kind}" for their in MLP[part])
        return old if before + old in entries else new
    return f"{LAYER}{layer}.{BLOCK[part]}.{kind}"
