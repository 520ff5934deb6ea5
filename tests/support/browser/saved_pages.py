"""Saved pages in a window without a network: what they asked for, and what their consoles said."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, Page

from tests.support.browser.server import STRICT

WINDOWS: WeakKeyDictionary[Browser, Page] = WeakKeyDictionary()
"""One window without a network for each browser: a new one takes most of the time of a small page."""


def window(browser: Browser) -> Page:
    """The window, blank."""
    if browser not in WINDOWS:
        context = browser.new_context(offline=True)
        context.add_init_script(STRICT)
        WINDOWS[browser] = context.new_page()
    return WINDOWS[browser]


@contextmanager
def opened(
    browser: Browser, file: Path, viewport: tuple[int, int] = (1280, 900), scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """The page of a file, offline. Afterwards: no request but for the file itself, and nothing in the console."""
    page = window(browser)
    page.set_viewport_size({"width": viewport[0], "height": viewport[1]})
    page.emulate_media(color_scheme=scheme)
    asked: list[str] = []
    said: list[str] = []
    heard = {
        "request": lambda request: asked.append(request.url),
        "console": lambda message: said.append(message.text),
        "weberror": lambda error: said.append(str(error.error)),
    }
    for event, listener in heard.items():
        page.context.on(event, listener)
    try:
        page.goto(file.as_uri())
        yield page
    finally:
        page.mouse.move(0, 0)
        page.evaluate("() => localStorage.clear()")
        page.goto("about:blank")
        for event, listener in heard.items():
            page.context.remove_listener(event, listener)
    assert [url for url in asked if not url.startswith(("blob:", "data:", "about:"))] == [file.as_uri()]
    assert said == []
