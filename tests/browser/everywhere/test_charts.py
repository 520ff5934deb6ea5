"""Charts in a real browser: what they write can be read at every width, they keep their zoom, give their numbers, and can be saved."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.looks import charts
from tests.support.browser.looks.paper import SHEET, on_paper
from tests.support.browser.server import open_app, rerun


def importance(tab: Page) -> None:
    with rerun(tab):
        tab.get_by_role("radio", name="Is it importance?").click()
    cover = tab.get_by_role("button", name="Cover patches")
    if cover.count():
        with rerun(tab):
            cover.click()
    expect(tab.get_by_text("of the patches covered:")).to_be_visible()


def known(tab: Page) -> None:
    """The experiment has run to its end."""
    tab.locator('.vit[data-known="true"]').wait_for()


def settled(tab: Page) -> None:
    """The page is drawn as it opens."""


def heads(tab: Page) -> None:
    with rerun(tab):
        tab.get_by_role("radio", name="Heads by depth").click()


PAGES = {
    "attention": ("/attention?size=64&patch=8", importance, 1),
    "attention-heads": ("/attention?size=64&patch=8", heads, 1),
    "experiments": ("/experiments?size=64&view=%7B%22exp%22%3A%22curves%22%7D", known, 2),
    "experiments-tokens": ("/experiments?size=64&view=%7B%22exp%22%3A%22tokens%22%2C%22tok%22%3A%226-7%22%7D", settled, 1),
    "experiments-tested": ("/experiments?size=64&view=%7B%22exp%22%3A%22tested%22%7D", known, 3),
    "memory_scaling": ("/memory_scaling", settled, 1),
    "positional_encoding": ("/positional_encoding?size=64", settled, 1),
    "model_variants": ("/model_variants", settled, 2),
    "performance": ("/performance", settled, 3),
    "performance-compute": ("/performance?view=%7B%22perf%22%3A%7B%22x%22%3A%22macs%22%7D%7D", settled, 3),
    "performance-data": ("/performance?view=%7B%22perf%22%3A%7B%22x%22%3A%22images%22%7D%7D", settled, 3),
    "practice": ("/practice?size=96", settled, 1),
    "practice-attention": ("/practice?size=96&view=%7B%22pr%22%3A%7B%22d%22%3A%22attention%22%7D%7D", settled, 1),
    "practice-bits": ("/practice?size=96&view=%7B%22pr%22%3A%7B%22d%22%3A%22bits%22%7D%7D", settled, 1),
    "practice-distil": ("/practice?size=96&view=%7B%22pr%22%3A%7B%22d%22%3A%22distil%22%7D%7D", settled, 2),
}
"""A page's link, what opens its charts, and how many there are."""


WIDTHS = (1400, 820, 390)


@pytest.mark.parametrize("slug", PAGES)
def test_no_text_lies_over_another_and_none_is_cut(server, page, slug) -> None:
    """Opened once: the window is made narrower, and at each width the theme is changed."""
    link, opens, count = PAGES[slug]
    tab = page(viewport=(WIDTHS[0], 900))
    open_app(tab, server.url + link)
    opens(tab)
    wrong = []
    for width, themes in zip(WIDTHS, (("light", "dark"), ("dark", "light"), ("light", "dark")), strict=True):
        tab.set_viewport_size({"width": width, "height": 900})
        for theme in themes:
            tab.emulate_media(color_scheme=theme)
            found = charts.figures_of(tab, count)
            assert all(len(figure["texts"]) > 4 for figure in found)
            wrong += [f"{width} px, {theme}: {fault}" for figure in found for fault in charts.faults(figure)]
    assert wrong == []


def test_overlaps_and_cut_texts_are_seen() -> None:
    text = {"text": "a", "pixels": 13, "box": [0, 0, 10, 10]}
    other = text | {"text": "b", "box": [8, 5, 20, 12]}
    figure = {"title": "T", "size": [30, 30], "modebar": [[40, 0, 50, 10]], "texts": [text, other]}
    assert charts.faults(figure) == ["T: “a” lies over “b”"]
    figure["texts"] = [text | {"box": [25, 0, 35, 10], "pixels": 12}, other]
    assert [fault.split("”")[1].strip()[:8] for fault in charts.faults(figure)] == ["is cut b", "is 12 px"]


def test_a_chart_gives_its_numbers_and_is_saved_and_nothing_leaves(server, page, tmp_path) -> None:
    tab = page()
    open_app(tab, server.url + PAGES["attention"][0])
    importance(tab)
    place = tab.locator(".plotted-place[data-drawn]")
    place.scroll_into_view_if_needed()
    expect(place.locator(".modebar-btn")).to_have_count(5)  # zoom, pan, in, out, reset
    tab.get_by_text("Numbers as a table").click()
    rows = tab.locator(".plotted-numbers tbody tr")
    assert rows.count() == place.locator(".points path").count() > 20
    expect(rows.first).to_contain_text(re.compile(r"random order, mean0% coveredprobability of .+: 0\.\d{4}"))
    for name, entry in {"PNG": "PNG, 2×", "SVG": "SVG"}.items():
        tab.get_by_role("button", name="Take with you: the chart").click()
        with tab.expect_download() as download:
            tab.get_by_role("menuitem", name=entry, exact=True).click()
        assert download.value.suggested_filename == f"patches-covered-in-three-orders.{name.lower()}"
        download.value.save_as(tmp_path / name)
    assert (tmp_path / "PNG").read_bytes().startswith(b"\x89PNG")
    assert "Patches covered in three orders" in (tmp_path / "SVG").read_text(encoding="utf-8")


def test_arrow_keys_go_through_the_points_and_zoom_outlives_a_run(server, page) -> None:
    tab = page()
    open_app(tab, server.url + PAGES["attention"][0])
    importance(tab)
    place = tab.locator(".plotted-place[data-drawn]")
    place.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight"):
        tab.keyboard.press(key)
    expect(tab.locator(".plotted [role=status]")).to_contain_text("10% covered")
    expect(place.locator(".hoverlayer")).to_contain_text("10% covered")
    box = place.locator(".nsewdrag").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 40)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 42, steps=5)
    tab.mouse.up()
    zoomed = "(node) => { node.dataset.same = 'yes'; return node.layout.xaxis.range; }"
    expect(place.locator(".xtick")).not_to_have_count(9)
    low, high = place.evaluate(zoomed)
    assert 0 < low < high < 50
    with rerun(tab):
        tab.get_by_role("tab", name="Code").click()
    tab.emulate_media(color_scheme="dark")
    expect(place).to_have_attribute("data-same", "yes")
    expect(place.locator(".xtick text").first).to_have_css("fill", re.compile(r"rgb\(1[6-9]\d, "))
    assert place.evaluate(zoomed) == [low, high]


SCRIPT = """
() => {
  const found = performance.getEntriesByType("resource").find(({ name }) => name.endsWith("plotly.min.js"));
  return [found.transferSize, found.duration];
}
"""


def test_plotlys_script_comes_once_and_is_kept_by_the_browser(server, page) -> None:
    tab = page(own=True)
    wire = []
    for address in ("/memory_scaling", "/memory_scaling", "/performance"):  # a first visit, a reload, another page
        open_app(tab, server.url + address)
        tab.locator(".plotted-place[data-drawn]").first.wait_for()
        wire.append(tab.evaluate(SCRIPT)[0])
    assert wire[0] > 1e6 and wire[1:] == [0, 0]


def test_a_chart_out_of_the_dark_theme_is_light_on_paper_and_dark_again_after(server, page) -> None:
    tab = page(viewport=(SHEET["width"], SHEET["height"]), color_scheme="dark")
    open_app(tab, f"{server.url}/memory_scaling")
    place = tab.locator(".plotted-place[data-drawn]").first
    place.wait_for()
    on_paper(tab)
    ground = "(place) => place._fullLayout.template.layout.font.color + ' ' + place._fullLayout.font.color"
    paper = place.evaluate(ground)
    tab.emulate_media(media="screen", color_scheme="dark")
    assert place.evaluate(ground) != paper
