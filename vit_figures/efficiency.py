"""What a model needs at other settings, what a variant of attention needs, what rounding does to weights, and the course of a training."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from vit_figures.look import AMBER, BLUE, GREEN, GREY, ORANGE, PINK, figure, prefixed, told

PICTURE_MACS = "MACs of one picture"
LAYER_MACS = "MACs of one layer’s attention"
KIND_COLOURS = {"full": ORANGE, "windows": BLUE, "neighbourhood": GREEN, "strided": PINK, "linear": AMBER}
"""The kinds of `vit_core.study.efficiency.attention_variants` in their colours."""
ROOM = 1.12
"""How far beyond the longest setting the axis of tokens reaches."""


@dataclass(frozen=True)
class Setting:
    """A picture’s size and its patches, as `224 / 16`, and what the model needs there; `own`: the one that is set; its name is written."""

    name: str
    tokens: int
    macs: int
    own: bool = False


def compute(tokens: np.ndarray, rest: np.ndarray, attention: np.ndarray, settings: Sequence[Setting]) -> go.Figure:
    """Multiply-accumulates over the number of tokens, `[sizes]` each: all that grows with n below, attention's n² above, a dot a setting.
    Choosing a dot chooses the number of its setting, from 0."""
    made = figure("Compute over tokens", "tokens", PICTURE_MACS, height=330, phone=370, rows=("what", "tokens", PICTURE_MACS))
    longest = ROOM * max(one.tokens for one in settings)
    shown = slice(0, int(np.searchsorted(tokens, longest)) + 1)
    for name, values, colour in (("all else, n", rest, BLUE), ("attention, n²", attention, ORANGE)):
        said = told([name] * len(tokens[shown]), [f"{n} tokens" for n in tokens[shown]], [prefixed(y, "MACs") for y in values[shown]])
        drawn = {"stackgroup": "parts", "line": {"color": colour, "width": 0.5}, "fillcolor": colour}
        made.add_scatter(x=tokens[shown], y=values[shown], mode="lines", name=name, **drawn, **said)
    said = told(
        [one.name for one in settings],
        [f"{one.tokens} tokens" for one in settings],
        [prefixed(one.macs, "MACs") for one in settings],
        links=range(len(settings)),
    )
    made.add_scatter(
        x=[one.tokens for one in settings],
        y=[one.macs for one in settings],
        mode="markers+text",
        text=[one.name if one.own else "" for one in settings],
        textposition=["top left" if one.tokens > longest / 2 else "top center" for one in settings],
        cliponaxis=False,
        marker={"color": GREY, "size": 10},
        name="settings",
        **said,
    )
    made.update_xaxes(range=[0, min(longest, float(tokens[shown][-1]))], rangemode="tozero")
    return made.update_yaxes(tickformat="~s", range=[0, 1.1 * max((rest + attention)[shown].max(), *(one.macs for one in settings))])


def variants(sizes: np.ndarray, macs: Mapping[str, np.ndarray], patch_size: int) -> go.Figure:
    """Multiply-accumulates of one layer's attention, a line for each kind of `KIND_COLOURS` `[sizes]`, over the picture's side in px.
    Choosing a point chooses its kind. KeyError where one is missing."""
    across = f"resolution, px a side, patches of {patch_size}"
    made = figure("Attention that looks at less", across, LAYER_MACS, height=340, phone=420, rows=("attention", "resolution", LAYER_MACS))
    for kind, colour in KIND_COLOURS.items():
        said = told(
            [kind] * len(sizes), [f"{size} px" for size in sizes], [prefixed(y, "MACs") for y in macs[kind]], links=[kind] * len(sizes)
        )
        made.add_scatter(x=sizes, y=macs[kind], mode="lines", line={"color": colour, "width": 1.6}, name=kind, **said)
    made.update_xaxes(type="log", dtick=float(np.log10(2)), tickformat="d")
    return made.update_yaxes(type="log", dtick=1, tickformat="~s")


def course(xs: np.ndarray, lines: Mapping[str, np.ndarray], title: str, across: str, phases: Sequence[tuple[float, str]] = ()) -> go.Figure:
    """The course of a training: each line `[moments]`, nan where nothing was measured, over `xs`, pictures or minutes. `phases`: where each
    begins, and its name."""
    made = figure(title, across, title, height=300, phone=330, rows=("what", across, title))
    for (name, values), colour in zip(lines.items(), (BLUE, ORANGE, GREEN, PINK, AMBER, GREY), strict=False):
        known = ~np.isnan(values)
        x, y = xs[known], values[known]
        said = told([name] * len(x), [f"{prefixed(at)} {across}" for at in x], [f"{value:.4g}" for value in y])
        made.add_scatter(x=x, y=y, mode="lines", line={"color": colour, "width": 2}, name=name, showlegend=len(lines) > 1, **said)
    for number, (at, name) in enumerate(phases):
        beyond = at > 0.6 * xs[-1]
        made.add_vline(at, line={"width": 1.2, "dash": "dot", "color": GREY})
        place = {"x": at, "xanchor": "right" if beyond else "left", "xshift": -4 if beyond else 4}
        made.add_annotation(text=name, **place, y=1, yref="paper", yanchor="top", yshift=-20 * number)
    made.update_xaxes(tickformat="~s", rangemode="tozero")
    return made.update_yaxes(rangemode="tozero")


def rounding(weights: np.ndarray, step: float, most: int) -> go.Figure:
    """The weights of one output `[inputs]`, across as they were trained, up as they are rounded: to multiples of `step` from `-most` to
    `most`, by the staircase behind them. Choosing a dot chooses its input, from 0."""
    made = figure(
        "A row of weights, rounded", "weight as trained", "weight, rounded", height=300, phone=330, rows=("weight", "trained", "rounded")
    )
    levels = np.arange(-most, most + 1)
    edges = np.clip(np.stack([levels - 0.5, levels + 0.5], axis=1), -most, most).ravel() * step
    made.add_scatter(
        x=edges, y=np.repeat(levels, 2) * step, mode="lines", line={"color": GREY, "width": 1.4}, name="rounding", hoverinfo="skip"
    )
    rounded = np.clip(np.rint(weights / step), -most, most) * step if len(weights) else weights
    names = [f"input {number}" for number in range(1, len(weights) + 1)]
    said = told(names, [f"{w:.4g}" for w in weights], [f"{w:.4g}" for w in rounded], links=range(len(weights)))
    marker = {"color": BLUE, "size": 6, "opacity": 0.6, "line": {"width": 0}}
    made.add_scatter(x=weights, y=rounded, mode="markers", marker=marker, name="weights", cliponaxis=False, **said)
    made.update_layout(showlegend=False)
    return made
