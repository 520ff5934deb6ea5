"""The walkthrough in the browser: opened at a step, and moved from step to step."""

import json
from urllib.parse import quote

from playwright.sync_api import Locator, Page

from tests.support.browser.server import open_app
from tests.support.modules import served

WALK = ".walk"


def opened(page: Page, server, step: int = 1, path: str = "/walkthrough", **query) -> Locator:
    """The stage at a step."""
    values = {**query, "view": json.dumps({"step": step})}
    open_app(page, f"{server.url}{path}?" + "&".join(f"{name}={quote(str(value))}" for name, value in values.items()))
    at(page, step)
    return page.locator(WALK)


def at(page: Page, step: int) -> None:
    """Waits until a step is drawn."""
    page.locator(f'{WALK}[data-step="{step}"]:not(.waiting)').wait_for()


def everything_has_come(walk: Locator) -> None:
    """Waits until no step has to wait for its part."""
    walk.page.evaluate("(file) => import(file).then(({ post }) => void (window.__post = post))", served("walkthrough/post.js"))
    walk.page.wait_for_function("() => ['attention', 'mlp', 'layers', 'drivers'].every((part) => window.__post.parts.has(part))")


def jump(walk: Locator, step: int) -> None:
    """To a step in the browser, without waiting for what the server then changes below."""
    walk.locator(".walk-flow button").nth(step - 1).click()
    at(walk.page, step)
