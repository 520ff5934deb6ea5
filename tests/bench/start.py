"""Where each moment of a start goes, from the command until a person can use the first page: `python -m tests.bench.start`.

Several starts of a fresh process, each with a browser that knows nothing, on a machine where the app was started before; the table has the
median of each. What the server and what the browser do overlaps: a row says when something was there, and how long after the row before it
on the same side.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.support.browser.find_browser import find_browser
from tests.support.browser.server import CHROMIUM_FLAGS
from tests.support.load.starts import one, started_before, table


def measure(count: int) -> list[dict[str, float]]:
    """So many starts."""
    executable = find_browser()
    if executable is None:
        sys.exit("There is no Chromium here.")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        started_before(Path(folder))
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        return [one(browser, Path(folder)) for _ in range(count)]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.start", description="Where each moment of a start goes.")
    parser.add_argument("--starts", type=int, default=3, help="how many (3)")
    print(table(measure(parser.parse_args(arguments).starts)))


if __name__ == "__main__":
    main(sys.argv[1:])
