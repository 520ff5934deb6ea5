"""All jobs of this server by their keys, whoever asked, and what they have made, in bounded memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ui.work.job import GIVEN_UP, Job, Key, Slot, in_one

BOUND = 1 << 27  # bytes of all that jobs have made
PATIENCE = 5.0  # seconds without a page that waits, then what has not begun is not begun


class Jobs:
    """All jobs by key: those that run, and of those that are over what they have made, or why they failed; at most `bound` bytes of it."""

    def __init__(self, bound: int) -> None:
        self.bound, self.lock = bound, threading.RLock()
        self.known: OrderedDict[Key, Job] = OrderedDict()

    @property
    def bytes(self) -> int:
        """What all of them keep."""
        with self.lock:
            return sum(job.bytes for job in self.known.values())

    def begin(self, job: Job, who: str = "", again: bool = False) -> Job:
        """The job of this key, if there is one that goes on, has made something or has failed; otherwise `job`, begun.

        With `again` one that is over is begun anew. ValueError with one sentence if another of its slot is running and nobody may wait.
        """
        with self.lock:
            if job.slot and job.slot.busy and self.is_busy(job.slot):
                raise ValueError(job.slot.busy)
            known = self.known.get(job.key)
            if known is not None and not (again and known.over) and known.look(who):
                self.known.move_to_end(job.key)
                return known
            job.look(who)
            self.known[job.key] = job
            if job.slot and not job.slot.busy:
                job.slot.line.append(job)
            threading.Thread(target=self._run, args=(job,), name=f"job {job.key[0]}", daemon=job.slot is not None).start()
            return job

    def ask(self, key: Key, what: str, make: Callable[[], object], delay: float = 0.0, who: str = "", layers: int = 0) -> Job:
        """The job that makes something once, for whoever waits for it; one that failed stays until it is forgotten. With `layers`, those
        that the model passes for it, it tells at which it is."""
        job = Job(key, in_one(make), what, patience=PATIENCE, delay=delay)
        if layers:
            job.by_layer, job.total, job.stopped = True, layers, GIVEN_UP
            job.line = lambda job: f"layer {min(job.done, layers)} of {layers}"
        return self.begin(job, who)

    def is_busy(self, slot: Slot) -> bool:
        """Whether a job of this slot is running."""
        with self.lock:
            return any(job.slot is slot and not job.over for job in self.known.values())

    def find(self, key: Key) -> Job | None:
        """The job of a key, running or over; None if there is none or if it has been forgotten."""
        with self.lock:
            return self.known.get(key)

    def result(self, key: Key) -> Any | None:
        """What the job of a key has made; None if it is not known."""
        with self.lock:
            job = self.known.get(key)
            if job is None or not job.complete:
                return None
            self.known.move_to_end(key)
            return job.value

    def keep(self, key: Key, value: Any) -> None:
        """Keep what was made without a job of its own, such as a part of a larger one."""
        job = Job(key, None, value=value, complete=True)
        with self.lock:
            self.known[key] = job
            self._settle(job)

    def forget(self, key: Key) -> None:
        """Let go of what is known under a key; a job that is running goes on unseen."""
        with self.lock:
            self.known.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self.known.clear()

    def _run(self, job: Job) -> None:
        job.run()
        self._settle(job)

    def _settle(self, job: Job) -> None:
        """Keep what a job has made or why it failed, as the latest; the oldest that are over go, down to the bound."""
        with self.lock:
            if self.known.get(job.key) is job:
                del self.known[job.key]
                if job.problem or (job.complete and job.value is not None):
                    self.known[job.key] = job
            job.ended.set()
            held = self.bytes
            for oldest in [other for other in self.known.values() if other.over and other is not job]:
                if held <= self.bound:
                    break
                held -= oldest.bytes
                del self.known[oldest.key]


jobs = Jobs(BOUND)
