"""Which moments of its training ship with the default model, read from the headers of their files: no weight is touched."""

import json
from dataclasses import dataclass
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
    found = []
    for path in sorted((default().snapshots if folder is None else folder).glob("*.safetensors")):
        metadata = metadata_of(path)
        if "snapshot" not in metadata:
            raise ValueError(f"{path.name} was not written as a snapshot of a training run.")
        about = json.loads(metadata["snapshot"])
        found.append(Snapshot(path, about["label"], about["minutes"], about["step"]))
    return found
