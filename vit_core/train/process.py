"""What a run needs of the process that it runs in: to be stopped between two steps, and to know the machine."""

import contextlib
import os
import platform
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch


@runtime_checkable
class Stoppable(Protocol):
    """A run that ends after the step in progress once `stop` is set."""

    stop: bool


@contextlib.contextmanager
def stoppable(run: Stoppable) -> Iterator[None]:
    """Within it, Ctrl-C or a request to terminate sets the run's `stop`: the step in progress ends, and the run saves and leaves. A
    second Ctrl-C does not wait."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]

    def stop(number: int, _frame: object) -> None:
        run.stop = True
        signal.signal(number, signal.default_int_handler)

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def machine(device: str) -> dict[str, str | int | None]:
    """What the run computes on."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.is_file() else []
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    gpu = torch.cuda.get_device_name(device) if device.startswith("cuda") else None
    return {"cpu": (names or [platform.processor() or platform.machine()])[0], "cores": cores, "gpu": gpu, "torch": torch.__version__}
