"""What the porter may answer: what is kept, for what it holds, and where the door stays shut."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from streamlit import config
from streamlit.web.server.starlette import starlette_server, starlette_server_config

from tests.support.load.door import request
from vit_core.data.cache import cache_folder
from vit_explainer.door import handover, kept, opening, porter, record
from vit_explainer.door.kept import DATE, SEAT_NAME, Answer

PATIENCE = 30.0


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch) -> Iterator[None]:
    """A cache and a home of its own, a start that has not begun, and Streamlit as it was."""
    monkeypatch.setenv("VIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("STREAMLIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(opening, "start", [])
    monkeypatch.setattr(starlette_server, "_bind_socket", starlette_server._bind_socket)
    monkeypatch.setattr(uvicorn, "Server", uvicorn.Server)
    yield


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


ANSWERS = {
    "/": Answer(f"HTTP/1.1 200 OK\r\ndate: {DATE}\r\nset-cookie: {porter.SEAT}={SEAT_NAME}; Path=/\r\n\r\n", b"<html>", 6),
    "/a.js": Answer(f"HTTP/1.1 200 OK\r\ndate: {DATE}\r\n\r\n", b"\0\n\xff", 3),
    "/favicon.png": Answer("HTTP/1.1 200 OK\r\n\r\n", "favicon.png", (kept.static() / "favicon.png").stat().st_size),
}


def test_answers_are_read_as_they_were_written_and_others_count_as_none() -> None:
    assert kept.read("one") == {}
    kept.write("one", ANSWERS)
    read = kept.read("one")
    assert {path: read[path] for path in ("/", "/a.js")} == {path: ANSWERS[path] for path in ("/", "/a.js")}
    assert read["/favicon.png"].body == str(kept.static() / "favicon.png") and read["/"].page and not read["/a.js"].page
    file = kept.folder() / "one"
    whole = file.read_bytes()
    for broken in (whole[:-1], whole.replace(b"200", b"201", 1), b"", b"\n\n", whole.split(b"\n")[0] + b"\n"):
        file.write_bytes(broken)
        assert kept.read("one") == {}


def test_they_lie_beside_what_was_downloaded(monkeypatch) -> None:
    assert kept.folder() == cache_folder() / "door"
    monkeypatch.delenv("VIT_CACHE")
    assert kept.folder() == cache_folder() / "door"


def test_of_many_kinds_the_newest_stay_and_a_folder_that_cannot_be_written_to_is_left(monkeypatch) -> None:
    for number in range(kept.KEPT + 2):
        kept.write(f"kind{number}", ANSWERS)
        os.utime(kept.folder() / f"kind{number}", (number, number))
    assert sorted(file.name for file in kept.folder().iterdir()) == [f"kind{number}" for number in range(2, kept.KEPT + 2)]
    monkeypatch.setattr(kept, "folder", lambda: Path(os.devnull, "none"))
    kept.write("one", ANSWERS)
    assert kept.read("one") == {}


def test_they_hold_for_the_files_that_they_depend_on(tmp_path, monkeypatch) -> None:
    for name in (*kept.OURS, "serving"):
        (tmp_path / "app" / name).mkdir(parents=True)
        (tmp_path / "app" / name / "file.js").write_text("1")
    (tmp_path / "app" / "app.py").write_text("1")
    monkeypatch.setattr(kept, "home", lambda: tmp_path / "app")
    monkeypatch.setattr(kept, "SERVING", tmp_path / "app" / "serving")
    seen = {kept.signature({})}
    assert kept.signature({"VIT_MODELS": "x"}) in seen
    for change in (
        lambda: (tmp_path / "app" / "app.py").write_text("12"),
        lambda: (tmp_path / "app" / "ui" / "file.js").write_text("12"),
        lambda: os.utime(tmp_path / "app" / "serving" / "file.js", ns=(1, 1)),
        lambda: (tmp_path / "app" / "assets" / "components" / "more.css").write_text(""),
        lambda: (tmp_path / "app" / ".streamlit" / "file.js").unlink(),
    ):
        change()
        assert kept.signature({}) not in seen
        seen.add(kept.signature({}))
    assert kept.signature({"VIT_EMBED": "https://a.example"}) not in seen


@pytest.mark.parametrize(
    ("address", "environment"),
    [
        (None, {"VIT_REPLICA": "1"}),
        (None, {"VIT_SESSIONS": "3"}),
        (None, {"STREAMLIT_SERVER_PORT": "9000"}),
        (None, {"STREAMLIT_SERVER_BASE_URL_PATH": "app"}),
        (None, {"STREAMLIT_SERVER_SSL_CERT_FILE": "a.pem"}),
        ("unix:///tmp/app", {}),
    ],
)
def test_where_something_is_unusual_the_door_stays_shut(address, environment) -> None:
    assert opening.usual(None, {"STREAMLIT_SERVER_HEADLESS": "true", "VIT_MODELS": "x", "VIT_EMBED": "https://a.example"})
    assert opening.usual("127.0.0.1", {}) and opening.usual("::1", {})
    assert not opening.usual(address, environment)


def test_so_it_does_with_settings_of_ones_own(tmp_path) -> None:
    assert opening.usual(None, {})
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "config.toml").write_text("[server]\nport = 9000\n")
    assert not opening.usual(None, {})


def test_without_kept_answers_nobody_listens_and_with_them_the_first_one_does() -> None:
    port = free_port()
    assert opening.opened(port, "127.0.0.1") is None and not opening.start[0].answers
    kept.write(opening.start[0].signature, ANSWERS)
    door = opening.opened(port, "127.0.0.1")
    assert door is not None and opening.start[0].answers
    assert opening.opened(port, "127.0.0.1") is None  # it is taken: Streamlit says so
    door.close()


def test_a_server_that_listens_elsewhere_finds_the_door_closed() -> None:
    port, other = free_port(), free_port()
    kept.write(kept.signature(os.environ), ANSWERS)
    door = opening.opened(port, "127.0.0.1")
    assert door is not None
    handover.through(door)
    waiting = socket.create_connection(("127.0.0.1", port), PATIENCE)
    waiting.sendall(request("/b.js"))
    with starlette_server._bind_socket("127.0.0.1", other, 5) as listener:
        assert listener.getsockname()[1] == other and not door.thread.is_alive()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), PATIENCE)
    waiting.close()


@pytest.mark.skipif(not socket.has_ipv6, reason="This Python has no IPv6.")
def test_it_listens_as_streamlit_would() -> None:
    """Both kinds of addresses where nothing is said; what was said otherwise."""
    for address in (None, "127.0.0.1", "0.0.0.0"):
        ours, asked = porter.listen(0, address)
        theirs = starlette_server._bind_socket(asked, 0, 5)
        assert ours.family == theirs.family
        options = [(socket.SOL_SOCKET, socket.SO_REUSEADDR)]
        options += [(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)] * (ours.family == socket.AF_INET6)
        assert [ours.getsockopt(*option) for option in options] == [theirs.getsockopt(*option) for option in options]
        assert ours.getblocking() is theirs.getblocking() is False and ours.get_inheritable() is theirs.get_inheritable()
        assert ours.getsockname()[0] == theirs.getsockname()[0]
        ours.close()
        theirs.close()


def test_names_are_those_of_streamlit() -> None:
    assert porter.SESSION == starlette_server_config.SESSION_COOKIE_NAME
    assert starlette_server._get_bind_address("0.0.0.0") == ("::" if socket.has_ipv6 else "0.0.0.0")
    assert config.get_options_for_section("server")["port"] == opening.PORT


def answered(head: bytes, body: bytes, path: str = "/a.js", more: str = "") -> Answer | None:
    """What is made of an answer of a server."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        theirs.recv(9999)
        for at in range(0, len(head + body), 7):  # as a network might
            theirs.sendall((head + body)[at : at + 7])

    thread = Thread(target=serve)
    thread.start()
    with ours, theirs:
        found = record.ask(ours, path, more)
        thread.join(PATIENCE)
    return found


def test_an_answer_is_kept_whole_with_marks_for_moment_and_seat() -> None:
    head = b"HTTP/1.1 200 OK\r\ndate: Sun, 29 Nov 2026 10:00:00 GMT\r\ncontent-length: 6\r\n"
    assert answered(head + b"\r\n", b"let a;") == Answer(f"HTTP/1.1 200 OK\r\ndate: {DATE}\r\ncontent-length: 6\r\n\r\n", b"let a;", 6)
    page = answered(head + f"set-cookie: {porter.SEAT}=abc-_9; Path=/\r\n\r\n".encode(), b"<html>", more="Accept: text/html\r\n")
    assert page is not None and page.page and page.head.endswith(f"set-cookie: {porter.SEAT}={SEAT_NAME}; Path=/\r\n\r\n")


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 404 Not Found\r\ndate: today\r\ncontent-length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ndate: today\r\ncontent-length: 2\r\nset-cookie: other=1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n",
    ],
)
def test_any_other_answer_is_not_kept(head) -> None:
    assert answered(head, b"no") is None


def test_an_answer_without_its_length_ends_the_asking() -> None:
    with pytest.raises(ValueError, match="without its length"):
        answered(b"HTTP/1.1 200 OK\r\ndate: today\r\n\r\n", b"")
