"""How small the smallest words of a page are, those drawn on canvases too."""

from playwright.sync_api import Page

SMALLEST = 13  # px; letters of formulas, and indices, are as large as they are set

# Before the page's own script: notes what is written on canvases that are on the page, with the size that it has on the screen.
NOTE_CANVASES = """
(() => {
  const noted = (window.__smallWords = new Map());
  for (const name of ["fillText", "strokeText"]) {
    const write = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function (text, ...rest) {
      const { a, b } = this.getTransform(); // turned words have their size in b
      const size = (parseFloat(this.font.match(/([\\d.]+)px/)?.[1]) * Math.hypot(a, b)) / devicePixelRatio;
      if (this.canvas.isConnected && size < 12.99) noted.set(`${text}`.slice(0, 40), size);
      return write.call(this, text, ...rest);
    };
  }
})();
"""
SMALL = """
(smallest) => {
  const APART = ".katex, sub, sup, style, [hidden], .visually-hidden, [data-testid=stIconMaterial]";
  const found = new Map();
  const look = (node) => {
    for (const one of node.querySelectorAll("*")) {
      if (one.shadowRoot) look(one.shadowRoot);
      if (one.closest(APART) || !one.getClientRects().length) continue;
      const words = [...one.childNodes].filter((child) => child.nodeType === 3 && child.data.trim());
      const size = parseFloat(getComputedStyle(one).fontSize);
      if (words.length && size < smallest - 0.01) found.set(words[0].data.trim().slice(0, 40), size);
    }
  };
  look(document);
  for (const [words, size] of window.__smallWords) found.set(words, size);
  return [...found].map(([words, size]) => `${size.toFixed(2)} px: ${words}`);
}
"""


def small_words(page: Page) -> list[str]:
    """What is written smaller than `SMALLEST`, with its size; the page was opened with `NOTE_CANVASES`."""
    return page.evaluate(SMALL, SMALLEST)
