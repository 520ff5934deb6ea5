"""The course of a training from its log."""

import csv
from pathlib import Path
from typing import Any

SERIES = {"divergence": "divergence from the teacher, nats", "agreement": "same first answer on training views, share"}
"""What of a distillation's log is drawn, a chart each; of another training every loss, in one."""
PHASES = {"layers": "layer by layer", "streams": "with its own stream", "whole": "end to end"}


def curves(file: Path) -> dict[str, Any] | None:
    """The course of a bundled model's own training from the file that ships with it: what lies across, and the charts; None without one."""
    if not file.is_file():
        return None
    with file.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    across = "pictures" if "pictures" in rows[0] else "minutes"

    def values(column: str) -> list[float | None]:
        return [float(row[column]) if row[column] else None for row in rows]

    losses = [column for column in rows[0] if column.startswith("loss, ")]
    charts = [{"title": title, "lines": [[column, values(column)]]} for column, title in SERIES.items() if column in rows[0]]
    charts = charts or [{"title": "training loss, by grid", "lines": [[name.removeprefix("loss, "), values(name)] for name in losses]}]
    return {"across": across, "xs": values(across), "charts": charts, "phases": phases(rows)}


def phases(rows: list[dict[str, str]]) -> list[tuple[float, str]]:
    """Where each phase of a distillation begins, and what it is called; what is measured in one is not what is measured in the next."""
    begun: dict[str, float] = {}
    for row in rows:
        if "phase" in row:
            begun.setdefault(row["phase"], float(row["pictures"]))
    return [(at, PHASES[name]) for name, at in begun.items()]
