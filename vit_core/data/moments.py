"""Which moments of its training ship with the default model, read from the headers of their files: no weight is touched."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vit_core.data.bundled import default, metadata_of


@dataclass(frozen=True)
class Snapshot:
    """A moment of the run. `minutes` counts from its start and is None for weights that the run did not start from; `step` likewise."""

    path: Path
    label: str
    minutes: float | None
    step: int | None


def available(folder: Path | None = None) -> list[Snapshot]:
    """The snapshots in a folder, the default model's if none is given, in the order of their file names: the order of training.

    ValueError names a file that is none; `vit_core.train.snapshots` writes them.
    """
    files = sorted((default().snapshots if folder is None else folder).glob("*.safetensors"))
    return [_read(path, *_written(path)) for path in files]


def _written(path: Path) -> tuple[int, int]:
    """A file's size and time: another one is read again. ValueError if it is gone."""
    try:
        about = path.stat()
    except OSError as error:
        raise ValueError(f"{path.name} is not a readable safetensors file: {error}.") from None
    return about.st_size, about.st_mtime_ns


@lru_cache(maxsize=64)
def _read(path: Path, size: int, modified: int) -> Snapshot:
    """What a file says of itself, read once: pages ask for all of them several times a run."""
    metadata = metadata_of(path)
    if "snapshot" not in metadata:
        raise ValueError(f"{path.name} was not written as a snapshot of a training run.")
    about = json.loads(metadata["snapshot"])
    return Snapshot(path, about["label"], about["minutes"], about["step"])
