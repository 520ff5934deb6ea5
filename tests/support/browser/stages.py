"""A page in the browser at a link: opened, ready when its stage is drawn, and the controls that tests move on it."""

import base64
import json
import re
from typing import Any
from urllib.parse import quote

import numpy as np
import torch
from playwright.sync_api import Locator, Page

from tests.support.browser.server import Server, open_app, wait_for_run

STAGES = {
    "attention": ".vit:has(.explorer)",
    "choosing": ".vit:has(.guide)",
    "memory_scaling": ".vit:has(.memory)",
    "model_variants": ".vit:has(.variants)",
    "patch_embedding": ".vit:has(.embedding)[data-ready]",
    "patch_grid": ".vit:has(.patch-grid)[data-ready]",
    "performance": ".vit:has(.performance)",
}


# As text: Playwright takes a list number by number, which is a thousand times slower.
AS_TEXT = """
(root, argument) => {
  const numbers = Float32Array.from((EXPRESSION)(root, argument));
  const bytes = new Uint8Array(numbers.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
"""


def floats(root: Locator, expression: str, argument: Any = None) -> torch.Tensor:
    """What a function of a component's root (and `argument`) gives in the browser, as one row of 32-bit floats."""
    text = root.evaluate(AS_TEXT.replace("EXPRESSION", expression), argument)
    return torch.from_numpy(np.frombuffer(base64.b64decode(text), dtype=np.float32).copy())


def ready(page: Page) -> str:
    """Waits until the page's stage is drawn; the id of what it shows."""
    stage = page.locator(".vit[data-ready]").first
    stage.wait_for()
    return stage.get_attribute("data-ready")


def view_query(**values) -> str:
    """The query of a link with this view."""
    return f"?view={quote(json.dumps(values, separators=(',', ':')))}"


def opened(tab: Page, server: Server, slug: str, query: str = "") -> Locator:
    """A page's stage at a link, drawn."""
    open_app(tab, f"{server.url}/{slug}{query}")
    ready(tab)
    stage = tab.locator(STAGES[slug])
    stage.wait_for()
    return stage


def fact(page: Page, name: str) -> Locator:
    """What stands beside a name in the list of facts."""
    return page.locator(".facts dt", has_text=name).locator("xpath=following-sibling::dd[1]").first


def slider(root: Locator, name: str) -> Locator:
    return root.get_by_role("slider", name=name, exact=True)


def drag(tab: Page, thumb: Locator, shares: list[float]) -> None:
    """Presses the slider and moves the mouse along it; the button stays down."""
    thumb.scroll_into_view_if_needed()
    box = thumb.bounding_box()
    low, high, value = (float(thumb.evaluate(f"input => input.{key}")) for key in ("min", "max", "value"))
    across = lambda share: box["x"] + 8 + (box["width"] - 16) * share  # noqa: E731
    tab.mouse.move(across((value - low) / (high - low)), box["y"] + box["height"] / 2)
    tab.mouse.down()
    for share in shares:
        tab.mouse.move(across(share), box["y"] + box["height"] / 2, steps=4)


def digits(text: str) -> list[int]:
    """The whole numbers in a text, thin spaces between thousands taken out."""
    return [int(number) for number in re.findall(r"\d+", text.replace("\u2009", ""))]


def settled(tab: Page) -> None:
    """Waits until no run has finished for a second: a release may cause a second run after the answer is drawn."""
    wait_for_run(tab)
    while True:
        before = tab.evaluate("window.__runs.finished")
        tab.wait_for_timeout(1000)
        wait_for_run(tab)
        if tab.evaluate("window.__runs.finished") == before:
            return
