"""Published models that can be had by a short name: the rows of `shelf.json`, and the comparisons that they are there for.

What follows from a configuration (sizes, parameters, bytes) is computed from it, never typed in. A row's `revision` is a commit where one
is known for certain, else a branch: then the first download of a machine settles commit and checksums (`vit_core.checkpoints.hub.shelf`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from vit_core.config import IMAGENET_MEAN, IMAGENET_STD, Preprocessing, ViTConfig
from vit_core.cost.shapes import count_parameters
from vit_core.data import SHELF

SIZES = {"Ti": (192, 12, 3), "S": (384, 12, 6), "B": (768, 12, 12), "L": (1024, 24, 16)}
"""Width, depth and heads by the name of a size."""
MEANS = {
    "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
    "half": ((0.5,) * 3, (0.5,) * 3),
    "clip": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
}
FLOAT32 = 4


@dataclass(frozen=True)
class Family:
    """What the models of one publication share. `labels` says where the names of their classes come from, `format` whose names and files
    they have; `paper` is the source of the rest."""

    name: str
    title: str
    trained_on: str
    supervised: bool
    classes: int
    labels: str
    licence: str
    format: str
    paper: str


@dataclass(frozen=True, eq=False)
class Row:
    """One published model. `file` is the file of weights that its repository offers, `besides` how many numbers are in it that are not of
    the ViT, `what` they are. `sha256` and `file_bytes`: its checksum and size, where they are known for certain."""

    name: str
    family: Family
    size: str
    repository: str
    revision: str
    file: str
    sha256: Mapping[str, str]
    why: str
    config: ViTConfig
    besides: int = 0
    what: str = ""
    file_bytes: int = 0

    @property
    def title(self) -> str:
        """What a person calls it."""
        return self.config.name

    @property
    def parameters(self) -> int:
        """Learned numbers of the ViT."""
        return count_parameters(self.config)

    @property
    def number_bytes(self) -> int:
        """Bytes of all numbers in its file of weights."""
        return FLOAT32 * (self.parameters + self.besides)

    @property
    def bytes(self) -> int:
        """Bytes of its file of weights; where these are not known, of its numbers: fewer by some ten thousand, for their names."""
        return self.file_bytes or self.number_bytes


@dataclass(frozen=True)
class Preset:
    """A question that pairs of models answer beside each other, at pictures of `image_size` pixels."""

    name: str
    title: str
    why: str
    pairs: tuple[tuple[Row, Row], ...]
    image_size: int

    @property
    def models(self) -> tuple[Row, ...]:
        """The models of its pairs, each once."""
        return tuple(dict.fromkeys(row for pair in self.pairs for row in pair))


@lru_cache(maxsize=1)
def table() -> dict[str, Any]:
    return json.loads(SHELF.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def rows() -> Mapping[str, Row]:
    """The models by name, in the order in which they are shown."""
    return {row["name"]: row_of(row, table()["families"][row["family"]]) for row in table()["models"]}


@lru_cache(maxsize=1)
def presets() -> Mapping[str, Preset]:
    """The comparisons by name."""
    found = {}
    for preset in table()["presets"]:
        pairs = tuple((rows()[left], rows()[right]) for left, right in preset["pairs"])
        found[preset["name"]] = Preset(**preset | {"pairs": pairs})
    return found


def row_of(row: Mapping[str, Any], family: Mapping[str, Any]) -> Row:
    """One model of the table."""
    shared = Family(row["family"], **{name: family[name] for name in Family.__dataclass_fields__ if name != "name"})
    besides = family.get("besides", {"numbers": 0, "what": ""})
    given = {name: row[name] for name in ("name", "size", "repository", "file", "why")}
    pins = {"revision": row.get("revision", "main"), "sha256": row.get("sha256", {}), "file_bytes": row.get("file_bytes", 0)}
    return Row(**given, **pins, family=shared, config=config_of(row, family), besides=besides["numbers"], what=besides["what"])


def config_of(row: Mapping[str, Any], family: Mapping[str, Any]) -> ViTConfig:
    """The configuration that a row's file must turn out to have."""
    width, depth, heads = SIZES[row["size"]]
    registers = row.get("registers", 0)
    mean, std = MEANS[family["preprocessing"]["mean"]]
    return ViTConfig(
        embed_dim=width,
        depth=depth,
        num_heads=heads,
        mlp_hidden=4 * width,
        num_classes=family["classes"],
        patch_size=row["patch"],
        num_registers=registers,
        preprocessing=Preprocessing(mean, std, family["preprocessing"]["interpolation"]),
        name=f"{family['title']} {row['size']}/{row['patch']}" + (f", {registers} registers" if registers else ""),
        **family["config"],
    )
