"""What the benchmarks share: the browser fixtures, and a table of what was measured, printed at the end.

A whole run without a failure writes `docs/BENCHMARKS.md`. One with failures is kept in `build/bench-whole.json`: when they pass in a later
run of theirs alone (`make bench ARGS=--lf`), the table is written with their rows, which say so.
"""

import json
import os
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# Fixtures, and a hook.
from tests.support.browser.fixtures import browser, fresh_server, page, pool, pytest_runtest_makereport, server  # noqa: F401
from tests.support.browser.pages import Motion
from tests.support.browser.server import ROOT

FOUND = pytest.StashKey[dict[str, dict[str, list]]]()
"""By its test: `rows` of the table, and `sections` below it."""
KEPT = ROOT / "build" / "bench-whole.json"
AGAIN = " (measured by itself)"
INTRODUCTION = """# Benchmarks

Written by `make bench`, from one run, but for rows that say otherwise. Latencies depend on the machine and on what else it does: a test
never passes or fails on one. Ratios and errors hold anywhere. "Hover" is the time of the script that a pointer event runs; "p95" is the
value that 95 of 100 stay below.
"""


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FOUND] = {}


@pytest.fixture
def motion() -> Motion:
    """What is measured is what most people have."""
    return "no-preference"


@pytest.fixture
def measured(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """`measured(what, value, target)` adds a row to the table."""
    rows = of(request)["rows"]
    return lambda what, value, target="": rows.append([what, value, target])


@pytest.fixture
def section(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`section(title, text)` adds a part of its own, below the table."""
    sections = of(request)["sections"]
    return lambda title, text: sections.append(f"## {title}\n\n{text}\n")


def of(request: pytest.FixtureRequest) -> dict[str, list]:
    """What this test has measured."""
    return request.config.stash[FOUND].setdefault(request.node.nodeid, {"rows": [], "sections": []})


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """The table, as Markdown."""
    found, failed = config.stash[FOUND], {one.nodeid for kind in ("failed", "error") for one in terminalreporter.stats.get(kind, [])}
    if not found:
        return
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}."
    terminalreporter.section("measured")
    terminalreporter.line(written(machine, found))
    passed = {one.nodeid for one in terminalreporter.stats.get("passed", [])}
    asked = config.option.keyword or config.option.markexpr or config.option.lf or config.option.failedfirst
    if not asked and [Path(arg).name for arg in config.args] == ["bench"]:
        state = {"machine": machine, "found": found, "failed": sorted(failed)}
    elif KEPT.exists() and (state := json.loads(KEPT.read_text(encoding="utf-8"))) and passed & {*state["failed"]}:
        state = completed(state, {test: found[test] for test in passed & found.keys()})
    else:
        return
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(state, indent=1), encoding="utf-8")
    if not state["failed"]:
        (ROOT / "docs" / "BENCHMARKS.md").write_text(f"{INTRODUCTION}\n{written(state['machine'], state['found'])}", encoding="utf-8")


def completed(state: dict[str, Any], found: dict[str, dict[str, list]]) -> dict[str, Any]:
    """A whole run with what its failed tests have measured in another one."""
    again = {test: found[test] for test in state["failed"] if test in found}
    marked = {test: one | {"rows": [[what, value + AGAIN, target] for what, value, target in one["rows"]]} for test, one in again.items()}
    return state | {"found": state["found"] | marked, "failed": [test for test in state["failed"] if test not in again]}


def written(machine: str, found: dict[str, dict[str, list]]) -> str:
    """Machine, table and sections, in the order of the tests."""
    lines = ["| " + " | ".join(row) + " |" for one in found.values() for row in one["rows"]]
    table = "\n".join(["| measured | value | target |", "| --- | --- | --- |", *lines])
    return "\n".join([f"{machine}\n\n{table}\n", *(text for one in found.values() for text in one["sections"])])
