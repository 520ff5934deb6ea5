"""What the served process is set to while it serves."""

import sys
from collections.abc import Iterator

import pytest
import uvicorn

from tests.support.loops import run
from vit_explainer import metrics, serve


@pytest.fixture
def usual() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


def test_threads_give_way_sooner_than_python_has_them(usual, monkeypatch) -> None:
    """A thread that computes gets the interpreter back after each of PyTorch's operations: that must not take Python's 5 ms."""
    monkeypatch.setattr(serve.warm, "up", lambda: None)
    monkeypatch.setattr(metrics, "place", lambda environment: None)
    monkeypatch.setattr(serve.quiet, "quieten", lambda: None)
    monkeypatch.setattr(serve.theme, "keep", lambda: None)
    sys.setswitchinterval(0.005)

    async def served() -> float:
        async with serve.warmed_up(serve.app):
            return sys.getswitchinterval()

    assert run(served()) == pytest.approx(serve.SWITCH) and serve.SWITCH < 0.001


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not made for Windows")
def test_the_server_gets_the_loop_and_the_parser_that_the_requirements_bring() -> None:
    """Streamlit leaves the choice to uvicorn, which takes them where they are installed."""
    config = uvicorn.Config(serve.app)
    config.load()
    make = config.get_loop_factory()
    assert make is not None
    loop = make()
    try:
        assert type(loop).__module__.split(".")[0] == "uvloop"
        assert config.http_protocol_class.__name__ == "HttpToolsProtocol"
    finally:
        loop.close()
