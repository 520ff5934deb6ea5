"""The patch embedding in a real browser, compared with `vit_core` and not with itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser.server import rerun
from tests.support.browser.stages import opened, slider, view_query
from ui.patch_embedding.setting import of_preset
from ui.work import cached
from vit_core import cost
from vit_core.patches import flatten_kernel
from vit_core.presets import presets
from vit_core.study.embedding import similarity, terms

CALCULATOR = ".vit:has(.calculator)[data-ready]"


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace


def test_dot_products_and_similarities_are_the_traces(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    root = opened(tab, server, "patch_embedding", f"?token=80&{view_query(dim=41)[1:]}")
    work = root.evaluate(
        "root => { const w = root.embedding.work(); return { dim: w.dim, sum: w.sum, bias: w.bias, products: Array.from(w.products) }; }"
    )
    assert work["dim"] == 41
    assert work["sum"] + work["bias"] == pytest.approx(float(trace.patch_embeddings[0, 79, 41]), abs=1e-4)
    assert max(abs(a - float(b)) for a, b in zip(work["products"], terms(trace, 79, 41), strict=True)) < 1e-5
    found = root.evaluate("root => { const c = root.embedding.cosines(); return [Array.from(c.before), Array.from(c.after)]; }")
    for shown, placed in zip(found, (False, True), strict=True):
        assert max(abs(a - float(b)) for a, b in zip(shown, similarity(trace, 79, placed), strict=True)) < 1e-5
    weight = flatten_kernel(trace.model.patch_embed.kernel(16))
    for dim in (0, 41, 191):
        column = root.evaluate("(root, d) => Array.from(root.embedding.kernel.weights(d))", dim)
        assert max(abs(a - float(b)) for a, b in zip(column, weight[dim], strict=True)) < 1e-5


def test_hover_row_and_check(server, page, trace) -> None:
    tab = page(viewport=(1400, 1000))
    root = opened(tab, server, "patch_embedding")
    box = root.locator(".picture").bounding_box()
    tab.mouse.move(box["x"] + box["width"] * 2.5 / 14, box["y"] + box["height"] * 5.5 / 14)
    patch = 5 * 14 + 2
    value = root.locator(".rail dd").first
    expect(value).to_have_attribute("title", re.compile(r"^-?\d"))
    tab.wait_for_function("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    assert float(value.get_attribute("title")) == pytest.approx(float(trace.patch_embeddings[0, patch, 0]), abs=1e-6)
    with rerun(tab):
        tab.mouse.click(box["x"] + box["width"] * 2.5 / 14, box["y"] + box["height"] * 5.5 / 14)
    assert f"token={patch + 1}" in tab.url
    with rerun(tab):
        root.get_by_role("button", name="Check against the model").click()
    tab.get_by_role("tab", name="Check it").click()
    expect(tab.locator(".vit-check")).to_contain_text("the browser’s sum, output 1 of row 6, column 3")
    row = root.locator("canvas.row")
    row.focus()
    with rerun(tab):
        tab.keyboard.press("ArrowRight")
    expect(root.locator(".equation")).to_have_attribute(
        "title", re.compile(re.escape(f"model {float(trace.patch_embeddings[0, patch, 1]):.4f}"[:-1]))
    )


def test_no_sign_of_a_formula_is_cut_above_or_below(server, page) -> None:
    """What scrolls sideways cuts what stands out of its line: with nothing cut, each must look the same."""
    tab = page(viewport=(390, 1000))
    opened(tab, server, "patch_embedding")
    formulas = tab.locator("[role=tabpanel] .katex-display")
    expect(formulas).to_have_count(7)

    def seen() -> list[bytes]:
        found = []
        for formula in formulas.all():
            formula.scroll_into_view_if_needed()
            box = formula.bounding_box()
            around = {"x": box["x"], "y": box["y"] - 6, "width": box["width"], "height": box["height"] + 12}
            found.append(tab.screenshot(clip=around, animations="disabled"))
        return found

    cut = seen()
    tab.add_style_tag(content=".katex-display { overflow: visible !important; } .katex-display > .katex { overflow-x: clip; }")
    assert [index for index, (one, whole) in enumerate(zip(cut, seen(), strict=True)) if one != whole] == []


def test_the_calculator_says_what_cost_says(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    opened(tab, server, "patch_embedding")
    root = tab.locator(CALCULATOR)
    config = of_preset(presets["ViT-L/16"]).config

    def exact(name: str) -> int:
        row = root.locator("tr", has=tab.locator(f"th:text-is('{name}')"))
        return int(row.locator(".result").first.get_attribute("title"))

    assert (exact("Parameters"), exact("MACs"), exact("Tokens with [CLS]")) == (590_592, 339_738_624, 577)
    with rerun(tab):
        root.get_by_label("Published model").select_option("ViT-L/16")
    assert exact("Parameters") == cost.parameters(config).patch_embed
    assert exact("MACs") == cost.macs(config).patch_embed
    assert exact("FLOPs") == 2 * cost.macs(config).patch_embed
    assert exact("Tokens with [CLS]") == cost.tokens(config)
    sequence = root.locator("tr", has=tab.locator("th:text-is('The sequence')")).locator(".result")
    wanted = [f"{cost.tokens(config) * config.embed_dim * size} bytes" for size in (4, 2, 1)]
    assert [cell.get_attribute("title") for cell in sequence.all()] == wanted
    before = tab.evaluate("window.__runs.finished")
    slider(root, "Patch").evaluate("(i) => { i.value = 0; i.dispatchEvent(new Event('input', { bubbles: true })); }")
    expect(root.locator("td", has_text="(224 / 4)²")).to_have_count(1)
    assert exact("Patches N") == 56**2 and tab.evaluate("window.__runs.finished") == before
    tab.reload()
    root.wait_for()
    expect(root.locator("td", has_text="(224 / 16)²")).to_have_count(1)
    assert exact("Parameters") == cost.parameters(config).patch_embed
