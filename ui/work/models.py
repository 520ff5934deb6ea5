"""Where models come from: bundled, moments of its training, the operator's folder, the hub, and uploads.

Ids are looked up, never read as paths.
"""

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakValueDictionary

import streamlit as st

from ui.state.selection import UPLOADED_MODEL
from vit_core.data.cache import cache_folder

if TYPE_CHECKING:
    import vit_core
    from vit_core.checkpoints.hub import Download
    from vit_core.data.bundled import Bundled

OWN = "_models"
KEPT_OWN = 3
brought: WeakValueDictionary[str, "Source"] = WeakValueDictionary()
"""What any session brought and still keeps, for work that goes on without a session. A link or a choice is looked up in `own` alone."""
MOMENT, OLD_MOMENT = "snapshot-", r"snapshot-\d-[a-z]+"
KINDS = {
    "bundled": "comes with the app",
    "snapshot": "a moment of the bundled model’s training",
    "folder": "from the folder that the app was started with",
    "hub": "downloaded from the hub",
    "own": "brought in this session; a copied link cannot carry it",
}


@dataclass(frozen=True, eq=False)
class Source:
    """A model that can be chosen. `facts` are the keywords of `vit_core.load` that its files do not say; `held` keeps a temporary folder
    alive. `bundled`: the row of the table of bundled models that it is, or that it is a moment of; `row`: that of the shelf."""

    id: str
    title: str
    kind: Literal["bundled", "snapshot", "folder", "hub", "own"]
    path: Path
    facts: Mapping[str, Any] = field(default_factory=dict)
    revision: str = ""
    held: Any = None
    bundled: "Bundled | None" = None
    row: str = ""

    @property
    def files(self) -> list[Path]:
        """The model's files."""
        return sorted(path for path in self.path.iterdir() if path.is_file()) if self.path.is_dir() else [self.path]

    @property
    def bytes(self) -> int:
        """Bytes on disk. ValueError if the files are not there any more."""
        try:
            return sum(path.stat().st_size for path in self.files)
        except OSError:
            raise ValueError(f"The files of {self.title} are gone.") from None

    def accuracy(self, image_size: int, patch_size: int) -> dict[str, Any] | None:
        """How often a bundled model was right at this setting, else at another with as many patches; None where nothing was measured."""
        return self.bundled.accuracy(image_size, patch_size) if self.bundled and self.kind == "bundled" else None

    def load(self) -> "vit_core.VisionTransformer":
        """The model, in memory. ValueError with one plain sentence."""
        import vit_core
        from vit_core.train import snapshots

        if self.kind == "snapshot":
            return snapshots.load(self.path)
        return vit_core.load(self.path, **self.known(), **self.facts)

    def known(self) -> dict[str, Any]:
        """What the shelf says of a model whose files leave it open."""
        if not self.row:
            return {}
        from vit_core.checkpoints.hub import shelf
        from vit_core.data.shelf import rows

        return shelf.facts(rows()[self.row], self.path)


def whole_code() -> None:
    """Load PyTorch and all of the model's code: before a page that needs it, and before the app's first page is over in the background.

    Packages come before their parts: of two threads who ask for the parts of a package at once, one could get half a module.
    """
    import vit_core

    for name in vit_core.__all__:
        getattr(vit_core, name)


def shipped() -> list[Source]:
    """The bundled models, the default first, then moments of its training."""
    from vit_core.data import bundled, moments

    first, *others = bundled.bundled()
    taken = [Source(f"{MOMENT}{found.path.stem}", found.label, "snapshot", found.path, bundled=first) for found in moments.available()]
    return [
        Source(bundled.DEFAULT, "Bundled ViT", "bundled", first.weights, bundled=first),
        *(Source(row.name, row.title, "bundled", row.weights, bundled=row) for row in others),
        *taken,
    ]


def known_as(name: str, known: Mapping[str, Any]) -> str:
    """The id of the model that a link asks for: a bundled model is known by its name too where it is the default, and a moment that is
    not shipped any more stands for the latest one before it."""
    if name in known:
        return name
    first = next(iter(known.values())).bundled
    if first is not None and name == first.name:
        return next(iter(known))
    earlier = [one for one in known if one.startswith(MOMENT) and one <= name] if re.fullmatch(OLD_MOMENT, name) else []
    return max(earlier, default=name)


def of_folder(folder: Path) -> list[Source]:
    """Everything in the operator's folder that looks like a checkpoint, by name; nothing is opened yet."""
    from vit_core import checkpoints
    from vit_core.checkpoints.hub import shelf
    from vit_core.data.shelf import rows

    repositories = {row.repository: row for row in rows().values()}
    found = []
    for name, path in checkpoints.models_in(folder).items():
        row = (shelf.row_of(path) if path.is_dir() else None) or rows().get(name) or repositories.get(name.partition("@")[0])
        found.append(Source(f"file-{name}", row.title if row else name, "folder", path, row=row.name if row else ""))
    return found


def of_download(download: "Download") -> Source:
    """A model that was downloaded from the hub."""
    from vit_core.checkpoints.hub import shelf
    from vit_core.data.shelf import rows

    short = download.revision[:7]
    row = next((row for row in rows().values() if row.repository == download.repo_id), None)
    held = row is not None and shelf.pin_of(row).revision == download.revision
    title = row.title if row is not None and held else f"{download.repo_id} @ {short}"
    name = row.name if row is not None and held else ""
    return Source(f"hub-{download.repo_id}@{short}", title, "hub", download.folder, revision=download.revision, row=name)


def on_shelf(name: str) -> bool:
    """Whether the id of a model, as a link says it, is that of a download of the shelf."""
    from vit_core.data.shelf import rows

    return any(name.startswith(f"hub-{row.repository}@") for row in rows().values())


def downloaded(everything: bool, named: tuple[str, ...]) -> list[Source]:
    """What the hub has given: first the models of the shelf that are `named`, then, if wanted, everything else."""
    if not (everything or named) or not any(cache_folder().glob("*--*/*")):
        return []  # asked first: the hub's code needs PyTorch
    from vit_core.checkpoints import hub

    found = [of_download(download) for download in hub.cached()]
    first = [source for source in found if source.row in named]
    return [*first, *(source for source in found if everything and source not in first)]


def own() -> dict[str, Source]:
    """What this session brought, by id, oldest first."""
    return st.session_state.setdefault(OWN, {})


def keep_own(title: str, path: Path, facts: Mapping[str, Any], held: tempfile.TemporaryDirectory | None = None) -> Source:
    """Add a model to this session: an upload in the temporary folder `held`, or known files with `facts` that they do not say."""
    digest = hashlib.blake2b(repr((path.name, sorted(facts.items(), key=str))).encode(), digest_size=8)
    for file in [path] if path.is_file() else sorted(path.iterdir()):
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    source = Source(f"{UPLOADED_MODEL}{digest.hexdigest()}", title, "own", path, dict(facts), held=held)
    kept = own()
    source = brought.setdefault(source.id, source)
    kept.pop(source.id, None)
    kept[source.id] = source
    return source


def forget_oldest() -> None:
    """Of what this session brought, only the last three stay; the files of the others go with them, and all go with the session."""
    kept = own()
    while len(kept) > KEPT_OWN:
        del kept[next(iter(kept))]
