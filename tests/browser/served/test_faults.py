"""A client that sends rubbish, asks over and over, or asks for a thousand sessions: the log stays short, and the others are served."""

import asyncio
import random

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.support.load.person import Person, wait_until_ready
from tests.support.loops import run
from vit_explainer import gate

MOST, ASKED, AT_ONCE = 12, 1000, 50
FEW_LINES = 40


async def session(url: str) -> ClientConnection:
    """A websocket, as it is. What comes is taken at once: one that reads nothing would not hear that it is closed."""
    address = url.replace("http", "ws") + gate.STREAM
    return await connect(address, subprotocols=["streamlit"], max_size=2**28, compression=None, max_queue=None)


async def closed_after(url: str, *frames: bytes | str) -> int:
    """With which code the server closes a session that sends these."""
    socket = await session(url)
    try:
        for one in frames:
            await socket.send(one)
        while True:
            await asyncio.wait_for(socket.recv(), 60)
    except ConnectionClosed as error:
        assert error.rcvd is not None, "The connection was lost without a word."
        return error.rcvd.code


def rubbish() -> list[list[bytes | str]]:
    """Frames that are no message of the app."""
    dice = random.Random(7)
    return [[dice.randbytes(size)] * 200 for size in (1, 30, 5000)] + [["hello"] * 20, [b""] * 500, [b"\x00" * (1 << 20)]]


def strange() -> list[BackMsg]:
    """Messages that can be read and make no sense: an unknown page, widgets that there are not, and sizes that cannot be."""
    made = [BackMsg() for _ in range(3)]
    made[0].rerun_script.page_script_hash, made[0].rerun_script.query_string = "x" * 1000, "picture=%00&layer=1e9&view={&size=-3"
    made[1].rerun_script.widget_states.widgets.add(id="$$ID-none").string_value = "x" * 10_000
    made[2].rerun_script.fragment_id = "none"
    return made


def test_rubbish_over_the_websocket_ends_that_session_alone(fresh_server) -> None:
    server = fresh_server()
    wait_until_ready(server.url)
    before = server.log()

    async def attack() -> None:
        person = Person(server.url)
        await person.enter("attention", "size=64")
        assert [await closed_after(server.url, *frames) for frames in rubbish()] == [gate.RUBBISH] * len(rubbish())
        odd = await session(server.url)
        for message in strange():
            for _ in range(100):  # asked over and over: runs that nobody waits for any more are left out
                await odd.send(message.SerializeToString())
        await person.resize(1)
        await person.go("glossary")
        await odd.close()
        other = Person(server.url)
        await other.enter("", "size=64")
        assert not person.exceptions and not other.exceptions
        for one in (person, other):
            await one.leave()

    run(attack())
    said = server.log().removeprefix(before)
    assert "no message of the app" in said and "Traceback" not in said, said[:2000]
    assert said.count("\n") <= FEW_LINES, said[:2000]


def test_a_thousand_sessions_are_asked_for_and_who_is_in_is_served(fresh_server, monkeypatch) -> None:
    monkeypatch.setenv("VIT_SESSIONS", str(MOST))
    server = fresh_server()
    wait_until_ready(server.url)
    before = server.log()

    async def attack() -> None:
        person, gates = Person(server.url), asyncio.Semaphore(AT_ONCE)
        await person.enter("attention", "size=64")

        async def one() -> ClientConnection | None:
            async with gates:
                try:
                    return await session(server.url)
                except (InvalidStatus, ConnectionClosed):
                    return None

        got = [socket for socket in await asyncio.gather(*(one() for _ in range(ASKED))) if socket is not None]
        assert len(got) == MOST - 1
        await person.resize(1)
        await person.go("glossary")
        assert not person.exceptions
        for socket in got:
            await socket.close()
        await person.leave()

    run(attack())
    said = server.log().removeprefix(before)
    assert "A session was refused" in said and "Traceback" not in said
    assert said.count("\n") <= FEW_LINES, said[:2000]
