"""Asks this server for what a browser loads before a session begins, as a browser does, and keeps the answers for the next start."""

import logging
import os
import re
import socket
import time
from collections.abc import Iterator

from vit_explainer.door import kept, opening, porter
from vit_explainer.door.kept import ALLOWED, DATE, SEAT_NAME, Answer

ACCEPTED = "gzip, deflate, br, zstd"
ORIGIN = "http://localhost"
PATIENCE = 20.0  # seconds for an answer
PAUSE = 0.002  # seconds between two: nobody is to notice
LINKED = re.compile(r' (?:href|src)="(?:\./)?((?:_stcore/bidi-components/|static/|favicon)[^"]+)"')
SET_SEAT = re.compile(rf"(?<=\r\nset-cookie: {porter.SEAT}=)[\w-]+(?=;)")
SAID = re.compile(r"(?<=\r\ndate: )[^\r]+")


def keep() -> None:
    """Ask and keep, if this process serves, its start is one of which answers may be kept, and there are none yet."""
    from streamlit import runtime

    for begun in opening.start:
        if runtime.exists() and not begun.answers and as_told(begun):
            try:
                found = dict(answers(begun))
                if kept.signature(os.environ) == begun.signature:  # nothing was edited meanwhile
                    kept.write(begun.signature, found)
            except (OSError, ValueError, LookupError) as error:
                logging.getLogger(__name__).warning("What a browser loads first is not kept for the next start: %s", error)


def as_told(begun: opening.Begun) -> bool:
    """Whether Streamlit listens where the command says or, if it says nothing, where it usually does, without a prefix or a certificate."""
    from streamlit import config

    told = {"server.port": begun.port, "server.address": begun.address}
    plain = not any(config.get_option(name) for name in ("server.baseUrlPath", "server.sslCertFile", "server.sslKeyFile"))
    return plain and all(config.is_manually_set(name) == (value is not None) for name, value in told.items())


def answers(begun: opening.Begun) -> Iterator[tuple[str, Answer]]:
    """Paths, and what is answered. OSError or ValueError where the server breaks off."""
    from streamlit import config

    from ui.kit.registry import PAGES

    host = begun.address if begun.address not in (None, "::", "0.0.0.0") else "127.0.0.1"
    with socket.create_connection((host, int(config.get_option("server.port"))), PATIENCE) as connection:
        named: dict[str, None] = {}
        for path in (f"/{spec.path}" for spec in PAGES):
            answer = ask(connection, path, "Accept: text/html\r\n")
            if answer is not None and answer.page and isinstance(answer.body, bytes):
                named |= dict.fromkeys(LINKED.findall(answer.body.decode()))
                yield path, answer
        fonts = sorted(file.relative_to(kept.static()).as_posix() for file in (kept.static() / "static" / "media").glob("*.woff2"))
        for name in dict.fromkeys([*named, *fonts]):  # the code asks for fonts
            answer, file = ask(connection, f"/{name}", f"Origin: {ORIGIN}\r\n"), kept.static() / name
            if answer is not None and file.is_file() and file.read_bytes() == answer.body:
                answer = answer._replace(body=name)
            if answer is not None:
                yield f"/{name}", answer


def ask(connection: socket.socket, path: str, more: str = "") -> Answer | None:
    """What is answered; None where it is something else than a whole file of known length, or sets another cookie than that of a seat."""
    time.sleep(PAUSE)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}Accept-Encoding: {ACCEPTED}\r\n\r\n".encode())
    got = b""
    while b"\r\n\r\n" not in got:
        got += some(connection)
    first, body = got.split(b"\r\n\r\n", 1)
    head = first.decode("latin-1") + "\r\n\r\n"
    length = re.search(r"\r\ncontent-length: (\d+)\r\n", head)
    if length is None:
        raise ValueError(f"{path} came without its length.")
    while len(body) < int(length[1]):
        body += some(connection)
    head = SET_SEAT.sub(SEAT_NAME, SAID.sub(DATE, head), count=1).replace(porter.allowed(ORIGIN), ALLOWED)
    cookies = head.count("set-cookie:")
    plain = head.startswith("HTTP/1.1 200 ") and DATE in head and cookies == (SEAT_NAME in head)
    return Answer(head, body, len(body)) if plain else None


def some(connection: socket.socket) -> bytes:
    """The next bytes. OSError if there are none."""
    got = connection.recv(1 << 20)
    if not got:
        raise OSError("The server closed the connection.")
    return got
