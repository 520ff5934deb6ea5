"""Which models ship with the package: one row each, in the order in which they are offered.

A row counts where its weights are there, and the first that does is the one that everything begins with. `README.md` beside this file says
what a row's files are and which command writes them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vit_core.config import ViTConfig
from vit_core.data import MODELS

DEFAULT = "bundled"
"""What the first model is called in links, whichever it is."""
MOST_HEADER = 16 * 10**6


@dataclass(frozen=True)
class Bundled:
    """A model that ships: its `name` in links and its `title` where it is not the first, the folder and the names of its files.

    `result` holds its measures, `card` their words; `snapshots`, a folder, moments of its training.
    """

    name: str
    title: str
    folder: Path
    weights_file: str = "weights.safetensors"
    result_file: str = "measures.json"

    @property
    def weights(self) -> Path:
        return self.folder / self.weights_file

    @property
    def card(self) -> Path:
        return self.folder / "MODEL_CARD.md"

    @property
    def curves(self) -> Path:
        return self.folder / "training.csv"

    @property
    def snapshots(self) -> Path:
        return self.folder / "snapshots"

    @cached_property
    def config(self) -> ViTConfig:
        """What `vit_core.load` finds in its file, read from the header: no weight is touched. ValueError if it cannot be read."""
        return ViTConfig.from_dict(json.loads(metadata_of(self.weights)["vit_config"]))

    @cached_property
    def result(self) -> Mapping[str, Any]:
        """How it was made (`run`) and what was measured of it (`measures`); empty where the file is missing."""
        file = self.folder / self.result_file
        return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}

    @property
    def measures(self) -> Mapping[str, Any]:
        """What was measured on validation pictures."""
        return self.result.get("measures", {})

    def accuracy(self, image_size: int, patch_size: int) -> dict[str, Any] | None:
        """The row of `settings` at this image and patch size, else of the same number of patches at another; None if there is none.

        A row: `image_size`, `patch_size`, `grid` (patches along a side), `pictures`, and the shares `top1` and `top5` of them.
        """
        same_grid = [row for row in self.measures.get("settings", ()) if row["grid"] == image_size // patch_size]
        exact = [row for row in same_grid if (row["image_size"], row["patch_size"]) == (image_size, patch_size)]
        return max(exact or same_grid, key=lambda row: row["pictures"], default=None)


def metadata_of(path: Path) -> dict[str, str]:
    """What a safetensors file of ours says of itself, without its tensors. ValueError if it is none.

    Format: 8 bytes, the header's length (little-endian), then the header, JSON. Files of others are read by `vit_core.checkpoints`.
    """
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            return json.loads(file.read(min(length, MOST_HEADER)))["__metadata__"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ValueError(f"{path.name} is not a readable safetensors file: {error}.") from None


TABLE = (
    Bundled("distilled", "Distilled, 1,000 classes", MODELS / "distilled"),
    Bundled("scratch", "From scratch, 200 classes", MODELS, "tiny-vit.safetensors", "tiny-vit.json"),
)


def bundled(table: tuple[Bundled, ...] = TABLE) -> tuple[Bundled, ...]:
    """The rows whose weights are there, the default first."""
    return tuple(row for row in table if row.weights.is_file())


def default() -> Bundled:
    """The model that everything begins with."""
    return bundled()[0]
