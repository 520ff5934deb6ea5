"""What can wait begins when nobody asks for anything, or after a while."""

import time

from tests.support.loops import run
from ui.work.turns import turns
from vit_explainer.calm import Calm, wait


def test_it_waits_for_requests_and_runs_and_not_for_probes_nor_for_ever() -> None:
    async def during(scope, receive, send) -> None:
        seen.append(Calm.open)

    seen: list[int] = []
    for scope in ({"type": "http", "path": "/ready"}, {"type": "websocket", "path": "/"}, {"type": "http", "path": "/static/x.js"}):
        run(Calm(during)(scope, None, None))
    assert seen == [0, 0, 1] and Calm.open == 0 < Calm.last
    began = time.monotonic()
    wait(still=0.05, most=60)
    still = time.monotonic() - began
    with turns.turn():
        began = time.monotonic()
        wait(still=0.05, most=0.5)
        assert time.monotonic() - began >= 0.5 and still >= 0.05
