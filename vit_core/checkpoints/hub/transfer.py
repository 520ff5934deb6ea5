"""One file of a commit: transferred, taken up again where it broke off, and checked."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vit_core.checkpoints.errors import Broken, Cancelled, Damaged
from vit_core.checkpoints.hub.http import CHUNK, Answer, asked

TRIES = 5
"""How often in a row a connection may break off without having brought a byte."""
PAUSE = 0.5
"""Seconds before the connection is tried again."""


@dataclass(frozen=True)
class Remote:
    """One file of a commit. Large ones have a `sha256`, all a git blob's `sha1`, where the hub says them. `pinned`: the SHA-256 that it
    had before, or that somebody vouches for."""

    name: str
    size: int
    sha256: str | None
    sha1: str | None
    pinned: str | None = None


class Sums:
    """The checksums of what has come of a file so far."""

    def __init__(self, remote: Remote, path: Path, count: int) -> None:
        self.remote = remote
        self.large, self.small = hashlib.sha256(), hashlib.sha1(f"blob {remote.size}\0".encode(), usedforsecurity=False)
        if count:
            with path.open("rb") as kept:
                while chunk := kept.read(CHUNK):
                    self.add(chunk)

    def add(self, chunk: bytes) -> None:
        self.large.update(chunk)
        self.small.update(chunk)

    def fit(self, said: str | None) -> bool:
        """Whether they are those that the hub announces, in the list of files or with the bytes."""
        sha256 = self.remote.sha256 or (said if self.remote.sha1 is None else None)
        return sha256 in (None, self.large.hexdigest()) and self.remote.sha1 in (None, self.small.hexdigest())


class Transfer:
    """A file on its way into a folder; `count` bytes are there."""

    def __init__(self, repo_id: str, commit: str, remote: Remote, folder: Path) -> None:
        self.repo_id, self.remote, self.path = repo_id, remote, folder / remote.name
        self.address = f"/{repo_id}/resolve/{commit}/{remote.name}"
        self.name = f"{remote.name} of {repo_id}"
        self.count = self.path.stat().st_size if self.path.is_file() else 0
        if self.count > remote.size:
            self.count = 0
        self.resumed, self.said = self.count > 0, remote.sha256
        self.sums = Sums(remote, self.path, self.count)

    def again(self) -> None:
        """From the first byte."""
        self.path.unlink(missing_ok=True)
        self.count, self.resumed = 0, False
        self.sums = Sums(self.remote, self.path, 0)

    def refuse(self, what: str) -> Damaged:
        """The error for a file that is not what it should be; nothing of it stays."""
        self.again()
        return Damaged(f"{self.name} {what}")

    def take(self, answer: Answer, cancelled: Callable[[], bool] | None) -> Iterator[int]:
        """The bytes of an answer, into the file; gives how many came with each chunk. Damaged if there are more than announced."""
        self.said = answer.sha256 or self.said
        with self.path.open("ab" if self.count else "wb") as out:
            for chunk in answer.chunks():
                if cancelled is not None and cancelled():
                    raise Cancelled(f"The download of {self.repo_id} was cancelled.")
                self.count += len(chunk)
                if self.count > self.remote.size:
                    raise self.refuse(f"came with {self.count:,} bytes where {self.remote.size:,} are announced: try again.")
                self.sums.add(chunk)
                out.write(chunk)
                yield len(chunk)

    def run(self, cancelled: Callable[[], bool] | None) -> Iterator[int]:
        """Gives how many bytes came with each chunk; fewer than none where the file is begun anew. Then the file is there, and checked."""
        tries, whole = TRIES, self.count == self.remote.size and self.resumed
        yield self.count
        while not whole:
            before = self.count
            try:
                with asked(self.address, self.repo_id, self.count) as answer:
                    if answer.start != self.count:
                        self.again()
                        yield -before
                    yield from self.take(answer, cancelled)
                whole = True
            except Broken:
                tries = TRIES if self.count > before else tries - 1
                if not tries:
                    raise Broken(
                        f"{self.name} broke off after {self.count:,} of {self.remote.size:,} bytes: start the download again, and it goes "
                        "on from there."
                    ) from None
                time.sleep(PAUSE)
        if self.count != self.remote.size:
            raise self.refuse(f"came with {self.count:,} bytes where {self.remote.size:,} are announced: try again.")
        if not self.sums.fit(self.said) and self.resumed:  # the part that was there was of another file
            gone = self.count
            self.again()
            yield -gone
            yield from self.run(cancelled)

    def check(self) -> str:
        """The SHA-256 of the whole file; Damaged if it is not the one that was announced, or not the one that it is held to."""
        digest = self.sums.large.hexdigest()
        if not self.sums.fit(self.said):
            raise self.refuse("came with another checksum than the hub announces: try again.")
        if self.remote.pinned not in (None, digest):
            raise self.refuse(OTHER_FILE)
        return digest


OTHER_FILE = "is another file than the one that is known by this name: its checksum differs. Nothing of it was kept."


def save_file(
    repo_id: str, commit: str, remote: Remote, folder: Path, cancelled: Callable[[], bool] | None
) -> Iterator[tuple[str | None, int]]:
    """Downloads one file and checks it, from where an earlier try has left it. Gives (None, bytes) for every chunk, last (sha256, 0)."""
    if remote.pinned and remote.sha256 and remote.pinned != remote.sha256:
        raise Damaged(f"{remote.name} of {repo_id} {OTHER_FILE}")
    transfer = Transfer(repo_id, commit, remote, folder)
    for count in transfer.run(cancelled):
        yield None, count
    yield transfer.check(), 0
