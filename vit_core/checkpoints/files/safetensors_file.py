"""safetensors, read strictly: the header is checked against the file's bytes before any of them is taken for a weight.

Format: 8 bytes (little-endian length of the header), a JSON header `name -> {dtype, shape, data_offsets}`, then the tensors without gaps.
"""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.strict_json import parse_object
from vit_core.checkpoints.files.weights import FLOATS, MAX_TENSORS, Entry, Unreadable, Weights, check_size, checked_shape, printable

MAX_HEADER = 16 * 10**6
DTYPES = {"F64": ("float64", 8), "F32": ("float32", 4), "F16": ("float16", 2), "BF16": ("bfloat16", 2), "BOOL": ("bool", 1)}
DTYPES |= {"F8_E4M3": ("float8_e4m3fn", 1), "F8_E5M2": ("float8_e5m2", 1)}
DTYPES |= {f"{letter}{bits}": (f"{kind}{bits}", bits // 8) for letter, kind in (("I", "int"), ("U", "uint")) for bits in (8, 16, 32, 64)}


def open_safetensors(path: Path) -> Weights:
    """The tensors of a file, checked, and its metadata. CheckpointError says in one sentence why it is none."""
    size = check_size(path)
    try:
        entries, starts, metadata = read_header(path, size)
    except (Unreadable, OSError) as error:
        raise CheckpointError(f"{path.name} is not a readable safetensors file: {error}.") from None
    return Weights("safetensors", entries, partial(read_tensor, path, entries, starts), size, metadata)


def read_header(path: Path, size: int) -> tuple[dict[str, Entry], dict[str, int], dict[str, str]]:
    """Entries, where each starts in the file, and metadata. Unreadable unless the tensors fill the file exactly, in order, without
    overlap."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise Unreadable(f"it has {size:,} bytes, fewer than its header needs")
        if length > MAX_HEADER:
            raise Unreadable(f"its header has {length:,} bytes, and at most {MAX_HEADER:,} are read")
        try:
            header = parse_object(file.read(length), "its header", MAX_HEADER)
        except CheckpointError as error:
            raise Unreadable(str(error).removesuffix(".")) from None
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Unreadable("its metadata are not texts")
    if len(header) > MAX_TENSORS:
        raise Unreadable(f"it names {len(header):,} tensors, and at most {MAX_TENSORS:,} are read")
    spans = {name: read_span(name, values) for name, values in header.items()}
    end = 0
    for name, (_, begin, stop) in sorted(spans.items(), key=lambda item: item[1][1:]):
        if begin != end:
            raise Unreadable(f"{printable(name)} starts at byte {begin:,} where {end:,} is expected, so tensors overlap or leave gaps")
        end = stop
    if end != size - 8 - length:
        raise Unreadable(f"its tensors take {end:,} bytes, and {size - 8 - length:,} are there")
    return (
        {name: entry for name, (entry, *_) in spans.items()},
        {name: 8 + length + begin for name, (_, begin, _) in spans.items()},
        metadata,
    )


def read_span(name: str, values: object) -> tuple[Entry, int, int]:
    """One tensor of the header: what it is, and from where to where it lies; Unreadable if the two disagree."""
    if not isinstance(values, dict) or set(values) != {"dtype", "shape", "data_offsets"}:
        raise Unreadable(f"{printable(name)} is not described by dtype, shape and data_offsets")
    kind, offsets = values["dtype"], values["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise Unreadable(f"{printable(name)} has the unknown type {printable(str(kind))}")
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(type(offset) is int and offset >= 0 for offset in offsets):
        raise Unreadable(f"{printable(name)} has no valid data_offsets")
    entry, (begin, stop) = Entry(DTYPES[kind][0], checked_shape(values["shape"], name)), offsets
    if stop - begin != entry.numel * DTYPES[kind][1]:
        raise Unreadable(
            f"{printable(name)} has {stop - begin:,} bytes where its shape {list(entry.shape)} needs {entry.numel * DTYPES[kind][1]:,}"
        )
    return entry, begin, stop


def read_tensor(path: Path, entries: dict[str, Entry], starts: dict[str, int], name: str) -> Tensor:
    """One tensor as float32."""
    entry, dtype = entries[name], FLOATS[entries[name].dtype]
    data = bytearray(entry.numel * dtype.itemsize)
    with path.open("rb") as file:
        file.seek(starts[name])
        if file.readinto(data) != len(data):
            raise CheckpointError(f"{path.name} became shorter while it was read.")
    return torch.frombuffer(data, dtype=dtype).reshape(entry.shape).float() if data else torch.zeros(entry.shape)
