"""Attention as one file, opened from the disk: fifty weights under the pointer, keys, both themes, a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

import vit_core
from tests.support.browser.saved_pages import opened
from tests.support.source import ROOT
from ui.standalone.saved import show

PLACES = [(11, 9), (5, 2), (0, 0), (8, 11), (2, 6)]


@pytest.fixture(scope="module")
def trace() -> vit_core.ViTTrace:
    model = vit_core.load()
    image = vit_core.open_image(ROOT / "assets" / "images" / "coffee.jpg")
    return model(vit_core.preprocess(image, model, image_size=224), patch_size=16)


@pytest.fixture(scope="module")
def file(trace, tmp_path_factory):
    return show(trace, picture="Coffee").save(tmp_path_factory.mktemp("saved") / "attention.html")


def facts(page: Page) -> dict[str, str]:
    """What stands under the pointer, by its name."""
    rows = page.locator("section.card", has_text="Under the pointer").locator("dl.facts > div").all_inner_texts()
    return dict(row.split("\n", 1) for row in rows if "\n" in row)


def choose(page: Page, layer: int, head: int) -> None:
    for name, value in (("Layer", layer + 1), ("Head", head + 1)):
        page.get_by_label(name, exact=True).first.fill(str(value))
    expect(page.locator("section.card", has_text="This head")).to_contain_text(f"{layer + 1}/12, {head + 1}/12")


def unit(shown: str) -> float:
    """One in the last place of a number as it is written."""
    digits, _, power = shown.replace("−", "-").partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


def test_fifty_weights_are_the_traces(file, trace, browser) -> None:
    with opened(browser, file) as page:
        scene = page.locator(".scene canvas").first
        expect(page.locator(".vit[data-ready]")).to_be_visible()
        box = scene.bounding_box()
        seen = 0
        for layer, head in PLACES:
            choose(page, layer, head)
            for patch in range(layer, 196, 19)[:10]:
                row, col = divmod(patch, 14)
                page.mouse.move(box["x"] + (col + 0.5) * box["width"] / 14, box["y"] + (row + 0.5) * box["height"] / 14)
                expect(page.locator("section.card", has_text="Under the pointer")).to_contain_text(f"#{patch + 1}")
                found = facts(page)
                query, key = (int(re.search(r"#(\d+)", found[name])[1]) for name in ("query", "key"))
                true = float(trace.attn_weights(layer, query)[0, head, 0, key])
                shown = found["weight"].split()[0]
                assert query == patch + 1 and abs(float(shown.replace("−", "-")) - true) <= 0.6 * unit(shown), (layer, head, query, key)
                seen += 1
        assert seen == 50


def test_columns_are_computed_in_the_page(file, trace, browser) -> None:
    with opened(browser, file) as page:
        expect(page.locator(".vit[data-ready]")).to_be_visible()
        page.get_by_role("radio", name="looked at by").click()
        expect(page.locator("section.card", has_text="Under the pointer")).to_contain_text("[CLS] · #0")
        found = facts(page)
        query, key = (int(re.search(r"#(\d+)", found[name])[1]) for name in ("query", "key"))
        layer, head = (
            int(part) for part in re.search(r"(\d+)/12, (\d+)/12", page.inner_text("section.card:has-text('This head')")).groups()
        )
        true = float(trace.attn_weights(layer - 1, query)[0, head - 1, 0, key])
        shown = found["weight"].split()[0]
        assert key == 0 and abs(float(shown) - true) <= 0.6 * unit(shown)


def test_keys_lead_over_the_picture_and_what_needs_the_model_says_so(file, browser) -> None:
    with opened(browser, file) as page:
        expect(page.locator(".vit[data-ready]")).to_be_visible()
        scene = page.locator(".scene canvas").first
        scene.focus()
        for key in ("ArrowRight", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        expect(page.locator("section.card", has_text="Under the pointer")).to_contain_text(re.compile(r"row \d+, col \d+"))
        expect(page.locator("#said")).to_be_empty()
        page.get_by_role("button", name="Check against the model").click()
        expect(page.locator("#said")).to_contain_text("asks the running model, which is not in this page")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_system_and_the_button(scheme, file, browser) -> None:
    other = {"light": "dark", "dark": "light"}[scheme]
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 18, 22)"}
    with opened(browser, file, (390, 844), scheme) as page:
        expect(page.locator(".vit[data-ready]")).to_be_visible()
        expect(page.locator("html")).to_have_css("background-color", ground[scheme])
        button = page.get_by_role("button", name="Theme")
        while button.inner_text() != f"Theme: {other}":
            button.click()
        expect(page.locator("html")).to_have_css("background-color", ground[other])
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
