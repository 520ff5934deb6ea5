"""A stand-in for the Hugging Face hub on this machine: its addresses, redirects, ranges and tags, and all ways in which they fail.

`/api/models/OWNER/NAME/revision/REVISION` lists the files of a commit; `/OWNER/NAME/resolve/COMMIT/FILE` gives a small one, and points to
`/cdn/SHA256` for a large one, whose tags carry its checksum. Nothing here uses the code that reads it.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

LARGE = (".safetensors", ".bin")
BLOCK = 1 << 14
Content = bytes | Path


@dataclass
class Fault:
    """What is wrong with one file. `broken_after`: the connection ends after so many bytes, `times` times. `pause`: seconds before each
    block. `wrong`: its first byte is another. `whole`: ranges are not known. `shifted`: a range begins elsewhere than was asked."""

    broken_after: int | None = None
    times: int = 10**6
    pause: float = 0.0
    wrong: bool = False
    whole: bool = False
    shifted: int = 0


@dataclass
class Repository:
    """Files by name at one commit. `listed`: whether large files say their checksums in the list, or only in the tags of their answers."""

    files: dict[str, Content]
    commit: str
    listed: bool = True
    faults: dict[str, Fault] = field(default_factory=dict)


def bytes_of(content: Content) -> bytes:
    return content if isinstance(content, bytes) else content.read_bytes()


def size(content: Content) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


@lru_cache(maxsize=64)
def sha256(content: Content) -> str:
    """The checksum of a file, read once; a path stands for a file that does not change."""
    return hashlib.sha256(bytes_of(content)).hexdigest()


def commit_of(name: str) -> str:
    """A commit that a name always has."""
    return hashlib.sha1(name.encode()).hexdigest()


def folder(root: Path) -> dict[str, Repository]:
    """The repositories of a folder `OWNER/NAME/FILE`."""
    found = {}
    for path in sorted(root.glob("*/*")):
        if path.is_dir():
            name = path.relative_to(root).as_posix()
            found[name] = Repository({file.name: file for file in sorted(path.iterdir()) if file.is_file()}, commit_of(name))
    return found


class StandIn:
    """The server. `asked` lists the requested paths, `ranges` the ranges asked for; `answers` may replace an answer: a status, bytes, or an
    address."""

    def __init__(self, repositories: dict[str, Repository]) -> None:
        self.repositories = repositories
        self.asked: list[str] = []
        self.ranges: list[str] = []
        self.answers: dict[str, int | bytes | str] = {}
        self.about: dict[str, object] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": self}))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """No more answers."""
        self.server.shutdown()
        self.server.server_close()

    def listing(self, name: str, repository: Repository) -> bytes:
        """What the hub says of a commit and its files."""
        siblings = [self.sibling(file, content, repository.listed) for file, content in repository.files.items()]
        return json.dumps({"id": name, "sha": repository.commit, "siblings": siblings, **self.about}).encode()

    @staticmethod
    def sibling(name: str, content: Content, listed: bool) -> dict:
        """One file as the list has it."""
        found = {"rfilename": name, "size": size(content)}
        if name.endswith(LARGE):
            return found | ({"lfs": {"sha256": sha256(content), "size": size(content)}} if listed else {})
        data = bytes_of(content)
        return found | {"blobId": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    hub: StandIn
    protocol_version = "HTTP/1.0"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = unquote(self.path)
        self.hub.asked.append(path)
        if path in self.hub.answers:
            self.instead(self.hub.answers[path])
        elif about := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/.+", path):
            self.list(about[1])
        elif file := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            self.resolve(file[1], file[2], file[3])
        elif path.startswith("/cdn/"):
            self.large(path.removeprefix("/cdn/"))
        else:
            self.send(404, b"")

    def instead(self, answer: int | bytes | str) -> None:
        if isinstance(answer, str):
            self.send(302, b"", Location=answer)
        else:
            self.send(answer if isinstance(answer, int) else 200, answer if isinstance(answer, bytes) else b"")

    def list(self, name: str) -> None:
        """What a commit holds."""
        repository = self.hub.repositories.get(name)
        if repository is None:
            self.send(404, b"")
        else:
            self.send(200, self.hub.listing(name, repository))

    def resolve(self, name: str, commit: str, file: str) -> None:
        """A small file, or where the bytes of a large one are."""
        repository = self.hub.repositories.get(name)
        if repository is None or commit != repository.commit or file not in repository.files:
            self.send(404, b"")
            return
        content = repository.files[file]
        if file.endswith(LARGE):
            linked = {"X-Linked-ETag": f'"{sha256(content)}"', "X-Linked-Size": str(size(content))}
            self.send(302, b"", Location=f"{self.hub.address}/cdn/{name}/{file}", **linked)
        else:
            data = bytes_of(content)
            self.body(data, hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(), repository.faults.get(file, Fault()))

    def large(self, path: str) -> None:
        """The bytes of a large file."""
        name, _, file = path.rpartition("/")
        repository = self.hub.repositories[name]
        content = repository.files[file]
        self.body(bytes_of(content), sha256(content), repository.faults.get(file, Fault()))

    def body(self, data: bytes, tag: str, fault: Fault) -> None:
        """A file or a part of it, with what is wrong with it."""
        if "Range" in self.headers:
            self.hub.ranges.append(self.headers["Range"])
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        data = bytes([data[0] ^ 1]) + data[1:] if fault.wrong else data
        if start and not fault.whole:
            start += fault.shifted
            span = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            self.send(206, data[start:], fault, ETag=f'"{tag}"', **span)
        else:
            self.send(200, data, fault, ETag=f'"{tag}"', **{"Accept-Ranges": "bytes"})

    def send(self, status: int, data: bytes, fault: Fault | None = None, **headers: str) -> None:
        """Status, headers, and the bytes up to where the connection breaks."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if fault and fault.broken_after is not None and fault.times > 0:
            fault.times -= 1
            data = data[: fault.broken_after]
        for at in range(0, len(data), BLOCK):
            if fault and fault.pause:
                time.sleep(fault.pause)
            try:
                self.wfile.write(data[at : at + BLOCK])
            except OSError:  # whoever asked has gone
                return


@contextmanager
def serving(repositories: dict[str, Repository]) -> Iterator[StandIn]:
    """A stand-in for as long as the block lasts."""
    made = StandIn(repositories)
    try:
        yield made
    finally:
        made.stop()
