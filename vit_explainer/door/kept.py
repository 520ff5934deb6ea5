"""The real server's own answers, on disk: each page, file of Streamlit's and module, with the head that it was sent with.

They hold for the files that they depend on, told by size and time; if one of them is another, none counts. A file that cannot be read, or
is not as it was written, counts as none.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from vit_explainer.home import APP, home

OURS = (".streamlit", "assets/components", "pages", "ui")
SERVING = Path(__file__).resolve().parents[1]
SERVERS = ("h11", "plotly", "starlette", "streamlit", "uvicorn")
SITES = "VIT_EMBED"
"""The one variable of the environment that changes an answer, and with which there still are some."""
KEPT = 4  # of as many kinds (installations that share a cache)
DIGEST = 16
DATE, SEAT_NAME, ALLOWED = "\0date\0", "\0seat\0", "\0allowed\0"
"""What stands in a head for the moment, for the name of the seat that a page's browser is given, and for a line that lets a page of this
server use what is answered: it is there only if the request says that it comes from one."""


class Answer(NamedTuple):
    """A head with its marks, and the body: bytes, or a file of Streamlit's by its path below `static`, and how long it is."""

    head: str
    body: bytes | str
    size: int

    @property
    def page(self) -> bool:
        """Whether the browser is given a seat with it."""
        return SEAT_NAME in self.head


Answers = Mapping[str, Answer]
"""By the path that is asked for, as it stands in the request's first line."""


def package(name: str) -> Path:
    """Where a package is installed; nothing of it is imported. LookupError where it is not."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise LookupError(f"There is no package {name}.")
    return Path(spec.origin).parent


def static() -> Path:
    """Where Streamlit's page lies."""
    return package("streamlit") / "static"


def marks(folder: str, name: str = "") -> Iterator[str]:
    """The name, size and time of each file in a folder, and below it."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from marks(entry.path, f"{name}/{entry.name}")
            else:
                found = entry.stat()
                yield f"{name}/{entry.name} {found.st_size} {found.st_mtime_ns}"


def mark(file: Path) -> str:
    """The same of one file."""
    found = file.stat()
    return f"{file} {found.st_size} {found.st_mtime_ns}"


def signature(environment: Mapping[str, str]) -> str:
    """What the answers of this installation go by. OSError or LookupError where a part of it is not there."""
    files = [home() / APP, static() / "index.html", *(package(name) / "__init__.py" for name in SERVERS)]
    told = [sys.version, environment.get(SITES, ""), *map(mark, files)]
    for place in (SERVING, *(home() / name for name in OURS)):
        told += [str(place), *marks(str(place))]
    return hashlib.blake2b("\n".join(told).encode(), digest_size=DIGEST).hexdigest()


def folder() -> Path:
    """Where they lie: in `vit_core.data.cache.cache_folder`, which is not asked, as its package takes longer to import than all of this."""
    return Path(os.environ.get("VIT_CACHE") or Path.home() / ".cache" / "vit-explainer" / "hub") / "door"


def read(name: str) -> Answers:
    """The answers of a signature; empty where there are none."""
    try:
        said, rest = (folder() / name).read_bytes().split(b"\n", 1)
        if hashlib.blake2b(rest, digest_size=DIGEST).hexdigest().encode() != said:
            return {}
        index, bodies = rest.split(b"\n", 1)
        here, found = static(), {}
        for path, (head, file, start, size) in json.loads(index).items():
            found[path] = Answer(head, str(here / file) if file else bodies[start : start + size], size)
        return found
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def write(name: str, answers: Answers) -> None:
    """Keep them. A folder that cannot be written to is left as it is."""
    index: dict[str, tuple[str, str, int, int]] = {}
    bodies = bytearray()
    for path, answer in answers.items():
        if isinstance(answer.body, str):
            index[path] = (answer.head, answer.body, 0, answer.size)
        else:
            index[path] = (answer.head, "", len(bodies), answer.size)
            bodies += answer.body
    rest = json.dumps(index).encode() + b"\n" + bodies
    part = folder() / f"{name}.{os.getpid()}.part"
    with suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.blake2b(rest, digest_size=DIGEST).hexdigest().encode() + b"\n" + rest)
        part.replace(folder() / name)
        there = sorted((file for file in folder().iterdir() if not file.suffix), key=lambda file: file.stat().st_mtime)
        for file in there[:-KEPT]:
            file.unlink()
    with suppress(OSError):
        part.unlink(missing_ok=True)
