"""Saved pages in a window without a network: what they asked for, and what their consoles said."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page

from tests.support.browser.server import STRICT


@contextmanager
def opened(
    browser: Browser, file: Path, viewport: tuple[int, int] = (1280, 900), scheme: Literal["light", "dark"] = "light"
) -> Iterator[Page]:
    """The page of a file, offline. Afterwards: no request but for the file itself, and nothing in the console."""
    context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": viewport[0], "height": viewport[1]})
    context.add_init_script(STRICT)
    asked: list[str] = []
    said: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.on("console", lambda message: said.append(message.text))
    context.on("weberror", lambda error: said.append(str(error.error)))
    page = context.new_page()
    page.goto(file.as_uri())
    try:
        yield page
    finally:
        context.close()
    assert [url for url in asked if not url.startswith(("blob:", "data:"))] == [file.as_uri()]
    assert said == []
