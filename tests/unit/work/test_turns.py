"""Turns for what computes: how many at a time, in which order, what becomes of who gives up, and that waiting for each other ends."""

import builtins
import math
import sys
import threading
import time
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest
import torch

from ui.work import settings
from ui.work import turns as turns_module
from ui.work.store import Store
from ui.work.turns import Turns, all_threads, cores

PATIENCE = 60.0


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def started(*works: Callable[[], object]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def ended(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_more_have_a_turn_than_may(most: int) -> None:
    turns, lock, now, seen = Turns(most), threading.Lock(), [0], []

    def work() -> None:
        for _ in range(20):
            with turns.turn():
                with lock:
                    now[0] += 0.5
                    seen.append(now[0])
                time.sleep(0.0005)
                with lock:
                    now[0] -= 1

    ended(started(*[work] * 6))
    assert max(seen) <= most and (turns.taken, len(turns.line), turns.given) == (0, 0, 120)


def test_who_asked_first_comes_first() -> None:
    turns, order, threads = Turns(1), [], []
    with turns.turn():
        for number in range(5):

            def work(number: int = number) -> None:
                with turns.turn():
                    order.append(number)

            threads += started(work)
            wait_until(lambda number=number: turns.waiting == number + 1)
    ended(threads)
    assert order == [0, 1, 2, 3, 4]


def test_a_part_of_what_has_a_turn_needs_no_other() -> None:
    turns = Turns(1)
    with turns.turn(), turns.turn():
        assert turns.taken == 1
    assert turns.taken == 0


class Newer(Exception):
    pass


def test_what_is_not_wanted_any_more_leaves_the_line_and_the_next_one_comes() -> None:
    wanted, done = {"first": False}, []

    def look() -> None:
        if threading.current_thread().name == "first" and wanted["first"]:
            raise Newer

    turns = Turns(1, look)

    def work() -> None:
        try:
            with turns.turn():
                done.append(threading.current_thread().name)
        except Newer:
            done.append("given up")

    with turns.turn():
        threads = [threading.Thread(target=work, name=name, daemon=True) for name in ("first", "second")]
        for place, thread in enumerate(threads, start=1):
            thread.start()
            wait_until(lambda place=place: len(turns.line) == place)
        wanted["first"] = True
        wait_until(lambda: done == ["given up"])
        assert turns.taken == 1 and len(turns.line) == 1
    ended(threads)
    assert done == ["given up", "second"] and turns.taken == 0


def test_who_waits_for_what_another_makes_lends_it_the_turn() -> None:
    """With one turn in all, the one that has it asks for a value whose maker still waits for a turn."""
    turns = Turns(1)
    outer, inner = Store(1000, turns=turns), Store(1000, turns=turns)
    begun = threading.Event()

    def in_turn() -> str:
        begun.set()
        wait_until(lambda: len(turns.line) == 1)
        return "outer with " + inner.get("same", lambda: "inner", len)

    found: list[str] = []
    threads = started(lambda: found.append(outer.get("other", in_turn, len)))
    assert begun.wait(PATIENCE)
    threads += started(lambda: found.append(inner.get("same", lambda: "inner", len)))
    ended(threads)
    assert sorted(found) == ["inner", "outer with inner"] and turns.taken == 0


def test_what_nobody_waits_for_begins_when_a_core_is_free_and_stands_in_nobodys_way() -> None:
    turns, begun, go_on = Turns(1), threading.Event(), threading.Event()

    def later() -> None:
        with turns.spare(), turns.turn(), turns.aside():
            begun.set()
            go_on.wait(PATIENCE)

    with turns.turn():
        threads = started(later)
        assert not begun.wait(0.2)
    assert begun.wait(PATIENCE)
    with turns.turn():
        assert turns.taken == 1 and not turns.line
    go_on.set()
    ended(threads)
    assert turns.taken == 0


def test_what_can_wait_leaves_the_other_core_to_who_comes_but_not_for_ever(monkeypatch) -> None:
    turns, begun = Turns(2), threading.Event()

    def later() -> None:
        with turns.spare():
            begun.set()

    monkeypatch.setattr(turns_module, "SPARE", PATIENCE)
    with turns.turn():
        threads = started(later)
        assert not begun.wait(0.2)  # one of two cores is free
    assert begun.wait(PATIENCE)  # nobody computes
    begun.clear()
    monkeypatch.setattr(turns_module, "SPARE", 0.1)
    with turns.turn():
        threads += started(later)
        assert begun.wait(PATIENCE)
    ended(threads)


def test_what_can_wait_stands_aside_between_its_runs_while_all_compute_but_not_for_ever(monkeypatch) -> None:
    turns, asked, gone_on, ready = Turns(1), threading.Event(), threading.Event(), threading.Event()

    def later() -> None:
        with turns.spare():
            ready.set()
            asked.wait(PATIENCE)
            turns.give_way()
            gone_on.set()

    monkeypatch.setattr(turns_module, "ASIDE", PATIENCE)
    threads = started(later)
    assert ready.wait(PATIENCE)
    with turns.turn():
        turns.give_way()  # who is waited for goes on at once
        asked.set()
        assert not gone_on.wait(0.2)
    assert gone_on.wait(PATIENCE)  # nobody computes
    monkeypatch.setattr(turns_module, "ASIDE", 0.1)
    gone_on.clear(), ready.clear()
    threads += started(later)
    assert ready.wait(PATIENCE)
    with turns.turn():
        assert gone_on.wait(PATIENCE)
    ended(threads)


def clock(monkeypatch) -> list[float]:
    """The time that turns see, in seconds."""
    now = [100.0]
    monkeypatch.setattr(turns_module, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=time.sleep))
    return now


def test_how_busy_the_turns_were_is_remembered_for_a_while(monkeypatch) -> None:
    now = clock(monkeypatch)
    turns = Turns(2)
    now[0] += 50
    assert turns.load == 0 and turns.rest(3.0) == 0  # what is alone does not rest
    with turns.turn():
        now[0] += turns_module.LATELY
        assert turns.load == pytest.approx(0.5 * (1 - math.exp(-1)))
        now[0] += 100 * turns_module.LATELY
        assert turns.load == pytest.approx(0.5) and turns.rest(1.0) == pytest.approx(3.0)  # a quarter of the time is its
        assert turns.rest(1000.0) == turns_module.MOST_REST
    now[0] += turns_module.LATELY
    assert turns.load == pytest.approx(0.5 * math.exp(-1))
    now[0] += 100 * turns_module.LATELY
    assert turns.load < 1e-9


def test_others_are_those_who_had_a_turn_lately(monkeypatch) -> None:
    now, mine = clock(monkeypatch), ["me"]
    monkeypatch.setattr(turns_module, "session", lambda: mine[0])
    turns = Turns(2)
    for who in ("me", "you", "her", "you", None):
        mine[0] = who
        with turns.turn():
            now[0] += 0.5
    assert turns.others == 3  # of a thread without a session, such as a job's
    mine[0] = "me"
    assert turns.others == 2
    now[0] += turns_module.LATELY - 1.25
    assert turns.others == 1  # she came before you came again
    now[0] += turns_module.LATELY
    assert turns.others == 0 and not turns.seen


def test_the_turn_of_what_fails_is_given_back() -> None:
    turns = Turns(1)
    store = Store(1000, turns=turns)

    def broken() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError):
        store.get("key", broken, len)
    assert store.get("key", lambda: "yes", len) == "yes" and turns.taken == 0


def test_the_operator_says_how_many_cores_a_process_has() -> None:
    every = cores({})
    assert every >= 1 and cores({"VIT_CORES": " 3 "}) == 3
    for text in ("0", "-1", "two", "1.5"):
        assert cores({"VIT_CORES": text}) == every
        assert settings.read({"VIT_CORES": text}).problems == (f"VIT_CORES must be a whole number above 0; got “{text}”.",)
    assert not settings.read({"VIT_CORES": "3"}).problems


def test_torch_takes_all_cores_alone_and_one_among_others(monkeypatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setattr(turns_module, "all_threads", lambda _: 3)
    turns, seen, go_on = Turns(2), {}, threading.Event()

    def work(name: str) -> None:
        with turns.turn():
            seen[name] = torch.get_num_threads()
            go_on.wait(PATIENCE)

    threads = started(lambda: work("alone"))
    wait_until(lambda: "alone" in seen)
    threads += started(lambda: work("with another"))
    wait_until(lambda: "with another" in seen)
    go_on.set()
    ended(threads)
    assert seen == {"alone": 3, "with another": 1}
    torch.set_num_threads(before)
    assert all_threads(torch) >= 1


def test_a_turn_does_not_wait_for_torch_to_be_loaded(monkeypatch) -> None:
    """At a start the first page's menus would come with the model, seconds later."""
    half, asked, plain = ModuleType("torch"), [], builtins.__import__
    half.threads = 2
    half.get_num_threads = lambda: half.threads
    half.set_num_threads = lambda count: setattr(half, "threads", count)
    monkeypatch.setitem(sys.modules, "torch", half)
    monkeypatch.setattr(builtins, "__import__", lambda name, *rest: asked.append(name) or plain(name, *rest))
    all_threads.cache_clear()
    with Turns(1).turn():
        pass
    all_threads.cache_clear()
    assert "torch" not in asked and half.threads == 2
