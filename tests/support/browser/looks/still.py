"""Whether anything on a page moves while the pointer moves over it."""

from typing import Any

from playwright.sync_api import Page

PLACES = 50
CALM, LONGEST = 700, 60  # ms between two looks at whether the page is still, and how many of them at most
SLACK = 1.0  # px that a box may differ by: rounding

# What is kept in place: every block of the main column, in shadow trees too. Of texts only the height at which they begin counts, because a
# number may have another digit; of canvases and controls the whole box. What floats above the page (marks, tips) is no part of its layout.
WATCH = """
() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const solid = "canvas, svg, img, button, input, select, textarea, video";
  const found = new Map();
  const look = (node) => {
    for (const one of node.children) {
      if (one.tagName === "STYLE") continue;
      const style = getComputedStyle(one);
      if (style.display === "none" || ["absolute", "fixed", "sticky"].includes(style.position)) continue;
      const block = one.matches(solid) || !style.display.startsWith("inline");
      const box = one.getBoundingClientRect();
      if (block && box.width && style.display !== "contents") {
        const [top, left] = [box.top + main.scrollTop, box.left + main.scrollLeft];
        found.set(one, one.matches(solid) ? [top, left, box.width, box.height] : [top]);
      }
      if (one.shadowRoot) look(one.shadowRoot);
      if (!one.matches("svg")) look(one);
    }
  };
  look(main);
  return found;
}
"""
SETTLE = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"
REMEMBER = f"() => {{ window.__still = ({WATCH})(); return window.__still.size; }}"
# Only what was kept in place before is looked at again: to go through all nodes and their styles after each step took most of the time.
MOVED = """
(slack) => {
  const scrolled = document.querySelector('[data-testid="stMain"]').scrollTop;
  const left = document.querySelector('[data-testid="stMain"]').scrollLeft;
  const text = (node) => node.textContent.trim().slice(0, 40);
  const named = (node) => `${node.tagName.toLowerCase()}.${node.getAttribute("class") ?? ""} “${text(node)}”`;
  const moved = [];
  for (const [node, before] of window.__still) {
    const box = node.getBoundingClientRect();
    if (!box.width) continue; // hidden or gone meanwhile
    const now = [box.top + scrolled, box.left + left, box.width, box.height].slice(0, before.length);
    if (before.some((value, i) => Math.abs(value - now[i]) > slack))
      moved.push(`${named(node)}: ${before.map(Math.round)} → ${now.map(Math.round)}`);
  }
  return moved.slice(0, 8);
}
"""
# The pictures that answer to the pointer, and what stands beside them, by their place on the page.
SURFACES = """
() => {
  const found = [];
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      const box = one.getBoundingClientRect();
      if (one.matches(".vit canvas, .vit svg, .vit table, .vit ol, .vit ul, .vit dl") && box.width > 40 && box.height > 24) found.push(one);
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document.querySelector('[data-testid="stMain"]'));
  window.__surfaces = found;
  return found.length;
}
"""
PLACE = """
([index, down, across]) => {
  const node = window.__surfaces[index];
  if (!node.isConnected) return null;
  let box = node.getBoundingClientRect();
  const y = box.top + box.height * down;
  if (y < 120 || y > innerHeight - 20) {
    document.querySelector('[data-testid="stMain"]').scrollBy(0, y - innerHeight / 2);
    box = node.getBoundingClientRect();
  }
  return [box.left + box.width * across, box.top + box.height * down];
}
"""


def until_still(page: Page) -> None:
    """Waits until nothing comes any more that moves the page by itself: parts that load later, and what is measured meanwhile."""
    size = -1
    for _ in range(LONGEST):
        found = page.evaluate(REMEMBER)
        page.wait_for_timeout(CALM)
        if found == size and not page.evaluate(MOVED, SLACK):
            return
        size = found


def what_moves(page: Page, places: int = PLACES) -> list[str]:
    """Moves the pointer over `places` of the page, spread over all its pictures and lists; what was elsewhere then, in words."""
    page.mouse.move(0, 0)
    until_still(page)
    surfaces = page.evaluate(SURFACES)
    page.evaluate(REMEMBER)
    found: dict[str, Any] = {}
    for i in range(places if surfaces else 0):
        # A sequence that fills the square evenly: multiples of the golden ratio and of its square.
        where = page.evaluate(PLACE, [i % surfaces, (i * 0.7548776662 + 0.02) % 1, (i * 0.5698402910 + 0.02) % 1])
        if where is None:
            continue
        page.mouse.move(*where)
        page.evaluate(SETTLE)
        for text in page.evaluate(MOVED, SLACK):
            found.setdefault(text.split(" “")[0], f"{text} (place {i}, picture {i % surfaces})")
    return list(found.values())
