"""What a run leaves behind is collected now and then, not after each run; and nothing that takes long is loaded on the way."""

import gc
import subprocess
import sys
import time
import weakref

from streamlit import config

from tests.support.source import ROOT
from ui.work.store import Tidier


class Cycle:
    def __init__(self) -> None:
        self.itself = self


def test_cycles_go_at_the_first_run_after_a_while_and_not_at_each() -> None:
    tidier = Tidier(1e9)
    tidier.tidy()
    tidier.last = time.monotonic() - 2e9
    gone = weakref.ref(Cycle())
    gc.disable()
    try:
        assert tidier.tidy() and gone() is None
        stays = weakref.ref(Cycle())
        assert not tidier.tidy() and stays() is not None
    finally:
        gc.enable()


def test_two_never_collect_at_once() -> None:
    tidier = Tidier(0.0)
    with tidier.busy:
        assert not tidier.tidy()
    assert tidier.tidy()


def test_streamlit_leaves_collecting_to_us() -> None:
    """Its own way, after every run, was a third of the time of a server with fifty sessions."""
    assert config.get_option("runner.postScriptGC") is False


MEASURED = """
import sys, torch
from vit_core.cost.measure import LiveBytes
with LiveBytes() as live:
    torch.zeros(3) + 1
print(live.peak, "torch._dynamo" in sys.modules)
"""


def test_measuring_memory_does_not_load_torchs_compiler() -> None:
    """Its import takes more than a second, in which nobody is served."""
    found = subprocess.run([sys.executable, "-c", MEASURED], cwd=ROOT, capture_output=True, text=True, timeout=250, check=True)
    assert found.stdout.split() == ["24", "False"]
