"""Whether a server's memory stays where it is once its caches are full: looked at through its own metrics while a crowd uses it."""

import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.timing import percentile

FULL = 0.8  # share of what may be kept: the largest values are a tenth of it, and room is made for one before it comes
WINDOW = 0.2  # share of the time that is looked at, at either end
FLAT = 0.05
KEPT = {"VIT_KEEP_TRACES": "0.3", "VIT_KEEP_PAYLOADS": "0.2"}
"""Caches that a crowd fills in a minute: with the usual 2 GB the ten minutes would go by while they fill."""
STORES = ("traces", "payloads")
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Sample:
    """At one moment: seconds since the first, bytes in memory, open tabs, bytes that the caches hold, and the least full one's share."""

    seconds: float
    memory: float
    sessions: float
    kept: float
    share: float


def read(port: int) -> dict[str, float]:
    """The server's metrics by name, without their prefix."""
    with DIRECT.open(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    pairs = [line.removeprefix("vit_explainer_").rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {name: float(value) for name, value in pairs}


@dataclass
class Watch:
    """Looks each time it is called, and gives the bytes in memory."""

    look: Callable[[], dict[str, float]]
    clock: Callable[[], float] = time.monotonic
    samples: list[Sample] = field(default_factory=list)
    start: float = -1.0

    def __call__(self) -> float:
        found, now = self.look(), self.clock()
        self.start = now if self.start < 0 else self.start
        held = {store: found[f'cache_bytes{{store="{store}"}}'] for store in STORES}
        share = min(held[store] / found[f'cache_bound_bytes{{store="{store}"}}'] for store in STORES)
        self.samples.append(Sample(now - self.start, found["memory_bytes"], found["sessions"], sum(held.values()), share))
        return found["memory_bytes"]


def full_from(samples: list[Sample]) -> int | None:
    """The first sample at which every cache was full; None if one never was."""
    return next((at for at, sample in enumerate(samples) if sample.share >= FULL), None)


def growth(samples: list[Sample]) -> float | None:
    """By how much memory grew from when the caches were full to the end, of medians: a share; None where too little was seen."""
    at = full_from(samples)
    if at is None or len(samples) - at < 10:
        return None
    seen = samples[at:]
    width = max(2, round(WINDOW * len(seen)))
    first, last = ([one.memory for one in part] for part in (seen[:width], seen[-width:]))
    return percentile(last, 0.5) / percentile(first, 0.5) - 1


def told(samples: list[Sample]) -> str:
    """A table of twenty moments, and the verdict."""
    at, grown = full_from(samples), growth(samples)
    lines = ["| seconds | memory | caches | tabs |", "| ---: | ---: | ---: | ---: |"]
    for one in samples[:: max(1, len(samples) // 20)]:
        lines.append(f"| {one.seconds:.0f} | {one.memory / 1e6:,.0f} MB | {one.kept / 1e6:,.0f} MB | {one.sessions:.0f} |")
    if at is None or grown is None:
        return "\n".join([*lines, "", "The caches were not full for long enough to say anything."])
    verdict = "flat" if abs(grown) <= FLAT else "not flat"
    return "\n".join([*lines, "", f"Caches full after {samples[at].seconds:.0f} s; from then memory changed by {grown:+.1%}: {verdict}."])
