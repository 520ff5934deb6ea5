"""What the first visit waits for, got beforehand."""

import inspect
from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Event
from typing import TYPE_CHECKING, Any

from vit_explainer import ahead, calm, early
from vit_explainer.door import record

if TYPE_CHECKING:
    from ui.work.analysis import Analysis

NEEDED = ("vit_core", "ui.shell.sidebar", "ui.shell.strip", "ui.shell.terms", "ui.overview.page")
"""Modules of the first page in the order in which they need each other; none of them needs PyTorch.

A package stands for its parts: asked for a part while a page loads the package, which needs that part, two threads would wait for each
other, and Python lets one of them go on with half a module.
"""

done = Event()


def up() -> None:
    """Load the code, the bundled model's first views where they are kept, and the model, and run it; then `done` is set."""
    try:
        load()
    finally:
        early.over()
    done.set()
    keep()
    record.keep()


def load() -> None:
    """All of that. Where the opening picture's first view is kept, the model comes a little later: the page needs it only then."""
    ahead.prepare()
    for name in NEEDED:
        import_module(name)
    from ui.state.selection import Selection
    from ui.work import cached, first

    opening = Selection().picture
    inspect.stack()  # Streamlit looks at it once, and so at every module: a sixth of a first page's run
    if first.read(opening) and first.read(first.GALLERY):
        calm.wait()
    model, image_size, patch_size = first.setting()
    made = cached.analysis(model, opening, image_size, patch_size, cached.gallery_picture(opening))
    for kind, make in view().items():
        cached.payload(kind, model, opening, image_size, patch_size, lambda make=make: make(made))
    for picture in cached.gallery().values():
        cached.thumbnail(picture.id, lambda picture=picture: picture.image)


def view() -> "dict[str, Callable[[Analysis], Any]]":
    """What a first view consists of, by the kind of payload, and what makes each of them."""
    from ui.overview import page, payload
    from ui.shell import strip
    from ui.state.selection import Selection
    from ui.work.analysis import opened

    token = Selection().token
    return {
        "opening": opened,
        strip.TOLD: strip.facts,
        "story": payload.story,
        f"{page.FORMULAS}_{token}": partial(page.formulas, token),
    }


def keep() -> None:
    """Write the first views of all bundled pictures that are not there, when nobody computes. The opening picture's is made once more at
    every start: if it is not what was kept, which no library's release notes would tell, all are made anew.
    """
    from ui.state.selection import Selection
    from ui.work import cached, first
    from ui.work.turns import turns

    model, image_size, patch_size = first.setting()
    pictures, anew = cached.gallery(), False
    first.keep(first.GALLERY, {name: cached.shrunk(picture.image) for name, picture in pictures.items()})
    for name in sorted(pictures, key=lambda name: name != Selection().picture):
        opening, there = name == Selection().picture, bool(first.read(name))
        if there and not opening and not anew:
            continue
        with turns.spare():
            made = cached.analysis(model, name, image_size, patch_size, cached.gallery_picture(name))
            found = {kind: make(made) for kind, make in view().items()}
        anew |= not first.keep(name, found) and there
        if anew or not opening:
            cached.forget_picture(name)  # it is on the disk, and takes no memory
