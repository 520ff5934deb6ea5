"""What takes several runs of a large model: made in the background while the page is already there, and drawn as soon as it is known."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from ui.state import session
from ui.work import cached, jobs

if TYPE_CHECKING:
    from ui.work.cached import Analysis

IN_LINE = 3e10  # multiply-accumulates that a page waits for itself: about half a second on two cores
PROFILED, ROLLED_OUT = 700, 150  # multiply-accumulates that take as long as one attention weight in `head_profiles`, in a rollout
POLL = 0.3
PATIENCE = 5.0  # seconds without a page that waits, then what has not begun is not begun
KEPT = 64
DRAWN = "_drawn"
LOCK = threading.Lock()

Key = tuple[str | int, ...]
Build = Callable[["Analysis"], bytes]
tasks: dict[Key, "Task"] = {}


@dataclass(eq=False)
class Task:
    """Something that is being made, for whoever waits for it; `seen` is when a page last did."""

    make: Callable[[], object] | None
    seen: float = field(default_factory=time.monotonic)
    problem: str = ""
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def wanted(self) -> bool:
        """Whether to begin: a page waits for it, and the process is not about to end."""
        return time.monotonic() - self.seen < PATIENCE and threading.main_thread().is_alive()

    def run(self) -> None:
        """Make it, if it is still wanted when its turn comes."""
        try:
            if self.wanted:
                self.make()
        except Exception as error:
            logging.getLogger(__name__).exception("What a page was waiting for could not be made")
            self.problem = jobs.why(error)
        finally:
            self.make = None  # it holds a picture
            self.over.set()


def ask(key: Key, make: Callable[[], object], delay: float = 0.0) -> Task:
    """The task of a key, begun (after `delay` seconds) if there is none or if what it made is gone. One that failed stays, until `tasks` forgets it."""
    with LOCK:
        task = tasks.get(key)
        if task is None or (task.over.is_set() and not task.problem):
            for oldest in [key for key, other in tasks.items() if other.over.is_set()][: max(0, len(tasks) + 1 - KEPT)]:
                del tasks[oldest]
            task = tasks[key] = Task(make)
            begin(task, delay)
        task.seen = time.monotonic()
        return task


def begin(task: Task, delay: float) -> None:
    """Give a task to the worker, now or later."""
    if delay:
        timer = threading.Timer(delay, begin, (task, 0.0))
        timer.daemon = True
        timer.start()
        return
    with suppress(RuntimeError):  # the process is about to end
        jobs.WORKER.submit(task.run)


def show(place: str, kind: str, macs: int, build: Build, draw: Callable[[bytes], object], what: str) -> None:
    """`draw(payload)` for the selection: the payload is `build(analysis)`, made once, like `session.payload`'s, and must not ask the session.

    Below `IN_LINE` multiply-accumulates the page waits for it. Above, `what` says what is being done, over the last that was drawn in this
    `place`, dimmed, if it is still kept; when it is there, the page is run once more.
    """
    key, analysis = session.payload_key(kind), session.analysis()
    found = cached.payload.found(*key)
    if found is None and macs <= IN_LINE:
        found = session.payload(kind, build)
    waiting = found is None

    @st.fragment(run_every=POLL if waiting else None)
    def part() -> None:
        drawn, line = st.session_state.setdefault(DRAWN, {}), st.container()
        if waiting and cached.payload.found(*key) is not None:
            st.rerun()
        shown = found
        if waiting:
            with line:
                wait(place, key, ask(key, lambda: cached.payload(*key, lambda: build(analysis))), what)
            shown = cached.payload.found(*drawn[place]) if place in drawn else None
        else:
            drawn[place] = key
        if shown is not None:
            with st.container(key=f"{'dimmed' if waiting else 'drawn'}_{place}"):
                draw(shown)

    part()


def wait(place: str, key: Key, task: Task, what: str) -> None:
    """What is being done, or that it failed."""
    if not task.problem:
        st.html(f"<p class='vit-waiting' role='status'>{what} …</p>")
        return
    st.info(task.problem, icon=":material/info:")
    st.button("Try again", key=f"again {place}", on_click=tasks.pop, args=(key, None))
