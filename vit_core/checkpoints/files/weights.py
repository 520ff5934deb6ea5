"""A file of weights before any weight is read: which tensors it holds, of which type and shape, checked against its bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError

MAX_FILE = 16 * 10**9
MAX_TENSORS = 20_000
MAX_SIDE = 10**9
MAX_POINTER = 1024
POINTER = b"version https://git-lfs"
FLOATS = {"float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64}
"""The types that weights may have; others are known only so that a file can be checked."""


@dataclass(frozen=True)
class Entry:
    """One tensor of a file, as its header describes it. `dtype` is PyTorch's name of the type."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def numel(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class Weights:
    """A checked file. `read(name)` gives one tensor, float32, in memory of its own."""

    format: str
    entries: Mapping[str, Entry]
    read: Callable[[str], Tensor]
    size: int
    metadata: Mapping[str, str] = field(default_factory=dict)


class Unreadable(Exception):
    """What is wrong with a file, without its name."""


def checked_shape(shape: object, name: str) -> tuple[int, ...]:
    """A list or tuple of sizes as a shape; Unreadable otherwise."""
    if not isinstance(shape, list | tuple) or len(shape) > 8 or not all(type(side) is int and 0 <= side <= MAX_SIDE for side in shape):
        raise Unreadable(f"{printable(name)} has no valid shape")
    return tuple(shape)


def check_size(path: Path) -> int:
    """Bytes of a file; CheckpointError above `MAX_FILE`, and for a file of Git's that only stands for the weights."""
    size = path.stat().st_size
    check_pointer(path, size)
    if size > MAX_FILE:
        raise CheckpointError(f"{path.name} has {size:,} bytes; at most {MAX_FILE:,} are read.")
    return size


def check_pointer(path: Path, size: int) -> None:
    """CheckpointError if this is what a clone without Git LFS holds in place of a large file: a few lines with its checksum and size."""
    if size > MAX_POINTER:
        return
    with path.open("rb") as file:
        lines = file.read(MAX_POINTER).splitlines()
    if not lines or not lines[0].startswith(POINTER):
        return
    said = next((line[5:].decode() for line in lines if line.startswith(b"size ") and line[5:].isdigit() and len(line) < 25), None)
    stated = f" of {int(said):,} bytes" if said else ""
    raise CheckpointError(
        f"{path.name} is a pointer of Git LFS, {size:,} bytes of text in place of a file{stated}: run `git lfs pull` in the repository "
        "that it is from, or download the file itself."
    )


def printable(name: str, longest: int = 80) -> str:
    """A name from a file, fit for a sentence: control characters replaced, cut where it is too long."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name[: longest + 1])
    return text if len(text) <= longest else text[:longest] + "…"
