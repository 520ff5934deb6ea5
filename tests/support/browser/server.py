"""What browser tests share: the app in a process of its own, how Chromium is started, and how one waits for a run."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Locator, Page, TimeoutError, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from ui.kit.registry import PAGES
from vit_explainer.__main__ import SERVER

ROOT = Path(__file__).resolve().parents[3]
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    # Recent ones draw the window's own buttons, and what drops down from its address, as web pages, in a process for each window, though no
    # one sees the window: a second of processor for each. Of two such switches the last one counts: those that Playwright needs are said
    # again.
    "--disable-features=InitialWebUI,WebUIReloadButton,WebUIBackForwardButton,WebUIHomeButton,WebUIToolbar,WebUILocationBar,"
    "WebUISplitTabsButton,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,PreloadTopChromeWebUI,"
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,LensOverlay,"
    "MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,"
    "AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints",
]
PATIENCE = 90_000  # milliseconds that an action or a wait may take before its test fails: machines that run tests are shared and busy

_MESSAGE = ForwardMsg.DESCRIPTOR.fields_by_name["script_finished"].number
_MORE_TO_COME = ForwardMsg.ScriptFinishedStatus.Value("FINISHED_EARLY_FOR_RERUN")

# Streamlit shows on the page whether a script runs, but not which run it was: a run can begin after one looks, or be over between two
# frames. So every page counts the "script finished" messages that arrive (the field number is read from the installed protocol).
STRICT = "globalThis.__vitStrict = true;"  # a view that uses a key of another is an error
COUNT_RUNS = f"""
(() => {{
  const runs = (window.__runs = {{ finished: 0, quietFrames: 0 }});
  const finishedStatus = (bytes) => {{
    let at = 0;
    const varint = () => {{
      for (let value = 0, scale = 1; ; scale *= 128) {{
        const byte = bytes[at++];
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }}
    }};
    while (at < bytes.length) {{
      const tag = varint();
      const wire = tag & 7;
      if (wire === 0) {{
        const value = varint();
        if (tag >> 3 === {_MESSAGE}) return value;
      }} else if (wire === 2) {{
        const size = varint();
        at += size;
      }} else if (wire === 1) at += 8;
      else if (wire === 5) at += 4;
      else return null;
    }}
    return null;
  }};
  window.WebSocket = class extends window.WebSocket {{
    constructor(...args) {{
      super(...args);
      this.addEventListener("message", ({{ data }}) => {{
        if (!(data instanceof ArrayBuffer)) return;
        const status = finishedStatus(new Uint8Array(data));
        if (status !== null && status !== {_MORE_TO_COME}) runs.finished += 1;
      }});
    }}
  }};
}})();
"""

# Looked at once per frame; true in the second frame running in which the run is over, nothing is stale, and no element still waits for
# its part of Streamlit's own code (`stSkeleton` stands in for it).
AT_REST = """
(after) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const rest =
    app?.dataset.testScriptState === "notRunning" &&
    app.dataset.testConnectionState === "CONNECTED" &&
    window.__runs.finished > after &&
    !document.querySelector('[data-stale="true"], [data-testid="stSkeleton"], [data-testid="stAppSkeleton"]');
  window.__runs.quietFrames = rest ? window.__runs.quietFrames + 1 : 0;
  return window.__runs.quietFrames >= 2;
}
"""


def wait_for_run(page: Page, after: int = 0, timeout: float = PATIENCE) -> None:
    """Waits until more than `after` script runs have finished on this page load and none is under way (milliseconds).

    On its own it is for a page just opened; around an interaction use `rerun`, because a run that has not begun yet looks like rest.
    """
    page.wait_for_function(AT_REST, arg=after, timeout=timeout)


@contextmanager
def rerun(page: Page, timeout: float = PATIENCE) -> Iterator[None]:
    """`with rerun(page): page.click(…)`: leaves when the script or fragment run that the interaction caused has been drawn.

    The interaction must not reload the document (that starts the count anew): use `open_app` there.
    """
    finished = page.evaluate("window.__runs.finished")
    yield
    wait_for_run(page, after=finished, timeout=timeout)


def open_app(page: Page, url: str, timeout: float = PATIENCE) -> Page:
    """Goes to `url` and waits for its first run."""
    page.goto(url, timeout=timeout)
    wait_for_run(page, timeout=timeout)
    return page


def go_to(page: Page, title: str) -> None:
    """Opens a page from the bar on top, through the menu that holds it."""
    entry = entry_of(page, title)
    with rerun(page):
        entry.click()


def pick(field: Locator, option: str | re.Pattern[str], typed: str = "") -> None:
    """Chooses from a list, which draws only what is in sight: `typed` narrows it. It closes when the page is run meanwhile: then it is
    opened once more."""
    found = field.page.get_by_role("option", name=option)
    with rerun(field.page):
        for _ in range(9):
            if typed:
                field.fill("")  # the same word once more would open nothing
                field.fill(typed)
            else:
                field.click()
            with suppress(TimeoutError):
                return found.click(timeout=5_000)
        found.click()


def open_expander(within: Page | Locator, title: str) -> None:
    """Opens an expander and waits until it stands still: while it grows it scrolls inside itself, which closes a list opened in it."""
    within.locator("summary", has_text=title).click()
    expect(within.locator('details[open]:not([style*="height"])', has_text=title)).to_be_visible()


def entry_of(page: Page, title: str) -> Locator:
    """What opens a page, in the bar on top; the menu that holds it is opened."""
    bar = page.get_by_test_id("stTopNav")
    menu = next(spec.group for spec in PAGES if spec.title == title)
    if not menu:
        return bar.get_by_role("link", name=title, exact=True)
    bar.get_by_role("button", name=menu).click()
    return page.get_by_role("menuitem", name=title, exact=True)


EARLY = """
import sys
from pathlib import Path
from vit_explainer.__main__ import run
script, port, address, *more = sys.argv[1:]
run(Path(script), int(port), address, more)
"""


class Server:
    """`streamlit run` on a free port of this machine, in a process group of its own; `url` has no trailing slash.

    `early`: the script warms up, so it starts as the app's own command does. `whole`: wait until it is healthy, not only until somebody
    listens.
    """

    def __init__(
        self,
        log: Path,
        script: Path = SERVER,
        options: tuple[str, ...] = (),
        timeout: float = 60,
        early: bool | None = None,
        whole: bool = True,
    ) -> None:
        self.log_path = log
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        if script == SERVER if early is None else early:
            start = ["-c", EARLY, str(script), str(port), "127.0.0.1"]
        else:
            start = ["-m", "streamlit", "run", str(script), f"--server.port={port}", "--server.address=127.0.0.1"]
        told = os.environ | {"STREAMLIT_SERVER_HEADLESS": "true"}
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *start, *options],
                cwd=ROOT,
                env=told,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            if whole:
                self._wait_until_healthy(timeout)
            else:
                self._wait_until_it_listens(timeout)
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self.process.pid

    def log(self) -> str:
        """What the server has printed so far."""
        return self.log_path.read_text(errors="replace")

    def stop(self) -> None:
        """Ends the process and whatever it started."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(timeout=10)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()

    def _wait_until_healthy(self, timeout: float) -> None:
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in self._tries(timeout):
            with suppress(OSError), direct.open(f"{self.url}/_stcore/health", timeout=5) as answer:
                if answer.status == 200:
                    return

    def _wait_until_it_listens(self, timeout: float) -> None:
        for _ in self._tries(timeout):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return

    def _tries(self, timeout: float) -> Iterator[None]:
        """Now and then, until the server has ended or the time is over."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"The server ended with status {self.process.returncode}:\n{self.log()}")
            yield
            time.sleep(0.02)
        raise RuntimeError(f"The server did not answer within {timeout} s:\n{self.log()}")
