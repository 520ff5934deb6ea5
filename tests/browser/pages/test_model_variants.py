"""The comparison of models in a real browser, compared with `vit_core` and not with itself."""

import re

from playwright.sync_api import expect

from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import opened, ready
from vit_core import cost
from vit_core.presets import presets, specs


def test_models_are_counted_sorted_filtered_and_picked(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    variants = opened(tab, server, "model_variants")
    for spec, shown in zip(
        specs(), variants.evaluate("(root) => root.variants.rows.map((row) => [row.name, row.count, row.macs])"), strict=True
    ):
        assert shown[0] == spec.name and shown[1] == spec.params_exact
        if spec.name in presets:
            assert shown[2] == cost.macs(presets[spec.name], 224).total
    names = variants.locator(".models tbody td:nth-child(2)")
    with rerun(tab):
        variants.get_by_role("button", name="parameters", exact=True).click()
    with rerun(tab):
        variants.get_by_role("button", name="parameters", exact=True).click()
    expect(names.first).to_contain_text("ViT-22B/14")
    variants.get_by_role("searchbox").fill("clip")
    expect(names).to_have_count(4)
    with rerun(tab):
        variants.get_by_role("checkbox", name="Compare CLIP-B/32").check()
    expect(variants.locator(".bar-row")).to_have_count(4)
    expect(variants.locator(".bar-row").last).to_contain_text("CLIP-B/32")
    variants.locator(".bar-row").last.get_by_role("button", name=re.compile("attention")).click()
    expect(variants.locator(".where .card")).to_contain_text("25.")
    again = open_app(page(), tab.url)
    ready(again)
    expect(again.locator(".bar-row").last).to_contain_text("CLIP-B/32")


def test_a_model_of_ones_own_follows_the_slider(server, page) -> None:
    tab = page(viewport=(1400, 2400))
    variants = opened(tab, server, "model_variants")
    slider = variants.get_by_role("slider", name="Layers")
    slider.focus()
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    own = presets["ViT-B/16"].replace(embed_dim=512, depth=13, num_heads=8, mlp_hidden=2048)
    expect(variants.locator(".own-model .facts dd").first).to_have_attribute("title", f"{cost.parameters(own).total:,}")
    expect(variants.locator(".own-model .facts dd").nth(1)).to_have_attribute("title", f"{cost.macs(own, 224).total:,}")
    expect(variants.locator(".own-model table tr")).to_have_count(4)


def test_a_point_says_what_it_is_and_where_it_is_from(server, page) -> None:
    tab = page(viewport=(1400, 2400))
    variants = opened(tab, server, "model_variants")
    chart = variants.locator('.plotted-place[data-drawn^="Compute and accuracy"]')
    chart.focus()
    tab.keyboard.press("ArrowRight")
    expect(chart.locator(".hoverlayer")).to_contain_text(re.compile(r"DeiT-Ti/16 · ImageNet-1k.*top-1 72.2%.*Touvron", re.DOTALL))
    expect(variants.locator(".about h2")).to_have_text("DeiT-Ti/16")
    faint = chart.locator(".points path").evaluate_all("(all) => all.filter((one) => +one.style.opacity < 0.5).length")
    with rerun(tab):
        tab.keyboard.press("Enter")
    expect(variants.locator(".bar-row")).to_have_count(4)
    expect(variants.locator(".bar-row").last).to_contain_text("DeiT-Ti/16")
    assert 0 < faint < chart.locator(".points path").count()


def test_no_column_of_the_table_is_cut_off(server, page) -> None:
    tab = page(viewport=(1280, 800))
    table = opened(tab, server, "model_variants").locator(".scroll")
    for width in (1280, 1400, 1600):
        tab.set_viewport_size({"width": width, "height": 800})
        assert table.evaluate("(node) => node.scrollWidth - node.clientWidth") <= 0, width
