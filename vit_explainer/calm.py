"""When nobody is waiting: what can come later, PyTorch's import above all, is begun between visits, not beside one."""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

PROBES = ("/ready", "/_stcore/health", "/marks")
"""Addresses that are asked again and again, by what watches the server."""
STILL = 1.2  # seconds without a request: while a browser reads Streamlit's code, it asks for nothing for most of one
MOST = 8.0  # seconds that are waited at most
LOOK = 0.05


class Calm:
    """ASGI middleware that knows when somebody last asked for something."""

    open, last = 0, 0.0

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self.app(scope, receive, send)
            return
        Calm.open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            Calm.open, Calm.last = Calm.open - 1, time.monotonic()


def wait(still: float = STILL, most: float = MOST) -> None:
    """Until for a while nobody has asked for anything and no page is being run, or at most so long."""
    from ui.work.turns import turns

    began = time.monotonic()
    while time.monotonic() - began < most and (Calm.open or turns.taken or time.monotonic() - max(began, Calm.last) < still):
        time.sleep(LOOK)
