"""Many people at once: how long they wait for a first page and for an answer. Targets are shown beside; only failures fail."""

import os

import psutil
import pytest

from tests.support.browser.fronts import FRONTS
from tests.support.browser.server import Server
from tests.support.load.crowd import gather
from tests.support.load.person import wait_until_ready
from tests.support.loops import run
from tests.support.timing import median_and_p95

SECONDS = 40
PROCESSES = 2


def memory_of(servers: dict[str, Server]) -> float:
    """Bytes of all processes together."""
    return float(sum(psutil.Process(one.pid).memory_info().rss for one in servers.values()))


@pytest.mark.parametrize("people", [1, 10, 20, 50, 100])
def test_people_at_once(people: int, fresh_server, measured) -> None:
    server = fresh_server()
    wait_until_ready(server.url)
    crowd = run(gather(server.url, people, SECONDS, lambda: float(psutil.Process(server.pid).memory_info().rss)))
    row = crowd.row()
    target = ("p95 ≤ 500 ms", "p95 ≤ 2.5 s") if people == 50 else ("", "")
    measured(f"{people} people at once: answers", median_and_p95([1000 * wait for wait in crowd.waits]), target[0])
    measured(f"{people} people at once: first page", f"p95 {row['first page, p95']}", target[1])
    measured(f"{people} people at once: bytes of an answer, memory", f"{row['an answer']}, {row['memory']}", "")
    assert not crowd.failures and not crowd.exceptions


@pytest.mark.skipif("nginx" not in FRONTS, reason="Several processes need nginx in front of them.")
@pytest.mark.parametrize("people", [50, 100])
def test_people_at_two_processes(people: int, fresh_server, tmp_path, monkeypatch, measured) -> None:
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "one for all of them")
    servers = {}
    for name in ("VIT_CORES", "OMP_NUM_THREADS"):  # as `make serve` does
        monkeypatch.setenv(name, str(max(1, (os.cpu_count() or 1) // PROCESSES)))
    for number in range(PROCESSES):
        monkeypatch.setenv("VIT_REPLICA", f"p{number}")
        servers[f"p{number}"] = fresh_server()
        wait_until_ready(servers[f"p{number}"].url)
    folder = tmp_path / "front"
    folder.mkdir()
    front = FRONTS["nginx"](folder, servers)
    try:
        crowd = run(gather(front.url, people, SECONDS, lambda: memory_of(servers)))
    finally:
        front.stop()
    row = crowd.row()
    measured(f"{people} people at {PROCESSES} processes: answers", median_and_p95([1000 * wait for wait in crowd.waits]), "")
    measured(f"{people} people at {PROCESSES} processes: first page, memory", f"p95 {row['first page, p95']}, {row['memory']}", "")
    assert not crowd.failures and not crowd.exceptions
