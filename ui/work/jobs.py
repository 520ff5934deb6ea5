"""Long computations: each in a thread of its own, in small steps, watched and cancelled from the page that asked for it."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

if TYPE_CHECKING:
    from torch import Tensor

STATE, NICE = "_job", 10
PATIENCE = 30  # seconds without anyone watching, then a job stops
POLL = 0.6
AT_ONCE = 10**12
NO_MEMORY = "This ended early: the machine ran out of memory. A smaller resolution needs less."
BROKEN = "This ended early because of an error in the app, which the server’s log tells. All else goes on."
KEPT = 128

Key = tuple[str | int, ...]
finished: dict[Key, np.ndarray] = {}  # the latest results, whoever asked: at most some kilobytes each


def give_way() -> None:
    """On Linux, let the threads that answer a click go before this one and the threads that torch starts for it."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def why(error: Exception) -> str:
    """The sentence for a computation that ended with `error`. torch tells that memory was short in a `RuntimeError`'s words."""
    return NO_MEMORY if isinstance(error, MemoryError) or re.search("allocate|out of memory", str(error)) else BROKEN


# One step at a time, whoever asked, in turn: a step uses all cores.
WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="step", initializer=give_way)


class Job:
    """`steps()` is run to its end in the background; what it gives is `values` `[total]`, nan where not known yet."""

    def __init__(self, key: Key, steps: Callable[[], Iterator["Tensor"]], total: int) -> None:
        self.key, self.steps, self.total = key, steps, total
        self.values = np.full(total, np.nan, dtype=np.float32)
        self.done, self.problem, self.cancelled = 0, "", threading.Event()
        self.seen = self.started = time.monotonic()
        self.thread = threading.Thread(target=self._run, daemon=False)  # the process waits for the step that is running
        self.thread.start()

    @property
    def over(self) -> bool:
        return not self.thread.is_alive()

    @property
    def wanted(self) -> bool:
        """Whether to take another step: nobody has cancelled, somebody watches, and the process is not about to end."""
        return not self.cancelled.is_set() and time.monotonic() - self.seen < PATIENCE and threading.main_thread().is_alive()

    @property
    def outcome(self) -> str | None:
        """A sentence where it did not come to its end."""
        if self.problem:
            return self.problem
        return f"Cancelled after {self.done} of {self.total} runs. What is known until then is shown." if self.done < self.total else None

    @property
    def left(self) -> float | None:
        """Seconds to the end, at the pace so far; None before the first step."""
        return (time.monotonic() - self.started) * (self.total - self.done) / self.done if self.done else None

    def cancel(self) -> None:
        """It stops after the step that is running."""
        self.cancelled.set()

    def _run(self) -> None:
        steps = self.steps()
        while self.wanted:
            try:
                turn = WORKER.submit(next, steps, None)
            except RuntimeError:  # the process is about to end
                return
            try:
                part = turn.result()
                if part is None:
                    keep(self.key, self.values)
                    return
                self.values[self.done : self.done + len(part)] = part.numpy()
                self.done += len(part)
            except Exception as error:
                logging.getLogger(__name__).exception("%s ended early", self.key[0])
                self.problem = why(error)
                return


def keep(key: Key, values: np.ndarray) -> None:
    """Remember a result; the oldest is forgotten."""
    finished[key] = values
    while len(finished) > KEPT:
        finished.pop(next(iter(finished)), None)


def current(key: Key) -> Job | None:
    """This session's job, if it is the one of this key."""
    job = st.session_state.get(STATE)
    if job is None or job.key != key:
        return None
    job.seen = time.monotonic()
    return job


def start(key: Key, steps: Callable[[], Iterator["Tensor"]], total: int) -> None:
    """Start a computation for this session; the one before is cancelled."""
    before = st.session_state.get(STATE)
    if before is not None:
        before.cancel()
    st.session_state[STATE] = Job(key, steps, total)


def watch(key: Key, steps: Callable[[], Iterator["Tensor"]], total: int, macs: int, show: Callable[[np.ndarray], None]) -> None:
    """`show(values)` now and while they become known, under a line that tells how far the computation is and stops it.

    `total` runs of `macs` multiply-accumulates each: up to `AT_ONCE` they start by themselves, above by a button. When the computation
    ends, the page is run once more, with the result.
    """
    if key not in finished and current(key) is None and total * macs <= AT_ONCE:
        start(key, steps, total)
    job = current(key)
    over = job is None or job.over
    known = finished.get(key)  # looked at after `over`: a job keeps its result before it is over
    running = known is None and not over

    @st.fragment(run_every=POLL if running else None)
    def part() -> None:
        now = current(key)
        changed = known is None and (now is not None and not now.over) != running
        with st.container():  # always one element, so that what is shown keeps its place
            if running and not changed:
                line, stop = st.columns([5, 1], vertical_alignment="center")
                left = f", about {now.left:.0f} s left" if now.left is not None else ""
                line.progress(now.done / total, f"{now.done} of {total} runs of the model{left}")
                stop.button("Cancel", key=f"cancel {key[0]}", on_click=now.cancel, width="stretch")
            elif known is None and not changed:
                if now is not None and now.outcome:
                    st.info(now.outcome, icon=":material/info:")
                st.button(f"Run the model {total:,} times", key=f"run {key[0]}", type="primary", on_click=start, args=(key, steps, total))
        show(known if known is not None else now.values if now is not None else np.full(total, np.nan, dtype=np.float32))
        if changed:  # after `show`: a page is never without its picture
            st.rerun()

    part()
