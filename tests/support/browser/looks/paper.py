"""A page on paper: nothing is wider than the sheet or cut, no words are light on light, no ground is dark."""

from playwright.sync_api import Page

SHEET = {"width": 794, "height": 1123}
"""A4 in CSS pixels."""
FAULTS = """
() => {
  const ink = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const colour = (name) => {
    ink.clearRect(0, 0, 1, 1);
    ink.fillStyle = name;
    ink.fillRect(0, 0, 1, 1);
    return [...ink.getImageData(0, 0, 1, 1).data];
  };
  const linear = (v) => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const above = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const groundOf = (node) => {
    for (let at = node; at; at = above(at)) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found[3] > 128) return found;
    }
    return [255, 255, 255, 255];
  };
  const nameOf = (node) => `${node.localName}.${node.getAttribute("class") ?? ""} in ${above(node)?.getAttribute("class") ?? ""}`;
  const found = [];
  const look = (node) => {
    if (!node.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return;
    if (node.closest(".visually-hidden, .katex-mathml, .stretchy, .hide-tail")) return;
    const [box, style] = [node.getBoundingClientRect(), getComputedStyle(node)];
    if (box.width < 2 || box.height < 2) return;
    if (box.right > innerWidth + 1) found.push(`wider than the sheet, to ${Math.round(box.right)} px: ${nameOf(node)}`);
    const cuts = /auto|scroll|hidden|clip/;
    const [across, down] = [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight];
    if (!node.closest(".katex") && cuts.test(style.overflowX) && across > 4) found.push(`cut by ${across} px across: ${nameOf(node)}`);
    if (!node.closest(".katex-display") && cuts.test(style.overflowY) && down > 4) found.push(`cut by ${down} px down: ${nameOf(node)}`);
    const ground = colour(style.backgroundColor);
    if (ground[3] > 128 && light(ground) < 0.05 && box.width * box.height > 2000) found.push(`a dark ground: ${nameOf(node)}`);
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())) return;
    const words = colour(node instanceof SVGElement ? style.fill : style.color);
    const [more, less] = [light(words), light(groundOf(node))].sort((a, b) => b - a);
    if ((more + 0.05) / (less + 0.05) < 2.2) found.push(`light on light, “${node.textContent.trim().slice(0, 30)}”: ${nameOf(node)}`);
  };
  const walk = (tree) => {
    for (const node of tree.querySelectorAll("*")) {
      look(node);
      if (node.shadowRoot) walk(node.shadowRoot);
    }
  };
  walk(document);
  return [...new Set(found)];
}
"""


def on_paper(page: Page) -> None:
    """Puts an open page on paper, out of the dark theme, and waits until its charts are drawn for it."""
    page.emulate_media(media="print", color_scheme="dark")
    page.locator(".plotted-place:visible:not([data-drawn])").first.wait_for(state="detached")


def faults_on_paper(page: Page) -> list[str]:
    """What is wrong with a page that is on paper, in words."""
    return page.evaluate(FAULTS)
