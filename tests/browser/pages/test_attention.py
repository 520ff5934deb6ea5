"""The attention explorer in a real browser, compared with `vit_core` and not with itself."""

import random

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.support.browser.server import go_to, open_app, rerun
from tests.support.browser.stages import fact, floats, opened, ready
from ui.work import cached

EXPLORER = ".vit:has(.explorer)"


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace


def hover_patch(page: Page, row: int, col: int, grid: int = 14) -> None:
    box = page.locator(".scene canvas").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] * (col + 0.5) / grid, box["y"] + box["height"] * (row + 0.5) / grid)


def test_two_hundred_weights_equal_the_trace(server, page, trace) -> None:
    explorer = opened(page(), server, "attention")
    draw = random.Random(7)
    places = [[draw.randrange(12), draw.randrange(12), draw.randrange(197)] for _ in range(200)]
    drawn = "(root, [places, way]) => places.flatMap((at) => { const o = root.explorer, out = new Float32Array(o.tokens); "
    drawn += "o[way](...at, out); return [...out]; })"
    rows, columns = (floats(explorer, drawn, [places, way]).view(200, -1) for way in ("row", "column"))
    for (layer, head, token), row, column in zip(places, rows, columns, strict=True):
        weights = trace.attn_weights(layer)[0, head]
        assert float(row.sum()) == pytest.approx(1, abs=1e-5)
        torch.testing.assert_close(row, weights[token], rtol=2e-5, atol=1e-9, check_dtype=False)
        torch.testing.assert_close(column, weights[:, token], rtol=2e-5, atol=1e-9, check_dtype=False)


def test_hover_shows_the_weight_of_the_trace(server, page, trace) -> None:
    tab = page()
    opened(tab, server, "attention", "?layer=9&head=5")
    hover_patch(tab, 5, 8)
    query = 1 + 5 * 14 + 8
    expect(fact(tab, "query")).to_have_text(f"row 6, col 9 · #{query}")
    row = trace.attn_weights(8)[0, 4, query]
    key = int(row.argmax())
    expect(fact(tab, "key")).to_have_text(f"row {(key - 1) // 14 + 1}, col {(key - 1) % 14 + 1} · #{key}" if key else "[CLS] · #0")
    assert float(fact(tab, "weight").inner_text()) == pytest.approx(float(row[key]), abs=1e-3)
    entropy = float(-(row * row.log2()).nansum())
    assert float(fact(tab, "entropy").inner_text().split()[0]) == pytest.approx(entropy, abs=0.02)


def test_a_drag_is_followed_before_release(server, page) -> None:
    tab = page()
    opened(tab, server, "attention", "?layer=2")
    slider = tab.get_by_role("slider", name="Layer", exact=True)
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2, steps=4)
    shown = fact(tab, "layer, head").inner_text()
    assert shown.split("/")[0] not in ("2", "12")
    assert "layer=2" in tab.url
    with rerun(tab):
        tab.mouse.up()
    assert f"layer={shown.split('/')[0]}" in tab.url


def test_a_click_pins_the_query_and_the_link_restores_it(server, page) -> None:
    pages, tab = page, page()
    opened(tab, server, "attention")
    hover_patch(tab, 5, 8)
    box = tab.locator(".scene canvas").first.bounding_box()
    with rerun(tab):
        tab.mouse.click(box["x"] + box["width"] * 8.5 / 14, box["y"] + box["height"] * 5.5 / 14)
    hover_patch(tab, 10, 2)
    expect(fact(tab, "query")).to_have_text("row 6, col 9 · #79")
    expect(fact(tab, "key")).to_have_text("row 11, col 3 · #143")
    tab.locator(".display summary").click()
    with rerun(tab):
        tab.get_by_role("radio", name="log").click()
    assert "token=79" in tab.url and "view=" in tab.url
    other = pages()
    open_app(other, tab.url)
    ready(other)
    expect(fact(other, "query")).to_have_text("row 6, col 9 · #79")
    other.locator(".display summary").click()
    expect(other.get_by_role("radio", name="log")).to_have_attribute("aria-checked", "true")
    go_to(other, "Overview")
    go_to(other, "Attention")
    ready(other)
    expect(fact(other, "query")).to_have_text("row 6, col 9 · #79")
    other.locator(".display summary").click()
    expect(other.get_by_role("radio", name="log")).to_have_attribute("aria-checked", "true")


def test_the_keyboard_does_everything(server, page) -> None:
    tab = page()
    opened(tab, server, "attention", "?layer=12&head=1")
    picture = tab.locator(".scene canvas").first
    picture.focus()
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    expect(fact(tab, "query")).to_have_text("row 1, col 1 · #1")
    with rerun(tab):
        tab.keyboard.press("ArrowDown")
    expect(fact(tab, "query")).to_have_text("row 2, col 1 · #15")
    with rerun(tab):
        tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowRight")
    expect(fact(tab, "key")).to_have_text("row 2, col 2 · #16")
    with rerun(tab):
        tab.keyboard.press("Escape")
    wall = tab.locator(".wall canvas")
    wall.focus()
    with rerun(tab):
        tab.keyboard.press("ArrowUp")
    expect(fact(tab, "layer, head")).to_contain_text("11/12")
    summary = tab.locator(EXPLORER).get_attribute("data-summary")
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    expect(fact(tab, "layer, head")).to_contain_text("2/12")
    assert tab.locator(EXPLORER).get_attribute("data-summary") != summary
    with rerun(tab):
        tab.get_by_role("radio", name="looks at", exact=True).press("ArrowRight")
    expect(tab.get_by_role("radio", name="looked at by")).to_have_attribute("aria-checked", "true")


def test_the_keyboard_reaches_every_cell_of_the_matrix_and_a_second_query(server, page) -> None:
    tab = page()
    opened(tab, server, "attention", "?layer=6&head=3&token=93")
    with rerun(tab):
        tab.get_by_role("tab", name="One weight").press("ArrowRight")
    matrix = tab.locator(".square canvas")
    matrix.focus()
    query, key = matrix.get_attribute("aria-label").split(": ")[1].rstrip(".").split(" looks at ")
    tab.keyboard.press("ArrowDown")
    expect(fact(tab, "query")).to_contain_text("#94")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("ArrowRight")
    expect(fact(tab, "query")).to_contain_text(query)
    expect(fact(tab, "key")).not_to_contain_text(key)
    tab.keyboard.press("Escape")
    expect(fact(tab, "key")).to_contain_text(key)
    picture = tab.locator(".scene canvas").first
    picture.focus()
    with rerun(tab):
        tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowRight")
    with rerun(tab):
        tab.keyboard.press("Shift+Enter")
    expect(tab.locator(".compare figcaption").nth(0)).to_have_text(f"1: {query}")
    expect(tab.locator(".compare figcaption").nth(1)).to_have_text("2: row 7, col 10")


def test_every_canvas_has_a_label(server, page) -> None:
    tab = page()
    explorer = opened(tab, server, "attention")
    for name in ["One weight, step by step", "Matrix", "Compare two"]:
        with rerun(tab) if name != "One weight, step by step" else _nothing():
            tab.get_by_role("tab", name=name).click()
        unlabelled = explorer.evaluate(
            "root => [...root.querySelectorAll('canvas')].filter(c => !c.getAttribute('aria-label') && !c.matches('.map, .marks')).length"
        )
        assert unlabelled == 0, name


def test_check_against_the_model(server, page) -> None:
    tab = page()
    opened(tab, server, "attention", "?layer=6&head=3&token=93")
    with rerun(tab):
        tab.get_by_role("button", name="Check against the model").click()
    tab.get_by_role("tab", name="Check it").click()
    row = tab.locator(".vit-check tr", has_text="the browser")
    expect(row).to_contain_text("layer 6, head 3")
    difference = float(row.locator("td").last.inner_text())
    assert difference <= 1e-5


def test_the_payload_is_not_sent_again_for_query_layer_or_head(server, page) -> None:
    tab = page(own=True)
    received: list[int] = []
    tab.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame) if isinstance(frame, bytes | str) else 0)),
    )
    opened(tab, server, "attention")
    assert max(received) > 1_000_000
    received.clear()
    wall = tab.locator(".wall canvas")
    box = wall.bounding_box()
    with rerun(tab):
        wall.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.3})
    hover_patch(tab, 3, 3)
    with rerun(tab):
        tab.mouse.down()
        tab.mouse.up()
    assert sum(received) < 1_000_000


def test_a_heads_tile_previews_it_without_a_run_and_without_a_move(server, page, trace) -> None:
    tab = page()
    opened(tab, server, "attention", "?layer=9&head=5&token=79")
    wall, picture = (tab.locator(name) for name in (".wall canvas", ".scene canvas >> nth=0"))
    box, before = wall.bounding_box(), picture.bounding_box()
    runs, url = tab.evaluate("window.__runs.finished"), tab.url
    tab.mouse.move(box["x"] + box["width"] * 1.5 / 6, box["y"] + box["height"] * 0.75)  # the second of the lower six
    expect(fact(tab, "layer, head")).to_have_text("9/12, 8/12")
    row = trace.attn_weights(8)[0, 7, 79]
    assert float(fact(tab, "weight").inner_text()) == pytest.approx(float(row.max()), rel=1e-3)
    expect(tab.locator(".pair strong")).to_have_text(f"{float(row.max()):#.4g} · {197 * float(row.max()):#.3g}× even")
    expect(tab.get_by_role("slider", name="Head", exact=True)).to_have_js_property("value", "5")
    assert picture.bounding_box() == before and wall.bounding_box() == box
    assert tab.evaluate("window.__runs.finished") == runs and tab.url == url
    tab.mouse.move(2, 2)
    expect(fact(tab, "layer, head")).to_have_text("9/12, 5/12")
    with rerun(tab):
        tab.get_by_role("radio", name="all heads").click()
    box = wall.bounding_box()
    with rerun(tab):
        tab.mouse.click(box["x"] + box["width"] * 2.5 / 12, box["y"] + box["height"] * 5.5 / 12)
    assert "layer=6" in tab.url and "head=3" in tab.url and "wall" in tab.url


def test_the_picture_is_lit_where_the_weight_is_and_viridis_is_a_choice(server, page, trace) -> None:
    tab = page()
    explorer = opened(tab, server, "attention", "?layer=12&head=12")
    lit = """root => {
      const map = root.querySelector(".scene .map"), { width, height } = map, ink = map.getContext("2d");
      return Array.from({ length: 196 }, (_, i) => {
        const [x, y] = [((i % 14) + 0.5) * width / 14, (Math.floor(i / 14) + 0.5) * height / 14].map(Math.floor);
        const [r, , b] = ink.getImageData(x, y, 1, 1).data;
        return r - b;  // amber against grey
      });
    }"""
    light = torch.tensor(explorer.evaluate(lit), dtype=torch.float32)
    row = trace.attn_weights(11)[0, 11, 0, 1:]
    order = row.argsort(descending=True)
    assert float(light[order[2:8]].min()) > float(light[row < 0.1 * row.max()].max()) + 20
    picture = explorer.evaluate("root => root.querySelector('.scene .map').width")
    assert picture > 14
    tab.locator(".display summary").click()
    with rerun(tab):
        tab.get_by_role("radio", name="viridis").click()
    assert explorer.evaluate("root => root.querySelector('.scene .map').width") == 14
    assert "viridis" in tab.url


def test_touch_moves_the_query(server, page) -> None:
    tab = page(viewport=(390, 844), has_touch=True)
    opened(tab, server, "attention")
    picture = tab.locator(".scene canvas").first
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    with rerun(tab):
        tab.touchscreen.tap(box["x"] + box["width"] * 2.5 / 14, box["y"] + box["height"] * 4.5 / 14)
    expect(fact(tab, "query")).to_have_text("row 5, col 3 · #59")


def _nothing():
    from contextlib import nullcontext

    return nullcontext()
