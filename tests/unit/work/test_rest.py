"""The rest of what can wait: one part at a time, a rest after each, and what nobody looks at only when hardly anybody computes."""

import threading
import time
from itertools import pairwise

import pytest

from ui.work import rest as rest_module
from ui.work.job import Job, in_steps, nothing_yet
from ui.work.rest import Rest
from ui.work.turns import Turns

PATIENCE = 60.0


class GivenUp(Exception):
    pass


class Busy(Turns):
    """Turns that are as busy as they are told to be."""

    load, seconds = 0.0, 0.0

    def rest(self, taken: float) -> float:
        return self.seconds


def stand_by(seconds: float) -> None:
    time.sleep(seconds)


def test_one_part_at_a_time_and_a_rest_after_each() -> None:
    turns, inside, most, ends = Busy(2), [0], [0], []
    turns.seconds = 0.05
    rest = Rest(turns)

    def part() -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        started = time.monotonic()
        time.sleep(0.01)
        ends.append((started, time.monotonic()))
        inside[0] -= 1

    def work() -> None:
        for _ in range(3):
            with rest.before(lambda: False, stand_by) as timed:
                timed(part)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == [1] and len(ends) == 9
    assert all(begun - before >= turns.seconds for (_, before), (begun, _) in pairwise(ends))


def test_who_asks_again_at_once_comes_after_who_waits() -> None:
    rest, order, meet = Rest(Busy(2)), [], threading.Barrier(2, timeout=PATIENCE)

    def work(name: str) -> None:
        meet.wait()
        for _ in range(4):
            with rest.before(lambda: False, stand_by) as timed:
                timed(lambda: (order.append(name), time.sleep(0.05)))

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(order) == 8 and all(one != other for one, other in pairwise(order))


def test_what_a_part_raises_is_passed_on_and_the_next_one_comes() -> None:
    rest = Rest(Busy(1))
    with pytest.raises(ZeroDivisionError), rest.before(lambda: False, stand_by) as timed:
        timed(lambda: 1 / 0)
    with rest.before(lambda: False, stand_by) as timed:
        assert timed(lambda one, other=0: one + other, 1, other=2) == 3


def test_what_nobody_looks_at_waits_until_hardly_anybody_computes() -> None:
    turns, done = Busy(2), threading.Event()
    turns.load = 2 * rest_module.QUIET

    def work() -> None:
        with rest.before(lambda: True, stand_by) as timed:
            timed(done.set)

    rest = Rest(turns)
    threading.Thread(target=work, daemon=True).start()
    assert not done.wait(5 * rest_module.LOOK)
    with rest.before(lambda: False, stand_by):
        pass  # what somebody looks at passes by
    turns.load = rest_module.QUIET / 2
    assert done.wait(PATIENCE)


def test_who_is_given_up_while_it_rests_leaves_and_keeps_nobody_waiting() -> None:
    turns = Busy(2)
    rest = Rest(turns)
    rest.until = time.monotonic() + 10 * PATIENCE

    def given_up(seconds: float) -> None:
        raise GivenUp

    with pytest.raises(GivenUp), rest.before(lambda: False, given_up):
        pass
    rest.until = 0.0
    with rest.before(lambda: False, given_up) as timed:
        assert timed(int) == 0


def test_a_job_in_steps_is_unwatched_some_seconds_after_the_last_look() -> None:
    job = Job(("steps",), in_steps(lambda: iter(())), total=1, value=nothing_yet(1), patience=30.0)
    job.look("me")
    assert not job.is_unwatched()
    job.looks["me"] -= 6.0
    assert job.is_unwatched()
    job.patience = None  # wanted until somebody cancels
    assert not job.is_unwatched()
