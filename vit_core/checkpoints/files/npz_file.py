"""NumPy's .npz, read strictly: never pickled, and each member's own header is checked against its size before it is unpacked."""

import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.weights import Entry, Unreadable, Weights, check_size, checked_shape, printable
from vit_core.checkpoints.files.zip_directory import open_zip

MAX_HEADER = 10_000


def open_npz(path: Path) -> Weights:
    """The arrays of a file, checked. CheckpointError says in one sentence why it is none."""
    size = check_size(path)
    try:
        with open_zip(path, size) as archive:
            entries = {member.filename.removesuffix(".npy"): read_entry(archive, member) for member in archive.infolist()}
    except (Unreadable, OSError) as error:
        raise CheckpointError(f"{path.name} is not a readable .npz file: {error}.") from None
    return Weights("npz", entries, partial(read_array, path), size)


def read_entry(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Entry:
    """Type and shape of one array, from its header; Unreadable if it is no array, or has another size than its header says."""
    name = printable(member.filename)
    if not member.filename.endswith(".npy"):
        raise Unreadable(f"{name} is not an array")
    try:
        with archive.open(member) as file:
            version = npy.read_magic(file)
            if version not in ((1, 0), (2, 0)):
                raise Unreadable(f"{name} has no header that is known")
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(file, max_header_size=MAX_HEADER)
            start = file.tell()
    except Exception as error:  # damaged members fail in many ways: zlib, zipfile, the header's own parser
        raise Unreadable(str(error) if isinstance(error, Unreadable) else f"{name} is damaged") from None
    if dtype.hasobject or dtype.kind not in "fiub" or dtype.fields:
        raise Unreadable(f"{name} holds {dtype}, not numbers")
    entry = Entry(dtype.name, checked_shape(shape, member.filename))
    if start + entry.numel * dtype.itemsize != member.file_size:
        raise Unreadable(
            f"{name} has {member.file_size - start:,} bytes where its shape {list(shape)} needs {entry.numel * dtype.itemsize:,}"
        )
    return entry


def read_array(path: Path, name: str) -> Tensor:
    """One array as a float32 tensor."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            array = archive[name]
        return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))
    except Exception:  # as above
        raise CheckpointError(f"{path.name} is not a readable .npz file: {printable(name)} is damaged.") from None
