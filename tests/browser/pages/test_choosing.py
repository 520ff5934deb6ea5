"""Choosing in a real browser: the guide answers as its function does, by pointer and keyboard; the cards are drawn from the picture."""

import json
from dataclasses import replace

from playwright.sync_api import expect

from published.guide import choose, sensitivity
from published.guide_situation import OPTIONS, Situation
from tests.support.browser.server import rerun
from tests.support.browser.stages import opened, view_query


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
    again = opened(page(), server, "choosing", view_query(g=numbers))
    expect(again.locator(".headline")).to_contain_text("Get pretrained weights first")


def test_the_guide_by_keyboard(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "choosing")
    stage.get_by_role("radio", name="224 px").focus()
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    expect(stage.get_by_role("radio", name="384 px")).to_be_checked()
    expect(stage).to_contain_text("a picture at 384 px")  # the answer has come: what is drawn anew keeps no focus
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
    expect(works.locator(".work")).to_have_count(8, timeout=30_000)
    kinds = dict(
        works.locator(".work").evaluate_all("(all) => all.map((one) => [one.dataset.work, one.querySelector('.badge').textContent])")
    )
    assert kinds == {"clip": "illustration", "swin": "illustration", "dino": "measured", "mae": "illustration", "sam": "illustration"} | {
        "registers": "measured",
        "flexivit": "measured",
        "navit": "illustration",
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
    navit = works.locator("[data-work=navit]")
    counts = [int(text) for text in navit.locator(".sequence span").all_inner_texts()]
    expect(navit.locator(".says")).to_contain_text(f"one sequence of {sum(counts)} tokens")
    expect(navit.locator(".says")).to_contain_text(
        f"{sum(count**2 for count in counts):,} of {sum(counts) ** 2:,} pairs".replace(",", "\u2009")
    )
    painted = (
        "(canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i "
        "% 4 === "
        "0)).size"
    )
    assert all(canvas.evaluate(painted) > 12 for canvas in works.locator("canvas").all())


def test_a_phone_scrolls_only_down_and_a_touch_shows_the_source(server, page) -> None:
    tab = page(viewport=(390, 844), color_scheme="light", has_touch=True)
    stage = opened(tab, server, "choosing")
    assert tab.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert stage.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
    stage.locator(".panel li.figure, .evidence .figure").first.tap()
    expect(stage.get_by_role("tooltip")).to_contain_text("Dosovitskiy")
    assert stage.evaluate("(root) => root.scrollWidth <= root.clientWidth + 1")
