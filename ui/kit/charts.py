"""Figures of `vit_figures` on a page, drawn in the browser by Plotly's own script, as the installed `plotly` brings it.

Not by `st.plotly_chart`: that one knows a chart by a hash of its figure, so whatever changes in it, be it one marked point, throws the
chart away and makes another (both stand on the page for a moment, zoom and legend are forgotten); a click is answered by the server, not
within a frame; and it draws with a Plotly of its own, older than the one that made the figure.
"""

import json
from functools import cache
from typing import Any

import plotly.graph_objects as go

from ui.kit.payload import pack
from vit_figures.look import THEMES, template


def packed(figure: go.Figure) -> dict[str, Any]:
    """A figure for the browser, without the look: that is `looks()`, once for all figures of a payload."""
    found = json.loads(figure.to_json())
    found["layout"].pop("template", None)
    return {"data": found["data"], "layout": found["layout"]}


@cache
def looks() -> dict[str, Any]:
    """The templates of both themes for the browser, which knows which one it shows."""
    return {name: json.loads(go.Figure(layout={"template": template(name)}).to_json())["layout"]["template"] for name in THEMES}


def show_chart(figure: go.Figure, key: str) -> None:
    """Show a figure, with its numbers as a table one click away. A figure that changes keeps its zoom as long as it has the same axes."""
    from ui.kit.components import component  # Streamlit, which figures alone do not need

    component("chart")(key=key, data=pack({}, figure=packed(figure), looks=looks()))
