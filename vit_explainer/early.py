"""What a start does before anything else: nothing that costs time is done twice, and no core stands idle while Streamlit's code is read."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from types import ModuleType

LIBRARY = Path("lib", "libtorch_cpu.so")
THEME = "streamlit.elements.lib.streamlit_plotly_theme"


def begin() -> None:
    """First of all. What a start makes stays, so nothing is collected until `over`."""
    gc.disable()


def alone() -> None:
    """No browser can have come yet, so the other core is free for the system's linker."""
    Thread(target=link, name="link", daemon=True).start()


@contextmanager
def without_theme() -> Iterator[None]:
    """While Streamlit is imported: a fifth of that is Plotly, for a theme of `st.plotly_chart`, which no page calls."""
    stand_in = ModuleType(THEME)
    vars(stand_in)["configure_streamlit_plotly_theme"] = lambda: None
    sys.modules[THEME] = stand_in
    try:
        yield
    finally:
        del sys.modules[THEME]


def over() -> None:
    """All is loaded: from now on it is left out of every collection, and cycles are collected again."""
    gc.freeze()
    gc.enable()


def link() -> bool:
    """Have the system load PyTorch's library, 0.43 GB, which is a sixth of its import; whether it did. `import torch` finds it there.

    Python's own ways of loading one keep all its other threads waiting meanwhile; a C function that is called does not.
    """
    spec = find_spec("torch")
    if sys.platform != "linux" or spec is None or spec.origin is None:
        return False
    import ctypes

    file = Path(spec.origin).parent / LIBRARY
    with suppress(OSError, AttributeError):
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
        return dlopen(os.fsencode(file), os.RTLD_NOW | os.RTLD_LOCAL) is not None
    return False
