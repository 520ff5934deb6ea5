"""What the benchmarks share: the browser fixtures, and a table of what was measured, printed at the end and kept in `build/bench.json`."""

import json
import os
import platform
from collections.abc import Callable

import pytest

from tests.browser.conftest import browser, fresh_server, page, pytest_runtest_makereport, server  # noqa: F401 (fixtures and a hook)
from tests.support.browser import ROOT

ROWS = pytest.StashKey[list]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = []


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """`measured(what, value, target)` adds a row to the table."""
    return lambda what, value, target="": request.config.stash[ROWS].append((what, value, target))


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """The table, as Markdown."""
    rows = config.stash[ROWS]
    if not rows:
        return
    terminalreporter.section("measured")
    terminalreporter.line(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    terminalreporter.line("| measured | value | target |\n| --- | --- | --- |")
    for row in rows:
        terminalreporter.line("| " + " | ".join(row) + " |")
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench.json").write_text(
        json.dumps([dict(zip(("what", "value", "target"), row, strict=True)) for row in rows], indent=1)
    )


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of them lie (nearest rank)."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def median_and_p95(values: list[float]) -> str:
    """Milliseconds, as the table shows them."""
    return f"median {percentile(values, 0.5):.1f} ms, p95 {percentile(values, 0.95):.1f} ms"
