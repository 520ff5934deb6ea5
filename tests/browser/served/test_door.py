"""The address takes people before the server is there, and nobody can tell which of the two has answered."""

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.support.browser.server import Server, wait_for_run
from tests.support.browser.stages import ready
from tests.support.load import person
from tests.support.load.door import PAGE, asks, request
from tests.support.load.starts import wait_until_kept
from vit_explainer.door import kept
from vit_explainer.door.porter import SEAT

LATE = Path(person.__file__).with_name("late_app.py")
PATIENCE = 60.0


@pytest.fixture
def late(fresh_server, tmp_path, monkeypatch) -> Callable[[], tuple[Server, Callable[[], object]]]:
    """A server whose code is not there yet, on a machine where the app was started before; and what has it come."""
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VIT_TEST_GO", str(tmp_path / "go"))
    earlier = fresh_server()
    wait_until_kept(earlier.url, door=True)
    earlier.stop()
    return lambda: (fresh_server(script=LATE, early=True, whole=False), (tmp_path / "go").touch)


def comes(server: Server, data: bytes = b"") -> socket.socket:
    """A connection on which this was sent."""
    connection = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
    connection.sendall(data)
    return connection


def plain(answer: tuple[str, bytes]) -> tuple[str, bytes]:
    """Without the moment, and the name of the seat."""
    head = re.sub(r"(?<=\r\ndate: )[^\r]+", "", answer[0])
    return re.sub(rf"(?<={SEAT}=)[\w-]+", "", head), answer[1]


def test_a_page_that_is_opened_before_the_server_is_there_is_drawn(late, page) -> None:
    server, go = late()
    tab = page(own=True)
    tab.goto(f"{server.url}/?layer=4")
    expect(tab.get_by_test_id("stApp")).to_be_attached()  # Streamlit's code has run
    with comes(server, request("/_stcore/health")) as probe:
        probe.settimeout(0.3)
        with pytest.raises(TimeoutError):
            probe.recv(1)
        go()
        probe.settimeout(PATIENCE)
        assert asks(probe)[1] == b"ok"
    wait_for_run(tab)
    ready(tab)
    expect(tab.locator("h1.vit-title")).to_have_text("Overview")
    assert "layer=4" in tab.url and f"The app is at {server.url}" in server.log() and "You can now view" not in server.log()


def test_nobody_can_tell_which_of_the_two_has_answered(late) -> None:
    server, go = late()
    answers = kept.read(kept.signature(os.environ))
    assert len(answers) > 200 and "/attention" in answers and any("bidi-components" in path for path in answers)
    forms = [request(path, more=PAGE if answer.page else "") for path, answer in answers.items()]
    forms += [request(path, more="Origin: http://localhost\r\n") for path, answer in answers.items() if not answer.page]
    with comes(server) as first:
        before = {}
        for form in forms:
            first.sendall(form)
            before[form] = plain(asks(first))
        others = [
            request("/_stcore/host-config"),
            request("/static/js/none.js"),
            request("/none", more=PAGE),
            request("/a//b"),
            request("/privacy"),
            request("/", more=f"{PAGE}Connection: close\r\n"),
            *(
                request("/favicon.png", more=more)
                for more in ("Range: bytes=0-9\r\n", "If-None-Match: *\r\n", "Origin: http://a.example\r\n")
            ),
            request("/favicon.png", version="1.0"),
            request("/favicon.png", packed=False),
            request("/favicon.png", method="PUT"),
            request("/").replace(b"\r\n", b"\n"),
            b"rubbish\r\n\r\n",
        ]
        waiting = [comes(server, form) for form in others]
        unnamed = comes(server, request("/favicon.png", method="HEAD"))
        go()
        late_ones = [plain(asks(connection)) for connection in waiting]
        nameless = plain(asks(unnamed, body=False))
        for connection in (*waiting, unnamed):
            connection.close()
        for form in forms:  # on the connection that was there before the server
            first.sendall(form)
            assert plain(asks(first)) == before[form], form
    for form, answer in zip(others, late_ones, strict=True):
        with comes(server, form) as connection:
            assert plain(asks(connection)) == answer, form
    with comes(server, request("/favicon.png", method="HEAD")) as connection:
        assert plain(asks(connection, body=False)) == nameless
