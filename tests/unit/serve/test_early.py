"""What a start does before anything else."""

import ast
import gc
import subprocess
import sys

import pytest

from tests.support.source import APP_CODE, ROOT, read
from vit_explainer import early, warm
from vit_explainer.__main__ import link

LINKED = """
import sys
from vit_explainer import early
linked = early.link()
print(linked, "libtorch_cpu" in open("/proc/self/maps").read(), "torch" in sys.modules)
import torch
print(float(torch.ones(3).sum()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Elsewhere the library is loaded by PyTorch alone.")
def test_pytorchs_library_is_loaded_before_pytorch_and_used_by_it() -> None:
    said = subprocess.run([sys.executable, "-c", LINKED], cwd=ROOT, capture_output=True, text=True, timeout=250, check=True).stdout
    assert said.split() == ["True", "True", "False", "3.0"]


def test_without_pytorch_nothing_is_loaded(monkeypatch) -> None:
    monkeypatch.setattr(early, "find_spec", lambda name: None)
    assert early.link() is False


THEMELESS = """
import sys
from vit_explainer import early
with early.without_theme():
    from streamlit.web import cli
print("plotly" in sys.modules, "streamlit.elements.plotly_chart" in sys.modules)
from streamlit.elements.lib.streamlit_plotly_theme import configure_streamlit_plotly_theme
configure_streamlit_plotly_theme()
import plotly.io
print(plotly.io.templates.default)
"""


def test_streamlit_is_imported_without_plotly_and_its_theme_can_still_be_had() -> None:
    said = subprocess.run([sys.executable, "-c", THEMELESS], cwd=ROOT, capture_output=True, text=True, timeout=250, check=True).stdout
    assert said.split() == ["False", "True", "streamlit"]


def test_no_page_draws_a_chart_with_that_theme() -> None:
    """Else it would be drawn with another."""
    named = [node.attr for path in APP_CODE if path.exists() for node in ast.walk(read(path)) if isinstance(node, ast.Attribute)]
    assert len(named) > 100 and "plotly_chart" not in named


def test_cycles_are_collected_again_once_all_is_loaded(monkeypatch) -> None:
    """Also where the start fails: a server that never collected would grow."""

    def fails() -> None:
        assert not gc.isenabled()
        raise OSError("no model")

    monkeypatch.setattr(warm, "load", fails)
    early.begin()
    try:
        with pytest.raises(OSError, match="no model"):
            warm.up()
        assert gc.isenabled() and gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (None, "http://localhost:8501"),
        ("0.0.0.0", "http://localhost:8501"),
        ("::", "http://localhost:8501"),
        ("192.0.2.7", "http://192.0.2.7:8501"),
        ("::1", "http://[::1]:8501"),
    ],
)
def test_the_address_that_is_said_is_one_that_a_browser_finds(address: str | None, said: str) -> None:
    assert link(address, 8501) == said
