"""The whole model in a real browser: each view is drawn from the trace, a head's dot opens it, and with which head the page opens."""

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser.server import rerun
from tests.support.browser.stages import fact, opened
from ui.work import cached
from vit_core.analysis import rollout
from vit_core.study.opening import opening


def test_views_and_the_dots_that_open_heads(server, page) -> None:
    tab, picture = page(), "rocket"  # no other test covers this one's patches: what was computed once is shown without its button
    opened(tab, server, "attention", f"?picture={picture}&size=64&patch=8&layer=12&head=1&token=30")
    trace = cached.analysis.__wrapped__("bundled", picture, 64, 8, cached.gallery_picture(picture)).trace
    maps = tab.locator(".maps")
    expect(maps).to_contain_text("Rollout to row 4, col 6")
    expect(maps).to_contain_text(trace.layout.name(int(rollout(trace)[0, 30].argmax())).replace("column", "col"))
    expect(maps).to_contain_text("1.000")
    with rerun(tab):
        tab.get_by_role("radio", name="Heads by depth").click()
    dots = tab.locator(".heads .plotted-place[data-drawn]")
    expect(tab.locator(".heads")).to_contain_text("layer 12, head 1")
    expect(tab.locator(".heads .moving .ring")).to_have_count(1)
    dots.focus()
    tab.keyboard.press("ArrowRight")
    expect(tab.locator(".heads .facts dd").first).not_to_have_text("layer 12, head 1")
    opened_head = tab.locator(".heads .facts dd").first.inner_text()
    with rerun(tab):
        tab.keyboard.press("Enter")
    layer, head = (int(word) for word in opened_head.replace(",", "").split() if word.isdigit())
    expect(fact(tab, "layer, head")).to_have_text(f"{layer}/12, {head}/12")
    with rerun(tab):
        tab.get_by_role("radio", name="Long tokens").click()
    expect(tab.locator(".maps")).to_contain_text("flagged")
    with rerun(tab):
        tab.get_by_role("radio", name="Is it importance?").click()
    with rerun(tab):
        tab.get_by_role("button", name="Cover patches").click()
    expect(tab.get_by_text("of the patches covered:")).to_be_visible()
    expect(tab.locator(".js-plotly-plot")).to_be_visible()


# What is written on a canvas that is not on the page: on a sheet to keep.
WRITTEN = """
window.__written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
  const wide = this.getTransform().a * (x + this.measureText(text).width);
  if (!this.canvas.isConnected) window.__written.push([text, wide <= this.canvas.width]);
  return write.apply(this, arguments);
};
"""


def test_the_view_is_saved_as_a_picture(server, page, tmp_path) -> None:
    tab = page(own=True)
    tab.add_init_script(WRITTEN)
    opened(tab, server, "attention", "?layer=3&head=4&token=20&view=%7B%22wall%22%3A%22all%22%7D")
    tab.get_by_role("button", name="Take with you: the map and the heads").click()
    with tab.expect_download() as download:
        tab.get_by_role("menuitem", name="PNG, 2×").click()
    assert download.value.suggested_filename == "attention-layer3-head4-token20.png"
    download.value.save_as(tmp_path / "view.png")
    with Image.open(tmp_path / "view.png") as image:
        assert image.size[1] > 700 and image.size[0] > 1400
        assert len(image.convert("RGB").getcolors(1 << 22)) > 1000
    written = tab.evaluate("window.__written")
    words = [text for text, _ in written]
    assert words[0].startswith("Layer 3 of 12, head 4 of 12: row 2, col 6 looks at")  # the title
    assert words.count("12") >= 2 and "0" in words  # layers down, heads across; the colour bar's end
    assert all(fits for _, fits in written)


def test_it_opens_with_the_head_that_sees_an_object_and_the_mean_and_the_texts_head_are_a_click_away(server, page) -> None:
    trace = cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace
    tab, found = page(), opening(trace)
    opened(tab, server, "attention")
    expect(fact(tab, "layer, head")).to_have_text(f"{found.layer + 1}/12, {found.head + 1}/12")
    first = tab.get_by_role("button", name=f"most object-like: {found.layer + 1}/{found.head + 1}")
    expect(first).to_have_attribute("aria-pressed", "true")
    assert "head" not in tab.url
    with rerun(tab):
        tab.get_by_role("button", name="mean of the heads").click()
    row = trace.attn_weights(found.layer, 0)[0, :, 0].mean(0)
    expect(fact(tab, "layer, head")).to_have_text(f"{found.layer + 1}/12, mean of 12")
    expect(fact(tab, "key")).to_have_text(trace.layout.name(int(row.argmax())).replace("column", "col") + f" · #{int(row.argmax())}")
    assert float(fact(tab, "weight").inner_text()) == pytest.approx(float(row.max()), rel=1e-3)
    with rerun(tab):
        tab.get_by_role("button", name="as in the text").click()
    expect(fact(tab, "layer, head")).to_have_text("6/12, 3/12")
    assert "layer=6" in tab.url and "head=3" in tab.url
    with rerun(tab):
        first.click()
    expect(fact(tab, "layer, head")).to_have_text(f"{found.layer + 1}/12, {found.head + 1}/12")
