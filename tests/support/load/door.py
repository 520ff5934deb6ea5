"""HTTP by hand: requests as bytes, and what comes back as it came."""

import re
import socket

PAGE = "Upgrade-Insecure-Requests: 1\r\nSec-Fetch-Dest: document\r\nAccept: text/html,application/xhtml+xml\r\n"
"""What a browser says more when it opens a page."""


def request(path: str, method: str = "GET", version: str = "1.1", more: str = "", packed: bool = True) -> bytes:
    """A request of a browser's; `more`: further headers."""
    accepted = "Accept-Encoding: gzip, deflate, br, zstd\r\n" if packed else ""
    return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{accepted}{more}\r\n".encode()


def asks(connection: socket.socket, body: bool = True) -> tuple[str, bytes]:
    """The head and the body of the next answer on a connection, as long as it says that it is. OSError if it breaks off."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += some(connection, 1)
    head = got.decode("latin-1")
    length = re.search(r"\r\ncontent-length: (\d+)\r\n", head)
    left, content = int(length[1]) if length and body else 0, b""
    while len(content) < left:
        content += some(connection, left - len(content))
    return head, content


def some(connection: socket.socket, most: int) -> bytes:
    """The next bytes. OSError if there are none."""
    got = connection.recv(most)
    if not got:
        raise OSError("The server closed the connection.")
    return got
