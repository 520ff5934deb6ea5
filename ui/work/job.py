"""Work in the background: the one kind of job, and the ways to run one: in one part, in steps, in a process of its own."""

import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NewType

from ui.work.rest import rest
from ui.work.store import bytes_of
from ui.work.turns import turns

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

NICE = 10
IN_LINE = 0.1  # seconds between two looks at whether it is a job's turn
LOOKING = 5.0  # seconds since somebody's last look in which they count as still there
OVERHEAD = 1 << 12  # bytes of a job beside what it has made
NO_MEMORY = "This ended early: the machine ran out of memory. A smaller resolution needs less."
BROKEN = "This ended early because of an error in the app, which the server’s log tells. All else goes on."
CANCELLED = "Cancelled after {done} of {total} runs. What is known until then is shown."
STOPPED = "Cancelled at {line}. What is known until then is shown."  # where the values are not one a run
GIVEN_UP = "Cancelled at {line}."  # where nothing is known before the end

Key = tuple[Hashable, ...]
Macs = NewType("Macs", int)  # multiply-accumulates: the unit in which work is counted before it is begun
Work = Callable[["Job"], Any]


class Problem(Exception):
    """Says in one plain sentence why a job cannot go on."""


class Unwanted(Exception):
    """Nobody wants the job any more."""


def give_way() -> None:
    """On Linux, let the threads that answer a click go before this one and the threads that torch starts for it."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def why(error: Exception) -> str:
    """The sentence for work that ended with `error`. torch tells that memory was short in a `RuntimeError`'s words."""
    if isinstance(error, Problem):
        return str(error)
    return NO_MEMORY if isinstance(error, MemoryError) or re.search("allocate|out of memory", str(error)) else BROKEN


AT_WORK = threading.local()
"""Of a thread that takes a job's turn, the `job`."""

# One turn at a time, whoever asked, in order: each uses all cores.
WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="turn", initializer=give_way)


@dataclass(frozen=True, eq=False)
class Slot:
    """Of the jobs of a slot the server runs one at a time, and its end does not wait for them. `busy` is said to whoever asks for another;
    without it others wait in `line`, in the order in which they asked, until it is their turn or nobody wants them any more."""

    busy: str = ""
    line: list["Job"] = field(default_factory=list)

    def wait(self, job: "Job") -> None:
        """Until `job` is the first in line; Unwanted if it is given up before. `leave` ends its turn."""
        while self.line[0] is not job:
            job.stand_by(IN_LINE)
        job.started = time.monotonic()

    def leave(self, job: "Job") -> None:
        """The next one's turn."""
        self.line.remove(job)


@dataclass(eq=False)
class Job:
    """Work in a thread of its own, under a key by which everyone who asks for the same finds it.

    `work(job)` returns what it has made, or fills `value` on its way; it counts `done` of `total`, takes what uses all cores `in_turn`, and
    raises `Problem` where it cannot go on; `already` of it was done before it began. `what` names it, `line` says how far it is, and
    `stopped` that it was cancelled. `patience` are the seconds for which it stays wanted after the last of `looks`, by session; without it,
    it is wanted until somebody cancels. `by_layer`: it counts each layer that the model has passed, and can be given up there.
    """

    key: Key
    work: Work | None
    what: str = ""
    total: int = 0
    value: Any = None
    line: Callable[["Job"], str] = lambda job: f"{job.done} of {job.total} runs of the model"
    stopped: str = CANCELLED
    alike: bool = True
    patience: float | None = None
    slot: Slot | None = None
    delay: float = 0.0
    by_layer: bool = False
    done: int = 0
    already: int = 0
    problem: str = ""
    complete: bool = False
    started: float = field(default_factory=time.monotonic)
    looks: dict[str, float] = field(default_factory=dict)
    interrupt: Callable[[], None] = lambda: None
    lock: threading.Lock = field(default_factory=threading.Lock)
    cancelled: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.ended.is_set()

    @property
    def bytes(self) -> int:
        """What it keeps in memory."""
        return OVERHEAD + bytes_of(self.value)

    @property
    def ahead(self) -> int:
        """How many jobs of its slot come before it."""
        line = list(self.slot.line) if self.slot else []
        return line.index(self) if self in line else 0

    @property
    def share(self) -> float:
        """How far it is, from 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    @property
    def left(self) -> float | None:
        """Seconds to the end at the pace so far; None before the first part, and where the parts are not `alike`."""
        mine = self.done - self.already
        if not (self.alike and mine > 0 and self.total):
            return None
        return (time.monotonic() - self.started) * max(0, self.total - self.done) / mine

    @property
    def outcome(self) -> str | None:
        """One sentence where it did not come to its end."""
        return None if self.complete else self.problem or self.stopped.format(done=self.done, total=self.total, line=self.line(self))

    def look(self, who: str = "") -> bool:
        """Somebody wants it, and looks; False if that is too late, because it has been given up."""
        with self.lock:
            self.looks[who] = time.monotonic()
            return self.over or not self.cancelled.is_set()

    def leave(self, who: str = "") -> None:
        """Somebody does not want it any more: it is cancelled, unless someone else looks."""
        with self.lock:
            self.looks.pop(who, None)
            alone = all(time.monotonic() - look > LOOKING for look in self.looks.values())
        if alone:
            self.cancel()

    def cancel(self) -> None:
        """It stops after the part that is running, or at once where that can be interrupted."""
        if not self.over:
            self.cancelled.set()
            self.interrupt()

    def go_on(self) -> bool:
        """Whether to begin another part: nobody has cancelled, somebody looks, the process is not about to end. If not, it is given up."""
        with self.lock:
            last = max(self.looks.values(), default=self.started)
            alone = self.patience is not None and time.monotonic() - last >= self.patience
            if alone or not threading.main_thread().is_alive():
                self.cancelled.set()
            return not self.cancelled.is_set()

    def layer_passed(self) -> None:
        """The model has passed one layer more; Unwanted if nobody waits for the others."""
        self.done += 1
        self.stand_by()

    def is_unwatched(self) -> bool:
        """Whether it is only wanted still because somebody looked a while ago."""
        with self.lock:
            last = max(self.looks.values(), default=self.started)
        return self.patience is not None and time.monotonic() - last > LOOKING

    def stand_by(self, seconds: float = 0.0) -> None:
        """Wait so long; Unwanted if nobody waits for it any more."""
        self.cancelled.wait(seconds)
        if not self.go_on():
            raise Unwanted

    def in_rest(self, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`in_turn`, after a rest: for one part of many."""
        with rest.before(self.is_unwatched, self.stand_by) as timed:
            return self.in_turn(timed, part, *args, **kwargs)

    def in_turn(self, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """`part(…)` on the one worker, when its turn comes; Unwanted if it is not wanted any more by then."""

        def turn() -> Any:
            self.stand_by()
            AT_WORK.job = self
            try:
                with turns.spare():
                    return part(*args, **kwargs)
            finally:
                AT_WORK.job = None

        try:
            waiting = WORKER.submit(turn)
        except RuntimeError:  # the process is about to end
            raise Unwanted from None
        return waiting.result()

    def run(self) -> None:
        """Do the work. What it holds on to is let go at the end."""
        try:
            if self.delay:
                self.cancelled.wait(self.delay)
            if self.slot and not self.slot.busy:
                self.slot.wait(self)
            made = self.work(self) if self.work else None
            self.value = self.value if made is None else made
            self.complete = True
        except Unwanted:
            self.cancelled.set()
        except Exception as error:
            if not isinstance(error, Problem):
                logging.getLogger(__name__).exception("%s ended early", self.what or self.key[0])
            self.problem = why(error)
        finally:
            if self.slot and self in self.slot.line:
                self.slot.leave(self)
            self.work, self.interrupt = None, lambda: None


def counted_by_layer() -> "Job | None":
    """The job for which this thread works, if it counts layers."""
    job = getattr(AT_WORK, "job", None)
    return job if job is not None and job.by_layer else None


def in_one(make: Callable[[], object]) -> Work:
    """Something made in one part. What it gives is kept elsewhere, by `make` itself."""

    def work(job: Job) -> None:
        job.in_turn(make)

    return work


def in_steps(steps: Callable[[], Iterator["Tensor"]]) -> Work:
    """One step after another: the numbers that they give are put side by side into `value` `[total]`, nan where not known yet."""

    def work(job: Job) -> None:
        left = steps()
        while (part := job.in_rest(next, left, None)) is not None:
            job.value[job.done : job.done + len(part)] = part.numpy()
            job.done += len(part)

    return work


def nothing_yet(total: int) -> "np.ndarray":
    """The values `[total]` of a job in steps before its first."""
    import numpy as np

    return np.full(total, np.nan, dtype=np.float32)


def in_process(command: list[str], cwd: Path, read: Callable[[str], Any], ended_early: Callable[[float], str]) -> Work:
    """A process of its own, which a cancel kills: what `read` finds in each line of its output goes into the list `value`.

    `ended_early(seconds)` is the sentence for a process that ends with another code than 0.
    """

    def work(job: Job) -> None:
        quiet = subprocess.DEVNULL
        with subprocess.Popen(command, cwd=cwd, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, encoding="utf-8") as process:
            job.interrupt = process.kill
            if job.cancelled.is_set():
                process.kill()
            for line in process.stdout or ():
                if line.endswith("\n"):  # one that was killed leaves a part of a line
                    job.value.append(read(line))
                    job.done += 1
        if job.cancelled.is_set():
            raise Unwanted
        if process.returncode:
            raise Problem(ended_early(time.monotonic() - job.started))

    return work
