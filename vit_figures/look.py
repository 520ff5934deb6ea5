"""What all charts share: colours, a template for light and one for dark, axes, and how a point tells what it is.

A chart never wears a colour of its own: series take Okabe and Ito's in their order, everything else is the theme's.
"""

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

BLUE, ORANGE, GREEN, PINK, AMBER, SKY, YELLOW, GREY = OKABE_ITO = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#F0E442",
    "#999999",
)
"""Okabe and Ito's colours, told apart by colour-blind readers, and a grey for what others are compared with.
Source: Okabe and Ito 2002, "Color Universal Design"."""

FONT = "system-ui, -apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
SIZE = 13
"""Pixels of the smallest letters."""
WRAPPED = 46
"""Characters of a line in the box of a point: what a phone has room for."""


@dataclass(frozen=True)
class Theme:
    """The colours of a page: letters, ground and fine lines."""

    text: str
    ground: str
    line: str

    def mixed(self, share: float) -> str:
        """`share` of the letters' colour over the ground."""
        text, ground = (bytes.fromhex(colour.removeprefix("#")) for colour in (self.text, self.ground))
        return "#" + bytes(round(share * t + (1 - share) * g) for t, g in zip(text, ground, strict=True)).hex()


THEMES = {"light": Theme("#12151a", "#ffffff", "#e3e6ea"), "dark": Theme("#f2f4f7", "#0f1216", "#2a3038")}
"""As `.streamlit/config.toml` has them."""


def template(name: str) -> go.layout.Template:
    """The look of all charts in the theme `light` or `dark`. KeyError for another."""
    theme = THEMES[name]
    muted, edge = theme.mixed(0.72), theme.mixed(0.7)
    axis = {
        "automargin": True,
        "color": muted,
        "gridcolor": theme.line,
        "linecolor": theme.mixed(0.35),
        "zerolinecolor": theme.mixed(0.35),
        "zerolinewidth": 1,
        "title": {"standoff": 10, "font": {"size": SIZE, "color": muted}},
        "tickfont": {"size": SIZE},
        "minorloglabels": "none",
        "tickangle": 0,
        "fixedrange": False,
    }
    layout = go.Layout(
        font={"family": FONT, "size": SIZE, "color": theme.text},
        colorway=OKABE_ITO,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        margin={"l": 8, "r": 14, "t": 34, "b": 8},
        xaxis=axis,
        yaxis=axis | {"ticklabelstandoff": 4},
        hovermode="closest",
        hoverlabel={
            "bgcolor": theme.ground,
            "bordercolor": muted,
            "align": "left",
            "namelength": -1,
            "font": {"size": SIZE, "color": theme.text, "family": FONT},
        },
        legend={"orientation": "h", "xref": "container", "yref": "container", "x": 0, "y": 0, "xanchor": "left", "yanchor": "bottom"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": muted, "activecolor": theme.text, "orientation": "h"},
        dragmode="zoom",
        annotationdefaults={"showarrow": False, "bgcolor": theme.ground, "borderpad": 1},
    )
    dots = go.Scatter(marker={"size": 10, "line": {"width": 0.8, "color": edge}}, unselected={"marker": {"opacity": 0.2}})
    return go.layout.Template(layout=layout, data={"scatter": [dots]})


def figure(title: str, x: str, y: str, *, height: int = 360, phone: int | None = None, rows: Sequence[str] = ()) -> go.Figure:
    """An empty figure. `x` and `y`: what the axes show, with units; `height` in pixels, and on a phone; `rows`: the columns of its numbers
    as a table, by default what a point is, `x` and `y`.

    Nothing is written above the axes, as the page says it there; the title names the file that is saved.
    """
    made = go.Figure()
    made.update_layout(
        template=template("light"),
        height=height,
        uirevision=f"{title} {x} {y}",
        meta={"title": title, "phone": phone or height + 60, "columns": list(rows or ("what", x, y))},
    )
    made.update_xaxes(title_text=x)
    made.update_yaxes(title_text=y)
    return made


def told(*columns: Sequence[str], sources: Iterable[str] = (), links: Iterable[Any] = ()) -> dict[str, Any]:
    """What the points of a series tell, as arguments of its trace. `columns`: a name and the values as they are to be read, with units, one
    text a point each, in the order of the figure's `rows`; `sources`: where each is from; `links`: what choosing a point chooses.
    """
    count = len(columns[0])
    notes = list(sources) or [""] * count
    chosen = list(links) or [None] * count
    what, *values = (f"%{{customdata[{i}]}}" for i in range(len(columns)))
    source = [f"%{{customdata[{len(columns)}]}}"] if any(notes) else []
    rows = [[*row, "<br>".join(textwrap.wrap(note, WRAPPED)), link] for *row, note, link in zip(*columns, notes, chosen, strict=True)]
    return {"customdata": rows, "hovertemplate": "<br>".join([f"<b>{what}</b>", *values, *source]) + "<extra></extra>"}


def log_axis(values: Sequence[float]) -> dict[str, Any]:
    """A logarithmic axis around values above 0, whose ticks are written with a prefix of ten: 10M, not 1e7. About one tick a power of ten,
    more between them where there are few, or where one zooms in.
    """
    decades = math.log10(max(values) / min(values))
    return {"type": "log", "tickformat": "~s", "nticks": max(3, math.ceil(1.15 * decades))}


def prefixed(value: float, unit: str = "") -> str:
    """A number with four digits and a prefix of ten, as ticks are written: `4.643 GMACs`."""
    power = min(5, max(0, math.floor(math.log10(abs(value)) / 3))) if value else 0
    return f"{value / 1000**power:.4g} {'kMGTP'[power - 1] if power else ''}{unit}".rstrip()
