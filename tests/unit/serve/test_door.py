"""The door that is open before the server is there: what is answered, what waits unread, and how both are handed over."""

import asyncio
import os
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from threading import Event, Thread

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit.web.server.starlette import starlette_server

from tests.support.load.door import PAGE, asks, request
from vit_explainer import gate
from vit_explainer.door import handover, porter
from vit_explainer.door.kept import ALLOWED, DATE, SEAT_NAME, Answer

PATIENCE = 30.0
LARGE = 6_000_000


def answer(body: bytes | str, size: int, more: str = "") -> Answer:
    return Answer(f"HTTP/1.1 200 OK\r\ndate: {DATE}\r\ncontent-length: {size}\r\n{more}\r\n", body, size)


@pytest.fixture
def answers(tmp_path) -> dict[str, Answer]:
    """A page, a small body and a large file."""
    (tmp_path / "large.js").write_bytes(os.urandom(LARGE))
    seat = f"set-cookie: {porter.SEAT}={SEAT_NAME}; Path=/\r\n"
    return {
        "/": answer(b"<html>", 6, seat),
        "/a.js": answer(b"let a;", 6, ALLOWED),
        "/large.js": answer(str(tmp_path / "large.js"), LARGE),
    }


@pytest.fixture
def door(answers, monkeypatch) -> Iterator[porter.Porter]:
    """Open, on some port; closed afterwards if it was not left."""
    monkeypatch.setattr(porter, "given", {})
    found = porter.Porter(*porter.listen(0, "127.0.0.1"), answers)
    found.thread.start()
    yield found
    if found.take is None:
        found.close()
    found.thread.join()
    found.listener.close()


@pytest.fixture
def come(door) -> Iterator[Callable[..., socket.socket]]:
    """Connects, and sends a request."""
    all_of_them: list[socket.socket] = []

    def connected(data: bytes = b"") -> socket.socket:
        all_of_them.append(socket.create_connection(("127.0.0.1", door.port), PATIENCE))
        all_of_them[-1].sendall(data)
        return all_of_them[-1]

    yield connected
    for one in all_of_them:
        one.close()


def left(door: porter.Porter) -> dict[int, socket.socket]:
    """Has it leave; what was handed over, by the browser's port."""
    taken: dict[int, socket.socket] = {}
    door.leave(lambda connection: taken.setdefault(connection.getpeername()[1], connection))
    door.thread.join(PATIENCE)
    assert not door.thread.is_alive()
    return taken


def silent(connection: socket.socket) -> bool:
    """Whether nothing comes for a moment."""
    connection.settimeout(0.05)
    try:
        return not connection.recv(1) and False
    except TimeoutError:
        return True
    finally:
        connection.settimeout(PATIENCE)


def test_what_is_kept_is_answered_and_the_connection_stays(door, come, tmp_path) -> None:
    browser = come(request("/a.js"))
    head, body = asks(browser)
    assert body == b"let a;" and re.search(r"date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d GMT\r\n", head)
    browser.sendall(request("/large.js") + request("/a.js"))
    assert asks(browser)[1] == (tmp_path / "large.js").read_bytes()
    assert asks(browser)[1] == b"let a;"


def test_a_page_of_this_server_is_let_use_what_is_answered(door, come) -> None:
    browser = come(request("/a.js", more="Origin: http://localhost\r\n"))
    assert "\r\naccess-control-allow-origin: http://localhost\r\n" in asks(browser)[0]
    browser.sendall(request("/a.js"))
    assert "access-control" not in asks(browser)[0]


WAITING = [
    request("/_stcore/health"),
    request("/b.js"),
    request("/a.js?x"),
    request("/%61.js"),
    request("//a.js"),
    request("http://localhost/a.js"),
    request("/a.js", method="HEAD"),
    request("/a.js", method="POST", more="Content-Length: 2\r\n") + b"{}",
    request("/a.js", version="1.0"),
    request("/a.js", more='If-None-Match: "1"\r\n'),
    request("/a.js", more="If-Modified-Since: Sun, 29 Nov 2026 10:00:00 GMT\r\n"),
    request("/a.js", more="Range: bytes=0-1\r\n"),
    request("/a.js", more="Origin: http://elsewhere.example\r\n"),
    request("/a.js", more="Origin: http://localhost:1\r\n"),
    request("/a.js", more="Origin: http://elsewhere.example\r\n").replace(b"localhost", b"elsewhere.example"),
    request("/a.js", more="Connection: close\r\n"),
    request("/a.js", more="Connection: Upgrade\r\nUpgrade: websocket\r\n"),
    request("/a.js", more="X-Forwarded-For: 10.0.0.1\r\n"),
    request("/a.js", more="Cookie: _streamlit_session=a\r\n"),
    request("/a.js", more="Host: another\r\n"),
    request("/a.js", more="Broken header: 1\r\n"),
    request("/a.js", packed=False),
    request("/"),  # no browser that opens a page
    request("/a.js").replace(b"Host: localhost\r\n", b""),
    request("/a.js").replace(b"\r\n", b"\n"),
    request("/a.js")[:-2],
    request("/a.js", more=f"Long: {'x' * porter.LONGEST}\r\n"),
    b"\x16\x03\x01\x02\x00rubbish",
]


@pytest.mark.parametrize("data", WAITING)
def test_any_other_request_waits_unread(door, come, data) -> None:
    browser = come(data)
    assert asks(come(request("/a.js")))[1] == b"let a;" and silent(browser)
    connection = left(door)[browser.getsockname()[1]]
    connection.setblocking(True)
    assert connection.recv(len(data), socket.MSG_WAITALL) == data
    connection.close()


def test_a_request_after_an_answer_waits_on_the_same_connection(door, come) -> None:
    browser = come(request("/a.js") + request("/_stcore/health"))
    assert asks(browser)[1] == b"let a;"
    idle = come()
    assert silent(browser)
    taken = left(door)
    assert taken[browser.getsockname()[1]].recv(9999) == request("/_stcore/health")
    with pytest.raises(BlockingIOError):
        taken[idle.getsockname()[1]].recv(1)
    for one in taken.values():
        one.close()


def test_an_answer_that_is_on_its_way_is_ended_before_it_is_handed_over(door, come, tmp_path) -> None:
    slow, other = come(request("/large.js")), come(request("/b.js"))
    taken: dict[int, socket.socket] = {}
    while not door.going:
        time.sleep(0.001)
    door.leave(lambda connection: taken.setdefault(connection.getpeername()[1], connection))
    deadline = time.monotonic() + PATIENCE
    while other.getsockname()[1] not in taken and time.monotonic() < deadline:
        time.sleep(0.001)
    assert [*taken] == [other.getsockname()[1]] and door.thread.is_alive()
    assert asks(slow)[1] == (tmp_path / "large.js").read_bytes()
    door.thread.join(PATIENCE)
    assert slow.getsockname()[1] in taken
    for one in taken.values():
        one.close()


def test_who_is_answered_while_it_is_told_to_leave_is_handed_over_with_all_others(door, come, monkeypatch) -> None:
    """An answer ends after it was told where to, and before it has looked: it must not take that for the end."""
    waits = come(request("/b.js"))
    assert silent(waits)
    send = porter.Going.send

    def told_meanwhile(going: porter.Going, connection: socket.socket) -> None:
        door.take = socket.socket.close
        send(going, connection)

    monkeypatch.setattr(porter.Going, "send", told_meanwhile)
    browser = come(request("/a.js"))
    assert asks(browser)[1] == b"let a;"
    door.thread.join(0.2)
    assert door.thread.is_alive()
    assert left(door).keys() == {one.getsockname()[1] for one in (waits, browser)}


def test_a_file_that_is_gone_is_for_the_real_server(door, come, tmp_path) -> None:
    (tmp_path / "large.js").unlink()
    browser = come(request("/large.js"))
    assert asks(come(request("/a.js")))[1] == b"let a;" and silent(browser)
    assert left(door)[browser.getsockname()[1]].recv(9999) == request("/large.js")


def test_browsers_that_go_away_harm_nobody(door, come) -> None:
    for data in (b"", b"GET", request("/b.js"), request("/large.js")):
        come(data).close()
    assert asks(come(request("/a.js")))[1] == b"let a;"
    for one in left(door).values():
        one.close()


def test_those_above_a_number_wait_in_line(door, come, monkeypatch) -> None:
    monkeypatch.setattr(porter, "MOST", 4)
    asked = [come(request("/b.js")) for _ in range(8)]
    deadline = time.monotonic() + PATIENCE
    while door.listener in door.selector.get_map() and time.monotonic() < deadline:
        time.sleep(0.001)
    taken = left(door)
    assert 2 <= len(taken) <= 5
    behind = 0
    while len(taken) + behind < len(asked):
        connection, _ = door.listener.accept()
        connection.close()
        behind += 1
    for one in taken.values():
        one.close()


def test_a_page_comes_with_a_seat_that_the_server_keeps(door, come) -> None:
    browser = come(request("/?layer=4", more=PAGE))
    name = re.search(rf"set-cookie: {porter.SEAT}=([\w-]{{16}}); Path=/\r\n", asks(browser)[0])
    browser.sendall(request("/", more=f"{PAGE}Cookie: other=1; {porter.SEAT}={name[1]}\r\n"))
    assert f"{porter.SEAT}={name[1]};" in asks(browser)[0] and [*porter.given] == [name[1]]
    house = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"))], middleware=[Middleware(gate.Gate, most=1)])
    assert TestClient(house, headers={"Accept": "text/html"}).get("/").status_code == 503
    mine = TestClient(house, headers={"Accept": "text/html", "Cookie": f"{porter.SEAT}={name[1]}"})
    assert mine.get("/").status_code == 200 and not porter.given


def test_few_seats_are_given_out(door, come) -> None:
    browser = come()
    for _ in range(porter.SEATS):
        browser.sendall(request("/", more=PAGE))
        asks(browser)
    browser.sendall(request("/", more=PAGE))
    assert silent(browser) and len(porter.given) == porter.SEATS < gate.USUAL / 2


def test_the_real_server_goes_on_with_who_came_before_it(door, come, monkeypatch) -> None:
    """A slow one, with real sockets: what was asked before it was there is answered by it, once."""
    monkeypatch.setattr(starlette_server, "_bind_socket", starlette_server._bind_socket)
    monkeypatch.setattr(uvicorn, "Server", uvicorn.Server)
    handover.through(door)
    listener = starlette_server._bind_socket("127.0.0.1", door.port, 7)
    assert listener is door.listener
    here, asked = Event(), []

    def hello(told: Request) -> PlainTextResponse:
        asked.append(told.url.path)
        return PlainTextResponse(f"real {told.url.path} of {told.client.port}")

    @asynccontextmanager
    async def slow(_: Starlette) -> AsyncIterator[None]:
        while not here.is_set():
            await asyncio.sleep(0.01)
        yield

    app = Starlette(routes=[Route("/{path:path}", hello)], lifespan=slow)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    early = [come(request(f"/_stcore/{number}")) for number in range(5)]
    both = come(request("/a.js"))
    assert asks(both)[1] == b"let a;" and all(map(silent, early)) and not asked
    here.set()
    for number, browser in enumerate(early):
        assert asks(browser)[1] == f"real /_stcore/{number} of {browser.getsockname()[1]}".encode()
    for browser in (both, come()):
        browser.sendall(request("/a.js"))
        assert asks(browser)[1] == f"real /a.js of {browser.getsockname()[1]}".encode()
    assert sorted(asked) == ["/_stcore/0", "/_stcore/1", "/_stcore/2", "/_stcore/3", "/_stcore/4", "/a.js", "/a.js"]
    server.should_exit = True
    thread.join(PATIENCE)
    assert not thread.is_alive()
