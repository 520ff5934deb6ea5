"""One setting, one place: the sidebar folds where it does nothing, leaves out what a page sets itself, and is a drawer on a phone."""

from playwright.sync_api import Locator, Page, expect

from tests.support.browser.server import go_to, open_app, rerun
from tests.support.browser.stages import ready, slider

PHONE = (390, 844)


def sidebar(tab: Page, expanded: bool) -> Locator:
    return tab.locator(f'[data-testid="stSidebar"][data-collapsed="{str(not expanded).lower()}"]')


def test_the_sidebar_folds_where_it_does_nothing_and_leaves_out_what_a_page_sets(server, page) -> None:
    tab = open_app(page(viewport=(1400, 900)), f"{server.url}/patch_grid?size=64")
    ready(tab)
    side = sidebar(tab, expanded=True)
    expect(side.get_by_text("set beside the picture on this page")).to_be_visible()
    expect(tab.get_by_role("slider", name="Resolution")).to_have_count(1)  # the page's own
    go_to(tab, "Memory")
    expect(sidebar(tab, expanded=False)).to_have_count(1)
    go_to(tab, "Attention")
    expect(side.get_by_role("slider", name="Resolution")).to_be_visible()


def test_on_a_phone_the_bar_names_the_page_and_the_drawer_closes_on_choice(server, page) -> None:
    tab = open_app(page(viewport=PHONE, has_touch=True), f"{server.url}/attention?size=64")
    ready(tab)
    name = tab.get_by_role("heading", name="Attention", exact=True).bounding_box()
    assert name["y"] >= 0 and name["y"] + name["height"] <= 62
    expect(sidebar(tab, expanded=False)).to_have_count(1)
    tab.get_by_test_id("stExpandSidebarButton").click()
    with rerun(tab):
        sidebar(tab, expanded=True).get_by_role("radio", name="Rocket").click()
    expect(sidebar(tab, expanded=False)).to_have_count(1)
    expect(tab.locator(".strip")).to_contain_text("Rocket")


def test_on_a_phone_the_sliders_of_memory_are_beside_the_total_that_they_move(server, page) -> None:
    tab = open_app(page(viewport=PHONE), f"{server.url}/memory_scaling")
    ready(tab)
    memory = tab.locator(".memory")
    thumb = slider(memory, "Resolution")
    for node in (thumb, memory.locator(".total")):
        box = node.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= PHONE[1]
    before = memory.locator(".total").inner_text()
    thumb.press("End")
    expect(memory.locator(".total")).not_to_have_text(before)
    memory.get_by_role("button", name="Hide the settings").click()
    expect(thumb).to_be_hidden()
    memory.get_by_role("button", name="Settings", exact=True).click()
    expect(thumb).to_be_visible()


def test_on_a_phone_the_sliders_of_the_patch_grid_are_beside_the_picture_that_they_cut(server, page) -> None:
    tab = open_app(page(viewport=PHONE), f"{server.url}/patch_grid")
    ready(tab)
    grid = tab.locator(".patch-grid")
    scene = grid.locator(".scene")
    thumb = slider(grid, "Patch size")
    scene.scroll_into_view_if_needed()
    expect(thumb).to_be_in_viewport(ratio=1)
    expect(scene).to_be_in_viewport(ratio=0.4)
    before = grid.locator(".counts").inner_text()
    thumb.press("ArrowLeft")
    expect(grid.locator(".counts")).not_to_have_text(before)
    fold = grid.get_by_role("button", name="Hide the settings")
    fold.click()
    expect(thumb).to_be_hidden()
    grid.get_by_role("button", name="Settings", exact=True).click()
    expect(thumb).to_be_visible()


def test_on_a_phone_the_strip_is_one_line_and_says_the_rest_when_asked(server, page) -> None:
    tab = open_app(page(viewport=PHONE, has_touch=True), f"{server.url}/attention")
    ready(tab)
    strip = tab.locator(".strip")
    expect(strip.locator(".answer strong")).to_have_text("espresso 77.2%")
    expect(strip.get_by_text("197 tokens")).to_be_hidden()
    assert strip.bounding_box()["height"] <= 60
    for node in (strip.locator("img"), strip.locator(".answer"), more := strip.get_by_role("button", name="More")):
        assert node.bounding_box()["x"] + node.bounding_box()["width"] <= PHONE[0]
    more.tap()
    for text in ("197 tokens", "12 heads"):
        expect(strip.get_by_text(text)).to_be_visible()
    expect(strip.get_by_role("button", name="Copy link")).to_be_visible()
    strip.get_by_role("button", name="Less").tap()
    expect(strip.get_by_text("197 tokens")).to_be_hidden()
