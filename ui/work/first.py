"""First views: what pages show of a bundled picture before anything is set, kept on disk, so that the first page of a server that was
started anew waits neither for PyTorch nor for the model.

Only what ships with the app is written: the default model's answers about the gallery's pictures, never a person's own. A view holds for
the weights, pictures, code and libraries that it was made with, and for the kind of processor: if one of them is another, so is the folder
(`stamp`). A file that cannot be read, or is not as it was written, counts as none. `vit_explainer.warm` writes them.
"""

import base64
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from ui.kit.places import ASSETS, ROOT
from vit_core.data import FOLDER
from vit_core.data.bundled import DEFAULT, default
from vit_core.data.cache import cache_folder

LIBRARIES = ("torch", "numpy", "pillow")
PICTURES = ASSETS / "images"
GALLERY = "gallery"
"""The file of what is the same for every picture."""
STAMPS = 4  # of as many kinds (installations that share a cache) the views are kept
DIGEST = 16
View = Mapping[str, Any]
"""By the kind of a payload, what it is: bytes, or what JSON can hold."""


def processor() -> str:
    """What decides in which order this machine adds: its kind and, on Linux, what it can do at once."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith(("flags", "Features")):
                return f"{platform.machine()} {line.partition(':')[2].strip()}"
    return f"{platform.machine()} {platform.processor()}"


def made_with() -> list[Path]:
    """The files that a view depends on: weights, pictures, and all code between them and the page."""
    code = [file for folder in (FOLDER.parent, ROOT / "ui") for file in sorted(folder.rglob("*.py"))]
    return [default().weights, *sorted(file for file in PICTURES.iterdir() if file.is_file()), *code]


def digest_of(files: list[Path], words: list[str]) -> str:
    """A hash of the files' names and contents, and of the words."""
    digest = hashlib.blake2b(json.dumps(words).encode(), digest_size=DIGEST)
    for file in files:
        content = file.read_bytes()
        digest.update(f"{file.parent.name}/{file.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


@cache
def stamp() -> str:
    """What the views of this installation, on this machine, go by."""
    return digest_of(made_with(), [sys.version, processor(), *(metadata.version(name) for name in LIBRARIES)])


def folder() -> Path:
    """Where views lie: beside what was downloaded."""
    return cache_folder() / "first"


def setting() -> tuple[str, int, int]:
    """The model, picture size and patch size before anything is set."""
    from ui.state.selection import sizes_of

    return DEFAULT, *sizes_of(default().config).start


@cache
def read(name: str) -> View:
    """A view by its picture's name, or of the `GALLERY`; empty where there is none."""
    try:
        said, text = (folder() / stamp() / f"{name}.json").read_text(encoding="utf-8").split("\n", 1)
        if hashlib.blake2b(text.encode(), digest_size=DIGEST).hexdigest() != said:
            return {}
        return {kind: base64.b64decode(value["bytes"]) if "bytes" in value else value["json"] for kind, value in json.loads(text).items()}
    except (OSError, ValueError, LookupError, TypeError):
        return {}


def find(kind: str, model: str, picture: str, image_size: int, patch_size: int) -> Any | None:
    """What is kept of this kind for a picture at a setting; None where nothing is."""
    return read(picture).get(kind) if (model, image_size, patch_size) == setting() and picture.isalnum() else None


def keep(name: str, view: View) -> bool:
    """Write a view where it is not there, or is not this; whether it was. A folder that cannot be written to is left as it is."""
    view = {kind: value if isinstance(value, bytes) else json.loads(json.dumps(value)) for kind, value in view.items()}
    if read(name) == view:
        return True
    text = json.dumps({kind: {"bytes": base64.b64encode(v).decode()} if isinstance(v, bytes) else {"json": v} for kind, v in view.items()})
    here = folder() / stamp()
    part = here / f"{name}.{os.getpid()}.part"
    with suppress(OSError):
        here.mkdir(parents=True, exist_ok=True)
        part.write_text(f"{hashlib.blake2b(text.encode(), digest_size=DIGEST).hexdigest()}\n{text}", encoding="utf-8")
        part.replace(here / f"{name}.json")
        tidy()
    with suppress(OSError):
        part.unlink(missing_ok=True)
    read.cache_clear()
    return False


def tidy() -> None:
    """Let the oldest views go, of other code, weights or libraries, above `STAMPS` kinds."""
    kinds = sorted((kind for kind in folder().iterdir() if kind.is_dir()), key=lambda kind: kind.stat().st_mtime, reverse=True)
    for kind in kinds[STAMPS:]:
        shutil.rmtree(kind, ignore_errors=True)
