"""Tabs that are closed leave nothing behind."""

import asyncio
import json
import time
from pathlib import Path

from tests.support.load import crowd, person
from tests.support.load.person import Person, fetch, wait_until_ready
from tests.support.loops import run

AT_ONCE, PATIENCE = 8, 90
SCRIPT = Path(person.__file__).with_name("counted_app.py")


def left(url: str) -> dict[str, int]:
    """What of sessions is left once the last one's thread has ended: at most the last, which Streamlit's loop names until the next."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = json.loads(fetch(url, ["/live"])[0])
        if max(found.values()) <= 1 or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


def visit(url: str, count: int) -> None:
    """So many tabs, each opened and closed; every tenth brings a picture."""

    async def one(number: int, gate: asyncio.Semaphore) -> None:
        async with gate:
            tab = Person(url)
            await tab.enter("" if number % 2 else "glossary", "picture=coffee&image_size=64")
            if number % 10 == 0:
                await tab.upload("mine.jpg", crowd.picture(number))
            await tab.leave()
            assert not tab.exceptions

    async def every() -> None:
        gate = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(one(number, gate) for number in range(count)))

    run(every())


def test_two_hundred_tabs_opened_and_closed_leave_no_session(fresh_server) -> None:
    server = fresh_server(script=SCRIPT)
    wait_until_ready(server.url)
    visit(server.url, 200)
    found = left(server.url)
    assert max(found.values()) <= 1, found
