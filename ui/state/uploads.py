"""Pictures that people bring: kept for an hour in the server's memory, never on disk, so that a reload finds them again."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ui.state.selection import UPLOADED_PICTURE

if TYPE_CHECKING:
    from PIL.Image import Image

HOUR = 3600.0  # seconds
BOUND = 256 << 20  # bytes of all pictures together
SMALLEST = 32  # px a side that a picture should have


@dataclass(frozen=True, eq=False)
class Upload:
    """A picture that a person brought. Whoever knows its id can see it, so the id cannot be guessed."""

    id: str
    name: str
    image: "Image"

    @property
    def bytes(self) -> int:
        """What its pixels take."""
        return len(self.image.getbands()) * self.image.width * self.image.height


def new_id() -> str:
    """An id of 128 random bits."""
    return f"{UPLOADED_PICTURE}{secrets.token_urlsafe(16)}"


class Kept:
    """Uploads by their ids, for `seconds` each and at most `bound` bytes together; the oldest go first."""

    def __init__(self, bound: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.bound, self.seconds, self.clock = bound, seconds, clock
        self.lock = threading.Lock()
        self.known: OrderedDict[str, tuple[Upload, float]] = OrderedDict()

    def keep(self, upload: Upload) -> None:
        """Keep a picture from now on."""
        with self.lock:
            self.known[upload.id] = upload, self.clock()
            self._let_go()

    def find(self, name: str) -> Upload | None:
        """The picture of an id, if its time is not over."""
        with self.lock:
            self._let_go()
            return self.known[name][0] if name in self.known else None

    @property
    def bytes(self) -> int:
        """Bytes of all of them."""
        return sum(upload.bytes for upload, _ in self.known.values())

    def _let_go(self) -> None:
        over = self.clock() - self.seconds
        while self.known and (next(iter(self.known.values()))[1] <= over or self.bytes > self.bound):
            self.known.popitem(last=False)


kept = Kept(BOUND, HOUR)
