"""Many people at once: how long they wait for a first page and for an answer, at one process and at two. Only failures fail."""

import pytest

from tests.support.load import capacity
from tests.support.load.crowd import TABLE, Crowd, gather, table
from tests.support.load.served import PROCESSES, served
from tests.support.loops import run

SECONDS = 25.0
WHAT = """People who open a page and then, two to six seconds after each answer, change the resolution or the page, over the app's own
websocket, from this machine: they take a part of its cores, as nginx does where there are several processes. Each row is of a fresh server,
which has none of the pictures' traces yet; what takes several runs of the model follows an answer when others wait. With 50 people p95 is
meant to be at most 500 ms for an answer and 2.5 s for a first page."""
MOST = """People who look at one picture and act again as soon as they are answered, on one process that has all cores, on one with the
cores that it has beside another (1 of 2), and on two, by turns; counted is the second half of each, when the picture's traces are there."""


@pytest.mark.timeout(1200)
def test_people_at_once(section) -> None:
    crowds: list[Crowd] = []
    for processes in PROCESSES:
        for people in TABLE:
            with served(processes) as at:
                crowds.append(run(gather(at.url, people, SECONDS, at.memory, used=at.seconds)))
            crowds[-1].processes = processes
    section("Many people at once", f"{WHAT}\n\n{table([crowd.row() for crowd in crowds])}")
    assert not [failure for crowd in crowds for failure in crowd.failures] and not any(crowd.exceptions for crowd in crowds)


@pytest.mark.timeout(600)
@pytest.mark.skipif(len(PROCESSES) == 1, reason="Several processes need nginx in front of them.")
def test_as_many_answers_as_there_can_be(section) -> None:
    setups = capacity.by_turns()
    section("As many answers as there can be", f"{MOST}\n\n{capacity.told(setups)}")
    crowds = [crowd for setup in setups for crowd in setup.crowds]
    assert not [failure for crowd in crowds for failure in crowd.failures] and not any(crowd.exceptions for crowd in crowds)
