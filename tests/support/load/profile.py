"""Where a server's time goes while a crowd uses it: the stacks of its busy threads, written by py-spy, and what share is whose."""

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

RATE = 100  # looks a second
ADVICE = "A profile needs py-spy (pip install py-spy), and there is none here."
IDLE = re.compile(r"EpollSelector\.select |Condition\.wait |Turns\.spare |_worker \(concurrent/futures/thread\.py|PollingPathWatcher")
"""Where a thread that waits is seen now and then, as it wakes up."""
SHARES = {
    "the model": r"VisionTransformer\.forward |run_with |\(vit_core/(?:layers|model)\.py",
    "what else is computed of traces": r"\(vit_core/|torch/|numpy/",
    "packing what is sent": r"\((?:.*/)?ui/kit/payload\.py|PIL/|data_uri ",
    "figures": r"vit_figures/|plotly/",
    "sending: hashes, protobuf, websocket": r"calc_hash |populate_hash|ForwardMsg|uvicorn/|starlette/|asyncio/|websockets/|runtime\.py",
    "Streamlit's script run and elements": r"\(streamlit/",
    "our pages": r"\((?:.*/)?(?:ui|pages|vit_explainer|app\.py)",
}
"""Whose a frame is, by what py-spy calls it."""


@contextmanager
def written(processes: Sequence[psutil.Process], seconds: float, file: Path | None) -> Iterator[None]:
    """Around a crowd: the stacks of the first process, in `file`; their shares are printed. RuntimeError with a sentence without py-spy."""
    if file is None or not processes:
        yield
        return
    spy = shutil.which("py-spy")
    if spy is None:
        raise RuntimeError(ADVICE)
    asked = ["--pid", str(processes[0].pid), "--duration", f"{seconds:.0f}", "--rate", str(RATE), "--format", "raw", "--output", str(file)]
    look = subprocess.Popen([spy, "record", *asked], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        look.wait()
    print(table(shares(file.read_text())))


def shares(stacks: str) -> dict[str, float]:
    """What part of the busy time is whose, of py-spy's lines: frames from the outermost in, and how often they were seen."""
    found: Counter[str] = Counter()
    for line in stacks.splitlines():
        frames, _, times = line.rpartition(" ")
        inwards = frames.split(";")
        if IDLE.search(inwards[-1] + " "):
            continue
        found[owner(inwards)] += int(times)
    return {whose: count / found.total() for whose, count in found.most_common()}


def owner(frames: Sequence[str]) -> str:
    """Whose a stack is: the model's however deep in torch it is, else that of the innermost frame which says."""
    model, *others = SHARES.items()
    if any(re.search(model[1], f"{frame} ") for frame in frames):
        return model[0]
    return next((whose for frame in reversed(frames) for whose, words in others if re.search(words, f"{frame} ")), "Python itself")


def table(found: dict[str, float]) -> str:
    """The shares as Markdown."""
    return "\n".join(["| whose time | share |", "| --- | ---: |", *(f"| {whose} | {share:.0%} |" for whose, share in found.items())])
