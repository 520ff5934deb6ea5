"""What can wait rests between its parts: the longer, the more those compute who are waited for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ui.work.turns import Turns, turns

LOOK = 0.1  # seconds between two looks at whether it is time, and whether it is wanted still
QUIET = 0.1  # share of the turns below which what nobody looks at goes on


class Rest:
    """One part of what can wait at a time, whoever asked for it, and a rest after each (`turns.rest`)."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.one, self.until = turns, threading.Lock(), 0.0

    @contextmanager
    def before(self, unwatched: Callable[[], bool], stand_by: Callable[[float], None]) -> Iterator[Callable[..., Any]]:
        """Within it this thread takes a part, called through what it is given. What is `unwatched` comes when hardly anybody computes.
        `stand_by(seconds)` waits, and raises where nobody waits for the part any more."""
        while (unwatched() and self.turns.load > QUIET) or not self.one.acquire(blocking=False):
            stand_by(LOOK)
        try:
            while (left := self.until - time.monotonic()) > 0:
                stand_by(min(left, LOOK))
            yield self._timed
        finally:
            self.one.release()

    def _timed(self, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        begun = time.monotonic()
        try:
            return part(*args, **kwargs)
        finally:
            now = time.monotonic()
            self.until = now + self.turns.rest(now - begun)


rest = Rest(turns)
