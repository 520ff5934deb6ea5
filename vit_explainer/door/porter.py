"""Listens while Streamlit is imported. It reads a request only once it knows the answer, so that the real server finds every other one
where it was left.
"""

import os
import re
import selectors
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Thread

from vit_explainer.door.kept import ALLOWED, DATE, SEAT_NAME, Answer, Answers

BACKLOG = 2048  # as uvicorn has it
LONGEST = 16 << 10  # bytes of a request's head; a longer one waits
MOST = 200  # connections; those above it wait in the system's line
SEATS = 20  # given out at most: far below what a server takes, see `gate.USUAL`
HEAD = re.compile(rb"GET ([!-~]+) HTTP/1\.1\r\n((?:[\w-]+:[\t -~]*\r\n)+)\r\n")
"""A request that is answered here. One that is written in any other way waits for the real server, whatever that makes of it."""
OTHERS = re.compile(
    r"(if-|(accept-)?range|upgrade$|expect|content-|transfer-|te$|trailer|x-|forwarded|sec-websocket|access-control|authorization"
    r"|http2|proxy)"
)
"""The beginnings of headers that the answer may depend on."""
ONCE = ("host", "accept", "accept-encoding", "connection", "cookie", "origin")
HERE = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?")
"""Names of this machine by which Streamlit knows a page of its own; for others it looks further."""
SEAT, SESSION = "vit_seat", "_streamlit_session"
"""Cookies: the name of a browser's seat, as in `gate`, and Streamlit's own, which would be answered with a new one."""
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

given: dict[str, float] = {}
"""The seats that were given out here, and when (`time.monotonic`): `gate.Gate` takes them over."""


def date() -> str:
    """Now, as a header has it."""
    now = time.gmtime()
    clock = f"{now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"
    return f"{DAYS[now.tm_wday]}, {now.tm_mday:02} {MONTHS[now.tm_mon - 1]} {now.tm_year} {clock} GMT"


def listen(port: int, address: str | None) -> tuple[socket.socket, str]:
    """A socket that listens exactly as Streamlit's server would, and the address that this one would have asked for. OSError if there can
    be none.
    """
    asked = address or ("::" if socket.has_ipv6 else "0.0.0.0")
    listener = socket.socket(socket.AF_INET6 if ":" in asked else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((asked, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
        listener.set_inheritable(True)
    except BaseException:
        listener.close()
        raise
    return listener, asked


class Going:
    """What of an answer is still to be sent: bytes, then a file of so many."""

    def __init__(self, data: bytes, file: int = -1, size: int = 0) -> None:
        self.data, self.file = memoryview(data), file
        self.at, self.end = 0, size

    def send(self, connection: socket.socket) -> None:
        """As much as there is room for. BlockingIOError if that is not all."""
        while self.data:
            self.data = self.data[connection.send(self.data) :]
        while self.at < self.end:
            sent = os.sendfile(connection.fileno(), self.file, self.at, self.end - self.at)
            if not sent:
                raise OSError("The file is shorter than it was.")
            self.at += sent

    def close(self) -> None:
        """Let the file go."""
        if self.file >= 0:
            os.close(self.file)


def fields(lines: bytes) -> dict[str, str] | None:
    """A request's headers in small letters; None where they hold what the answer may depend on."""
    found: dict[str, str] = {}
    for line in lines.decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        name = name.lower()
        if OTHERS.match(name) or (name in ONCE and name in found):
            return None
        found[name] = value.strip()
    plain = "host" in found and found.get("connection", "keep-alive").lower() == "keep-alive"
    if "origin" in found and not (HERE.fullmatch(found.get("host", "")) and found["origin"] == f"http://{found['host']}"):
        return None
    return found if plain and "gzip" in found.get("accept-encoding", "") and SESSION not in found.get("cookie", "") else None


def allowed(origin: str) -> str:
    """The line of a head that lets a page use what is answered."""
    return f"access-control-allow-origin: {origin}\r\n"


def seat(cookies: str) -> str | None:
    """The name of a browser's seat: the one that it has of here, or a new one. None if there are none left."""
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == SEAT and value in given:
            given[value] = time.monotonic()
            return value
    if len(given) >= SEATS:
        return None
    name = urlsafe_b64encode(os.urandom(12)).decode()
    given[name] = time.monotonic()
    return name


class Porter:
    """Serves from a thread until it is told to `leave`. `address` and `port`: what Streamlit will want to listen on."""

    def __init__(self, listener: socket.socket, address: str, answers: Answers) -> None:
        self.listener, self.address, self.answers = listener, address, answers
        self.port = listener.getsockname()[1]
        self.held: set[socket.socket] = set()
        self.going: dict[socket.socket, Going] = {}
        self.selector = selectors.DefaultSelector()
        self.told, self.teller = socket.socketpair()
        self.take: Callable[[socket.socket], None] | None = None
        self.left = False  # only the porter's thread says so: between being told and knowing, it may end an answer
        self.selector.register(listener, selectors.EVENT_READ)
        self.selector.register(self.told, selectors.EVENT_READ)
        self.thread = Thread(target=self.serve, name="porter", daemon=True)

    def leave(self, take: Callable[[socket.socket], None]) -> None:
        """Accept nobody any more. `take` is called, in the porter's thread, with each connection: at once, or when its answer is sent."""
        self.take = take
        self.teller.send(b"\0")

    def close(self) -> None:
        """Leave, and let all connections and the address go."""
        self.leave(lambda connection: connection.close())
        self.thread.join()
        self.listener.close()

    def serve(self) -> None:
        """Until it has left, and nothing is still to be sent."""
        while not self.left or self.going:
            for key, _ in self.selector.select():
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                if connection is self.told:
                    self.hand_over()
                    break  # what else it says is of connections that are not here any more
                if connection is self.listener:
                    self.accept()
                else:
                    self.go_on(connection)
        self.selector.close()
        self.told.close()
        self.teller.close()

    def hand_over(self) -> None:
        """All connections but those that are being answered."""
        assert self.take is not None
        self.left = True
        self.told.recv(1)
        self.selector.unregister(self.told)
        for connection in self.connections():
            if connection not in self.going:
                self.selector.unregister(connection)
                self.take(connection)
        with suppress(KeyError):  # it may have been full
            self.selector.unregister(self.listener)
        for connection in self.held:
            self.take(connection)
        self.held.clear()

    def connections(self) -> Iterator[socket.socket]:
        """Those that are watched."""
        for key in [*self.selector.get_map().values()]:
            if key.fileobj is not self.listener and key.fileobj is not self.told:
                assert isinstance(key.fileobj, socket.socket)
                yield key.fileobj

    def accept(self) -> None:
        """A connection, as long as there are not too many."""
        try:
            connection, _ = self.listener.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:  # there are no more files to be had
            self.selector.unregister(self.listener)
            return
        connection.setblocking(False)
        with suppress(OSError):  # some systems refuse it where the browser is gone already
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, selectors.EVENT_READ)
        if len(self.held) + len(self.selector.get_map()) > MOST:
            self.selector.unregister(self.listener)

    def go_on(self, connection: socket.socket) -> None:
        """With what is asked, or with the answer. One that breaks is closed."""
        try:
            if connection not in self.going and not self.begin(connection):
                return
            self.going[connection].send(connection)
        except BlockingIOError:
            if connection in self.going:
                self.selector.modify(connection, selectors.EVENT_WRITE)
            return
        except OSError:
            self.selector.unregister(connection)
            if connection in self.going:
                self.done(connection)
                connection.close()
            else:  # its file cannot be opened, and it is not read yet
                self.held.add(connection)
            return
        self.done(connection)
        if self.left:
            assert self.take is not None
            self.selector.unregister(connection)
            self.take(connection)
        else:
            self.selector.modify(connection, selectors.EVENT_READ)

    def begin(self, connection: socket.socket) -> bool:
        """Whether the request that came is answered here. Any other is held, unread; BlockingIOError if there is none."""
        seen = connection.recv(LONGEST, socket.MSG_PEEK)
        request = HEAD.match(seen)
        found = self.find(request) if request else None
        if request is None or found is None:
            self.selector.unregister(connection)
            self.held.add(connection)
            return False
        answer, head = found
        data, file = (head + answer.body, "") if isinstance(answer.body, bytes) else (head, answer.body)
        self.going[connection] = Going(data, os.open(file, os.O_RDONLY), answer.size) if file else Going(data)
        connection.recv(request.end())
        return True

    def find(self, request: re.Match[bytes]) -> tuple[Answer, bytes] | None:
        """The answer to a request, and its head; None where it is not for this one to answer."""
        path, asked, _ = request[1].decode("ascii").partition("?")
        answer, found = self.answers.get(path), fields(request[2])
        if answer is None or found is None or (asked and not answer.page):
            return None
        head = answer.head.replace(ALLOWED, allowed(found["origin"]) if "origin" in found else "")
        if answer.page:
            name = seat(found.get("cookie", "")) if "text/html" in found.get("accept", "") else None
            if name is None:
                return None
            head = head.replace(SEAT_NAME, name)
        return answer, head.replace(DATE, date()).encode("latin-1")

    def done(self, connection: socket.socket) -> None:
        """Nothing more is to be sent to it."""
        if connection in self.going:
            self.going.pop(connection).close()
