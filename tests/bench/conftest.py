"""What the benchmarks share: the browser fixtures, and a table of what was measured, printed at the end and kept in `build/bench.json`."""

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path

import pytest

# Fixtures, and a hook.
from tests.support.browser.fixtures import browser, fresh_server, page, pool, pytest_runtest_makereport, server  # noqa: F401
from tests.support.browser.server import ROOT

ROWS, SECTIONS = pytest.StashKey[list](), pytest.StashKey[list]()
INTRODUCTION = """# Benchmarks

Written by `make bench`, from one run. Latencies depend on the machine and on what else it does: a test never passes or fails on one.
Ratios and errors hold anywhere. "Hover" is the time of the script that a pointer event runs; "p95" is the value that 95 of 100 stay below.
"""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS], config.stash[SECTIONS] = [], []


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """`measured(what, value, target)` adds a row to the table."""
    return lambda what, value, target="": request.config.stash[ROWS].append((what, value, target))


@pytest.fixture
def section(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`section(title, text)` adds a part of its own, below the table."""
    return lambda title, text: request.config.stash[SECTIONS].append(f"## {title}\n\n{text}\n")


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """The table, as Markdown; a whole run without a failure also writes `docs/BENCHMARKS.md`."""
    rows = config.stash[ROWS]
    if not rows:
        return
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    table = "\n".join(["| measured | value | target |", "| --- | --- | --- |", *("| " + " | ".join(row) + " |" for row in rows)])
    parts = "\n".join([f"{table}\n", *config.stash[SECTIONS]])
    terminalreporter.section("measured")
    terminalreporter.line(f"{machine}\n{parts}")
    whole = not config.option.keyword and not config.option.markexpr and [Path(arg).name for arg in config.args] == ["bench"]
    if whole and not terminalreporter.stats.keys() & {"failed", "error"}:
        (ROOT / "docs" / "BENCHMARKS.md").write_text(f"{INTRODUCTION}\n{machine}.\n\n{parts}", encoding="utf-8")
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / "bench.json").write_text(
        json.dumps([dict(zip(("what", "value", "target"), row, strict=True)) for row in rows], indent=1)
    )
