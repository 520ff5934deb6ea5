"""The features page in a real browser: what it computes against `vit_core`; pointer, keys, layers that are kept, and the mask."""

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import floats, ready, slider, view_query
from ui.features import payload
from ui.features.payload import Setting
from ui.work import cached
from vit_core.study.representations import features
from vit_core.study.representations.groups import patch_answers

OPENING = "row 3, col 2"  # of the default picture at 64 px
STAGE = ".vit:has(.likeness)"
COMPONENTS = ".vit:has(.components)"
CLOSE = 4e-4


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 64, 16, cached.gallery_picture("coffee")).trace


def opened(tab: Page, server, more: str = "", **view) -> Locator:
    open_app(tab, f"{server.url}/features{view_query(**view) if view else '?'}&size=64{more}")
    ready(tab)
    stage = tab.locator(STAGE)
    expect(tab.locator(f"{COMPONENTS}[data-ready]")).to_be_visible()
    return stage


def title(stage: Locator, text: str) -> None:
    expect(stage.locator(".head-line strong")).to_have_text(text)


def drawn(stage: Locator) -> torch.Tensor:
    stage.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return floats(stage, "root => root.likeness")


def alike(trace, layer: int, rows: features.Rows, token: int) -> torch.Tensor:
    found = features.rows_of(trace, layer, rows)
    return features.alike(found[token][None], found)[0].float()


def hover(tab: Page, stage: Locator, row: int, col: int) -> None:
    canvas = stage.locator(".scene canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + (col + 0.5) * box["width"] / 4, box["y"] + (row + 0.5) * box["height"] / 4)


def test_the_pointer_asks_how_alike_all_others_are(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "&layer=9", front=True)
    title(stage, "Layer 9, stream: like [CLS]")
    torch.testing.assert_close(drawn(stage), alike(trace, 8, "stream", 0), atol=CLOSE, rtol=0)
    hover(tab, stage, 1, 2)
    title(stage, "Layer 9, stream: like row 2, col 3")
    wanted = alike(trace, 8, "stream", 7)
    torch.testing.assert_close(drawn(stage), wanted, atol=CLOSE, rtol=0)
    wanted[[0, 7]] = -2
    best = int(wanted.argmax()) - 1
    expect(stage.locator(".facts")).to_contain_text(f"row {best // 4 + 1}, col {best % 4 + 1} · {float(wanted.max()):.3f}")
    tab.mouse.move(0, 0)
    title(stage, "Layer 9, stream: like [CLS]")


def test_keys_move_and_keep_a_token(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "&layer=3&token=6")
    canvas = stage.locator(".scene canvas").first
    canvas.focus()
    with rerun(tab):
        canvas.press("ArrowRight")
    title(stage, "Layer 3, stream: like row 2, col 3")
    with rerun(tab):
        canvas.press("ArrowDown")
    torch.testing.assert_close(drawn(stage), alike(trace, 2, "stream", 11), atol=CLOSE, rtol=0)
    assert "token=11" in tab.url


def test_other_rows_and_layers_come_when_they_are_chosen(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "&layer=5&token=3")
    with rerun(tab):
        stage.get_by_role("radio", name="keys").click()
    title(stage, "Layer 5, keys: like row 1, col 3")
    torch.testing.assert_close(drawn(stage), alike(trace, 4, "key", 3), atol=CLOSE, rtol=0)
    with rerun(tab):
        slider(stage, "Layer").press("ArrowRight")
    title(stage, "Layer 6, keys: like row 1, col 3")
    torch.testing.assert_close(drawn(stage), alike(trace, 5, "key", 3), atol=CLOSE, rtol=0)
    expect(tab.locator(f"{COMPONENTS} .layers [aria-pressed=true]")).to_have_text("6")
    move = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', { bubbles: true })); }"
    slider(stage, "Layer").evaluate(move, "5")  # the layer before is still here: no run is needed
    title(stage, "Layer 5, keys: like row 1, col 3")
    slider(stage, "Layer").evaluate(move, "11")
    expect(stage.get_by_text("keys of layer 11 are on their way")).to_be_visible()


def test_components_are_those_of_the_layer_and_the_mask_parts_them(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server, "&layer=10")
    stage = tab.locator(COMPONENTS)
    where, shares = payload.in_directions(trace, Setting("stream", False), lambda: torch.zeros(0))
    expect(stage.locator(".inked")).to_contain_text(f"{100 * float(shares[9, 0]):.1f}%")
    found = floats(stage, "root => root.rainbow.where").reshape(16, 3)
    torch.testing.assert_close(found, where[9].float(), atol=1e-3, rtol=1e-4)
    with rerun(tab):
        stage.get_by_role("radio", name="above the mean").click()
    expect(stage.locator(".inked")).to_contain_text(f"{int((where[9, :, 0] > 0).sum())} of 16")
    with rerun(tab):
        stage.get_by_role("button", name="Layer 2", exact=True).click()
    expect(stage.locator(".inked")).to_contain_text(f"{int((where[1, :, 0] > 0).sum())} of 16")
    title(tab.locator(STAGE), f"Layer 2, stream: like {OPENING}")


def test_position_is_removed(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "&layer=12&token=8", content=True)
    expect(stage.get_by_text("at its place is subtracted")).to_be_visible()
    traces = (cached.analysis.__wrapped__("bundled", name, 64, 16, cached.gallery_picture(name)).trace for name in cached.gallery())
    means = payload.place_means(traces, "stream")
    rows = payload.rows_of(trace, 11, Setting("stream", True), lambda: means)
    torch.testing.assert_close(drawn(stage), features.alike(rows[8][None], rows)[0].float(), atol=CLOSE, rtol=0)


GROUPED = '.vit[data-known="true"]:has(.grouped)'


def test_groups_of_all_layers_are_there_and_the_pointer_asks_both_pictures(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    open_app(tab, f"{server.url}/features{view_query(look='groups', groups=3)}&size=64&layer=7")
    stage = tab.locator(GROUPED)
    title(stage, "3 groups: layer 7, stream")
    expect(stage.locator(".pointed")).to_contain_text(OPENING)
    found = floats(stage, "root => root.groups").reshape(12, 16)
    assert found.min() == 0 and found.max() == 2
    answers, probabilities = patch_answers(trace, 6)
    canvas = stage.get_by_role("img", name="What each patch would say")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + 2.5 * box["width"] / 4, box["y"] + 1.5 * box["height"] / 4)
    pointed = stage.locator(".pointed")
    expect(pointed).to_contain_text("row 2, col 3")
    expect(pointed).to_contain_text(trace.config.labels[int(answers[6])].split(",")[0])
    expect(pointed).to_contain_text(f"{100 * float(probabilities[6]):.1f}%")
    expect(pointed.locator("dd").nth(1)).to_have_text(str(int(found[6, 6]) + 1))
    slider(stage, "Layer").evaluate(
        "(input) => { input.value = 2; input.dispatchEvent(new Event('input', { bubbles: true })); }"
    )  # every layer is here: no run is needed
    title(stage, "3 groups: layer 2, stream")
    stage.get_by_role("button", name="Take with you: groups").click()
    expect(stage.get_by_role("menuitem", name="Numbers (CSV)")).to_be_visible()


def test_another_number_of_groups_is_found_and_kept_in_the_link(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    open_app(tab, f"{server.url}/features{view_query(look='groups')}&size=64&layer=12")
    stage = tab.locator(GROUPED)
    title(stage, "5 groups: layer 12, stream")
    slider(stage, "Groups").press("ArrowLeft")
    title(stage, "4 groups: layer 12, stream")
    expect(stage).to_be_visible()
    stage.get_by_role("radio", name="keys").click()
    title(stage, "4 groups: layer 12, keys")
    assert floats(stage, "root => root.groups").max() == 3


def test_layers_beside_each_other_and_those_under_the_pointer(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    open_app(tab, f"{server.url}/features{view_query(look='layers')}&size=64&layer=4")
    stage = tab.locator('.vit[data-known="true"]:has(.matrices)')
    stage.wait_for()
    cka = floats(stage, "root => root.cka").reshape(24, 24)
    torch.testing.assert_close(cka.diagonal(), torch.ones(24))
    best = int(cka[3, 12:].argmax())
    facts = stage.locator(".facts")
    expect(facts).to_contain_text(f"layer {best + 1} · {float(cka[3, 12 + best]):.3f}")
    canvas = stage.get_by_role("img", name="the first on top left")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + 6.5 * box["width"] / 12, box["y"] + 2.5 * box["height"] / 12)
    expect(facts.locator("dd").nth(2)).to_have_text(f"{float(cka[2, 6]):.3f}")
    expect(stage.locator("figcaption").nth(3)).to_contain_text("layer 7")
    with rerun(tab):
        tab.mouse.click(box["x"] + 6.5 * box["width"] / 12, box["y"] + 2.5 * box["height"] / 12)
    assert "layer=3" in tab.url
    tab.mouse.move(0, 0)
    expect(facts).to_contain_text("most like layer 3 in")
    tab.get_by_role("combobox", name="The second model").first.click()
    tab.get_by_role("option").nth(1).click()
    expect(stage.locator(".head-line strong")).not_to_contain_text("From scratch, 200 classes")
    stage.wait_for()


def test_the_page_opens_on_the_opening_patch_and_the_class_token_can_be_chosen(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    stage = opened(tab, server, "&layer=9")
    title(stage, f"Layer 9, stream: like {OPENING}")
    with rerun(tab):
        stage.get_by_role("button", name="[CLS]").click()
    title(stage, "Layer 9, stream: like [CLS]")
    tab.reload()
    title(tab.locator(STAGE), "Layer 9, stream: like [CLS]")


def test_two_pictures_answer_each_other(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    open_app(tab, f"{server.url}/features{view_query(look='pair', other='rocket')}&size=64&layer=9&token=6")
    stage = tab.locator(".vit:has(.paired)[data-ready]")
    title(stage, "Best matches: Coffee and Rocket, layer 9, stream")
    other = cached.analysis.__wrapped__("bundled", "rocket", 64, 16, cached.gallery_picture("rocket")).trace
    one, two = (features.rows_of(side, 8, "stream")[1:] for side in (trace, other))
    cosines = features.alike(one, two).float()
    torch.testing.assert_close(floats(stage, "root => root.pairs.map"), cosines[5], atol=CLOSE, rtol=0)
    facts = stage.locator(".facts dd")
    best = int(cosines[5].argmax())
    expect(facts.nth(1)).to_have_text(f"row {best // 4 + 1}, col {best % 4 + 1}")
    mutual = int((cosines.argmax(dim=0)[cosines.argmax(dim=1)] == torch.arange(16)).sum())
    expect(facts.nth(4)).to_have_text(f"{mutual} of 16")
    canvas = stage.get_by_role("img", name="Rocket, in 4 by 4")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + 3.5 * box["width"] / 4, box["y"] + 0.5 * box["height"] / 4)
    expect(facts.first).to_have_text("row 1, col 4")
    torch.testing.assert_close(floats(stage, "root => root.pairs.map"), cosines[:, 3], atol=CLOSE, rtol=0)
    with rerun(tab):
        stage.get_by_role("radio", name="all matches").click()
    assert "lines" in tab.url


def test_all_pictures_show_what_is_like_the_chosen_patch(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    open_app(tab, f"{server.url}/features{view_query(look='gallery')}&size=64&layer=9&token=6")
    stage = tab.locator('.vit[data-known="true"]:has(.together)')
    expect(stage.get_by_text("Like row 2, col 2: layer 9, stream, all pictures", exact=True)).to_be_visible()
    expect(stage.locator(".nearest figure")).to_have_count(12)
    expect(stage.locator(".pictures figure")).to_have_count(len(cached.gallery()))
    with rerun(tab):
        stage.get_by_role("radio", name="above the mean").click()
    where = floats(stage, "root => root.gallery.where").reshape(-1, 3)
    expect(stage.locator(".facts")).to_contain_text(f"{int((where[:, 0] > 0).sum())} of {len(where)}")
    canvas = stage.get_by_role("img", name="The chosen patch on the picture")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.click(box["x"] + 2.5 * box["width"] / 4, box["y"] + 0.5 * box["height"] / 4)
    expect(stage.get_by_text("Like row 1, col 3: layer 9, stream, all pictures", exact=True)).to_be_visible()


def test_a_slider_goes_through_the_layers_colours(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server, "&layer=3")
    stage = tab.locator(COMPONENTS)
    move = "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', { bubbles: true })); }"
    colours = "root => Array.from(root.colours, (pixel) => pixel & 255)"
    seen = []
    for value in ("3", "4", "3.5"):
        slider(stage, "Through the layers").evaluate(move, value)
        stage.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        seen.append(floats(stage, colours))
    torch.testing.assert_close(seen[2], (seen[0] + seen[1]) / 2, atol=1.0, rtol=0)
    title(stage, "Principal components: layer 4, stream")
