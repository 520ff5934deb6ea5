"""Fixtures of the browser tests: `browser`, `pool`, `server`, `fresh_server`, `motion`, `page`. What fails is run once more, and named
either way.
"""

import pytest

# Fixtures, and a hook.
from tests.support.browser.fixtures import browser, fresh_server, motion, page, pool, pytest_runtest_makereport, server  # noqa: F401

# A browser and a server on two shared cores meet in another order once in some thousand tests. A fault fails twice; what failed once stands
# in the summary as RERUN with its reason, to be looked into.
ONCE_MORE = pytest.mark.flaky(reruns=1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(ONCE_MORE)
