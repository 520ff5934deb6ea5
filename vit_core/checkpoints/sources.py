"""What lies where: the weights of a file or folder, what lies beside them, and the models of an operator's folder."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.npz_file import open_npz
from vit_core.checkpoints.files.safetensors_file import open_safetensors
from vit_core.checkpoints.files.strict_json import read_object
from vit_core.checkpoints.files.torch_file import open_torch
from vit_core.checkpoints.files.weights import MAX_FILE, MAX_TENSORS, Entry, Weights, printable
from vit_core.checkpoints.text_features import FILES

OPENERS = {".safetensors": open_safetensors, ".pth": open_torch, ".pt": open_torch, ".bin": open_torch, ".npz": open_npz}
INDEXES = {"model.safetensors.index.json": ".safetensors", "pytorch_model.bin.index.json": ".bin"}
"""What lists the files of weights that came in several, and how those end."""
CACHED = "models--"
USUAL = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
"""The weights that a folder is read from, first come first served; without one of them, its only file of weights."""
SIDE_FILES = ("config.json", "preprocessor_config.json")
SHARD = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def open_weights(path: Path) -> Weights:
    """A file of weights, checked, by the ending of its name."""
    opener = OPENERS.get(ending(path.name))
    if opener is None:
        raise CheckpointError(f"{path.name} does not end in {', '.join(OPENERS)}, so it is not known how to read it.")
    return opener(path)


def is_weights(name: str) -> bool:
    """Whether a file of that name is one of a model's weights."""
    return ending(name) in OPENERS and name.lower() not in FILES


def ending(name: str) -> str:
    """The end of a file's name that says how it is read; `.pth.tar`, which training scripts like to write, is a `.pth`."""
    return Path(name.lower().removesuffix(".tar") if name.lower().endswith(".pth.tar") else name.lower()).suffix


def find_weights(source: Path) -> Path:
    """The file of weights that a file or folder stands for."""
    if not source.exists():
        raise CheckpointError(f"There is no file or folder {source}.")
    if not source.is_dir():
        return source
    for name in USUAL:
        if (source / name).is_file():
            return source / name
    files = sorted(path for path in source.iterdir() if is_weights(path.name) and path.is_file())
    if len(files) != 1:
        found = f"{len(files)}: {', '.join(path.name for path in files[:5])}" if files else "none"
        raise CheckpointError(f"The folder {source.resolve().name} must hold one file of weights ({', '.join(OPENERS)}); it holds {found}.")
    return files[0]


def open_source(source: Path) -> tuple[Weights, dict[str, Any], dict[str, Any]]:
    """Weights, `config.json` and `preprocessor_config.json` (each empty where there is none) of a file or folder.

    What lies beside a single file is read for it too, where it has a model's usual name.
    """
    path = find_weights(source)
    weights = open_shards(path) if path.name in INDEXES else open_weights(path)
    if path == source and path.name not in USUAL:
        return weights, {}, {}
    config, processor = (read_object(path.parent / name) for name in SIDE_FILES)
    return weights, config, processor


def open_shards(index: Path) -> Weights:
    """The tensors of several files in one folder, each where the index says, and none elsewhere."""
    table = read_object(index).get("weight_map")
    if not isinstance(table, dict) or not table or len(table) > MAX_TENSORS or not all(isinstance(name, str) for name in table.values()):
        raise CheckpointError(f"{index.name} has no `weight_map` from tensors to files.")
    files = {}
    for name in sorted(set(table.values())):
        if not is_shard(index.name, name) or not inside(index.parent, index.parent / name):
            raise CheckpointError(f"{index.name} names {printable(name)}, which is no {INDEXES[index.name]} file of its folder.")
        files[name] = open_weights(index.parent / name)
    size = sum(file.size for file in files.values())
    if size > MAX_FILE:
        raise CheckpointError(f"{index.name} names files of {size:,} bytes; at most {MAX_FILE:,} are read.")
    held = {name: shard for shard, file in files.items() for name in file.entries}
    astray = [name for name, shard in table.items() if held.get(name) != shard] + [name for name in held if name not in table]
    if astray or sum(len(file.entries) for file in files.values()) != len(held):
        raise CheckpointError(f"{index.name} and its files disagree on where {printable(astray[0] if astray else 'a tensor')} lies.")
    entries: dict[str, Entry] = {name: files[shard].entries[name] for name, shard in table.items()}
    first = next(iter(files.values()))
    return replace(first, entries=entries, read=lambda name: files[table[name]].read(name), size=size, metadata={})


def is_shard(index: str, name: str) -> bool:
    """Whether an index may name such a file: one of its own folder and kind."""
    return bool(SHARD.fullmatch(name)) and name.endswith(INDEXES[index])


def inside(folder: Path, path: Path) -> bool:
    """Whether a file exists in the folder itself; links lead out of it only in a cache of Hugging Face's, to the `blobs` beside its
    snapshots."""
    if not path.is_file():
        return False
    home, real = folder.resolve(), path.resolve().parent
    return real == home or (home.parent.name == "snapshots" and real == home.parent.parent / "blobs")


def models_in(folder: str | Path) -> dict[str, Path]:
    """Name to path of the models in a folder: files of weights, sub-folders that hold some, and what a cache of Hugging Face's holds.

    Nothing is opened, and no link out of the folder followed.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CheckpointError(f"There is no folder {folder}.")
    home, found = folder.resolve(), {}
    for path in sorted(folder.iterdir()):
        if path.resolve().parent != home or path.name.startswith("."):
            continue
        if holds_weights(path) or (path.is_file() and is_weights(path.name)):
            found[path.name] = path
        elif path.name.startswith(CACHED):
            found |= snapshots_in(path)
    return found


def holds_weights(folder: Path) -> bool:
    """Whether this is a folder with files of weights."""
    return folder.is_dir() and any(is_weights(child.name) or child.name in INDEXES for child in folder.iterdir())


def snapshots_in(repository: Path) -> dict[str, Path]:
    """Name to path of what Hugging Face's cache holds of one repository: `owner/name`, with `@` and the commit where it holds several."""
    folder, name = repository / "snapshots", repository.name.removeprefix(CACHED).replace("--", "/")
    if not folder.is_dir():
        return {}
    held = [path for path in sorted(folder.iterdir()) if holds_weights(path) and path.resolve().parent == folder.resolve()]
    return {name if len(held) == 1 else f"{name}@{path.name[:7]}": path for path in held}
