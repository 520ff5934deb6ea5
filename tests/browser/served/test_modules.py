"""Components as the browser gets them from the running app: every module loads, once, from the place of this version."""

import time

import pytest
from playwright.sync_api import Route

from tests.support.browser.server import PATIENCE, open_app, wait_for_run
from tests.support.modules import files, serve, served
from ui.kit import components
from ui.kit.places import COMPONENTS

LOAD = """
async ([base, names]) => {
  const found = {};
  for (const name of names) found[name] = typeof (await import(`${base}/${name}`)).default;
  return found;
}
"""
LOADED = """
() => performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.includes("/bidi-components/"))
"""


@pytest.fixture
def base(server) -> str:
    return server.url + served("").removesuffix("/")


def test_every_component_loads_and_shares_one_kit(base, server, page) -> None:
    tab = page(own=True)
    tab.add_init_script("performance.setResourceTimingBufferSize(5000)")  # the browser notes 250 files on its own
    open_app(tab, server.url)
    mains = [f"{name}/main.js" for name in components.names()]
    assert tab.evaluate(LOAD, [base, mains]) == dict.fromkeys(mains, "function")
    loaded = set(tab.evaluate(LOADED))
    alone = {COMPONENTS / "kit" / "standalone" / name for name in ("boot.js", "open.js")}  # a saved page's, which has them in it
    served = {f"/{path.relative_to(COMPONENTS).as_posix()}" for path in set(files()) - alone}
    assert {name.removeprefix(base) for name in loaded} == served  # one address a module, and none is unused
    assert tab.evaluate("async (base) => (await import(`${base}/kit/store.js`)).store === globalThis.__vitStore", base)


def test_what_is_preloaded_is_what_a_component_loads(page) -> None:
    tab = page(own=True)
    for name in components.names():
        origin = serve(tab)
        tab.evaluate("async (file) => { await import(file); }", f"{origin}/{name}/main.js")
        loaded = tab.evaluate("() => performance.getEntriesByType('resource').map(({ name }) => name)")
        known = [f"{origin}/{file.relative_to(COMPONENTS).as_posix()}" for file in components.graph(name)]
        assert sorted(file for file in loaded if file.endswith(".js")) == sorted(known), name


def test_a_page_asks_for_its_modules_before_one_has_come(base, server, page) -> None:
    """Where only imports ask, nothing else is asked for while `main.js` is held back."""
    names = components.of_page("walkthrough")
    needed = {f"{base}/{file.relative_to(COMPONENTS).as_posix()}" for name in names for file in components.graph(name)}
    tab, asked, held = page(own=True), set(), []

    def hold(route: Route) -> None:
        asked.add(route.request.url)
        held.append(route) if route.request.url == f"{base}/walkthrough/main.js" else route.continue_()

    tab.route(f"{base}/**", hold)
    tab.goto(f"{server.url}/walkthrough")
    last = time.monotonic() + PATIENCE / 1000
    while not needed <= asked and time.monotonic() < last:
        tab.wait_for_timeout(100)
    assert needed <= asked
    held.pop().continue_()
    wait_for_run(tab)
    assert not held


def test_only_the_components_are_served(base, server, page) -> None:
    tab = open_app(page(), server.url)
    for address in (f"{base}/kit", f"{base}0/kit/store.js", f"{base}/%2e%2e/images/CREDITS.md", f"{base}/kit/..%2f..%2fimages/CREDITS.md"):
        assert tab.request.get(address).status in (400, 404), address
    assert "javascript" in tab.request.get(f"{base}/strip/main.js").headers["content-type"]
