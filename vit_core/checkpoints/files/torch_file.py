"""PyTorch's .pth, .pt and .bin: listed and checked first (`torch_pickle`), then read with `weights_only=True`, never otherwise."""

import zipfile
from collections.abc import Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.torch_pickle import MAX_PICKLE, Described, Storage, find_tensors, read_pickle
from vit_core.checkpoints.files.weights import Unreadable, Weights, check_size, printable
from vit_core.checkpoints.files.zip_directory import open_zip, read_member

PROTOCOLS = (b"\x02", b"\x03", b"\x04", b"\x05")
AGAIN = "where you trust it, load it and save its state_dict with `torch.save`, or with safetensors"


def open_torch(path: Path) -> Weights:
    """The tensors of a file written by `torch.save`, checked. CheckpointError says in one sentence why it is none."""
    size = check_size(path)
    try:
        with path.open("rb") as file:
            start = file.read(2)
        if start[:1] == b"\x80" and start[1:] in PROTOCOLS:
            raise Unreadable(f"it is a bare pickle, as PyTorch before 1.6 and `pickle.dump` write, and such are not opened: {AGAIN}")
        if is_tar(path):
            raise Unreadable(f"it is a tar archive, as PyTorch's first releases wrote, and such are not opened: {AGAIN}")
        with open_zip(path, size) as archive:
            found = find_tensors(list_pickle(archive))
    except (Unreadable, OSError) as error:
        raise CheckpointError(f"{path.name} is not a readable PyTorch file: {error}.") from None
    entries = {name: tensor for name, (_, tensor) in found.items()}
    loaded: dict[str, Tensor] = {}

    def read(name: str) -> Tensor:
        if not loaded:
            loaded.update(load_tensors(path, {name: keys for name, (keys, _) in found.items()}))
        if tuple(loaded[name].shape) != entries[name].shape:
            raise CheckpointError(f"{path.name} is not a readable PyTorch file: it describes {printable(name)} in two ways.")
        return loaded[name].to(torch.float32, copy=True)

    return Weights("PyTorch", entries, read, size)


def is_tar(path: Path) -> bool:
    """Whether a file is a tar archive, PyTorch's first format."""
    with path.open("rb") as file:
        file.seek(257)
        return file.read(5) == b"ustar"


def list_pickle(archive: zipfile.ZipFile) -> Any:
    """What the archive's pickle describes, every storage checked against the member that holds it."""
    members = {member.filename: member for member in archive.infolist()}
    pickles = [name for name in members if name.endswith("data.pkl")]
    if any(name.endswith("constants.pkl") for name in members):
        raise Unreadable("it is a TorchScript program, not a file of tensors")
    if len(pickles) != 1 or any(member.compress_type != zipfile.ZIP_STORED for member in members.values()):
        raise Unreadable("its members are not those that torch.save writes")
    folder = pickles[0].removesuffix("data.pkl")
    if members[pickles[0]].file_size > MAX_PICKLE:
        raise Unreadable(f"its pickle has {members[pickles[0]].file_size:,} bytes, and at most {MAX_PICKLE:,} are read")
    if f"{folder}byteorder" in members and read_member(archive, members[f"{folder}byteorder"]) != b"little":
        raise Unreadable("its bytes are in big-endian order")
    value = read_pickle(read_member(archive, members[pickles[0]]))
    for storage in storages(value):
        member = members.get(f"{folder}data/{storage.key}")
        needed = storage.numel * storage.itemsize
        if member is None or member.file_size != needed:
            raise Unreadable(f"a storage needs {needed:,} bytes, and the file has {member.file_size if member else 0:,} for it")
    return value


def storages(value: Any) -> set[Storage]:
    """Every storage that the pickle's tensors lie in; lists and tables are followed, each once."""
    found, seen, waiting = set(), set(), [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Described):
            found.add(item.storage)
        elif isinstance(item, Storage):
            found.add(item)
        elif isinstance(item, dict | list | tuple) and id(item) not in seen:
            seen.add(id(item))
            waiting += item.values() if isinstance(item, dict) else item
    return found


def load_tensors(path: Path, places: Mapping[str, tuple[str, ...]]) -> dict[str, Tensor]:
    """The tensors at these paths of keys. The file is mapped, so that only what is read costs memory."""
    try:
        value = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception:  # torch.load fails in many ways
        raise CheckpointError(f"{path.name} is not a readable PyTorch file: its tensors are damaged.") from None
    return {name: reduce(getitem, keys, value) for name, keys in places.items()}
