"""The glossary's words on every page: pointer, keyboard, touch, page switches; and the glossary page itself."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.support.browser.server import go_to, open_app, rerun
from tests.support.browser.stages import ready
from ui.glossary import words

DEFINITIONS = {entry.id: entry.definition for entry in words.entries()}

# Where the first visible mark of a word is: the highlights are ranges, of the page and of the components in it.
MARK = """
(word) => {
  for (const mark of CSS.highlights.get("vit-term") ?? []) {
    const node = mark.startContainer;
    if (!node.isConnected || node.data.slice(mark.startOffset, mark.endOffset) !== word) continue;
    const range = document.createRange();
    range.setStart(node, mark.startOffset);
    range.setEnd(node, mark.endOffset);
    const box = range.getBoundingClientRect();
    if (box.width && box.top > 60 && box.bottom < innerHeight) return [box.x + box.width / 2, box.y + box.height / 2];
  }
  return null;
}
"""
# Whether a mark begins with a word, in sight or not.
MARKED = """
(word) => [...(CSS.highlights.get("vit-term") ?? [])].some((mark) => mark.startContainer.data.slice(mark.startOffset).startsWith(word))
"""


def mark(tab: Page, word: str) -> tuple[float, float]:
    """Waits until a word is marked, and gives its place."""
    return tuple(tab.wait_for_function(MARK, arg=word).json_value())


def card(tab: Page) -> Locator:
    return tab.locator(".term-card")


def picked(tab: Page) -> Locator:
    return tab.locator(".entry.picked")


def test_a_word_under_the_pointer_is_explained(server, page) -> None:
    tab = open_app(page(viewport=(1280, 1000)), f"{server.url}/attention")
    ready(tab)
    for word in ("patch", "entropy"):  # the first stands in the page, the other in a component
        tab.mouse.move(*mark(tab, word))
        expect(card(tab)).to_contain_text(DEFINITIONS[word])
        tab.keyboard.press("Escape")
        expect(card(tab)).to_be_hidden()
    tab.mouse.move(*mark(tab, "head"))
    expect(card(tab)).to_contain_text(DEFINITIONS["attention-head"])
    box = tab.locator("canvas").first.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(card(tab)).to_be_hidden()


def test_the_card_can_be_entered_and_leads_to_the_entry(server, page) -> None:
    pages = page
    tab = open_app(pages(viewport=(1280, 1000)), f"{server.url}/attention?picture=rocket")
    ready(tab)
    tab.mouse.move(*mark(tab, "entropy"))
    link = card(tab).get_by_role("link", name="In the glossary")
    link.hover()
    expect(card(tab)).to_contain_text(DEFINITIONS["entropy"])
    with rerun(tab):
        link.click()
    expect(picked(tab)).to_contain_text(DEFINITIONS["entropy"])
    expect(picked(tab)).to_be_in_viewport()
    expect(tab.locator(".strip")).to_contain_text("Rocket")
    other = open_app(pages(), tab.url)
    expect(picked(other)).to_contain_text(DEFINITIONS["entropy"])
    with rerun(other):
        picked(other).get_by_role("link", name="Attention").click()
    expect(other.locator("h1.vit-title")).to_have_text("Attention")


def test_the_terms_of_a_page_by_keyboard(server, page) -> None:
    tab = open_app(page(), f"{server.url}/memory_scaling")
    ready(tab)
    mark(tab, "resolution")
    tab.wait_for_function(MARKED, arg="optimizer")  # farther down, in what is read last
    tab.keyboard.press("?")
    rows = tab.locator(".term-row")
    expect(rows.first).to_be_focused()
    expect(tab.locator(".term-list")).to_contain_text(DEFINITIONS["optimizer"])
    tab.keyboard.press("Escape")
    expect(tab.locator(".term-list")).to_be_hidden()
    tab.get_by_role("button", name="Terms").click()
    tab.keyboard.press("End")
    expect(rows.last).to_be_focused()
    tab.keyboard.press("ArrowUp")
    chosen = rows.nth(rows.count() - 2)
    expect(chosen).to_be_focused()
    name = chosen.locator("strong").inner_text()
    with rerun(tab):
        tab.keyboard.press("Enter")
    expect(tab.locator("h1.vit-title")).to_have_text("Glossary")
    expect(picked(tab).locator("strong")).to_have_text(name)


def test_a_letter_of_a_formula_is_explained(server, page) -> None:
    tab = open_app(page(), server.url)
    ready(tab)
    letter = tab.locator(".katex .mathnormal", has_text=re.compile("^N$")).first
    letter.scroll_into_view_if_needed()
    letter.hover()
    expect(card(tab)).to_contain_text(DEFINITIONS["N"])
    expect(card(tab)).to_contain_text("N = 196")


def test_a_tap_opens_the_card_and_a_tap_beside_it_closes_it(server, page) -> None:
    tab = open_app(page(viewport=(390, 844), has_touch=True), f"{server.url}/attention")
    ready(tab)
    tab.touchscreen.tap(*mark(tab, "patch"))
    expect(card(tab)).to_contain_text(DEFINITIONS["patch"])
    box = card(tab).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    title = tab.locator("h1.vit-title").bounding_box()
    tab.touchscreen.tap(title["x"] + 5, title["y"] + 5)
    expect(card(tab)).to_be_hidden()
    tab.locator(".strip").get_by_role("button", name="More").tap()
    tab.get_by_role("button", name="Terms").tap()
    box = tab.locator(".term-list").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 844


def test_it_works_after_page_switches_and_leaves_nothing_behind(server, page) -> None:
    tab = open_app(page(), server.url)
    ready(tab)
    mark(tab, "patch")
    for title in ("Variants", "Glossary", "Attention", "Overview"):
        go_to(tab, title)
        expect(tab.locator("h1.vit-title")).to_have_text(title)
    tab.mouse.move(*mark(tab, "patch"))
    expect(card(tab)).to_have_count(1)
    expect(card(tab)).to_contain_text(DEFINITIONS["patch"])
    assert tab.evaluate("document.adoptedStyleSheets.length") == 1
    tab.wait_for_function("() => [...CSS.highlights.get('vit-term')].every((mark) => mark.startContainer.isConnected)")


def test_search_groups_and_the_current_numbers(server, page) -> None:
    tab = open_app(page(), f"{server.url}/glossary?picture=coffee&size=64&patch=8")
    ready(tab)
    expect(tab.locator('.entry[data-id="attn_scores"]')).to_contain_text("[1, 12, 65, 65]")
    expect(tab.locator('.entry[data-id="patches"]')).to_contain_text("[1, 64, 192]")
    tab.keyboard.press("/")
    tab.keyboard.type("swiglu?")
    expect(tab.locator(".term-list")).to_be_hidden()
    expect(tab.locator(".glossary [role=status]")).to_contain_text("Nothing in the glossary")
    tab.keyboard.press("Backspace")
    expect(tab.locator(".entry").first).to_contain_text(DEFINITIONS["swiglu"])
    tab.keyboard.press("ArrowDown")
    with rerun(tab):
        tab.keyboard.press("Enter")
    assert "swiglu" in tab.url
    expect(picked(tab)).to_contain_text(DEFINITIONS["swiglu"])
    tab.get_by_role("searchbox").fill("")
    with rerun(tab):
        tab.get_by_role("radio", name="Cost").click()
    expect(tab.locator(".entry")).to_have_count(sum(entry.group == "cost" for entry in words.entries()))
