"""A server that is full, websockets of other sites, and clocks that jump."""

import asyncio
import logging
import time

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import net_util
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.support import loops
from vit_explainer import gate

MESSAGE = BackMsg(stop_script=True).SerializeToString()
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


class Clock:
    """Stands until it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """A server of at most so many sessions, and the browsers that visit it."""

    def __init__(self, most: int) -> None:
        async def session(websocket: WebSocket) -> None:
            await websocket.accept()
            await websocket.receive()

        self.clock = Clock()
        routes = [
            Route("/{page:path}", lambda _: HTMLResponse("the app")),
            WebSocketRoute(gate.STREAM, session),
        ]
        self.app = Starlette(routes=routes, middleware=[Middleware(gate.Gate, most=most, clock=self.clock)])

    def browser(self) -> TestClient:
        return TestClient(self.app, headers=BROWSER)


def opens(browser: TestClient, **headers: str):
    """A session of a browser, as a context."""
    return browser.websocket_connect(gate.STREAM, headers=headers)


def refused(browser: TestClient, **headers: str) -> int:
    """With what a session is refused."""
    with pytest.raises(WebSocketDisconnect) as error, opens(browser, **headers):
        pass
    return error.value.code


def test_who_finds_it_full_reads_one_sentence_and_who_is_in_stays() -> None:
    house = House(1)
    one, two = house.browser(), house.browser()
    assert one.get("/attention?layer=9").text == "the app"
    with opens(one):
        full = two.get("/")
        assert full.status_code == 503 and full.headers["retry-after"] == "20"
        assert "This server is full" in full.text and "those who are in keep their place" in full.text
        assert refused(two) == gate.BUSY
        assert one.get("/").status_code == 200  # a reload, and another tab
        with opens(one):
            assert two.get("/").status_code == 503
    assert one.get("/").status_code == 200
    house.clock.now += gate.KEPT + 1
    assert two.get("/").status_code == 200


def test_a_page_that_was_opened_has_its_seat_until_its_session_comes() -> None:
    house = House(2)
    people = [house.browser() for _ in range(3)]
    assert [person.get("/").status_code for person in people] == [200, 200, 503]
    with opens(people[1]), opens(people[0]):
        assert people[2].get("/").status_code == 503
    house = House(1)
    assert house.browser().get("/").status_code == 200
    house.clock.now += gate.EXPECTED + 1  # it never came
    assert house.browser().get("/").status_code == 200


def test_what_is_no_page_of_the_app_is_answered_when_it_is_full() -> None:
    house = House(1)
    with opens(house.browser()):
        other = house.browser()
        for path in ("/ready", "/_stcore/health", "/static/js/index.js"):
            assert other.get(path).status_code == 200
        assert other.get("/", headers={"Accept": "*/*"}).status_code == 200


def test_a_thousand_sessions_are_not_taken(caplog) -> None:
    house = House(3)
    one = house.browser()
    one.get("/")
    contexts = []
    try:
        for _ in range(1000):
            try:
                context = opens(house.browser())
                context.__enter__()
                contexts.append(context)
            except WebSocketDisconnect:
                pass
        assert len(contexts) == 2  # and the seat of the first
        assert len([line for line in caplog.messages if "was refused" in line]) == 1
        with opens(one):
            pass
    finally:
        for context in contexts:
            context.__exit__(None, None, None)


def test_one_browser_has_not_all_of_them() -> None:
    house = House(500)
    one = house.browser()
    one.get("/")
    contexts = [opens(one) for _ in range(gate.TABS)]
    for context in contexts:
        context.__enter__()
    assert refused(one) == gate.BUSY
    for context in contexts:
        context.__exit__(None, None, None)


def test_who_was_in_a_process_that_is_gone_comes_in_where_it_is_full() -> None:
    house = House(1)
    back = {"sec-websocket-protocol": "streamlit, PLACEHOLDER, 8a5c"}
    with opens(house.browser()), opens(house.browser(), **back):
        assert refused(house.browser(), **back) == gate.BUSY  # twice as many, and no more


def test_a_page_of_another_site_gets_no_session_and_no_outside_service_is_asked(monkeypatch, caplog) -> None:
    def asked(*_: object, **__: object) -> None:
        raise AssertionError("An outside service was asked for this machine's address.")

    monkeypatch.setattr(net_util, "_make_blocking_http_get", asked)
    house = House(9)
    caplog.set_level(logging.WARNING)
    assert refused(house.browser(), origin="https://elsewhere.example.org", host="vit.example.org") == gate.REFUSED
    assert "elsewhere" not in caplog.text  # the log names nobody
    for origin, host in (("https://vit.example.org", "vit.example.org"), ("http://localhost:8501", "testserver")):
        with opens(house.browser(), origin=origin, host=host):
            pass
    with opens(house.browser()):
        pass


def shown_to_the_app(*frames: dict) -> tuple[list[dict], list[dict]]:
    """What the app receives of these frames of a websocket, and what the gate itself sends."""
    received: list[dict] = []
    sent: list[dict] = []
    waiting = iter(frames)

    async def app(_: object, receive, send) -> None:
        while not received or received[-1]["type"] != "websocket.disconnect":
            received.append(await receive())

    async def receive() -> dict:
        return next(waiting, {"type": "websocket.disconnect", "code": 1001})

    async def send(message: dict) -> None:
        sent.append(message)

    loops.run(gate.Gate(app)({"type": "websocket", "path": gate.STREAM, "headers": []}, receive, send))
    return received, sent


def frame(**data: object) -> dict:
    return {"type": "websocket.receive", **data}


@pytest.mark.parametrize("data", [{"text": "hello"}, {"bytes": b""}, {"bytes": b"\xff\x00rubbish"}, {"bytes": None, "text": "x"}], ids=str)
def test_who_sends_what_is_no_message_is_out_and_told_of_once(data, caplog) -> None:
    received, sent = shown_to_the_app(frame(**data), frame(bytes=MESSAGE))
    assert [message["type"] for message in received] == ["websocket.disconnect"]
    assert sent == [{"type": "websocket.close", "code": gate.RUBBISH}]
    assert len(caplog.messages) == 1 and "rubbish" not in caplog.text and "hello" not in caplog.text


def test_a_message_of_the_app_passes() -> None:
    received, sent = shown_to_the_app({"type": "websocket.connect"}, frame(bytes=MESSAGE))
    assert received[1] == frame(bytes=MESSAGE) and not sent


def test_a_clock_that_jumps_changes_no_seat(monkeypatch) -> None:
    app = gate.Gate(lambda *_: asyncio.sleep(0), most=1)
    app.seats["one"] = gate.Seat(app.clock() + gate.KEPT)
    for jump in (-86_400 * 365, 86_400 * 365):
        now = time.time() + jump
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert app.taken() == 1


@pytest.mark.parametrize("text", ["0", "-1", "many", "²", "1e3"])
def test_a_number_of_sessions_that_cannot_be_is_said(text) -> None:
    with pytest.raises(ValueError, match="VIT_SESSIONS is the number of sessions"):
        gate.most_sessions({"VIT_SESSIONS": text})


def test_the_number_of_sessions() -> None:
    assert gate.most_sessions({}) == gate.USUAL and gate.most_sessions({"VIT_SESSIONS": " 50 "}) == 50
