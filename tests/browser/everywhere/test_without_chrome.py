"""A figure in a frame of a plain page, and the app projected: nothing around the figure, the link's view, and the keys of a clicker."""

import re

from playwright.sync_api import Frame, Page, expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import ready

LINK = "/attention?picture=chelsea&size=64&layer=9&head=4"
PARTS = '[data-testid="stHeader"], [data-testid="stSidebar"], .strip, .vit-head, .vit-foot, .stTabs'
"""What stands around a figure."""


def frame_of(tab: Page, address: str, html: str, width: int) -> Frame:
    """The frame of a plain page, opened at this address, that shows the figure."""
    tab.route(address, lambda route: route.fulfill(body=html, content_type="text/html"))
    tab.goto(address)
    frame = tab.frames[1]
    frame.locator(".vit[data-ready]").first.wait_for()
    expect(frame.locator("section.card", has_text="This head")).to_contain_text("9/12, 4/12")
    assert frame.evaluate("innerWidth") == width
    return frame


def test_a_figure_in_a_plain_page(server, page) -> None:
    tab = page(own=True, viewport=(1000, 900))
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_app(tab, server.url + LINK)
    ready(tab)
    tab.get_by_role("button", name="More to do with this view").click()
    tab.get_by_role("menuitem", name="Copy embed code").click()
    expect(tab.locator(".strip")).to_contain_text("Copied")
    code = tab.evaluate("navigator.clipboard.readText()")
    assert re.search(r'title="Attention: Chelsea the cat"', code) and "embed=figure" in code
    for width in (800, 320):
        frame = frame_of(
            tab, f"{server.url}/plain-{width}.html", f"<!doctype html><h1>A page</h1>{code.replace('100%', str(width))}", width
        )
        for part in frame.locator(PARTS).all():
            expect(part).to_be_hidden()
        assert frame.evaluate("document.documentElement.scrollWidth") <= width
        slider = frame.get_by_role("slider", name="Layer", exact=True)
        slider.focus()
        slider.press("ArrowLeft")
        expect(frame.locator("section.card", has_text="This head")).to_contain_text("8/12, 4/12")
        frame.wait_for_url("**/attention?*layer=8*")
        assert "embed=figure" in frame.url


def test_projected_with_a_clicker(server, page) -> None:
    tab = page(own=True, viewport=(1280, 800))
    open_app(tab, f"{server.url}{LINK}&present=1")
    ready(tab)
    card = tab.locator("section.card", has_text="This head")
    expect(card).to_contain_text("9/12, 4/12")
    expect(tab.locator("h1.vit-title")).to_be_visible()
    for part in tab.locator(PARTS.replace(".vit-head, ", "")).all():
        expect(part).to_be_hidden()
    picture = tab.get_by_role("img", name=re.compile("The picture in")).or_(tab.get_by_label(re.compile("The picture in"))).first
    box = picture.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)  # of 4 by 4 patches: row 2, column 3
    expect(tab.locator(".stage, .explorer").first).to_contain_text("row 2, col 3")
    dot = tab.locator(".vit-laser").bounding_box()
    assert abs(dot["x"] + dot["width"] / 2 - box["x"] - box["width"] * 0.6) < 2
    with rerun(tab):
        tab.keyboard.press("PageDown")
    expect(tab.locator("h1.vit-title")).to_have_text("Experiments")
    with rerun(tab):
        tab.keyboard.press("PageUp")
    expect(tab.locator("h1.vit-title")).to_have_text("Attention")
    expect(card).to_contain_text("9/12, 4/12")
    tab.keyboard.press("Escape")
    expect(tab.locator(".strip")).to_be_visible()
    assert "present" not in tab.url and "layer=9" in tab.url


def test_a_lesson_is_projected_view_by_view(server, page) -> None:
    tab = page(own=True)
    open_app(tab, f"{server.url}/lessons?size=64")
    ready(tab)
    tab.get_by_role("button", name="Present").click()
    expect(tab.locator("h1.vit-title")).to_have_text("Overview")
    expect(tab.locator(".strip")).to_be_hidden()
    ready(tab)
    tab.keyboard.press("PageDown")
    expect(tab.locator("h1.vit-title")).to_have_text("Patch grid")
    ready(tab)
    tab.keyboard.press("PageDown")
    tab.wait_for_url("**patch=*")
    ready(tab)
    tab.keyboard.press("Escape")
    expect(tab.locator("h1.vit-title")).to_have_text("Lessons")
    expect(tab.locator(".strip")).to_be_visible()


def test_a_printed_page_is_light_and_whole(server, page) -> None:
    tab = page(viewport=(794, 1123), color_scheme="dark")
    open_app(tab, f"{server.url}/memory_scaling")
    tab.locator(".plotted-place[data-drawn]").wait_for()
    tab.emulate_media(media="print", color_scheme="dark")
    for part in tab.locator('[data-testid="stHeader"], [data-testid="stSidebar"], .strip, .vit-foot, .modebar-container').all():
        expect(part).to_be_hidden()
    expect(tab.locator(".vit .memory")).to_have_css("color", "rgb(17, 17, 17)")
    expect(tab.locator(".stApp")).to_have_css("background-color", "rgb(255, 255, 255)")
    expect(tab.locator(".vit .beside")).to_have_css("position", "static")  # it would lie over the curves
    assert tab.evaluate(
        "document.querySelector('.stMain').scrollHeight <= document.querySelector('.stMain').clientHeight"
    )  # nothing is cut
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
