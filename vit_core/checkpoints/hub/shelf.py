"""The models of the shelf: fetched by their short names, held to what the first download found, and copied to where they are served.

A row that names no commit or no checksum is settled by its first download on a machine: `pins.json` in the cache then says what came, and
every later one must bring the same.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vit_core.checkpoints.errors import CheckpointError, HubError, MissingFacts
from vit_core.checkpoints.examine import examine
from vit_core.checkpoints.facts import Facts
from vit_core.checkpoints.files.strict_json import parse_object
from vit_core.checkpoints.hub import COMMIT, MANIFEST, Download, Progress, begun, download, read_manifest, writing
from vit_core.data import shelf as table
from vit_core.data.cache import cache_folder
from vit_core.data.shelf import Row

PINS = "pins.json"
SHAPE: tuple[str, ...] = (
    *("embed_dim", "depth", "num_heads", "mlp_hidden", "patch_size", "native_grid", "num_classes", "num_registers", "in_chans"),
    *("act", "ffn", "pre_norm", "layer_scale", "patch_bias", "qkv_bias", "distill_token", "class_token", "pool"),
)
"""What of a configuration a download must share with its row: all that the table says and that decides what the model computes."""


@dataclass(frozen=True)
class Pin:
    """What a model is held to: a commit (or the branch to ask first) and the SHA-256 of files by name."""

    revision: str
    sha256: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> bool:
        """Whether it names a commit."""
        return bool(COMMIT.fullmatch(self.revision))


def find(names: Iterable[str]) -> list[Row]:
    """The rows of names, each once, in order; a comparison's name stands for its models, `all` for every one. CheckpointError if there is
    none of a name."""
    found: dict[str, Row] = {}
    for name in names:
        if name in table.presets():
            found |= {row.name: row for row in table.presets()[name].models}
        elif name == "all":
            found |= table.rows()
        elif name in table.rows():
            found[name] = table.rows()[name]
        else:
            known = f"{', '.join(table.rows())}; or a comparison: {', '.join(table.presets())}; or all"
            raise CheckpointError(f"There is no {name} on the shelf. There are {known}.")
    return list(found.values())


def pin_of(row: Row, cache: str | Path | None = None) -> Pin:
    """What the row says, and for what it leaves open what the first download on this machine found."""
    try:
        kept = parse_object((cache_folder(cache) / PINS).read_bytes(), PINS).get(row.repository, {})
        revision, sha256 = kept.get("revision", row.revision), dict(kept.get("sha256", {}))
    except (OSError, CheckpointError, AttributeError, TypeError, ValueError):
        revision, sha256 = row.revision, {}
    stated = bool(COMMIT.fullmatch(row.revision))
    if (stated and revision != row.revision) or not COMMIT.fullmatch(str(revision)):
        revision, sha256 = row.revision, {}
    return Pin(revision, sha256 | dict(row.sha256))


def keep_pin(row: Row, found: Download, cache: str | Path | None = None) -> None:
    """Remember what a first download found."""
    path = cache_folder(cache) / PINS
    try:
        known = parse_object(path.read_bytes(), PINS)
    except (OSError, CheckpointError):
        known = {}
    mine = {"revision": found.revision, "sha256": found.sha256}
    if known.get(row.repository) == mine:
        return
    known[row.repository] = mine
    part = path.with_suffix(f".{os.getpid()}")
    with writing(row.repository):
        part.write_text(json.dumps(known, indent=2), encoding="utf-8")
        part.replace(path)


def fetch(
    row: Row,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    cache: str | Path | None = None,
) -> Download:
    """A model of the shelf, from the cache where it is there. HubError if it is not what it was, or not what the shelf says; Cancelled."""
    pin = pin_of(row, cache)
    found = download(row.repository, pin.revision, progress=progress, cancelled=cancelled, cache=cache, sha256=pin.sha256)
    check_held(row, found, pin)
    check_shape(row, found.folder)
    keep_pin(row, found, cache)
    return found


def check_held(row: Row, found: Download, pin: Pin) -> None:
    """HubError if a file is another than the one that the pin names, or is missing."""
    wrong = [name for name, digest in pin.sha256.items() if found.sha256.get(name) != digest]
    if wrong:
        shutil.rmtree(found.folder, ignore_errors=True)
        raise HubError(f"{wrong[0]} of {row.repository} is not the file that {row.name} is known by; what was there has been removed.")


def check_shape(row: Row, folder: Path) -> None:
    """HubError if the files hold another model than the row's."""
    config = examine(folder, Facts(**facts(row, folder))).config
    for name in SHAPE:
        said, there = getattr(row.config, name), getattr(config, name)
        if said != there:
            raise HubError(f"{row.repository} holds another model than {row.title}: its `{name}` is {there}, not {said}.")


def facts(row: Row, folder: Path) -> dict[str, Any]:
    """Keywords for `vit_core.load`: how pixels are prepared, where the row knows it and the files leave it open."""
    try:
        examine(folder, Facts())
    except MissingFacts:
        return {"preprocessing": row.config.preprocessing}
    return {}


def here(row: Row, cache: str | Path | None = None) -> Download | None:
    """What is on this machine of a row; None where it has not been fetched."""
    pin = pin_of(row, cache)
    repository = cache_folder(cache) / row.repository.replace("/", "--")
    revision = pin.revision
    if not pin.settled:
        seen = repository / "refs" / revision.replace("/", "--")
        revision = seen.read_text(encoding="utf-8") if seen.is_file() else ""
    return read_manifest(repository / revision) if COMMIT.fullmatch(revision) else None


def part(row: Row, cache: str | Path | None = None) -> int:
    """Bytes that a stopped download has left of a row."""
    return begun(row.repository, cache)


def row_of(folder: Path) -> Row | None:
    """The row that a folder with a download is of."""
    found = read_manifest(folder)
    return next((row for row in table.rows().values() if found is not None and row.repository == found.repo_id), None)


def copy(found: Download, target: Path) -> None:
    """The files of a download into a folder of their own, whole or not at all; on the same disk no byte is written twice."""
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for name in (*found.sha256, MANIFEST):
            try:
                os.link(found.folder / name, beside / name)
            except OSError:
                shutil.copyfile(found.folder / name, beside / name)
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
    except OSError as error:
        shutil.rmtree(beside, ignore_errors=True)
        raise HubError(f"{target} cannot be written: {error.strerror or type(error).__name__}.") from None
