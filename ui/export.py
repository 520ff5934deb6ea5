"""Files to take away, and the script that reproduces them."""

import csv
import io
from collections.abc import Iterable, Sequence

import numpy as np

from ui import cached
from ui.state import Selection


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
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def script_start(selection: Selection) -> str:
    """The lines that get from the picture to its trace, as in the app."""
    gallery = cached.gallery()
    file = f"assets/images/{gallery[selection.picture].file.name}" if selection.picture in gallery else "your-picture.jpg"
    return (
        "import vit_core\n\n"
        "model = vit_core.load()\n"
        f'image = vit_core.open_image("{file}")\n'
        f"x = vit_core.preprocess(image, model, image_size={selection.image_size})\n"
        f"trace = model(x, patch_size={selection.patch_size})\n"
    )
