"""The positional page in a real browser: what it draws against `vit_core`, and that pointer, keys, touch and links reach everything."""

import random
from itertools import product

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.answers import said
from tests.support.browser.server import open_app, rerun, wait_for_run
from tests.support.browser.stages import floats, ready
from ui.positional_encoding import setting
from ui.work import cached
from vit_core import positions
from vit_core.study import position_experiments as experiments

SILENT = "root => [...root.querySelectorAll('canvas')].filter(c => !c.ariaLabel && !c.ariaHidden && !c.matches('.marks')).length"
EXPLORER, BREAK, TWINS = ".vit:has(.explorer.positions)", ".vit:has(.cards)", ".vit:has(.twins)"


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace


def opened(tab: Page, server, query: str = "") -> Locator:
    open_app(tab, f"{server.url}/positional_encoding{query}")
    ready(tab)
    for part in (EXPLORER, BREAK, TWINS):
        tab.locator(f"{part}[data-ready]").wait_for()
    return tab.locator(EXPLORER)


def hover(tab: Page, row: int, col: int, side: int = 14) -> None:
    box = tab.locator(".positions .map").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * (col + 0.5) / side, box["y"] + box["height"] * (row + 0.5) / side)


def fact(tab: Page, name: str) -> Locator:
    return tab.locator(f"{EXPLORER} .facts dt", has_text=name).locator("xpath=following-sibling::dd[1]").first


def test_every_map_is_the_similarity_of_the_weights(server, page, trace) -> None:
    explorer = opened(page(), server)
    for kind, side in product(setting.KINDS, (2, 9, 14, 24)):
        similarity = positions.cosine_similarity(setting.rows_of(trace.model, kind, side))
        drawn = floats(explorer, "(root, [kind, side]) => root.tables.at(kind, side).matrix()", [kind, side])
        assert (drawn.view_as(similarity) - similarity).abs().max() <= 1e-5, (kind, side)
        row = floats(explorer, "(root, [kind, side]) => root.tables.make(kind, side).row(3)", [kind, side])
        assert (row - similarity[3]).abs().max() <= 1e-5, (kind, side)


def test_the_way_back_is_that_of_the_model(server, page, trace) -> None:
    explorer = opened(page(), server)
    config, table = trace.config, trace.model.pos_embed.detach()
    there = positions.interpolate_positions(table, config, (5, 5))
    back = positions.interpolate_positions(there, config.replace(pos_grid=(5, 5)), (14, 14))
    for way, expected in (("at", there), ("roundTrip", back)):
        drawn = floats(explorer, "(root, way) => root.tables[way]('learned', 5).rows", way)
        assert (drawn.view_as(expected) - expected).abs().max() <= 1e-5


def test_hover_shows_that_position_and_leaves_the_wall_alone(server, page, trace) -> None:
    tab = page()
    explorer = opened(tab, server)
    explorer.evaluate("root => (root.before = root.tables.at('learned', 14).all)")
    similarity = positions.cosine_similarity(trace.pos_embedding[0])
    for row, col in [(5, 8), (0, 0), (13, 2)]:
        hover(tab, row, col)
        place = 1 + row * 14 + col
        expect(fact(tab, "ID")).to_have_text(str(place))
        others = similarity[place].clone()
        others[[0, place]] = -2
        nearest = int(others.argmax()) - 1
        expect(fact(tab, "nearest")).to_have_text(f"row {nearest // 14 + 1}, col {nearest % 14 + 1}")
        shown = float(fact(tab, "similarity").inner_text().replace("−", "-"))
        assert shown == pytest.approx(float(others.max()), rel=1e-3)
        expect(tab.locator(f"{EXPLORER} .prefix button")).to_contain_text("[CLS]")
    assert explorer.evaluate("root => root.before === root.tables.at('learned', 14).all")
    assert tab.url.endswith("/positional_encoding")


def test_a_grid_drag_is_followed_before_release(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server)
    slider = tab.get_by_role("slider", name="Grid")
    box = slider.bounding_box()
    finished = tab.evaluate("window.__runs.finished")
    tab.mouse.move(box["x"] + box["width"] * 12 / 22, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=4)
    expect(tab.locator(f"{EXPLORER} label.slider strong")).to_contain_text("interpolated")
    side = int(tab.locator(f"{EXPLORER} label.slider strong").inner_text().split()[0])
    assert 18 <= side <= 24
    tab.wait_for_function(
        "side => [...document.querySelectorAll('*')].some(n => n.shadowRoot?.querySelector('.positions .map')?.width === side)", arg=side
    )
    assert tab.evaluate("window.__runs.finished") == finished and "view=" not in tab.url
    with rerun(tab):
        tab.mouse.up()
    assert f"%22side%22%3A{side}" in tab.url or f"{side}" in tab.url
    expect(fact(tab, "at this grid")).to_have_text("bicubic, antialiased")


def test_the_keyboard_does_everything(server, page) -> None:
    tab = page()
    explorer = opened(tab, server, "?token=79")
    tab.locator(".positions .map").focus()
    with rerun(tab):
        tab.keyboard.press("ArrowDown")
    expect(fact(tab, "position")).to_have_text("row 7, col 9")
    with rerun(tab):
        tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowRight")
    expect(fact(tab, "with")).to_have_text("row 7, col 10")
    with rerun(tab):
        tab.keyboard.press("Escape")
    with rerun(tab):
        tab.keyboard.press("Home")
    expect(fact(tab, "position")).to_have_text("[CLS]")
    with rerun(tab):
        tab.get_by_role("radio", name="learned", exact=True).press("ArrowRight")
    expect(tab.get_by_role("radio", name="2D sin-cos")).to_have_attribute("aria-checked", "true")
    said = explorer.get_attribute("data-summary")
    slider = tab.get_by_role("slider", name="Grid")
    with rerun(tab):
        slider.press("ArrowLeft")
    expect(tab.locator(f"{EXPLORER} label.slider strong")).to_contain_text("13 × 13")
    assert explorer.get_attribute("data-summary") != said
    with rerun(tab):
        tab.get_by_role("radio", name="wall", exact=True).press("ArrowRight")
    expect(tab.locator(f"{EXPLORER} .pane-note")).to_contain_text("170 × 170")
    with rerun(tab):
        tab.get_by_role("tab", name="One similarity, step by step").press("ArrowRight")
    expect(tab.get_by_role("tab", name="Another grid")).to_have_attribute("aria-selected", "true")
    card = tab.locator(f"{BREAK} .way[data-way=shuffled]")
    with rerun(tab):
        card.press("ArrowRight")
    expect(tab.locator(f"{BREAK} .way[data-way=sincos2d]")).to_have_attribute("aria-checked", "true")


def test_a_link_restores_the_view(server, page) -> None:
    tab = page()
    opened(tab, server)
    with rerun(tab):
        tab.get_by_role("radio", name="1D sin-cos").click()
    with rerun(tab):
        tab.get_by_role("tab", name="Structure").click()
    with rerun(tab):
        tab.locator(f"{BREAK} .way[data-way=zeroed]").click()
    canvas = tab.locator(".positions .map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    with rerun(tab):
        tab.mouse.click(box["x"] + box["width"] * 2.5 / 14, box["y"] + box["height"] * 3.5 / 14)
    other = page()
    explorer = other.locator(EXPLORER)
    open_app(other, tab.url)
    explorer.and_(other.locator("[data-ready]")).wait_for()
    expect(other.get_by_role("radio", name="1D sin-cos")).to_have_attribute("aria-checked", "true")
    expect(other.get_by_role("tab", name="Structure")).to_have_attribute("aria-selected", "true")
    expect(other.locator(f"{EXPLORER} [role=tabpanel]")).to_contain_text("How much of the similarity is explained")
    expect(fact(other, "position")).to_have_text("row 4, col 3")
    expect(other.locator(f"{BREAK} .way[data-way=zeroed]")).to_have_attribute("aria-checked", "true")
    other.mouse.move(1, 1)  # off the map: the stage shows what the link names, and the formula speaks of it
    nearest = fact(other, "nearest").inner_text().replace("col", "column")
    told = other.locator("p", has_text="How alike two places are.")
    expect(told).to_contain_text(
        f"1D sine-cosine positions, grid 14 × 14: row 4, column 3 (ID 45) and the place most like it, {nearest} (ID"
    )


def test_a_view_that_cannot_be_is_ignored(server, page) -> None:
    tab = page()
    opened(
        tab,
        server,
        "?view=%7B%22enc%22%3A%22snapshot-99%22%2C%22side%22%3A999%2C%22open%22%3A7%2C%22pane%22%3A%22x%22%2C%22broken%22%3A%22x%22%7D",
    )
    expect(tab.locator(f"{EXPLORER} label.slider strong")).to_contain_text("24 × 24")
    expect(tab.get_by_role("radio", name="learned", exact=True)).to_have_attribute("aria-checked", "true")
    with rerun(tab):
        tab.get_by_role("button", name="as in the text").click()
    expect(tab.locator(f"{EXPLORER} label.slider strong")).to_contain_text("8 × 8")


def test_the_matrix_is_linked(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server)
    with rerun(tab):
        tab.get_by_role("radio", name="matrix", exact=True).click()
    canvas = tab.locator(f"{EXPLORER} .frame canvas")
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 120.5 / 197, box["y"] + box["height"] * 30.5 / 197)
    expect(fact(tab, "ID")).to_have_text("30")
    expect(fact(tab, "with")).to_have_text("row 9, col 8")
    value = float(positions.cosine_similarity(trace.pos_embedding[0])[30, 120])
    assert float(fact(tab, "similarity").inner_text().replace("−", "-")) == pytest.approx(value, rel=1e-3)


def test_check_against_the_model(server, page) -> None:
    tab = page()
    opened(tab, server, "?token=100")
    with rerun(tab):
        tab.get_by_role("button", name="Check against the model").click()
    tab.get_by_role("tab", name="Check it").click()
    row = tab.locator(".vit-check tr", has_text="the browser")
    expect(row).to_contain_text("learned, 14 × 14, IDs 100 and")
    assert float(row.locator("td").last.inner_text()) <= 1e-5


def test_broken_positions_show_what_the_model_says(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server)
    for way, found in experiments.try_positions(trace).items():
        label, probability = said(found)[0]
        expect(tab.locator(f"{BREAK} .way[data-way={way}]")).to_contain_text(f"{label}{100 * probability:.1f}%")
    expect(tab.locator(BREAK)).to_contain_text("the largest change of a logit against the first answer is 0.")
    before = tab.locator(".strip").inner_text()
    with rerun(tab):
        tab.locator(f"{BREAK} .way[data-way=zeroed]").click()
    expect(tab.locator(BREAK)).to_contain_text("every order of the patches gives the same answer")
    with rerun(tab):
        tab.locator(f"{BREAK} .way[data-way=kept]").click()
    assert tab.locator(".strip").inner_text() == before


def test_twins_follow_a_click(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server)
    picture = tab.locator(f"{TWINS} canvas").first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    with rerun(tab):
        tab.mouse.click(box["x"] + box["width"] * 2.5 / 14, box["y"] + box["height"] * 5.5 / 14)
    expect(tab.locator(f"{TWINS} .aside")).to_contain_text("The patch of row 6, col 3 stands at row 9, col 12 too.")
    assert "token=73" in tab.url
    twins = experiments.follow_twins(trace, 72)
    chart = tab.locator(f"{TWINS} .plotted-place[data-drawn]")
    chart.focus()
    for _ in range(20):
        tab.keyboard.press("ArrowRight")
    expect(tab.locator(f"{TWINS} .card h3")).to_have_text("After layer 12 of 12")
    shown = [float(dd.inner_text().replace("−", "-")) for dd in tab.locator(f"{TWINS} .card dd").all()]
    expected = [
        float(values[-1])
        for values in (twins.kept.similarity, twins.zeroed.similarity, twins.usual, twins.kept.distance, twins.zeroed.distance)
    ]
    assert shown == pytest.approx(expected, rel=2e-3, abs=1e-5)


def test_every_canvas_says_what_it_shows(server, page) -> None:
    tab = page(color_scheme="dark")
    opened(tab, server)
    panels = {
        "One similarity, step by step": "p × p′, number by number",
        "Another grid": "changes the table by",
        "Structure": "rows and columns, added",
        "Numbered in a row": "An Image Is Worth 16×16 Words, Table 8",
        "Watch it learn": "Trained",
    }
    for name, words in panels.items():
        if tab.get_by_role("tab", name=name).get_attribute("aria-selected") != "true":
            with rerun(tab):
                tab.get_by_role("tab", name=name).click()
        expect(tab.locator(f"{EXPLORER} [role=tabpanel]")).to_contain_text(words)
        for part in (EXPLORER, BREAK, TWINS):
            silent = tab.locator(part).evaluate(SILENT)
            assert silent == 0, (name, part)
    expect(tab.locator(f"{TWINS} [role=status]")).to_contain_text("similarity")


def test_a_narrow_screen_and_touch(server, page) -> None:
    tab = page(viewport=(390, 844), has_touch=True)
    opened(tab, server)
    for name in ["Another grid", "Structure", "Numbered in a row", "Watch it learn"]:
        with rerun(tab):
            tab.get_by_role("tab", name=name).click()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, name
        assert tab.locator(EXPLORER).evaluate("root => root.scrollWidth <= root.clientWidth + 1"), name
    canvas = tab.locator(".positions .map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    with rerun(tab):
        tab.touchscreen.tap(box["x"] + box["width"] * 4.5 / 14, box["y"] + box["height"] * 2.5 / 14)
    expect(fact(tab, "position")).to_have_text("row 3, col 5")


def test_small_and_large_grids_and_pictures(server, page) -> None:
    tab = page()
    sizes = random.Random(3).sample([(64, 16), (512, 16), (256, 32), (128, 4)], 2)
    for image_size, patch_size in sizes:
        opened(tab, server, f"?size={image_size}&patch={patch_size}&picture=coffee")
        wait_for_run(tab)
        grid = image_size // patch_size
        expect(tab.locator(f"{EXPLORER} label.slider strong")).to_contain_text(f"{min(grid, 24)} × {min(grid, 24)}")
        expect(tab.locator(f"{BREAK} .way").first).to_be_visible()
