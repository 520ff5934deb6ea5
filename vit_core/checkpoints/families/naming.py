"""Other projects' names of a plain ViT's weights. A plan says of which tensors of a file each of our parameters is made."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.weights import Entry, printable


@dataclass(frozen=True)
class Piece:
    """One tensor of a file: its name, the shape that it must have, and what turns it into rows of ours."""

    name: str
    shape: tuple[int, ...]
    turn: Callable[[Tensor], Tensor] = lambda tensor: tensor


Plan = Mapping[str, tuple[Piece, ...]]
"""Our parameter -> the pieces that are put together along the first axis and brought to its shape."""

PRE_LOGITS = "has a layer of its own between features and head (`pre_logits`)"
REMEDIES = {PRE_LOGITS: "Its fine-tuned version has none; or save it without that layer and the head, for a model that gives features."}
"""What to do where a reason alone leaves a person without a way on."""
# A name that only models have whose computation differs, and what that is.
FOREIGN = {
    "attn_pool.": "pools its features by attention (SigLIP and others)",
    ".head.probe": "pools its features by attention (SigLIP and others)",
    "MAPHead": "pools its features by attention (SigLIP and others)",
    "rope": "rotates queries and keys by position (DINOv3 and others)",
    "storage_tokens": "rotates queries and keys by position (DINOv3 and others)",
    "relative_position": "has relative positions in its attention (Swin, BEiT and others)",
    "rel_pos": "has relative positions in its attention (SAM, ViTDet and others)",
    ".q_norm.": "normalises queries and keys",
    "q_bias": "is a BEiT or a Swin v2, not a plain ViT",
    "downsample": "works at several resolutions (Swin and others)",
    "patch_embed.backbone": "embeds patches by a convolutional network",
    "conv_root": "embeds patches by a convolutional network",
    "decoder_": "has a decoder, as in MAE's pretraining",
    "pre_logits": PRE_LOGITS,
    "layer1.0.conv1": "is a convolutional network",
}


def check_plain(names: Iterable[str], what: str) -> None:
    """CheckpointError with one sentence if a name tells of something that a plain ViT does not have."""
    for name in names:
        for mark, reason in FOREIGN.items():
            if mark in name:
                remedy = f" {REMEDIES[reason]}" if reason in REMEDIES else ""
                raise CheckpointError(f"{what} {reason}, which is not supported: it has {printable(name)}.{remedy}")


def shape_of(entries: Mapping[str, Entry], name: str, sides: int, what: str) -> tuple[int, ...]:
    """The shape of a tensor that must be there, with so many sides; CheckpointError otherwise."""
    if name not in entries:
        raise CheckpointError(f"{what} has no {name}.")
    shape = entries[name].shape
    if len(shape) != sides or not all(shape):
        raise CheckpointError(f"{what} has {name} of shape {list(shape)}, where {sides} sides above 0 are expected.")
    return shape


def position_table(entries: Mapping[str, Entry], name: str, sides: int, what: str) -> tuple[int, ...]:
    """The shape of the table of positions; CheckpointError says what to do where there is none."""
    if name not in entries:
        raise CheckpointError(
            f"{what} has no {name}: a ViT without a table of positions is not supported; if its positions are fixed (sine and cosine), "
            "save them with the weights under that name."
        )
    return shape_of(entries, name, sides, what)


def count_blocks(entries: Mapping[str, Entry], before: str) -> int:
    """How many blocks there are whose names start with `before`, a number and a dot or a slash."""
    found = {
        rest
        for name in entries
        if name.startswith(before)
        for rest in [name[len(before) :].replace("/", ".").split(".", 1)[0]]
        if rest.isdecimal()
    }
    return len(found)


def square_kernel(shape: tuple[int, ...], height: int, width: int, what: str) -> int:
    """The side of a patch kernel whose sides are at the places `height` and `width` of its shape; CheckpointError if it is not square."""
    if shape[height] != shape[width]:
        raise CheckpointError(f"{what} has patches of {shape[height]}×{shape[width]} pixels; only square ones are supported.")
    return shape[height]


def renamed(shapes: Mapping[str, tuple[int, ...]], before: str, head: str | None, their_name: Callable[[str], str]) -> Plan:
    """Tensors that only have other names: `their_name` behind `before`, or a classifier that stands beside the ViT as `head`."""

    def theirs(name: str) -> str:
        if head is not None and name.startswith("head."):
            return head + name.removeprefix("head")
        return before + their_name(name)

    return {name: (Piece(theirs(name), shape),) for name, shape in shapes.items()}
