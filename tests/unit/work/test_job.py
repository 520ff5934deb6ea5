"""The one kind of job: its steps, progress, end and failure; who wants it; what is kept of it; and one in a process of its own."""

import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch

from ui.work import job as job_module
from ui.work import jobs as jobs_module
from ui.work.job import OVERHEAD, Job, Problem, Slot, in_one, in_process, in_steps, nothing_yet
from ui.work.jobs import Jobs

HERE = Path(__file__).parent


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(1 << 20)


@contextmanager
def held() -> Iterator[None]:
    """Within it the worker is busy with something else."""
    go_on = threading.Event()
    job_module.WORKER.submit(go_on.wait, 60)
    try:
        yield
    finally:
        go_on.set()


def stepping(key: tuple, steps, total: int, **more) -> Job:
    return Job(key, in_steps(steps), total=total, value=nothing_yet(total), **more)


def ended(job: Job) -> Job:
    assert job.ended.wait(60) and job.over and job.work is None
    return job


def test_steps_fill_the_values_which_are_remembered(jobs: Jobs) -> None:
    parts = [torch.tensor([1.0, 2]), torch.tensor([3.0])]
    job = ended(jobs.begin(stepping(("some", 1), lambda: iter(parts), 3)))
    assert job.value.tolist() == [1, 2, 3] and (job.done, job.share, job.outcome) == (3, 1.0, None)
    assert jobs.result(("some", 1)).tolist() == [1, 2, 3]
    assert jobs.begin(stepping(("some", 1), lambda: iter(parts), 3)) is job
    assert jobs.begin(stepping(("some", 1), lambda: iter(parts), 3), again=True) is not job


def test_progress_and_the_time_left_follow_the_steps(jobs: Jobs) -> None:
    first, go_on = threading.Event(), threading.Event()

    def steps():
        yield torch.tensor([1.0])
        first.set()
        go_on.wait(30)
        yield torch.tensor([1.0, 1, 1])

    job = stepping(("watched",), steps, 4)
    assert job.left is None and job.share == 0 and job.line(job) == "0 of 4 runs of the model"
    jobs.begin(job)
    assert first.wait(30)
    job.started = time.monotonic() - 10  # as if the first run had taken ten seconds
    assert job.share == 0.25 and job.line(job) == "1 of 4 runs of the model" and job.left == pytest.approx(30, abs=1)
    job.alike = False
    assert job.left is None
    go_on.set()
    ended(job)


def test_a_cancelled_job_stops_after_its_step_and_says_so(jobs: Jobs) -> None:
    first, go_on = threading.Event(), threading.Event()

    def steps():
        first.set()
        go_on.wait(30)
        yield torch.tensor([1.0])
        raise AssertionError("This step must not be taken.")

    job = jobs.begin(stepping(("slow",), steps, 2))
    first.wait(30)
    job.cancel()
    go_on.set()
    ended(job)
    assert job.outcome == "Cancelled after 1 of 2 runs. What is known until then is shown."
    assert job.value[0] == 1 and np.isnan(job.value[1]) and jobs.result(("slow",)) is None and jobs.find(("slow",)) is None


def test_what_was_cancelled_can_be_asked_for_at_once(jobs: Jobs) -> None:
    with held():
        first = jobs.begin(stepping(("again",), lambda: iter([torch.ones(1)]), 1))
        first.cancel()
        second = jobs.begin(stepping(("again",), lambda: iter([torch.ones(1)]), 1))
        assert second is not first
    ended(first)
    assert ended(second).complete and jobs.result(("again",)).tolist() == [1]


def test_steps_that_nobody_watches_stop(jobs: Jobs) -> None:
    def steps():
        yield torch.tensor([0.0])
        job.patience = 0  # as if all that time had passed
        yield torch.tensor([0.0])
        yield torch.tensor([0.0])

    job = stepping(("left alone",), steps, 10**6, patience=30)
    ended(jobs.begin(job))
    assert job.done == 2 and job.outcome.startswith("Cancelled after 2 of 1000000 runs")


def test_what_nobody_waits_for_is_not_begun_and_a_look_keeps_it(jobs: Jobs) -> None:
    made = []
    with held():
        left_alone = jobs.ask(("one",), "One", lambda: made.append("one"))
        wanted = jobs.ask(("two",), "Two", lambda: made.append("two"))
        left_alone.looks[""] -= jobs_module.PATIENCE
        wanted.looks[""] -= jobs_module.PATIENCE
        assert jobs.ask(("two",), "Two", lambda: made.append("another two")) is wanted
    ended(left_alone)
    ended(wanted)
    assert made == ["two"]


def test_two_sessions_that_ask_for_the_same_run_it_once_and_one_may_leave(jobs: Jobs) -> None:
    runs = []

    def steps():
        runs.append(1)
        yield torch.ones(1)

    with held():
        mine, other = (jobs.begin(stepping(("shared",), steps, 1), who) for who in ("me", "you"))
        assert mine is other
        mine.leave("me")
        assert not mine.cancelled.is_set()
    assert ended(mine).complete and runs == [1]
    with held():
        alone = jobs.begin(stepping(("alone",), steps, 1), "me")
        alone.look("you")
        alone.looks["you"] -= job_module.LOOKING + 1  # has closed the page
        alone.leave("me")
    assert not ended(alone).complete and runs == [1]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError("no room"), job_module.NO_MEMORY),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory"), job_module.NO_MEMORY),
        (ValueError("a mistake"), job_module.BROKEN),
    ],
)
def test_a_job_that_fails_says_why_in_one_sentence_until_it_is_forgotten(jobs: Jobs, error, said, caplog) -> None:
    def steps():
        yield torch.tensor([1.0])
        raise error

    job = ended(jobs.begin(stepping(("broken",), steps, 2)))
    assert job.outcome == said and str(error) in caplog.text and jobs.result(("broken",)) is None
    assert jobs.begin(stepping(("broken",), steps, 2)) is job
    jobs.forget(("broken",))
    assert jobs.find(("broken",)) is None


def test_a_reason_is_said_as_it_is(jobs: Jobs, caplog) -> None:
    def work(job: Job) -> None:
        raise Problem("The hub is closed.")

    assert ended(jobs.begin(Job(("closed",), work))).outcome == "The hub is closed." and not caplog.text


def test_results_are_bounded_in_bytes_and_the_oldest_go() -> None:
    jobs = Jobs(2 * (OVERHEAD + 4000))
    for i in range(4):
        ended(jobs.begin(stepping(("n", i), lambda: iter([torch.zeros(1000)]), 1000)))
        assert jobs.bytes <= jobs.bound
    assert list(jobs.known) == [("n", 2), ("n", 3)]
    assert jobs.result(("n", 2)) is not None
    jobs.keep(("n", 4), np.zeros(1000, np.float32))
    assert list(jobs.known) == [("n", 2), ("n", 4)]
    jobs.keep(("large",), np.zeros(10**5))
    assert list(jobs.known) == [("large",)]  # the newest stays


def test_failures_count_and_running_jobs_stay() -> None:
    jobs = Jobs(3 * OVERHEAD)
    with held():
        running = jobs.begin(Job(("running",), in_one(int)))
        for i in range(6):
            ended(jobs.begin(Job(("failed", i), lambda job: 1 / 0)))
        assert len(jobs.known) == 3 and jobs.find(("running",)) is running
    assert ended(running).complete and jobs.find(("running",)) is None  # what it made is kept elsewhere


def test_a_slot_runs_one_at_a_time(jobs: Jobs) -> None:
    slot, go_on = Slot("Wait for the other one."), threading.Event()
    first = jobs.begin(Job(("first",), lambda job: go_on.wait(60), slot=slot))
    assert jobs.is_busy(slot)
    with pytest.raises(ValueError, match="Wait for the other one"):
        jobs.begin(Job(("second",), lambda job: True, slot=slot))
    go_on.set()
    ended(first)
    assert not jobs.is_busy(slot) and ended(jobs.begin(Job(("second",), lambda job: True, slot=slot))).value is True


def in_python(code: str, **more) -> Job:
    work = in_process([sys.executable, "-c", code], HERE, int, lambda seconds: f"It ended early, after {seconds:.0f} s.")
    return Job(("process", code), work, total=3, value=[], stopped="Cancelled. What is known is shown.", **more)


def test_a_process_gives_its_lines_as_they_come(jobs: Jobs) -> None:
    job = ended(jobs.begin(in_python("print(1); print(2); print(3)")))
    assert job.value == [1, 2, 3] and job.done == 3 and job.outcome is None


def test_a_process_that_ends_early_says_so_and_what_is_known_stays(jobs: Jobs) -> None:
    job = ended(jobs.begin(in_python("import os; print(1, flush=True); print(2, end='', flush=True); os._exit(3)")))
    assert job.value == [1] and re.fullmatch(r"It ended early, after \d+ s\.", job.outcome)


def test_a_process_is_killed_by_a_cancel(jobs: Jobs) -> None:
    job = jobs.begin(in_python("import time; print(1, flush=True); time.sleep(60)"))
    until = time.monotonic() + 30
    while not job.value and time.monotonic() < until:
        time.sleep(0.01)
    begun = time.monotonic()
    job.cancel()
    ended(job)
    assert time.monotonic() - begun < 10 and job.value == [1] and job.outcome == "Cancelled. What is known is shown."


def test_who_asks_for_a_slot_that_waits_gets_a_place_in_line(jobs: Jobs) -> None:
    slot, go_on, order = Slot(), threading.Event(), []
    first = jobs.begin(Job(("first",), lambda job: go_on.wait(60), slot=slot))
    later = [jobs.begin(Job((name,), lambda job: order.append(job.key), slot=slot)) for name in ("second", "third", "fourth")]
    assert [job.ahead for job in (first, *later)] == [0, 1, 2, 3]
    later[1].cancel()
    assert ended(later[1]).value is None and [job.ahead for job in later[::2]] == [1, 2]
    go_on.set()
    for job in later:
        ended(job)
    assert order == [("second",), ("fourth",)] and slot.line == []


def test_who_stops_looking_loses_the_place_in_line(jobs: Jobs) -> None:
    slot, go_on = Slot(), threading.Event()
    first = jobs.begin(Job(("first",), lambda job: go_on.wait(60), slot=slot))
    gone = jobs.begin(Job(("gone",), lambda job: True, slot=slot, patience=0.0))
    assert ended(gone).value is None and slot.line == [first]
    go_on.set()
    ended(first)
