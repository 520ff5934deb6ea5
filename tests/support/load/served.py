"""The app for a crowd: one process, or several behind nginx as `make serve` has them, and what they take of memory and cores."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import psutil

from deploy.serve import environment
from tests.support.browser.fronts import FRONTS
from tests.support.browser.server import SERVER, Server
from tests.support.load.person import wait_until_ready

PROCESSES = (1, 2) if "nginx" in FRONTS else (1,)
"""Of the table of people."""
SERVERS, FRONT, PEOPLE = "server", "nginx", "people"


@dataclass
class Served:
    """Where a crowd goes, and whom it meets there: processes of the app, and what stands in front. None where the server is not ours."""

    url: str
    apps: list[psutil.Process] = field(default_factory=list)
    front: psutil.Process | None = None

    def memory(self) -> float:
        """Bytes of all processes of the app."""
        return float(sum(app.memory_info().rss for app in self.apps))

    def seconds(self) -> dict[str, float]:
        """Seconds of a core that each has taken so far: the app, nginx, and this process, which is the people."""
        front = [self.front, *self.front.children(recursive=True)] if self.front is not None else []
        return {SERVERS: busy(self.apps), FRONT: busy(front), PEOPLE: time.process_time()}


def busy(processes: list[psutil.Process]) -> float:
    """Seconds of a core that processes have taken since they began."""
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


@contextmanager
def served(processes: int = 1, script: Path = SERVER, log: Path | None = None, share: int = 0) -> Iterator[Served]:
    """That many processes, when all have their model; nginx in front of more than one. `share`: each computes on as many cores as one of
    so many processes does; otherwise as one of these."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if (share or processes) > 1:
            stack.enter_context(patch.dict(os.environ, environment(share or processes)))
        servers = {}
        for number in range(1, processes + 1):
            with patch.dict(os.environ, {"VIT_REPLICA": str(number)} if processes > 1 else {}):
                server = servers[str(number)] = Server(log or folder / f"{number}.log", script=script)
            stack.callback(server.stop)
        for server in servers.values():
            wait_until_ready(server.url)
        apps = [psutil.Process(server.pid) for server in servers.values()]
        if processes == 1:
            yield Served(server.url, apps)
            return
        front = FRONTS["nginx"](folder, servers)
        stack.callback(front.stop)
        yield Served(front.url, apps, psutil.Process(front.process.pid))
