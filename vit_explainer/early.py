"""What a start does before anything else: nothing that costs time is done twice, and PyTorch's library is read beside Streamlit's code."""

import ctypes
import gc
import os
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

LIBRARY = Path("lib", "libtorch_cpu.so")


def begin() -> None:
    """First of all. What a start makes stays, so nothing is collected until `over`; the system's linker works on the other core."""
    gc.disable()
    Thread(target=link, name="link", daemon=True).start()


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
    file = Path(spec.origin).parent / LIBRARY
    with suppress(OSError, AttributeError):
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
        return dlopen(os.fsencode(file), os.RTLD_NOW | os.RTLD_LOCAL) is not None
    return False
