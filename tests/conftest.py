"""What holds for every test: the order in which files are handed out when several processes share them, and a cache of their own."""

import gc
import os
import tempfile

import pytest

CACHE = tempfile.TemporaryDirectory(prefix="vit-tests-")
os.environ.setdefault("VIT_CACHE", CACHE.name)  # servers and processes that share the tests have it too

FIRST = ("browser", "app", "parity", "unit")  # the longest files first, so that no process is left alone with one at the end


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of browser tests come first; within a folder the order stays."""
    items.sort(key=lambda item: next((place for place, name in enumerate(FIRST) if f"tests/{name}/" in item.nodeid), 0))


def pytest_collection_finish() -> None:
    """What is loaded by now is left out of garbage collections, as in the app: models and Streamlit ask for one again and again."""
    gc.collect()
    gc.freeze()
