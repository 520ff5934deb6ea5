"""What the first visit waits for, got beforehand."""

from importlib import import_module
from threading import Event

from vit_explainer import early

NEEDED = ("torch", "vit_core", "ui.shell.sidebar", "ui.shell.strip", "ui.shell.terms", "ui.overview.page")
"""Modules in the order in which they need each other.

A package stands for its parts: asked for a part while a page loads the package, which needs that part, two threads would wait for each
other, and Python lets one of them go on with half a module.
"""

done = Event()


def up() -> None:
    """Load the code and the bundled model, run it on the opening picture, and shrink the gallery's pictures; then `done` is set."""
    try:
        load()
    finally:
        early.over()
    done.set()


def load() -> None:
    """All of that."""
    for name in NEEDED:
        import_module(name)
    from ui.overview import payload
    from ui.state.selection import Selection
    from ui.work import cached

    opening = Selection()
    setting = opening.model, opening.picture, opening.image_size, opening.patch_size
    analysis = cached.analysis(*setting, cached.gallery_picture(opening.picture))
    cached.payload("story", *setting, lambda: payload.story(analysis))
    for picture in cached.gallery().values():
        cached.thumbnail(picture.id, cached.gallery_picture(picture.id))
