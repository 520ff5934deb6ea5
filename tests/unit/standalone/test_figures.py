"""`figure`: every chart of the app without a server, as the app draws it, and one sentence for what there is not."""

import json
import subprocess
import sys

import plotly.graph_objects as go
import plotly.io
import pytest

import vit_core
from tests.support.source import ROOT
from ui.standalone.figures import CHARTS
from vit_core import cost
from vit_core.study.heads import head_profiles
from vit_explainer import figure

OPTIONS = {"movement": {"tokens": [3, 4]}}
MORE = [
    ("heads", {"measure": "entropy", "along": "rank"}),
    ("removed", {"added": True, "layer": 3}),
    ("memory", {"unit": "MACs", "log": False}),
    ("accuracy", {"against": "images"}),
    ("published", {"against": "macs"}),
    ("lines", {"panel": "training"}),
]


@pytest.fixture(scope="module")
def trace() -> vit_core.ViTTrace:
    model = vit_core.load()
    image = vit_core.open_image(ROOT / "assets" / "images" / "coffee.jpg")
    return model(vit_core.preprocess(image, model, image_size=64), patch_size=16)


@pytest.mark.parametrize(("name", "options"), [*((name, OPTIONS.get(name, {})) for name in CHARTS), *MORE])
def test_every_chart_is_a_figure_with_axes_points_and_a_title(name, options, trace) -> None:
    made = figure(name, trace, **options)
    assert isinstance(made, go.Figure) and made.layout.meta["title"] and made.layout.xaxis.title.text and made.layout.yaxis.title.text
    assert sum(len(one.customdata) for one in made.data if one.customdata is not None) > 3
    assert json.loads(plotly.io.from_json(made.to_json()).to_json()) == json.loads(made.to_json())


def test_its_numbers_are_the_models(trace) -> None:
    found = head_profiles(trace)
    dots = {
        row[-1]: y
        for one in figure("heads", trace).data
        if one.customdata is not None
        for y, row in zip(one.y, one.customdata, strict=True)
    }
    assert [dots[i] for i in range(len(dots))] == pytest.approx(found.distance.flatten().tolist())
    total = figure("memory", trace, batch=4).data[-1]
    size = int(total.x[10])
    assert total.y[10] == cost.memory(trace.config, size, 16, batch=4, mode="training").total


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("dreams", {}, "There is no chart “dreams”; there are heads"),
        ("heads", {"speed": 2}, "The chart “heads” has no option “speed”; it has measure, along."),
        ("twins", {}, "The chart “twins” is of a trace: figure('twins', trace)."),
    ],
)
def test_what_there_is_not(name, options, sentence) -> None:
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        figure(name, None, **options)


def test_no_server_is_needed() -> None:
    code = "import sys, vit_explainer; vit_explainer.figure('course'); assert 'streamlit' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
