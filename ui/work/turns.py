"""Turns for what computes: as many at a time as there are cores, in the order in which they were asked for.

Each session asks for one thing at a time, so nobody is served twice before all others are served once; and what the same people ask for
meanwhile takes the place of what they asked for before. More at a time would only take each other's core: two threads of torch that share
one are several times slower than one.
"""

import math
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType

LOOK = 0.25  # seconds between two looks at whether what waits is still wanted: each takes the interpreter from those who compute
AGAIN = 0.05  # seconds between two looks at whether nobody computes
SPARE = 4.0  # seconds after which what can wait is content with one free core
LATELY = 4.0  # seconds over which it is looked how busy the turns were
ASIDE, GLANCE = 0.5, 0.02  # seconds that it stands aside at most between two runs of the model, and between two looks meanwhile
MOST_REST = 10.0  # seconds that what can wait rests at most between two parts


def cores(environment: Mapping[str, str] = os.environ) -> int:
    """How many this process may use: `VIT_CORES`, where several share a machine or a container has fewer; else what the system says."""
    told = environment.get("VIT_CORES", "").strip()
    if told.isascii() and told.isdigit() and int(told) > 0:
        return int(told)
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def ask_for_newer() -> None:
    """In a thread that runs a page for a session that has asked for something newer since, raises what has Streamlit run that instead."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is not None:
        st.session_state.get("_")  # looking at it is what Streamlit takes for a chance to interrupt


def session() -> str | None:
    """The session for which this thread runs a page; None elsewhere."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


@dataclass(eq=False)
class Place:
    """Where a thread stands in line; `called` when it is its turn."""

    called: threading.Event = field(default_factory=threading.Event)


class Turns:
    """At most `most` threads have a turn. A thread that waits asks `wanted()` now and then, which raises where it need not any more."""

    def __init__(self, most: int, wanted: Callable[[], None] = ask_for_newer) -> None:
        self.most, self.wanted = most, wanted
        self.taken, self.line = 0, deque[Place]()
        self.lock, self.mine = threading.Lock(), threading.local()
        self.given = self.given_up = 0
        self.waited = 0.0  # seconds of all
        self.lately, self.looked = 0.0, time.monotonic()
        self.seen: dict[str, float] = {}  # when a session last had a turn

    @property
    def has(self) -> bool:
        """Whether this thread has a turn."""
        return getattr(self.mine, "has", False)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Within it this thread has a turn; a part of what has one needs no other."""
        if self.has:
            yield
            return
        self._take()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def spare(self) -> Iterator[None]:
        """Within it this thread does what can wait: begun when nobody computes, or after a while when a core is free, and in nobody's way
        who asks for a turn meanwhile.

        For a moment there always is one free core: with twelve people who did not pause and after a second's wait, four fifths of the time
        went into what can wait, and the pages stood by for the interpreter.
        """
        if self.has:
            yield
            return
        asked = time.monotonic()
        while self.busy if time.monotonic() - asked >= SPARE else self.taken:
            time.sleep(AGAIN)
        self.mine.has = self.mine.spare = True
        self._share()
        try:
            yield
        finally:
            self.mine.has = self.mine.spare = False

    @property
    def waiting(self) -> int:
        """How many stand in line."""
        return len(self.line)

    @property
    def load(self) -> float:
        """What share of the turns was taken lately, from 0 to 1."""
        with self.lock:
            return self._note()

    @property
    def others(self) -> int:
        """How many sessions other than this thread's have had a turn lately."""
        mine, since = session(), time.monotonic() - LATELY
        with self.lock:
            self.seen = {one: at for one, at in self.seen.items() if at >= since}
            return len(self.seen.keys() - {mine})

    def rest(self, taken: float) -> float:
        """Seconds that what can wait rests after a part of it that took so many: it has the square of the share of turns that was free
        lately. Nothing alone; as long as the part took where three turns in ten are taken, 24 times as long where eight are.
        """
        free = max(1e-3, 1 - self.load)
        return min(MOST_REST, taken * (free**-2 - 1))

    def give_way(self) -> None:
        """Between two of several runs of the model: what can wait stands aside for a while where all turns are taken; nothing else does.

        It began when a core was free, but most of a second of runs without a look is long for those who come meanwhile.
        """
        if not self.is_spare:
            return
        until = time.monotonic() + ASIDE
        while self.busy and time.monotonic() < until:
            time.sleep(GLANCE)

    @property
    def is_spare(self) -> bool:
        """Whether what this thread does is not counted."""
        return getattr(self.mine, "spare", False)

    @property
    def busy(self) -> bool:
        """Whether all turns are taken."""
        with self.lock:
            return self.taken >= self.most

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within it a thread that has a turn lends it: around waiting for what others make, who may need it."""
        lent = self.has and not self.is_spare
        if lent:
            self._leave()
        try:
            yield
        finally:
            if lent:
                self._take(lambda: None)

    def _take(self, wanted: Callable[[], None] | None = None) -> None:
        place, asked = Place(), time.monotonic()
        with self.lock:
            if self.taken < self.most and not self.line:
                self._note()
                self.taken += 1
                place.called.set()
            else:
                self.line.append(place)
        try:
            while not place.called.wait(LOOK):
                (wanted or self.wanted)()
        except BaseException:
            self._give_up(place)
            raise
        self.mine.has = True
        who, now = session(), time.monotonic()
        with self.lock:
            self.given += 1
            self.waited += now - asked
            if who is not None:
                self.seen[who] = now
        self._share()

    def _give_up(self, place: Place) -> None:
        with self.lock:
            self.given_up += 1
            if place in self.line:
                self.line.remove(place)
                return
        self._pass_on()

    def _leave(self) -> None:
        self.mine.has = False
        self._pass_on()

    def _pass_on(self) -> None:
        with self.lock:
            if self.line:
                self.line.popleft().called.set()
            else:
                self._note()
                self.taken -= 1

    def _note(self) -> float:
        """Under the lock, before `taken` changes: how busy the turns were lately, a mean that forgets."""
        now = time.monotonic()
        old = math.exp((self.looked - now) / LATELY)
        self.lately, self.looked = old * self.lately + (1 - old) * min(1.0, self.taken / self.most), now
        return self.lately

    def _share(self) -> None:
        """torch's threads follow the load: all when nobody else computes, one each when several do."""
        torch = sys.modules.get("torch")
        if hasattr(torch, "set_num_threads"):  # it may be half loaded
            assert torch is not None
            every = all_threads(torch)  # asked before it is changed for the first time
            wanted = every if self.taken == (0 if self.is_spare else 1) else 1
            if torch.get_num_threads() != wanted:
                torch.set_num_threads(wanted)


@cache
def all_threads(torch: ModuleType) -> int:
    """How many threads torch began with: what it takes for one thing alone. An import of it here would wait where it is being loaded."""
    return torch.get_num_threads()


turns = Turns(cores())
