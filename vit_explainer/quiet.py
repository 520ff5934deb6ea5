"""A log that nobody can fill: of the same line, a few in a while. Streamlit writes one for each message that it cannot serve."""

import logging
import time
from collections.abc import Callable

FEW, WHILE = 3, 60.0  # lines, and seconds
KINDS = 500
LOUD = ("streamlit", "uvicorn", "starlette", "asyncio")


class Quiet(logging.Filter):
    """Lets the first lines of a place in the code through, then no more until a while is over. It asks a clock that does not jump."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock = clock
        self.seen: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is written."""
        place, now = (record.pathname, record.lineno), self.clock()
        since, count = self.seen.get(place, (now, 0))
        if now - since >= WHILE:
            since, count = now, 0
        if len(self.seen) > KINDS:
            self.seen.clear()
        self.seen[place] = since, count + 1
        return count < FEW


def quieten() -> None:
    """From now on, for all loggers of what serves the app: each has handlers of its own."""
    quiet = Quiet()
    for name in [*logging.root.manager.loggerDict]:
        if name.partition(".")[0] in LOUD:
            logging.getLogger(name).addFilter(quiet)
