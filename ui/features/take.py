"""What files and scripts of all of the page's tabs share: names of files, and the lines that give a layer's rows and the gallery."""

import json
from typing import TYPE_CHECKING

from ui.features.payload import Setting
from ui.work import cached

if TYPE_CHECKING:
    from ui.state.selection import Selection


def name_of(chosen: "Selection", here: Setting, layer: int | None) -> str:
    """The beginning of a file's name; `layer` is None for all of them."""
    at, without = "" if layer is None else f"-layer{layer + 1}", "-position-removed" if here.content else ""
    return f"{chosen.picture}-{chosen.image_size}-{chosen.patch_size}{at}-{here.rows}{without}"


def at_place(patch: int, columns: int) -> tuple[int, int]:
    """A patch's row and column, from 1."""
    return patch // columns + 1, patch % columns + 1


def gallery_lines() -> str:
    """Lines of a script: `gallery`, the pictures' names and files."""
    files = {picture.title: f"assets/images/{picture.file.name}" for picture in cached.gallery().values()}
    return f"gallery = {json.dumps(files, indent=4, ensure_ascii=False)}\n"


def rows_lines(chosen: "Selection", here: Setting) -> str:
    """Lines of a script, after `features` is imported: `rows_of(trace, layer)`, the rows that are looked at."""
    rows = f'features.rows_of({{}}, layer, "{here.rows}")'
    if not here.content:
        return f"\n\ndef rows_of(trace, layer):\n    return {rows.format('trace')}\n\n\n"
    return (
        f"{gallery_lines()}\n\n"
        "def trace_of(file):\n"
        f"    x = vit_core.preprocess(vit_core.open_image(file), model, image_size={chosen.image_size})\n"
        f"    return model(x, patch_size={chosen.patch_size})\n\n\n"
        "def rows_of(trace, layer):\n"
        f"    places = sum({rows.format('trace_of(file)')} for file in gallery.values()) / len(gallery)\n"
        f"    return features.without_place({rows.format('trace')}, places)\n\n\n"
    )
