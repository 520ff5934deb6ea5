"""Performance and choosing in a real browser: sources on hover, by keyboard and by touch; the guide as `vit_core` answers; narrow and dark."""

import json
import re
from dataclasses import replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from published.evidence import claims
from published.guide import choose, sensitivity
from published.guide_situation import OPTIONS, Situation
from tests.browser.test_app import ready
from tests.support.browser import open_app, rerun

STAGE = {"performance": ".vit:has(.performance)", "choosing": ".vit:has(.guide)"}


def opened(page: Page, server, slug: str, view: dict | None = None) -> Locator:
    open_app(page, f"{server.url}/{slug}" + (f"?view={quote(json.dumps(view))}" if view else ""))
    ready(page)
    return page.locator(STAGE[slug])


def test_every_cell_says_where_it_is_from(server, page) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, "performance")
    tip, origin = stage.get_by_role("tooltip"), stage.locator(".origin")
    cells = stage.locator(".results td")
    assert cells.evaluate_all("(cells) => cells.every((cell) => cell.dataset.note)")
    expect(tip).to_be_hidden()
    cells.nth(1).hover()
    expect(tip).to_contain_text("Table 5: I1k@384. Commonly given for JFT-300M, as 77.9")
    cells.nth(0).focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    expect(tip).to_contain_text("JFT300M@384. Commonly stated: 77.9")
    expect(origin).to_contain_text("ViT-B/16, top-1: 84.15")
    tab.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    with rerun(tab):
        tab.keyboard.press("Enter")
    expect(stage.get_by_role("combobox", name="Model to follow")).to_have_value("ViT-B/16")
    with rerun(tab):
        stage.get_by_role("radio", name="all results").click()
    with rerun(tab):
        stage.locator("th").get_by_role("button", name="top-1").click()
    expect(stage.locator(".results tbody tr").first).to_contain_text("CLIP-B/32")
    again = opened(page(), server, "performance", json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view")))
    expect(again.locator(".results tbody tr").first).to_contain_text("CLIP-B/32")


def test_points_are_read_by_pointer_and_keyboard_on_every_axis(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "performance")
    chart, card = stage.locator(".chart svg"), stage.locator(".point")
    chart.focus()
    tab.keyboard.press("ArrowLeft")
    first = card.locator("h3").inner_text()
    tab.keyboard.press("ArrowRight")
    expect(card.locator("h3")).not_to_have_text(first)
    box = stage.locator(".chart .mark").first.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(card.locator("h3")).to_contain_text(re.compile(r"/16"))
    assert card.locator("dd .figure").evaluate_all("(all) => all.length >= 10 && all.every((one) => one.dataset.note)")
    for name in ("compute", "data"):
        with rerun(tab):
            stage.get_by_role("radio", name=name, exact=True).click()
        expect(stage.locator(".chart svg")).to_have_attribute("aria-label", re.compile(f"Accuracy against {name}: \\d+ published"))
    before = stage.locator(".chart .mark").count()
    with rerun(tab):
        stage.get_by_role("button", name="JFT-300M", exact=True).click()
    assert stage.locator(".chart .mark").count() < before


def test_claims_are_filtered_and_their_figures_have_sources(server, page) -> None:
    tab = page(viewport=(1200, 1000))
    stage = opened(tab, server, "performance")
    shown = stage.locator(".claim:visible")
    expect(shown).to_have_count(len(claims()))
    with rerun(tab):
        stage.get_by_role("combobox", name="Verdict").select_option("bug")
    expect(shown).to_have_count(sum(claim.verdict == "bug" for claim in claims().values()))
    with rerun(tab):
        stage.get_by_role("combobox", name="Verdict").select_option("")
    stage.get_by_role("searchbox").fill("windows of 14")
    expect(shown).to_have_count(1)
    shown.locator(".figure").first.focus()
    expect(stage.get_by_role("tooltip")).to_contain_text("Kirillov et al. 2023")


def situation_of(numbers: list[int]) -> Situation:
    return Situation(**{name: values[number] for (name, values), number in zip(OPTIONS.items(), numbers, strict=True)})


def test_the_guide_answers_as_the_function_does(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "choosing")
    answer = stage.locator(".headline")
    expect(answer).to_contain_text(choose(Situation()).model)
    found = stage.evaluate("(root) => root.guide.changes().map((change) => [change.field, change.value, change.choice.model])")
    assert found == [[change.field, change.value, change.choice.model] for change in sensitivity(Situation())]
    with rerun(tab):
        stage.get_by_role("radio", name="1024 px").click()
    wanted = replace(Situation(), size=1024)
    expect(answer).to_contain_text(f"{choose(wanted).model}, windows in most layers")
    expect(stage.locator(".claims")).to_contain_text("Avoid a ViT over 1024 px.")
    with rerun(tab):
        tab.locator("[data-field=weights][data-value=none]").click()
    wanted = replace(wanted, weights="none")
    expect(answer).to_contain_text("Get pretrained weights first")
    assert stage.locator("[data-evidence]").evaluate_all(
        "(all) => all.length > 2 && all.every((one) => one.querySelector('.source').textContent)"
    )
    numbers = json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view"))["g"]
    assert situation_of(numbers) == wanted
    again = opened(page(), server, "choosing", {"g": numbers})
    expect(again.locator(".headline")).to_contain_text("Get pretrained weights first")


def test_the_guide_by_keyboard(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "choosing")
    stage.get_by_role("radio", name="224 px").focus()
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    expect(stage.get_by_role("radio", name="384 px")).to_be_checked()
    stage.locator(".map .cell[aria-current=true]").first.focus()
    tab.keyboard.press("ArrowUp")
    with rerun(tab):
        tab.keyboard.press("Enter")
    expect(stage.get_by_role("radio", name="under 1,000")).to_be_checked()
    stage.locator(".evidence .figure").first.focus()
    expect(stage.get_by_role("tooltip")).to_be_visible()


def test_what_next_is_drawn_from_the_picture(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server, "choosing")
    works = tab.locator(".vit:has(.works)")
    expect(works.locator(".work")).to_have_count(7, timeout=30_000)
    kinds = dict(
        works.locator(".work").evaluate_all("(all) => all.map((one) => [one.dataset.work, one.querySelector('.badge').textContent])")
    )
    assert kinds == {"clip": "illustration", "swin": "illustration", "dino": "measured", "mae": "illustration", "sam": "illustration"} | {
        "registers": "measured",
        "flexivit": "measured",
    }
    swin = works.locator("[data-work=swin]")
    expect(swin.locator(".says")).to_contain_text("sees 49 of 196")
    swin.locator("canvas").focus()
    tab.keyboard.press("ArrowLeft")
    swin.get_by_role("radio", name="the next, shifted").click()
    expect(swin.locator(".says")).to_contain_text("shifted by 3")
    dino = works.locator("[data-work=dino]")
    before = dino.locator(".says").inner_text()
    dino.get_by_role("slider", name="attention kept").focus()
    tab.keyboard.press("Home")
    expect(dino.locator(".says")).not_to_have_text(before)
    expect(works.locator("[data-work=mae] .says")).to_contain_text("49 of 196")
    painted = "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 0)).size"
    assert all(canvas.evaluate(painted) > 12 for canvas in works.locator("canvas").all())


@pytest.mark.parametrize(("slug", "scheme"), [("performance", "dark"), ("choosing", "light")])
def test_a_phone_scrolls_only_down_and_a_touch_shows_the_source(server, page, slug, scheme) -> None:
    tab = page(viewport=(390, 844), color_scheme=scheme, has_touch=True)
    stage = opened(tab, server, slug)
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert stage.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
    stage.locator(".panel li.figure, .evidence .figure").first.tap()
    expect(stage.get_by_role("tooltip")).to_contain_text("Dosovitskiy")
    assert stage.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
