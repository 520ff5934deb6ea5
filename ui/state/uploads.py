"""Pictures that people bring: kept for an hour in the server's memory, never on disk, so that a reload finds them again.

The browser that brought one keeps it as long (`assets/components/strip/pictures.js`), and gives it to a server that does not know it.
"""

import hashlib
import re
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from ui.state.selection import UPLOADED_PICTURE

if TYPE_CHECKING:
    from PIL.Image import Image

HOUR = 3600.0  # seconds
LOOK = 10.0  # seconds between two looks at what is over
BOUND = 256 << 20  # bytes of all pictures together
SMALLEST = 32  # px a side that a picture should have
LONGEST_SIDE = 2048
DECODING = threading.Lock()  # a large picture takes hundreds of megabytes while it is decoded: one at a time, whoever uploads


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


def new_id(image: "Image") -> str:
    """An id for a picture: 96 random bits, and 96 of a hash of them and its pixels."""
    return id_of(secrets.token_urlsafe(12), image)


def id_of(chance: str, image: "Image") -> str:
    """The id of a picture with these random characters."""
    digest = hashlib.blake2b(f"{chance} {image.mode} {image.size} ".encode() + image.tobytes(), digest_size=12).digest()
    return f"{UPLOADED_PICTURE}{chance}{urlsafe_b64encode(digest).decode()}"


def is_id(text: str) -> bool:
    """Whether it has the form of one."""
    return re.fullmatch(rf"{UPLOADED_PICTURE}[\w-]{{32}}", text, re.ASCII) is not None


def is_of(name: str, image: "Image") -> bool:
    """Whether a picture is the one that the id was made for."""
    return is_id(name) and id_of(name.removeprefix(UPLOADED_PICTURE)[:16], image) == name


def decoded(data: bytes) -> "Image":
    """An uploaded picture as it is kept: its pixels alone, at most 2048 a side. ValueError with one sentence if it is none."""
    from PIL import Image

    import vit_core

    with DECODING:
        image = vit_core.open_image(data)
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return Image.frombytes(image.mode, image.size, image.tobytes())


def png(image: "Image") -> bytes:
    """A picture without loss, packed quickly."""
    packed = BytesIO()
    image.save(packed, "PNG", compress_level=1)
    return packed.getvalue()


class Kept:
    """Uploads by their ids, for `seconds` each and at most `bound` bytes together; the oldest go first. `dropped` is told which ones go."""

    def __init__(self, bound: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.bound, self.seconds, self.clock = bound, seconds, clock
        self.lock = threading.Lock()
        self.known: OrderedDict[str, tuple[Upload, float]] = OrderedDict()
        self.dropped: Callable[[str], None] = lambda name: None
        self.watched = False

    def keep(self, upload: Upload) -> None:
        """Keep a picture from now on."""
        with self.lock:
            self.known[upload.id] = upload, self.clock()
            begin, self.watched = not self.watched, True
        self.let_go()
        if begin:
            threading.Thread(target=self._watch, name="uploads", daemon=True).start()

    def find(self, name: str) -> Upload | None:
        """The picture of an id, if its time is not over."""
        self.let_go()
        with self.lock:
            return self.known[name][0] if name in self.known else None

    def forget(self, name: str) -> None:
        """Let a picture go."""
        with self.lock:
            self.known.pop(name, None)
        self.dropped(name)

    @property
    def bytes(self) -> int:
        """Bytes of all of them."""
        return sum(upload.bytes for upload, _ in self.known.values())

    def let_go(self) -> None:
        """Forget those whose time is over, and the oldest of too many."""
        over, gone = self.clock() - self.seconds, []
        with self.lock:
            while self.known and (next(iter(self.known.values()))[1] <= over or self.bytes > self.bound):
                gone.append(self.known.popitem(last=False)[0])
        for name in gone:
            self.dropped(name)

    def _watch(self) -> None:
        """Keep to the time, though nobody comes, until nothing is left."""
        while self.watched:
            time.sleep(LOOK)
            self.let_go()
            with self.lock:
                self.watched = bool(self.known)


kept = Kept(BOUND, HOUR)
