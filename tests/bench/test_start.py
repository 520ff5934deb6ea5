"""From the command to a first page that can be used: how long, and where each moment goes. Targets are shown beside; only failures fail."""

from pathlib import Path

from tests.support.load.starts import USABLE, compared, one, started_before

STARTS = 3
WORDS = (
    "Medians of three starts of a fresh process, each with an open browser that knows nothing and is asked for the page as soon as the "
    "address takes a connection, on the machine of this run, where the app was started before and has kept its first views. What the "
    "server and what the browser do overlaps, on shared cores. “Without” is the same start without `vit_explainer/early.py` and "
    "`vit_explainer/door`: nobody listens before Streamlit is imported, cycles are collected while the code is loaded, and PyTorch’s "
    "library is loaded by its import alone."
)


def test_a_start(browser, tmp_path: Path, measured, section) -> None:
    started_before(tmp_path)
    starts, plain = [], []
    for number in range(STARTS):  # in turns, so that both see the same machine
        for early, found in ((True, starts), (False, plain)):
            folder = tmp_path / f"{number}-{early}"
            folder.mkdir()
            found.append(one(browser, folder, early))
    best = min(start[USABLE] for start in starts) / 1000
    measured("server start to first page usable", f"best {best:.2f} s of {STARTS}", "≤ 2.5 s")
    found = compared(starts, plain)
    section("Where a start goes", f"{WORDS}\n\n{found}")
    assert USABLE in found
