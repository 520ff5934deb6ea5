"""Published results: accuracy against size, compute or data. Colour says the data of pretraining, shape how the model was read out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from vit_figures.look import AMBER, BLUE, GREEN, GREY, OKABE_ITO, ORANGE, PINK, SKY, YELLOW, figure, log_axis, told

DATA_COLOURS = {
    "ImageNet-1k": BLUE,
    "ImageNet-21k": SKY,
    "JFT-300M": AMBER,
    "JFT-3B": ORANGE,
    "JFT-4B": GREY,
    "ImageNet-1k, no labels": GREEN,
    "LVD-142M, no labels": PINK,
    "400M image-text pairs": YELLOW,
}
PROTOCOL_SHAPES = {
    "trained or fine-tuned": "circle",
    "linear probe": "triangle-up",
    "nearest neighbours": "square",
    "zero-shot": "diamond",
}

TOP1 = "top-1 on ImageNet, %"


@dataclass(frozen=True)
class Result:
    """One published accuracy in percent against `x`; what it is, how both are written, where it is from, and what choosing it chooses.

    `data` and `protocol` are keys of the tables above; `line` names the line that joins it with others, `caption` stands beside it.
    """

    x: float
    top1: float
    what: str
    x_text: str
    top1_text: str
    source: str
    data: str
    protocol: str = "trained or fine-tuned"
    line: str = ""
    caption: str = ""
    link: Any = None


def accuracy(results: Sequence[Result], title: str, x: str, *, y: str = TOP1, height: int = 430, phone: int = 520) -> go.Figure:
    """Dots of all results by data, and the lines that join some. `x` names the logarithmic axis, `y` the other, with their units."""
    made = start(results, title, (x, y), height, phone)
    for name in dict.fromkeys(result.line for result in results if result.line):
        joined = sorted((one for one in results if one.line == name), key=lambda one: one.x)
        sets = {one.data for one in joined}
        if len(joined) > 1:
            one_data = joined[0].data if len(sets) == 1 else ""
            made.add_scatter(
                x=[one.x for one in joined],
                y=[one.top1 for one in joined],
                mode="lines",
                line={"width": 1.6, "color": DATA_COLOURS.get(one_data, GREY)},
                opacity=0.55,
                hoverinfo="skip",
                showlegend=False,
                legendgroup=one_data or name,
            )
    for data, colour in DATA_COLOURS.items():
        if found := [one for one in results if one.data == data]:
            add_dots(made, found, data, colour)
            made.data[-1].showlegend = False  # its dots may be of several shapes
            add_key(made, data, {"color": colour}, data)
    used = {one.protocol for one in results}
    for protocol, shape in PROTOCOL_SHAPES.items():
        if len(used) > 1 and protocol in used:
            add_key(made, protocol, {"symbol": shape, "color": GREY})
    return made


def add_key(made: go.Figure, name: str, marker: dict[str, Any], group: str = "") -> None:
    """An entry of the legend; clicking it shows or hides its group."""
    made.add_scatter(
        x=[None], y=[None], mode="markers", marker={"size": 10} | marker, name=name, legendgroup=group or name, hoverinfo="skip"
    )


def by_line(results: Sequence[Result], title: str, x: str, *, y: str = TOP1, height: int = 330, phone: int = 420) -> go.Figure:
    """Each line in a colour of its own, named in the legend: the same models along `x`."""
    made = start(results, title, (x, y), height, phone)
    for name, colour in zip(dict.fromkeys(result.line for result in results), OKABE_ITO, strict=False):
        joined = sorted((one for one in results if one.line == name), key=lambda one: one.x)
        add_dots(made, joined, name, colour, mode="lines+markers")
    return made


def start(results: Sequence[Result], title: str, axes: tuple[str, str], height: int, phone: int) -> go.Figure:
    """The axes of accuracies."""
    made = figure(title, *axes, height=height, phone=phone)
    made.update_xaxes(log_axis([one.x for one in results]))
    made.update_yaxes(ticksuffix="%")
    return made


def add_dots(made: go.Figure, results: Iterable[Result], name: str, colour: str, mode: str = "markers") -> None:
    """One series of results, in the order of `x`."""
    along = sorted(results, key=lambda one: (one.x, one.top1))
    captions = [one.caption for one in along]
    said = told(
        [one.what for one in along],
        [one.x_text for one in along],
        [one.top1_text for one in along],
        sources=[one.source for one in along],
        links=[one.link for one in along],
    )
    made.add_scatter(
        x=[one.x for one in along],
        y=[one.top1 for one in along],
        mode=f"{mode}+text" if any(captions) else mode,
        text=captions if any(captions) else None,
        textposition="top center",
        cliponaxis=False,
        marker={"symbol": [PROTOCOL_SHAPES[one.protocol] for one in along], "color": colour},
        line={"color": colour, "width": 2},
        name=name,
        legendgroup=name,
        **said,
    )
