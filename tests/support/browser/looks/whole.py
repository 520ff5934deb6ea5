"""Whether a page and every picture on it end at their right edge."""

from collections.abc import Sequence

from playwright.sync_api import Error, Page

# What the sidebar holds is no part of it.
WHOLE = """
() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const found = [main.scrollWidth - main.clientWidth];
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.matches(".vit")) found.push(one.scrollWidth - one.clientWidth);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(main);
  return Math.max(...found) <= 2;
}
"""
BEYOND = """
() => {
  const over = (node) => node.scrollWidth - node.clientWidth;
  return Math.max(over(document.scrollingElement), over(document.querySelector('[data-testid="stMain"]')));
}
"""


def cut_off(page: Page, widths: Sequence[int], height: int = 800) -> list[str]:
    """The widths of a window at which something is cut off on the right, once its canvases have been drawn anew."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": height})
        try:
            page.wait_for_function(WHOLE, timeout=20_000)
        except Error:
            found.append(f"{width} px: something is cut off on the right")
    return found


def beyond_the_edge(page: Page) -> int:
    """By how many pixels the page itself can be scrolled sideways."""
    return page.evaluate(BEYOND)
