"""Names of classes: ImageNet's 1,000, and those in a file that someone gives."""

import json
from functools import cache
from pathlib import Path

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.weights import printable
from vit_core.data import IMAGENET

MAX_BYTES = 8 * 10**6


@cache
def imagenet() -> tuple[str, ...]:
    """The names of ILSVRC 2012's classes in the order of their WordNet numbers, as every published classifier of 1,000 classes counts
    them; synonyms are parted by commas."""
    return tuple(IMAGENET.read_text(encoding="utf-8").splitlines())


def read_names(path: str | Path) -> tuple[str, ...]:
    """Class names from a text file, one a line, or from JSON: a list, or an object with `id2label`. CheckpointError where it is neither."""
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CheckpointError(
                f"{path.name} has {path.stat().st_size:,} bytes; of a file of class names, at most {MAX_BYTES:,} are read."
            )
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise CheckpointError(f"{printable(str(path))} cannot be read as a file of class names: {reason}.") from None
    found = from_json(text, path.name) if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("[", "{") else lines(text)
    if not found:
        raise CheckpointError(f"{path.name} holds no class names: one a line is expected, or JSON, a list or an object with `id2label`.")
    return found


def lines(text: str) -> tuple[str, ...]:
    """The lines that are not empty."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def from_json(text: str, name: str) -> tuple[str, ...]:
    """A list of texts, or those of `id2label` in the order of their numbers."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} is no valid JSON: {printable(str(error), 200)}.") from None
    if isinstance(found, dict) and isinstance(found.get("id2label"), dict):
        found = [found["id2label"].get(str(index)) for index in range(len(found["id2label"]))]
    if not isinstance(found, list) or not all(isinstance(label, str) for label in found):
        raise CheckpointError(f"{name} must hold a list of class names, or an object with `id2label`.")
    return tuple(found)
