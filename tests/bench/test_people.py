"""Many people at once: how long they wait for a first page and for an answer. Targets are shown beside; only failures fail."""

import psutil
import pytest

from tests.support.load.crowd import gather
from tests.support.load.person import wait_until_ready
from tests.support.loops import run
from tests.support.timing import median_and_p95

SECONDS = 40


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
