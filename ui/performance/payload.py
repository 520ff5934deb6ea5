"""What the performance page’s component is sent."""

from functools import lru_cache

from ui.kit.charts import looks, packed
from ui.kit.evidence import packed_claims
from ui.kit.payload import pack
from ui.performance import charts
from ui.performance.panels import panels
from ui.performance.results import table
from ui.performance.words import COLUMN_NOTES, COLUMNS
from vit_figures.results import DATA_COLOURS


@lru_cache(maxsize=1)
def stage() -> bytes:
    """What the page's component is sent, once: nothing in it depends on the picture."""
    rows, small = table(), panels()
    return pack(
        {},
        columns=COLUMNS,
        columnNotes=COLUMN_NOTES,
        rows=rows,
        panels=[spec | {"figure": packed(charts.panel(spec))} if spec["kind"] == "lines" else spec for spec in small],
        claims=packed_claims(),
        figures={column: packed(charts.against(column, rows, list(COLUMNS))) for column in charts.AXES},
        looks=looks(),
        colours=DATA_COLOURS,
    )
