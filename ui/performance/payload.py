"""What the performance page’s component is sent."""

from functools import lru_cache

from ui.kit.evidence import packed_claims
from ui.kit.payload import pack
from ui.performance.panels import panels
from ui.performance.results import table
from ui.performance.words import COLUMN_NOTES, COLUMNS


@lru_cache(maxsize=1)
def stage() -> bytes:
    """What the page's component is sent, once: nothing in it depends on the picture."""
    return pack({}, columns=COLUMNS, columnNotes=COLUMN_NOTES, rows=table(), panels=panels(), claims=packed_claims())
