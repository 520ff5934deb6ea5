"""Fixtures of all that runs in a browser: `browser`, `server`, `fresh_server`, `motion`, `page`; and the state of the pages in the
report of a failed test.
"""

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

from tests.support.browser.find_browser import ADVICE, find_browser
from tests.support.browser.pages import Motion, Pages, Pool
from tests.support.browser.server import CHROMIUM_FLAGS, PATIENCE, ROOT, Server
from tests.support.load.person import wait_until_ready

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Tells the fixtures whether the test failed, and adds to its report what the pages show and what the servers printed."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, Pages):
                report.sections.append(("pages", described(value)))
            for server in getattr(value, "servers", [value]):
                if isinstance(server, Server):
                    report.sections.append((f"{name} log", server.log()[-4000:]))
    return report


def described(pages: Pages) -> str:
    """The state of the pages, or why there is none to see."""
    try:
        return pages.state()
    except Error as error:
        return str(error)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for the whole session."""
    executable = find_browser()
    if executable is None:
        pytest.fail(ADVICE, pytrace=False)
    with sync_playwright() as playwright:
        expect.set_options(timeout=PATIENCE)
        chromium = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """The app, started once and shared: for tests that do not care who came before."""
    running = Server(tmp_path_factory.mktemp("server") / "server.log")
    wait_until_ready(running.url)
    yield running
    running.stop()


@pytest.fixture
def fresh_server(tmp_path) -> Iterator[Callable[..., Server]]:
    """`fresh_server()` starts the app in a new process, for tests of the first visit; it takes `Server`'s options."""
    servers: list[Server] = []
    numbers = itertools.count(1)

    def start(**options) -> Server:
        servers.append(Server(tmp_path / f"server-{next(numbers)}.log", **options))
        return servers[-1]

    start.servers = servers
    yield start
    for running in servers:
        running.stop()


@pytest.fixture(scope="session")
def pool(browser) -> Pool:
    """The windows that tests lend to each other."""
    return Pool(browser, [])


@pytest.fixture
def motion() -> Motion:
    """Less motion is asked for where a test is not about it: the first page's story plays as long as it is open, at half a core."""
    return "reduce"


@pytest.fixture
def page(browser, pool, motion, request) -> Iterator[Pages]:
    """`page(viewport=(390, 844), color_scheme="dark")` opens a page; afterwards no console may hold an error, no request may have left."""
    pages = Pages(browser, pool, motion)
    request.node.stash[FAILED] = False  # it may be run for the second time
    yield pages
    problems = pages.errors + [f"outside request: {url}" for url in pages.outside()]
    try:
        if problems or request.node.stash.get(FAILED, False):
            pages.screenshots(ROOT / "build" / re.sub(r"[^\w.-]+", "-", request.node.nodeid.split("::", 1)[-1]))
    except Error as error:
        problems.append(f"no screenshot: {error}")
    finally:
        pages.close()
    assert not problems, "\n".join(problems)
