"""What all charts share: the theme's colours, letters that can be read, points that tell what they are, and figures that travel."""

import tomllib

import numpy as np
import plotly.graph_objects as go
import plotly.io
import pytest

from tests.support.source import ROOT
from ui.kit import charts
from vit_figures import curves, look

THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]


@pytest.mark.parametrize("name", look.THEMES)
def test_colours_and_letters_are_the_themes(name) -> None:
    theme, made = look.THEMES[name], look.template(name).layout
    assert theme == look.Theme(*(THEME[name][key] for key in ("textColor", "backgroundColor", "borderColor")))
    assert list(look.OKABE_ITO) == THEME["chartCategoricalColors"] == list(made.colorway)
    assert look.FONT == THEME["font"] == made.font.family
    sizes = [made.font.size, made.xaxis.tickfont.size, made.xaxis.title.font.size, made.yaxis.tickfont.size, made.hoverlabel.font.size]
    assert min(sizes) >= 13


def test_a_mixed_colour_lies_between() -> None:
    assert look.Theme("#000000", "#ffffff", "").mixed(0.4) == "#999999"
    with pytest.raises(KeyError):
        look.template("sepia")


def test_a_point_tells_what_it_is_and_where_from() -> None:
    said = look.told(["B/16", "L/16"], ["86 M", "304 M"], sources=["Table 5", ""], links=["b", "l"])
    assert said["customdata"] == [["B/16", "86 M", "Table 5", "b"], ["L/16", "304 M", "", "l"]]
    assert said["hovertemplate"] == "<b>%{customdata[0]}</b><br>%{customdata[1]}<br>%{customdata[2]}<extra></extra>"
    assert look.told(["a"], ["1"])["hovertemplate"].count("customdata") == 2
    with pytest.raises(ValueError):
        look.told(["a", "b"], ["1"])


def example() -> go.Figure:
    shares, falls = np.linspace(0, 0.8, 5), np.linspace(0.7, 0, 5)
    return curves.covered(shares, falls**2, falls, np.stack([falls, falls / 2]), "probability of espresso")


def test_a_figure_travels_as_json() -> None:
    made = example()
    again = plotly.io.from_json(made.to_json())
    assert again == made
    packed = charts.packed(made)
    assert "template" not in packed["layout"] and packed["layout"]["meta"]["columns"]
    assert charts.looks().keys() == {"light", "dark"} and charts.looks()["dark"]["layout"]["font"]["color"] == "#f2f4f7"


def test_covered_draws_what_it_is_given() -> None:
    made = example()
    by_name = {trace.name: trace for trace in made.data if trace.customdata is not None}
    assert list(by_name["most attended first"].y) == pytest.approx(list(np.linspace(0.7, 0, 5) ** 2))
    assert list(by_name["random order, mean"].y) == pytest.approx(list(np.linspace(0.7, 0, 5) * 0.75))
    assert by_name["least attended first"].customdata[1][1:3] == ["20% covered", "probability of espresso: 0.5250"]


def test_an_axis_of_powers_has_about_one_tick_a_power() -> None:
    assert look.log_axis([5.7e6, 21.7e9])["nticks"] == 5 and look.log_axis([1, 2])["nticks"] == 3
