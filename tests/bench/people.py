"""Many people at once, each over Streamlit's own websocket: how long they wait, what they are sent, what the server takes.

`python -m tests.bench.people` starts the app and prints the table: 1, 10, 20, 50 and 100 people, at one process and, where there is nginx,
at two. `--people 50 --processes 1 --seconds 60` measures one crowd, `--uploads 0.1` lets a tenth of their actions bring a picture,
`--files` has each fetch the page's files first as a browser without a cache does, and `--url` asks a server that runs already. `--capacity`
has people who act without a pause, at one process and two by turns: answers a second, and what these took of the cores. `--soak` is ten
minutes of 50 people at small caches, which are full after about a minute: memory over time, and whether it is flat from then. `--profile
stacks.txt` writes where the server's time goes (it needs py-spy) and prints a table of it.
"""

import argparse
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from deploy.serve import ADVICE, free_port
from tests.support.browser.server import SERVER
from tests.support.load import capacity, profile
from tests.support.load.crowd import TABLE, Crowd, Habits, gather, table
from tests.support.load.served import PROCESSES, Served, served
from tests.support.load.soak import KEPT, Watch, read
from tests.support.load.soak import told as told_of
from tests.support.loops import run
from tests.support.timing import median_and_p95

SECONDS, SOAK = 40.0, 600.0


def measure(people: int, processes: int, asked: argparse.Namespace) -> Crowd:
    """One crowd at a fresh server."""
    here: AbstractContextManager[Served] = nullcontext(Served(asked.url)) if asked.url else served(processes, asked.script, asked.log)
    habits = Habits(asked.uploads, asked.files)
    with here as at, profile.written(at.apps, asked.seconds or SECONDS, asked.profile):
        crowd = run(gather(at.url, people, asked.seconds or SECONDS, at.memory, habits, at.seconds))
    crowd.processes = processes
    return crowd


def soak(people: int, asked: argparse.Namespace) -> Crowd:
    """A crowd at a server with small caches and metrics; what its memory did is printed."""
    port = free_port()
    os.environ |= KEPT | {"VIT_METRICS": str(port)}
    with served(1, asked.script, asked.log) as at:
        watch = Watch(lambda: read(port))
        crowd = run(gather(at.url, people, asked.seconds or SOAK, watch, Habits(asked.uploads, asked.files), at.seconds))
    print(told_of(watch.samples), flush=True)
    return crowd


def options(arguments: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.people", description="Many people at once.")
    parser.add_argument("--people", type=int, action="append", help="how many (may be said several times; the whole table)")
    parser.add_argument("--processes", type=int, action="append", help="of the app (may be said several times; 1 and 2)")
    parser.add_argument("--seconds", type=float, help=f"for how long ({SECONDS:.0f})")
    parser.add_argument("--uploads", type=float, default=0.0, help="the share of actions that bring a picture (0)")
    parser.add_argument("--files", action="store_true", help="fetch the page's files too")
    parser.add_argument("--capacity", action="store_true", help="as many answers as there can be, at one process and two by turns")
    parser.add_argument("--soak", action="store_true", help="50 people for ten minutes")
    parser.add_argument("--profile", type=Path, help="where the stacks of the server's busy threads go")
    parser.add_argument("--url", help="a server that runs already")
    parser.add_argument("--script", type=Path, default=SERVER, help="what the server runs instead of the app")
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
    if asked.capacity and len(PROCESSES) == 1:
        sys.exit(ADVICE)
    if asked.capacity:
        setups = capacity.by_turns(people=asked.people[0] if asked.people else capacity.AT_ONCE, seconds=asked.seconds or capacity.SECONDS)
        print(capacity.told(setups))
        crowds = [crowd for setup in setups for crowd in setup.crowds]
    else:
        crowds = []
        for processes in [1] if asked.soak or asked.url else asked.processes or PROCESSES:
            for count in asked.people or ([50] if asked.soak else TABLE):
                crowds.append(soak(count, asked) if asked.soak else measure(count, processes, asked))
                print(f"{count} people, processes: {processes}\n{told(crowds[-1])}\n", flush=True)
        print(table([crowd.row() for crowd in crowds]))
    return 1 if any(crowd.failures or crowd.exceptions for crowd in crowds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
