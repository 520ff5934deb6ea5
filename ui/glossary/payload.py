"""What the browser is sent of the glossary: on every page what the hover needs, on its own page all of it."""

from functools import cache
from typing import TYPE_CHECKING

from ui.glossary.words import GROUPS, Entry, entries, numbers
from ui.kit.payload import pack
from ui.kit.registry import PAGES

if TYPE_CHECKING:
    from vit_core import ViTTrace


@cache
def terms() -> bytes:
    """The terms as every page's hover needs them: entries, and the pages by slug."""
    return pack({}, entries=[_plain(entry) for entry in entries()], titles={spec.slug: spec.title for spec in PAGES})


def stage(trace: "ViTTrace") -> bytes:
    """The glossary page's stage: entries with their sources, groups, pages, and the current numbers."""
    rows = [_plain(entry) | {"source": entry.source} for entry in entries()]
    titles = {spec.slug: spec.title for spec in PAGES}
    return pack({}, entries=rows, titles=titles, groups=GROUPS, numbers=numbers(trace))


def _plain(entry: Entry) -> dict:
    """An entry without its source and without what is empty."""
    every = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name != "source"}
    return {name: value for name, value in every.items() if value not in ("", (), True)}
