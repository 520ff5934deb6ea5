"""The charts of published results as figures: accuracy against size, compute and data, and what data and training did."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from vit_figures.results import DATA_COLOURS, PROTOCOL_SHAPES, Result, accuracy, by_line

AXES = {
    "parameters": "parameters (log)",
    "macs": "MACs a picture at its read-out size (log)",
    "images": "pictures in pretraining (log)",
}
"""What accuracy is drawn against: columns of the table of results, and the words of the axis."""
SIDES = {"parameters": "size", "macs": "compute", "images": "data"}


def against(column: str, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> go.Figure:
    """Accuracy against a column of `ui.performance.results.table`; choosing a point chooses the number of its row. ReaL labels are another
    measure and left out, and so is what has no number in that column.
    """
    found = []
    for number, row in enumerate(rows):
        cells = dict(zip(names, row["cells"], strict=True))
        (text, value, *_), (top1_text, top1, source, *_) = cells[column], cells["top1"]
        if row["protocol"] not in PROTOCOL_SHAPES or not value or cells["data"][0] not in DATA_COLOURS:
            continue
        about = row["line"].split(" · ")
        line = f"{row['name']} {', '.join(about[-2:])}" if column == "images" else row["line"]
        what = " · ".join([row["name"], *about[1:]])
        unit = {"parameters": "parameters", "macs": "MACs", "images": "pictures"}[column]
        told = {"x_text": f"{text} {unit}", "top1_text": f"top-1 {top1_text}%", "source": source}
        found.append(Result(value, top1, what, data=cells["data"][0], protocol=row["protocol"], line=line, link=number, **told))
    return accuracy(found, f"Accuracy against {SIDES[column]}", AXES[column])


def panel(spec: dict[str, Any]) -> go.Figure:
    """A small chart of lines, as `ui.performance.panels` describes it."""
    found = [
        Result(
            point["x"],
            point["y"],
            " · ".join(word for word in (line["name"] or point.get("model", ""), point["data"]) if word),
            point["x_text"],
            point["label"],
            point["note"],
            point["data"],
            line=line["name"],
            caption=point.get("name", ""),
        )
        for line in spec["lines"]
        for point in line["points"]
    ]
    draw = by_line if any(line["name"] for line in spec["lines"]) else accuracy
    return draw(found, spec["title"], spec["x"]["label"], y=spec["y"]["label"], height=330, phone=420)
