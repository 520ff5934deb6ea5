"""Many people at once, each over Streamlit's own websocket: how long they wait, what they are sent, what the server takes.

`python -m tests.bench.people` starts the app and prints the table for 1, 10, 20, 50 and 100 people. `--people 50 --seconds 60` measures
one crowd, `--uploads 0.1` lets a tenth of their actions bring a picture, `--files` has each fetch the page's files first as a browser
without a cache does, and `--url` asks a server that runs already. `--soak` is ten minutes of 50 people at small caches, which are full
after about a minute: memory over time, and whether it is flat from then.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from deploy.serve import free_port
from tests.support.browser.server import Server
from tests.support.load.crowd import Crowd, gather, table
from tests.support.load.person import wait_until_ready
from tests.support.load.soak import KEPT, Watch, read
from tests.support.load.soak import told as told_of
from tests.support.loops import run
from tests.support.timing import median_and_p95

TABLE, SECONDS, SOAK = (1, 10, 20, 50, 100), 40.0, 600.0


@contextmanager
def served(url: str | None, script: Path | None, log: Path | None) -> Iterator[tuple[str, int | None]]:
    """The address of a server and its process, started unless there is one."""
    if url is not None:
        yield url, None
        return
    with tempfile.TemporaryDirectory() as folder:
        server = Server(log or Path(folder) / "server.log", **({"script": script} if script else {}))
        try:
            wait_until_ready(server.url)
            yield server.url, server.pid
        finally:
            server.stop()


def measure(people: int, seconds: float, asked: argparse.Namespace) -> Crowd:
    """One crowd at a fresh server."""
    with served(asked.url, asked.script, asked.log) as (url, pid):

        def memory() -> float:
            return float(psutil.Process(pid).memory_info().rss) if pid else 0.0

        return run(gather(url, people, seconds, memory, asked.uploads, asked.files))


def soak(people: int, seconds: float, asked: argparse.Namespace) -> Crowd:
    """A crowd at a server with small caches and metrics; what its memory did is printed."""
    port = free_port()
    os.environ |= KEPT | {"VIT_METRICS": str(port)}
    with served(None, asked.script, asked.log) as (url, _):
        watch = Watch(lambda: read(port))
        crowd = run(gather(url, people, seconds, watch, asked.uploads, asked.files))
    print(told_of(watch.samples), flush=True)
    return crowd


def options(arguments: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.people", description="Many people at once.")
    parser.add_argument("--people", type=int, action="append", help="how many (may be said several times; the whole table)")
    parser.add_argument("--seconds", type=float, help=f"for how long ({SECONDS:.0f})")
    parser.add_argument("--uploads", type=float, default=0.0, help="the share of actions that bring a picture (0)")
    parser.add_argument("--files", action="store_true", help="fetch the page's files too")
    parser.add_argument("--soak", action="store_true", help="50 people for ten minutes")
    parser.add_argument("--url", help="a server that runs already")
    parser.add_argument("--script", type=Path, help="what the server runs instead of the app")
    parser.add_argument("--log", type=Path, help="where the server's log goes")
    return parser.parse_args(arguments)


def told(crowd: Crowd) -> str:
    """More of one crowd than its row."""
    kinds = [
        f"{kind}: {len(waits)}, {median_and_p95([1000 * wait for wait in waits])}, longest {max(waits):.1f} s"
        for kind, waits in sorted(crowd.answers.items())
    ]
    memory = " ".join(f"{size / 1e6:.0f}" for size in crowd.memory[:: max(1, len(crowd.memory) // 20)])
    kinds += [f"messages that stood for one that was there: {crowd.by_reference}", f"memory in MB: {memory}; grown by {crowd.growth:.1%}"]
    return "\n".join(kinds + [f"failed: {failure}" for failure in crowd.failures[:5]])


def main(arguments: list[str]) -> int:
    asked = options(arguments)
    people = asked.people or ([50] if asked.soak else list(TABLE))
    seconds = asked.seconds or (SOAK if asked.soak else SECONDS)
    crowds = []
    for count in people:
        crowds.append((soak if asked.soak else measure)(count, seconds, asked))
        print(f"{count} people, {seconds:.0f} s\n{told(crowds[-1])}\n", flush=True)
    print(table(crowds))
    return 1 if any(crowd.failures or crowd.exceptions for crowd in crowds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
