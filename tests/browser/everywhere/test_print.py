"""Every page on paper, out of the dark theme: nothing is wider than the sheet or cut, no words are light on light, no ground is dark."""

import pytest
from playwright.sync_api import Page

from tests.support.browser.server import open_app
from tests.support.browser.stages import ready, settled
from ui.kit import registry

SHEET = (794, 1123)
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


def on_paper(tab: Page, address: str) -> None:
    """Opens a page in the dark theme, drawn, and puts it on paper."""
    open_app(tab, address)
    ready(tab)
    settled(tab)
    tab.emulate_media(media="print", color_scheme="dark")
    tab.locator(".plotted-place:visible:not([data-drawn])").first.wait_for(state="detached")


@pytest.mark.parametrize("spec", registry.PAGES, ids=lambda spec: spec.slug)
def test_a_page_is_whole_and_light_on_paper(spec: registry.PageSpec, server, page) -> None:
    tab = page(viewport=SHEET, color_scheme="dark")
    on_paper(tab, f"{server.url}/{spec.path}?size=64&patch=8")
    found = tab.evaluate(FAULTS)
    assert not found, "\n".join(found)
    assert tab.pdf(format="A4").startswith(b"%PDF")


def test_a_chart_out_of_the_dark_theme_is_light_on_paper_and_dark_again_after(server, page) -> None:
    tab = page(viewport=SHEET, color_scheme="dark")
    on_paper(tab, f"{server.url}/memory_scaling")
    place = tab.locator(".plotted-place[data-drawn]").first
    ground = "(place) => place._fullLayout.template.layout.font.color + ' ' + place._fullLayout.font.color"
    paper = place.evaluate(ground)
    tab.emulate_media(media="screen", color_scheme="dark")
    assert place.evaluate(ground) != paper
