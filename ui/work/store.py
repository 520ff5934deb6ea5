"""Values kept in memory up to a number of bytes: the least recently used go first."""

import ctypes
import gc
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Protocol

from ui.work.turns import Turns


class Getter(Protocol):
    """A function whose results are kept; `found` takes the arguments that count and returns what is kept for them, or None."""

    found: Callable[..., Any | None]

    def __call__(self, *args: Any) -> Any: ...


class Store:
    """At most `bound` bytes of values by key. The newest stays even if it alone is larger; `dropped` is told the key of each value that
    goes.

    A value is made once, however many threads ask for it, and in one of the `turns`; with `one_at_a_time` no other value is made meanwhile.
    """

    def __init__(
        self, bound: int, dropped: Callable[[Hashable], None] | None = None, one_at_a_time: bool = False, turns: Turns | None = None
    ) -> None:
        self.bound, self.dropped, self.turns = bound, dropped, turns
        self.kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.lock = threading.Lock()
        self.hits = self.misses = 0
        self.making = threading.RLock() if one_at_a_time else None
        self.waiting: dict[Hashable, threading.RLock] = {}

    @property
    def bytes(self) -> int:
        """Bytes of all values."""
        with self.lock:
            return sum(size for _, size in self.kept.values())

    def get(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int], expected: Callable[[], int] = int) -> Any:
        """The value of `key`, made if it is not there; `size` counts its bytes. Room for `expected()` bytes is made beforehand.

        What `make` raises is passed on, and nothing is kept.
        """
        found = self._touch(key)
        if found is not None:
            self.hits += 1
            return found[0]
        with self.lock:
            self.misses += 1
            turn = self.making or self.waiting.setdefault(key, threading.RLock())
        try:
            with self._alone(turn):
                found = self._touch(key)
                if found is None:
                    self._make_room(expected())
                    with self.turns.turn() if self.turns else nullcontext():
                        value = make()
                    found = value, size(value)
                    self._make_room(found[1])
                    with self.lock:
                        self.kept[key] = found
        finally:
            with self.lock:
                self.waiting.pop(key, None)
        return found[0]

    def find(self, key: Hashable) -> Any | None:
        """The value of `key` if it is there; nothing is made."""
        found = self._touch(key)
        return None if found is None else found[0]

    def drop(self, gone: Callable[[Hashable], bool]) -> None:
        """Let go of every value whose key is `gone`."""
        with self.lock:
            keys = [key for key in self.kept if gone(key)]
            for key in keys:
                del self.kept[key]
        self._tell(keys)

    @contextmanager
    def _alone(self, only: "threading.RLock") -> Iterator[None]:
        """Within it no other thread makes the value; while one does, this thread's turn is lent to who may need it."""
        if not only.acquire(blocking=False):
            with self.turns.aside() if self.turns else nullcontext():
                only.acquire()
        try:
            yield
        finally:
            only.release()

    def _touch(self, key: Hashable) -> tuple[Any, int] | None:
        with self.lock:
            if key in self.kept:
                self.kept.move_to_end(key)
            return self.kept.get(key)

    def _make_room(self, size: int) -> None:
        keys = []
        with self.lock:
            held = sum(size for _, size in self.kept.values())
            while self.kept and held + size > self.bound:
                key = next(iter(self.kept))
                held -= self.kept.pop(key)[1]
                keys.append(key)
        self._tell(keys)

    def _tell(self, keys: list[Hashable]) -> None:
        if self.dropped is not None:
            for key in keys:
                self.dropped(key)
        if keys:
            give_back()


@cache
def c_library() -> ctypes.CDLL | None:
    """The C library, where it can be asked to give memory back (glibc)."""
    try:
        library = ctypes.CDLL(None)
        return library if hasattr(library, "malloc_trim") else None
    except (OSError, TypeError):
        return None


def give_back() -> None:
    """Return what was let go to the system: unreachable cycles first, then what the C library keeps for later."""
    gc.collect()
    library = c_library()
    if library is not None:
        library.malloc_trim(0)


@cache
def freeze_what_is_loaded() -> None:
    """Once a process, after its first page: leave out what is there by now, modules above all, from every later garbage collection.

    With torch imported a collection takes 0.15 s, in which no other thread gets on; afterwards, 2 ms for each session that is open.
    """
    gc.collect()
    gc.freeze()


class Tidier:
    """Collects what a run of a page leaves behind, cycles above all, if that was not done in the last `every` seconds.

    Streamlit would after each run: with fifty sessions open that took a third of the server's time.
    """

    def __init__(self, every: float) -> None:
        self.every, self.last = every, 0.0
        self.busy = threading.Lock()

    def tidy(self) -> bool:
        """Once a run of a page is over; whether anything was done. Two threads never collect at once."""
        freeze_what_is_loaded()
        if time.monotonic() - self.last < self.every or not self.busy.acquire(blocking=False):
            return False
        try:
            gc.collect()
            self.last = time.monotonic()
        finally:
            self.busy.release()
        return True


tidier = Tidier(10.0)


def bytes_of(value: Any) -> int:
    """Bytes of what is kept for pages: texts, arrays and tensors, in tuples, mappings and records; other things count as nothing."""
    if isinstance(value, bytes | str):
        return len(value)
    if hasattr(value, "nbytes"):
        return value.nbytes
    if isinstance(value, Mapping):
        return sum(bytes_of(item) for item in value.values())
    if is_dataclass(value):
        return sum(bytes_of(getattr(value, field.name)) for field in fields(value))
    return sum(bytes_of(item) for item in value) if isinstance(value, tuple | list) else 0
