"""Files to take away, and the script that reproduces them."""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ui.kit.places import MODELS
from ui.state.schema import FIELDS
from ui.state.selection import Selection
from ui.work import cached


def csv_text(header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Rows as CSV with a header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()


def npz_bytes(**arrays: np.ndarray) -> bytes:
    """Arrays as a compressed NPZ file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def loader(model: str) -> str:
    """The expression that loads a model of the app. A server's folders are not named: a file is as if it lay in your own."""
    source = cached.sources()[model]
    if model == FIELDS["model"].default:
        return "vit_core.load()"
    if source.kind == "bundled":
        return f'vit_core.load("{shipped_file(source.path)}")'
    if source.kind == "snapshot":
        return f'vit_core.train.snapshots.load(Path("{shipped_file(source.path)}"))'
    given = {"labels": 'open("labels.txt").read().splitlines()'} if "labels" in source.facts else {}
    given = {**{name: repr(value) for name, value in source.facts.items()}, **given}
    given = {name: f"vit_core.{text}" if text.startswith("Preprocessing(") else text for name, text in given.items()}
    place = model.removeprefix("hub-").rpartition("@")[0] if source.kind == "hub" else source.title
    return f"vit_core.load({', '.join([repr(place), *(f'{name}={text}' for name, text in given.items())])})"


def shipped_file(file: Path) -> str:
    """A file of the package, from the project's folder."""
    return f"vit_core/data/models/{file.relative_to(MODELS).as_posix()}"


def picture_file(picture: str) -> str:
    """A picture's file, from the project's folder; one's own is as if it lay there."""
    gallery = cached.gallery()
    return f"assets/images/{gallery[picture].file.name}" if picture in gallery else "your-picture.jpg"


def script_start(selection: Selection) -> str:
    """The lines that get from the picture to its trace, as in the app."""
    of_a_moment = selection.model.startswith("snapshot-")
    start = "from pathlib import Path\n\nimport vit_core\nimport vit_core.train.snapshots\n" if of_a_moment else "import vit_core\n"
    return (
        f"{start}\n"
        f"model = {loader(selection.model)}\n"
        f'image = vit_core.open_image("{picture_file(selection.picture)}")\n'
        f"x = vit_core.preprocess(image, model, image_size={selection.image_size})\n"
        f"trace = model(x, patch_size={selection.patch_size})\n"
    )


def png_bytes(image: Image.Image) -> bytes:
    """A picture as PNG."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def answer_lines(top: Sequence) -> str:
    """The line of PyTorch that prints the answer: the likeliest classes, or without any (`top` is empty) the features."""
    return "print(trace.top_k(3))\n" if top else "print(trace.logits.shape, trace.logits.norm())  # no classifier: the features\n"
