"""What can wait rests between its parts: the longer, the more those compute who are waited for."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ui.work.turns import Turns, turns

LOOK, SOON = 0.1, 0.02  # seconds between two looks at whether it is time, and whether it is wanted still; for who comes next
QUIET = 0.1  # share of the turns below which what nobody looks at goes on


class Rest:
    """One part of what can wait at a time, whoever asked for it, and a rest after each (`turns.rest`)."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.until = turns, 0.0
        self.line: deque[object] = deque()  # the first has its turn

    @contextmanager
    def before(self, unwatched: Callable[[], bool], stand_by: Callable[[float], None]) -> Iterator[Callable[..., Any]]:
        """Within it this thread takes a part, called through what it is given, in the order in which they were asked for. What is
        `unwatched` comes when hardly anybody computes. `stand_by(seconds)` waits, and raises where nobody waits for the part any more.
        """
        while unwatched() and self.turns.load > QUIET:
            stand_by(LOOK)
        place = object()
        self.line.append(place)
        try:
            while self.line[0] is not place:
                stand_by(SOON if self.line.index(place) <= 1 else LOOK)
            while (left := self.until - time.monotonic()) > 0:
                stand_by(min(left, LOOK))
            yield self._timed
        finally:
            self.line.remove(place)

    def _timed(self, part: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        begun = time.monotonic()
        try:
            return part(*args, **kwargs)
        finally:
            now = time.monotonic()
            self.until = now + self.turns.rest(now - begun)


rest = Rest(turns)
