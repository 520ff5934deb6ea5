"""What the server tells Prometheus: in its format, true, and nothing about anyone."""

import re
import time
import urllib.error
import urllib.request

import pytest
import torch

from tests.support.loops import run
from ui.work import cached
from ui.work.counts import counts
from vit_explainer import metrics

LINE = re.compile(r'(vit_explainer_[a-z_]+)(?:\{store="(models|traces|payloads)"\})? (-?\d+(?:\.\d+)?(?:e[+-]\d+)?)')


def read() -> dict[str, float]:
    """Every value by name and store; an AssertionError at a line that the format does not have."""
    found: dict[str, float] = {}
    kinds: dict[str, str] = {}
    for line in metrics.text().splitlines():
        if line.startswith("# "):
            word, name, rest = line[2:].split(" ", 2)
            assert word in ("HELP", "TYPE") and rest
            kinds |= {name: rest} if word == "TYPE" else {}
            continue
        match = LINE.fullmatch(line)
        assert match and match[1] in kinds, line
        assert (kinds[match[1]] == "counter") == match[1].endswith("_total")
        found[f"{match[1].removeprefix('vit_explainer_')} {match[2] or ''}".strip()] = float(match[3])
    assert metrics.text().endswith("\n")
    return found


def read_at_rest() -> dict[str, float]:
    """The same once nothing counts any more: what an earlier test in this process left computing has ended."""
    until = time.monotonic() + 60
    now = read()
    while time.monotonic() < until:
        time.sleep(0.2)
        now, last = read(), now
        if all(now[name] == last[name] for name in now if name.endswith("_total") or "turns" in name) and not now["turns_taken"]:
            break
    return now


def test_what_is_counted_is_what_happened() -> None:
    vit, before = cached.model("bundled"), read_at_rest()
    cached.forward(vit, torch.zeros(1, 3, 64, 64), 16)
    cached.payload("counted", "bundled", "", 0, 0, lambda: b"123")
    cached.payload("counted", "bundled", "", 0, 0, lambda: b"123")
    after = read()
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown["forwards_total"] == 1 and grown["forward_seconds_total"] > 0
    assert grown["cache_misses_total payloads"] == 1 and grown["cache_hits_total payloads"] == 1
    assert grown["cache_bytes payloads"] == 3 and grown["turns_total"] >= 1
    assert after["memory_bytes"] > 10**7 and after["cache_bytes models"] > 10**6
    assert after["turns_taken"] == after["turns_waiting"] == 0


def test_a_tab_counts_as_long_as_it_is_connected() -> None:
    seen = []

    async def app(scope, receive, send) -> None:
        seen.append(counts.of("sessions"))
        if scope["type"] == "websocket":
            raise ConnectionError

    middleware, before = metrics.Sessions(app), counts.of("sessions")
    run(middleware({"type": "http"}, None, None))
    with pytest.raises(ConnectionError):
        run(middleware({"type": "websocket"}, None, None))
    assert seen == [before, before + 1] and counts.of("sessions") == before


@pytest.mark.parametrize(
    ("told", "where"), [("", None), ("9109", ("127.0.0.1", 9109)), ("0.0.0.0:80", ("0.0.0.0", 80)), (" 9109 ", ("127.0.0.1", 9109))]
)
def test_where_it_is_served(told: str, where: tuple | None) -> None:
    assert metrics.place({"VIT_METRICS": told} if told else {}) == where


@pytest.mark.parametrize("told", ["yes", "70000", "0", "here:", "²"])
def test_what_is_no_place_is_said(told: str) -> None:
    with pytest.raises(ValueError, match="VIT_METRICS must be a port"):
        metrics.place({"VIT_METRICS": told})


def test_it_is_served_on_a_port_of_its_own_and_logs_nobody(capfd) -> None:
    server = metrics.serve(("127.0.0.1", 0))
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        with direct.open(f"{url}/metrics", timeout=60) as answer:
            assert answer.headers["Content-Type"] == metrics.KIND and "vit_explainer_sessions" in answer.read().decode()
        with pytest.raises(urllib.error.HTTPError, match="404"):
            direct.open(f"{url}/", timeout=60)
    finally:
        server.shutdown()
        server.server_close()
    assert "127.0.0.1" not in "".join(capfd.readouterr())
