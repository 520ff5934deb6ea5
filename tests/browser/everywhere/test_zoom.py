"""What can be enlarged: it grows over the page, answers as before, has names and lines, and Escape brings all back."""

from contextlib import nullcontext

from playwright.sync_api import expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import opened, ready, view_query
from tests.support.browser.walkthrough_page import opened as opened_walk


def test_what_is_enlarged_answers_and_goes_back(server, page) -> None:
    tab = page(reduced_motion="no-preference")
    opened(tab, server, "attention", "?layer=9&head=5&token=79")
    for name, say in [("Map over the picture", "row 7"), ("Maps of the heads", "7–12")]:
        tab.get_by_role("button", name=f"Enlarge: {name}").click()
        large = tab.get_by_role("dialog", name=f"{name}, enlarged")
        expect(large.get_by_text(say, exact=True)).to_be_visible()
        expect(large.get_by_role("status")).to_contain_text("Escape makes it small again")
        box = large.locator("canvas").first.bounding_box()
        assert box["width"] > 560 and box["x"] >= 0 and box["x"] + box["width"] <= 1400
        tab.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.3)
        expect(large.locator(".zoom-body line").first).to_be_attached()
        tab.keyboard.press("Escape")
        expect(large).to_have_count(0)
        expect(tab.get_by_role("button", name=f"Enlarge: {name}")).to_be_focused()
    tab.get_by_role("button", name="Enlarge: Map over").press("Enter")
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Escape")
    assert "token=80" in tab.url
    expect(tab.locator(".see .scene")).to_have_count(1)


def test_wall_and_matrix_can_be_enlarged_with_names_and_a_line_to_the_position(server, page) -> None:
    tab = open_app(page(), f"{server.url}/positional_encoding?token=93")
    ready(tab)
    for name in ("wall", "matrix"):
        with rerun(tab) if name == "matrix" else nullcontext():
            tab.get_by_role("radio", name=name, exact=True).click()
        tab.get_by_role("button", name="Enlarge: All positions").click()
        large = tab.get_by_role("dialog", name="All positions, enlarged")
        expect(large.get_by_text("row 3", exact=True).first).to_be_visible()
        expect(large.locator(".zoom-body line").first).to_be_attached()
        box = large.locator("canvas").first.bounding_box()
        tab.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.5)
        tab.keyboard.press("Escape")
        expect(large).to_have_count(0)
        expect(tab.get_by_role("button", name="Enlarge: All positions")).to_be_focused()


def test_matrices_and_pictures_of_the_walkthrough_can_be_enlarged(server, page) -> None:
    tab = page(viewport=(1400, 900))
    walk = opened_walk(tab, server, step=6, token=79, layer=9)
    for name, say in [("weights", "row 7"), ("normalised", "row 7"), ("The picture in patches", "row 7")]:
        button = walk.get_by_role("button", name=f"Enlarge: {name}", exact=True)
        small = walk.locator(".pipeline .matrix").count()
        button.click()
        large = tab.get_by_role("dialog", name=f"{name}, enlarged")
        expect(large.get_by_role("status")).to_contain_text("Escape makes it small again")
        expect(large.get_by_text(say, exact=True).first).to_be_visible()
        expect(large.locator(".zoom-body line").first).to_be_attached()
        box = large.locator("canvas").first.bounding_box()
        assert box["width"] > 400 and box["height"] > 400
        tab.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.6)
        expect(large.locator(".zoom-head span")).to_contain_text("row 9")
        tab.keyboard.press("Escape")
        expect(large).to_have_count(0)
        expect(button).to_be_focused()
        assert walk.locator(".pipeline .matrix").count() == small == 12


def test_maps_that_are_compared_can_be_enlarged(server, page) -> None:
    tab = page(viewport=(1400, 900))
    open_app(tab, f"{server.url}/attention{view_query(vs=['picture', 'chelsea'])}&token=79&layer=9")
    tab.locator(".vit:has(> .compared)[data-ready]").wait_for()
    for name in ("Left map", "Right map", "Third map"):
        button = tab.get_by_role("button", name=f"Enlarge: {name}")
        button.click()
        large = tab.get_by_role("dialog", name=f"{name}, enlarged")
        expect(large.get_by_text("row 7", exact=True)).to_be_visible()
        assert large.locator("canvas").first.bounding_box()["width"] > 500
        expect(large.locator(".zoom-body line").first).to_be_attached()
        tab.keyboard.press("Escape")
        expect(large).to_have_count(0)
        expect(button).to_be_focused()
