"""Charts as Plotly figures: arrays in, a figure out. Backgrounds are clear, so that the theme shows through."""

import numpy as np
import plotly.graph_objects as go

MOST, LEAST, GREY = "#D55E00", "#0072B2", "#8d949c"


def occlusion(shares: np.ndarray, most: np.ndarray, least: np.ndarray, random: np.ndarray, followed: str) -> go.Figure:
    """What is `followed` against the share of covered patches `[steps]`; `random` `[orders, steps]` is drawn as mean and range."""
    percent = 100 * shares
    hover = "%{x:.0f}% covered: %{y:.4f}"
    figure = go.Figure()
    figure.add_scatter(x=percent, y=random.max(0), mode="lines", line_width=0, showlegend=False, hoverinfo="skip")
    figure.add_scatter(
        x=percent,
        y=random.min(0),
        mode="lines",
        line_width=0,
        fill="tonexty",
        fillcolor="rgba(141,148,156,0.25)",
        name="range of random orders",
        hoverinfo="skip",
    )
    lines = {"random order, mean": (random.mean(0), GREY), "least attended first": (least, LEAST), "most attended first": (most, MOST)}
    for name, (values, colour) in lines.items():
        figure.add_scatter(x=percent, y=values, mode="lines+markers", line_color=colour, name=name, hovertemplate=hover)
    return plain(figure, "share of patches covered, %", followed)


def plain(figure: go.Figure, x: str, y: str, height: int = 340) -> go.Figure:
    """The look that all charts share."""
    figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hovermode="x unified",
    )
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=y, rangemode="tozero")
    return figure
