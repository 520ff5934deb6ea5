"""How long a person waits whose process was killed: until the page is with another one, which has run it at the same view."""

import time

import pytest

from tests.support.browser.fronts import FRONTS, back, kill, replica_of
from tests.support.browser.server import open_app
from tests.support.browser.stages import ready, settled
from tests.support.timing import median_and_p95

TABS, KILLS = 5, 2
VIEW = "attention?picture=rocket&layer=4&head=2&token=40"


@pytest.mark.parametrize("kind", FRONTS)
def test_return_after_a_kill(kind: str, fresh_server, page, tmp_path, monkeypatch, measured) -> None:
    """Several browsers at once on the process that ends. The one that they come back to has its model, as replicas have."""
    monkeypatch.setenv("STREAMLIT_SERVER_COOKIE_SECRET", "one for all of them")
    times: list[float] = []
    for number in range(KILLS):
        servers = {}
        for name in ("one", "two"):
            monkeypatch.setenv("VIT_REPLICA", name)
            servers[name] = fresh_server()
        folder = tmp_path / f"front-{number}"
        folder.mkdir()
        front = FRONTS[kind](folder, servers)
        tabs = [open_app(page(own=True), f"{front.url}/{VIEW}") for _ in range(TABS)]
        for tab in tabs:
            ready(tab)
            settled(tab)
        ended = replica_of(tabs[0])
        mine = [tab for tab in tabs if replica_of(tab) == ended]
        addresses, finished = [tab.url for tab in mine], [tab.evaluate("window.__runs.finished") for tab in mine]
        start = time.perf_counter()
        kill(servers[ended])
        for tab, before in zip(mine, finished, strict=True):
            back(tab, before)
            times.append(1000 * (time.perf_counter() - start))
        assert [tab.url for tab in mine] == addresses
        for tab in tabs:
            tab.context.close()
        front.stop()
        for server in servers.values():
            server.stop()
    measured(f"back after a kill, {kind} in front, {len(times)} browsers", median_and_p95(times), "p95 ≤ 3 s")
