"""Who comes in: a server that is full says so in a sentence and keeps those who are in, no connection of another site's page is taken, and
who sends what is no message of the app is out.

A session takes memory for as long as its websocket is open and a little longer, so the sessions are counted. A page that was just opened
has its seat kept until its websocket comes; a browser that has a seat comes in again, so that a reload does not lose it.
"""

import html
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vit_explainer.door import porter
from vit_explainer.door.porter import SEAT

LOG = logging.getLogger(__name__)
STREAM = "/_stcore/stream"
OWN = ("/_stcore/", "/static/", "/media/", "/component/", "/ready", "/privacy")
USUAL = 200
KEPT = 120.0  # seconds that an empty seat is kept: as long as Streamlit keeps a session whose connection broke
EXPECTED = 20.0  # seconds that the seat of a page is kept whose websocket has not come yet
TABS = 12  # sessions that one browser may have
QUIET = 10.0  # seconds between two lines of the log about the same thing
AGAIN = 20  # seconds after which a page that found no seat asks again
BUSY, REFUSED, RUBBISH = 1013, 1008, 1003  # of RFC 6455's registry: try again later; against the rules; data that nobody takes
FULL = (
    "This server is full: as many people as it takes are using it, and those who are in keep their place. This page asks again by "
    f"itself every {AGAIN} seconds, and opens at the same link."
)
PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="{AGAIN}"><meta name="viewport" content="width=device-width">
<title>Full · Vision Transformers</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem; padding: 0 1rem }}
</style>
</head>
<body><h1>Vision Transformers: From Pixels to Patches</h1><p role="status">{html.escape(FULL)}</p></body>
</html>
"""


def most_sessions(environment: Mapping[str, str]) -> int:
    """How many sessions at once, of `VIT_SESSIONS`. ValueError with one sentence for what is no number above 0."""
    text = environment.get("VIT_SESSIONS", "").strip() or str(USUAL)
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise ValueError(f"VIT_SESSIONS is the number of sessions that one process takes at once, above 0; got “{text[:20]}”.")
    return int(text[:9])


def same_site(origin: str | None, host: str | None) -> bool:
    """Whether a websocket is asked for by a page of this server, by no page at all, or by one that the operator allows.

    Streamlit decides the same, but for an origin that it does not know it first asks an outside service for this machine's address, and
    everybody waits.
    """
    from streamlit import config

    if origin is None or not config.get_option("server.enableCORS"):
        return True
    found = urlsplit(origin)
    allowed = {urlsplit(one.strip()).hostname for one in config.get_option("server.corsAllowedOrigins")}
    here = {"localhost", "127.0.0.1", config.get_option("browser.serverAddress")}
    return found.netloc == host or found.hostname in allowed | here


@dataclass
class Seat:
    """Of one browser: its open websockets, and until when it is kept without one."""

    until: float
    sessions: int = 0


class Gate:
    """ASGI middleware that counts sessions, and turns away those above `most`. It is called by one event loop, so nothing is locked."""

    def __init__(self, app: ASGIApp, most: int = USUAL, clock: Callable[[], float] = time.monotonic) -> None:
        self.app, self.most, self.clock = app, most, clock
        self.seats: dict[str, Seat] = {}
        self.strangers = 0  # open websockets of browsers that keep no cookie
        self.said: dict[str, float] = {}

    @property
    def sessions(self) -> int:
        """Websockets that are open."""
        return self.strangers + sum(seat.sessions for seat in self.seats.values())

    def taken(self) -> int:
        """Sessions, and pages that wait for theirs. What is kept for nobody any more is forgotten."""
        now = self.clock()
        while porter.given:  # before this server was there
            name, when = porter.given.popitem()
            self.seats[name] = Seat(when + EXPECTED)
        self.seats = {name: seat for name, seat in self.seats.items() if seat.sessions or seat.until > now}
        return self.sessions + sum(not seat.sessions and seat.until > now for seat in self.seats.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.session(scope, receive, send)
        elif scope["type"] == "http" and opens_a_page(scope):
            await self.page(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A page, with a seat for its session; or the sentence, if there is none left."""
        name = HTTPConnection(scope).cookies.get(SEAT, "")
        taken = self.taken()
        if name not in self.seats:
            if taken >= self.most:
                self.tell("A visitor found the server full: %d of %d sessions.", self.sessions, self.most)
                refusal = HTMLResponse(PAGE, status_code=503, headers={"Retry-After": str(AGAIN), "Cache-Control": "no-store"})
                await refusal(scope, receive, send)
                return
            name = secrets.token_urlsafe(12)
            self.seats[name] = Seat(0.0)
        seat = self.seats[name]
        seat.until = max(seat.until, self.clock() + EXPECTED)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("Set-Cookie", f"{SEAT}={name}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        await self.app(scope, receive, answer)

    async def session(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A session, for as long as its websocket is open."""
        connection = HTTPConnection(scope)
        if not same_site(connection.headers.get("origin"), connection.headers.get("host")):
            self.tell("A page of another site asked for a session, and got none.")
            await send({"type": "websocket.close", "code": REFUSED})
            return
        taken, seat = self.taken(), self.seats.get(connection.cookies.get(SEAT, ""))
        if not (seat.sessions < TABS if seat else taken < self.limit(connection)):
            self.tell("A session was refused: %d of %d are open.", self.sessions, self.most)
            await send({"type": "websocket.close", "code": BUSY})
            return
        self.count(seat, 1)
        try:
            await self.app(scope, self.checked(receive, send), send)
        finally:
            self.count(seat, -1)

    def checked(self, receive: Receive, send: Send) -> Receive:
        """What comes over a websocket, as long as it is messages of the app: Streamlit would write a page into the log for another."""

        async def received() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not is_message(message.get("bytes")):
                self.tell("A session sent what is no message of the app, and was closed.")
                await send({"type": "websocket.close", "code": RUBBISH})
                return {"type": "websocket.disconnect", "code": RUBBISH}
            return message

        return received

    def limit(self, connection: HTTPConnection) -> int:
        """Up to how many sessions this one may be added. Who was in a session, here or in a process that is gone, comes back to twice as
        many: Streamlit's page then names it after two other words."""
        words = connection.headers.get("sec-websocket-protocol", "").split(",")
        return 2 * self.most if len(words) > 2 and words[2].strip() else self.most

    def count(self, seat: Seat | None, change: int) -> None:
        """One session more, or one fewer: its seat is kept for a while."""
        if seat is None:
            self.strangers += change
        else:
            seat.sessions += change
            seat.until = self.clock() + KEPT

    def tell(self, line: str, *numbers: int) -> None:
        """A line in the log, not more often than every few seconds."""
        now = self.clock()
        if now - self.said.get(line, -QUIET) >= QUIET:
            self.said[line] = now
            LOG.warning(line, *numbers)


def is_message(data: bytes | None) -> bool:
    """Whether these bytes of a websocket are one that Streamlit's page sends; None where text came instead."""
    from streamlit.proto.BackMsg_pb2 import BackMsg

    try:
        return bool(data) and BackMsg.FromString(data).WhichOneof("type") is not None
    except Exception:  # whatever protobuf makes of bytes that it cannot read
        return False


def opens_a_page(scope: Scope) -> bool:
    """Whether a person's browser asks for a page of the app, not for a part of one."""
    accepted = HTTPConnection(scope).headers.get("accept", "")
    return scope["method"] == "GET" and "text/html" in accepted and not scope["path"].startswith(OWN)
