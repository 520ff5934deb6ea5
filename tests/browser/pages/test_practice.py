"""The practice page in a real browser: masks, groups and rounding under the pointer, compared with `vit_core` and not with themselves."""

import json
from urllib.parse import quote

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

import vit_core
from tests.support.answers import said
from tests.support.browser.server import open_app, rerun
from ui.work import cached
from vit_core import cost
from vit_core.config import TokenLayout
from vit_core.study.efficiency import attention_variants, quantization, scales, token_reduction
from vit_core.study.efficiency.attention_variants import KINDS, Variant

STAGE = ".vit[data-demo]"
FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def opened(tab: Page, server, **place) -> Locator:
    open_app(tab, f"{server.url}/practice?size=96&view={quote(json.dumps({'pr': place}))}")
    stage = tab.locator(f"{STAGE}[data-ready]")
    stage.wait_for()
    return stage


def state(stage: Locator, *names: str) -> dict:
    stage.page.evaluate(FRAME)
    read = (
        "(root, names) => Object.fromEntries(names.map((name) => [name, root.practice[name]]).map(([name, v]) => [name, v?.call ? "
        "v() : v]))"
    )
    return stage.evaluate(read, names)


def hover(stage: Locator, canvas: str, row: float, col: float) -> None:
    box = stage.locator(canvas).bounding_box()
    stage.page.mouse.move(box["x"] + box["width"] * col, box["y"] + box["height"] * row)


@pytest.fixture(scope="module")
def model():
    return vit_core.load()


def test_what_a_patch_sees_is_the_mask(server, page, model) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, d="attention", k="windows", w=4, h=2, s=3)
    layout, sizes = TokenLayout((6, 6)), {"windows": 4, "neighbourhood": 2, "strided": 3}
    for kind in KINDS:
        stage.get_by_role("radio", name=kind).click()
        for row, col in [(0, 0), (2, 4), (5, 5)]:
            hover(stage, "canvas.scene", (row + 0.5) / 6, (col + 0.5) / 6)
            found = state(stage, "setting", "query", "seen", "pairs", "macs", "stored", "total")
            variant = Variant(kind, sizes.get(kind, 1))
            assert (found["setting"]["kind"], found["query"]) == (kind, layout.token_at(row, col))
            assert found["seen"] == attention_variants.mask(variant, layout)[found["query"]].tolist()
            assert found["pairs"] == attention_variants.pairs(variant, layout)
            assert found["macs"] == attention_variants.core_macs(variant, model.config, layout)
            assert found["stored"] == attention_variants.stored(variant, model.config, layout)
            assert found["total"] == attention_variants.macs(variant, model.config, 96, 16)
    expect(stage.get_by_role("status").last).to_contain_text("linear: row 6, col 6 sees 37 of 37 tokens")


def test_a_drag_shows_the_mask_at_once_and_the_answer_comes_on_release(server, page, model) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, d="attention", k="windows")
    slider = stage.get_by_role("slider", name="Window, patches a side")
    slider.focus()
    before = state(stage, "pairs")["pairs"]
    with rerun(tab):
        tab.keyboard.press("ArrowLeft")
        assert state(stage, "pairs")["pairs"] < before
    expect(stage.locator(".answers")).not_to_contain_text("runs on release")
    assert json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view"))["pr"]["w"] == 2
    x = vit_core.preprocess(cached.gallery_picture("coffee"), model, image_size=96)
    layout = TokenLayout((6, 6))
    label, probability = said(model(x, 16, attention_variants.edits(Variant("windows", 2), layout, 12)))[0]
    expect(stage.locator(".answers > div").last).to_contain_text(f"{label}{100 * probability:.1f}%")


@pytest.mark.parametrize("method", token_reduction.METHODS)
def test_the_groups_are_those_of_the_model(method: str, server, page, model) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, d="tokens", m=method, r=2)
    x = vit_core.preprocess(cached.gallery_picture("coffee"), model, image_size=96)
    done = token_reduction.reduce(model, x, 16, 2, method)
    slider = stage.get_by_role("slider", name="After layer")
    slider.focus()
    tab.keyboard.press("Home")
    for layer in range(1, 13):
        tab.keyboard.press("ArrowRight")
        found = state(stage, "stage", "owners", "tokens")
        assert found["stage"] == layer and found["tokens"] == done.counts[layer]
        assert found["owners"] == done.owners[layer, 0].tolist()
    hover(stage, "canvas.scene", 0.6, 0.6)
    found = state(stage, "patch", "group")
    assert found["patch"] == 3 * 6 + 3
    owner = done.owners[12, 0, 21]
    held = (done.owners[12, 0] == owner).nonzero().flatten().tolist() if owner >= 0 else None
    assert found["group"] == held


def test_the_browser_rounds_as_the_model_is_rounded(server, page, model) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, d="bits", b=4, y=5, x=3)
    weight = model.blocks[5].mlp.fc2.weight.detach()
    bits = stage.get_by_role("slider", name="Bits a weight")
    for count in (4, 3, 2):
        steps, scale = quantization.quantise(weight, count)
        hover(stage, "canvas.weights", 0.31, 0.77)
        found = state(stage, "bits", "row", "column", "weight", "step", "scale", "relative")
        row, column = found["row"], found["column"]
        assert (found["bits"], found["step"]) == (count, int(steps[row, column]))
        assert found["weight"] == float(weight[row, column])
        assert found["scale"] == pytest.approx(float(scale[row, 0]), rel=1e-6)
        assert found["relative"] == pytest.approx(float((steps * scale - weight).norm() / weight.norm()), rel=1e-4)
        if count > 2:  # of fewer there are none
            bits.focus()
            with rerun(tab):
                tab.keyboard.press("ArrowLeft")


def test_narrow_and_by_keyboard(server, page) -> None:
    tab = page(viewport=(390, 844), color_scheme="dark")
    stage = opened(tab, server, d="patches")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    first = stage.locator(".size-card canvas").first
    first.focus()
    said = stage.get_by_role("status").last.inner_text()
    tab.keyboard.press("ArrowRight")
    expect(stage.get_by_role("status").last).not_to_have_text(said)
    with rerun(tab):
        stage.get_by_role("button", name="use it").last.click()
    expect(stage.locator(".size-card.now")).to_have_count(1)
    expect(tab.locator(".strip")).to_contain_text("96 / ")
    results = tab.get_by_role("region", name="Results")
    assert results.evaluate("(box) => box.scrollWidth > box.clientWidth"), "A wide table scrolls in its own box."


def test_the_mean_of_several_sizes_follows_the_boxes(server, page, model) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, d="scales")
    found = state(stage, "sizes", "used", "mean", "macs", "same")
    sizes = found["sizes"]
    assert found["used"] == list(range(len(sizes)))
    picture = cached.gallery_picture("coffee")
    answers = [model(vit_core.preprocess(picture, model, image_size=size), 16).probs[0].double() for size in sizes]
    macs = [cost.macs(model.config, size, 16).total for size in sizes]
    assert found["macs"] == sum(macs)
    assert found["mean"] == pytest.approx(scales.averaged(torch.stack(answers)).tolist(), rel=1e-3, abs=1e-6)
    with rerun(tab):
        stage.get_by_role("checkbox", name=f"Average {sizes[0]} px").uncheck()
        after = state(stage, "used", "macs")  # at once, before the app has run
        assert (after["used"], after["macs"]) == (list(range(1, len(sizes))), sum(macs[1:]))
    assert json.loads(tab.evaluate("() => globalThis.__vitStore.selection.view"))["pr"]["n"] == 2 ** len(sizes) - 2
    expect(stage.locator(".facts")).to_contain_text(f"{len(sizes) - 1} of {len(sizes)}")


def test_the_smallest_size_that_is_sure_follows_the_threshold(server, page, model) -> None:
    tab = page(viewport=(1400, 1400))
    stage = opened(tab, server, d="adapt", c=0.6)
    names, sizes = list(cached.gallery()), state(stage, "sizes")["sizes"]
    pictures = [cached.gallery_picture("coffee"), *(cached.gallery_picture(name) for name in names)]
    answers = [[model(vit_core.preprocess(picture, model, image_size=size), 16).probs[0] for picture in pictures] for size in sizes]
    probs = torch.stack([torch.stack(row) for row in answers]).double()
    macs = [cost.macs(model.config, size, 16).total for size in sizes]
    slider = stage.get_by_role("slider", name="Sure enough from")
    for threshold, key in ((0.6, None), (0.0, "Home"), (1.0, "End")):
        slider.focus()
        if key:
            with rerun(tab):
                tab.keyboard.press(key)
        found = state(stage, "picked", "mean", "same", "threshold")
        picked = scales.sure(probs, threshold).tolist()
        assert (found["threshold"], found["picked"]) == (threshold, picked)
        assert found["mean"] == pytest.approx(sum(scales.spent(macs, i) for i in picked[1:]) / len(names))
        assert found["same"] == scales.agreement(scales.kept(probs[:, 1:], threshold), probs[-1, 1:])
    assert found["same"] >= 0 and tab.evaluate("document.documentElement.scrollWidth") <= 1400
