"""JSON from files that nobody vouches for: bounded in size and depth, numbers finite, no key twice."""

import json
import math
from pathlib import Path
from typing import Any, NoReturn

from vit_core.checkpoints.errors import CheckpointError
from vit_core.checkpoints.files.weights import check_pointer

MAX_BYTES = 8 * 10**6
"""A configuration with 21,843 labels takes 1 MB."""
MAX_DIGITS = 16


def parse_object(text: str | bytes, what: str, limit: int | None = None) -> dict[str, Any]:
    """The JSON object in `text`; CheckpointError calls it `what`. `limit` in bytes, `MAX_BYTES` if None."""
    limit = MAX_BYTES if limit is None else limit
    if len(text) > limit:
        raise CheckpointError(f"{what} has {len(text):,} bytes; at most {limit:,} are read.")
    try:
        values = json.loads(text, parse_constant=refuse, parse_float=finite, parse_int=whole, object_pairs_hook=without_repeats)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise CheckpointError(f"{what} is not a JSON object.")
    return values


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in a file; empty if there is no such file."""
    if not path.is_file():
        return {}
    check_pointer(path, path.stat().st_size)
    with path.open("rb") as file:
        return parse_object(file.read(MAX_BYTES + 1), path.name)


def refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is out of range")
    return value


def whole(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError(f"a number of {len(text)} digits is out of range")
    return int(text)


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key stands there twice")
    return values
