"""What holds for every test: the order in which files are handed out when several processes share them."""

import gc
import os

import pytest

FIRST = ("browser", "app", "parity", "unit")  # the longest files first, so that no process is left alone with one at the end


MOST = 4  # processes; each has a browser and a server of its own, together about 2 GB


def pytest_xdist_auto_num_workers() -> int:
    """With `--numprocesses auto`: two for each core, for a test of a page waits as long as it computes."""
    return min(MOST, 2 * (os.cpu_count() or 1))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files of browser tests come first; within a folder the order stays."""
    items.sort(key=lambda item: next((place for place, name in enumerate(FIRST) if f"tests/{name}/" in item.nodeid), 0))


def pytest_collection_finish() -> None:
    """What is loaded by now is left out of garbage collections, as in the app: models and Streamlit ask for one again and again."""
    gc.collect()
    gc.freeze()
