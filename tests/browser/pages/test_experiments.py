"""Experiments and the comparison in a real browser: what they draw against `vit_core`; pointer, keys, cancelling, narrow screens."""

import json
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import torch
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.answers import said
from tests.support.browser.server import open_app, rerun, wait_for_run
from tests.support.browser.stages import floats, ready
from ui.work import cached
from vit_core.study import perturbation
from vit_core.study.ablation import head_drops
from vit_core.study.effect import Followed, spearman
from vit_core.study.representations import pairs
from vit_core.study.token_edits import stream_change, token_edits

STAGE = ".vit:has(> .pair), .vit:has(> .headgrid), .vit:has(> .curves)"
COMPARED = ".vit:has(> .compared)"

# The modules of components, held back until the test lets them go: a slow machine, without the waiting.
MODULES = "**/_stcore/bidi-components/**/main.js"


def trace_of(model: str = "bundled", picture: str = "coffee", size: int = 64, patch: int = 16):
    return cached.analysis.__wrapped__(model, picture, size, patch, cached.gallery_picture(picture)).trace


@pytest.fixture(scope="module")
def trace():
    return trace_of()


def opened(tab: Page, server, slug: str, view: dict, more: str = "&layer=12") -> Page:
    open_app(tab, f"{server.url}/{slug}?size=64&patch=16{more}&view={quote(json.dumps(view))}")
    ready(tab)
    return tab


def stage(tab: Page) -> Locator:
    """The open experiment, when all of its values are known and the page has run for the last time."""
    found = tab.locator(STAGE).and_(tab.locator('[data-known="true"]'))
    found.wait_for(timeout=90_000)
    tab.get_by_role("button", name="Cancel").wait_for(state="detached", timeout=60_000)
    wait_for_run(tab)
    return found


def drawn(root: Locator, name: str) -> torch.Tensor:
    return floats(root, "(root, name) => root.values[name]", name)


def fact(root: Locator, name: str) -> float:
    """A number of the rail, after what was done last has been drawn."""
    root.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    text = root.locator(".facts dt", has_text=name).locator("xpath=following-sibling::dd[1]").first.inner_text()
    return float(text.replace("−", "-").split("·")[-1])


def view(tab: Page) -> dict:
    return json.loads(parse_qs(urlsplit(tab.url).query).get("view", ["{}"])[0])


def hover(tab: Page, canvas: Locator, row: int, col: int, rows: int = 4, cols: int = 4) -> None:
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.mouse.move(box["x"] + box["width"] * (col + 0.5) / cols, box["y"] + box["height"] * (row + 0.5) / rows)


def test_occlusion_beside_attention(server, page, trace) -> None:
    tab = opened(page(), server, "experiments", {})
    root = stage(tab)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, Followed.of(trace))))
    assert (drawn(root, "drops") - drops).abs().max() <= 1e-3
    attention = torch.stack([perturbation.attention_on_patches(trace, layer) for layer in [*range(12), None]])
    assert (drawn(root, "attention").view_as(attention) - attention).abs().max() <= 1e-3
    expect(root.locator(".agreement")).to_contain_text("with layer 12")
    shown = float(root.locator(".by-layer button").nth(11).get_attribute("title"))
    assert shown == pytest.approx(spearman(attention[11], drops), abs=1e-3)
    hover(tab, root.locator(".scene canvas").first, 2, 1)
    assert fact(root, "drop") == pytest.approx(float(drops[9]), abs=1e-3)
    assert fact(root, "attention, layer 12") == pytest.approx(float(attention[11, 9]), rel=1e-3)
    with rerun(tab):
        root.locator(".by-layer button").last.click()
    expect(root.locator(".agreement")).to_contain_text("with rollout")
    assert view(tab) == {"map": "rollout"}
    second = root.locator(".scene canvas").nth(1)
    second.focus()
    for key in ("Home", "ArrowRight", "ArrowDown"):
        second.press(key)
    assert fact(root, "attention, rollout") == pytest.approx(float(attention[12, 5]), rel=1e-3)
    with rerun(tab):
        second.press("Enter")
    assert "token=6" in tab.url


def test_values_that_arrive_before_the_script_has_loaded(server, page) -> None:
    tab = page(own=True)
    held: list[Route] = []
    tab.route(MODULES, lambda route: held.append(route))
    tab.goto(f"{server.url}/experiments?size=80&patch=16&picture=rocket")
    wait_for_run(tab, after=1)
    tab.get_by_role("button", name="Cancel").wait_for(state="detached")  # the first values and the last have arrived
    wait_for_run(tab)
    assert tab.locator(".vit").count() == 0 and held
    for route in held:
        route.continue_()
    tab.unroute(MODULES)
    ready(tab)
    trace = trace_of(picture="rocket", size=80, patch=16)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, Followed.of(trace))))
    assert (drawn(stage(tab), "drops") - drops).abs().max() <= 1e-3
    expect(tab.locator(".strip")).to_contain_text("26 tokens")
    with rerun(tab):
        tab.get_by_role("radio", name="Silence heads").click()
    expect(tab.locator(".vit:has(> .headgrid)")).to_be_visible()
    expect(tab.locator(".vit:has(> .pair)")).to_have_count(0)


def test_silent_heads_open_in_the_selection(server, page, trace) -> None:
    tab = opened(page(), server, "experiments", {"exp": "heads"})
    root = stage(tab)
    drops = torch.cat(list(head_drops(trace, Followed.of(trace))))
    assert (drawn(root, "drops") - drops).abs().max() <= 1e-3
    grid = root.locator("canvas.grid")
    hover(tab, grid, 3, 7, 12, 12)
    assert fact(root, "drop") == pytest.approx(float(drops[3 * 12 + 7]), abs=1e-3)
    with rerun(tab):
        tab.mouse.down()
        tab.mouse.up()
    assert "layer=4" in tab.url and "head=8" in tab.url
    grid.focus()
    grid.press("ArrowRight")
    with rerun(tab):
        grid.press("Enter")
    assert "head=9" in tab.url
    with rerun(tab):
        tab.get_by_role("button", name="Open layer 4, head 9 in Attention").click()
    assert "/attention" in tab.url and "head=9" in tab.url


def test_curves_and_their_areas(server, page, trace) -> None:
    tab = opened(page(viewport=(390, 844)), server, "experiments", {"exp": "curves"})
    root = stage(tab)
    followed = Followed.of(trace)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, followed)))
    orders = [
        perturbation.attention_on_patches(trace, 11).argsort(descending=True),
        drops.argsort(descending=True),
        *perturbation.random_orders(16),
    ]
    curves = perturbation.curves_of(torch.cat(list(perturbation.curve_values(trace, followed, orders))), 16)
    for name in ("deletion", "insertion"):
        assert (drawn(root, name).view(7, 15) - getattr(curves, name)).abs().max() <= 1e-3
    cells = root.locator("table.numbers tbody tr").first.locator("td")
    assert float(cells.nth(2).inner_text()) == pytest.approx(float(curves.areas[0][0]), abs=1e-3)
    slider = root.get_by_role("slider", name="Share of the patches")
    with rerun(tab):
        slider.press("Home")
    assert float(cells.nth(1).inner_text()) == pytest.approx(followed.value, abs=1e-3)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_tokens_are_chosen_by_dragging_and_by_keys(server, page, trace) -> None:
    tab = opened(page(color_scheme="dark"), server, "experiments", {"exp": "tokens"})
    root = stage(tab)
    picture = root.locator(".scene canvas").first
    hover(tab, picture, 1, 1)
    tab.mouse.down()
    hover(tab, picture, 2, 2)
    with rerun(tab):
        tab.mouse.up()
    assert view(tab)["tok"] == "6-7.10-11"
    with rerun(tab):
        root.get_by_role("radio", name="shuffle").click()
    picture.focus()
    with rerun(tab):
        picture.press("End"), picture.press("Enter")
    assert view(tab) == {"exp": "tokens", "tok": "6-7.10-11.16", "way": "shuffle"}
    after = trace.model(trace.images, 16, token_edits(trace.layout, 12, [6, 7, 10, 11, 16], "shuffle", 0))
    expect(tab.locator(".vit.waiting")).to_have_count(0)
    expected = stream_change(trace, after)
    assert (drawn(root, "change").view_as(expected) - expected).abs().max() <= 1e-3
    label, probability = said(after)[0]
    expect(root.locator(".answers .row").first).to_contain_text(label)
    shown = root.locator(".answers .row").first.locator("span").nth(1).get_attribute("title").split("→")[1]
    assert float(shown) == pytest.approx(probability, abs=1e-3)
    hover(tab, root.locator(".scene canvas").nth(1), 1, 1)
    assert fact(root, "moved at the end") == pytest.approx(float(expected[12, 6]), rel=1e-3)


def test_a_long_computation_can_be_cancelled(server, page) -> None:
    tab = page()
    open_app(tab, f"{server.url}/experiments?size=160&patch=8&view={quote(json.dumps({'exp': 'heads'}))}")
    tab.get_by_role("button", name="Cancel").click(timeout=60_000)
    expect(tab.get_by_text("What is known until then is shown.")).to_be_visible(timeout=60_000)
    assert drawn(tab.locator(STAGE), "drops").isnan().any()
    tab.get_by_role("button", name="Run the model 144 times").click()
    expect(tab.get_by_text("of 144 runs of the model")).to_be_visible()
    tab.get_by_role("button", name="Cancel").click()
    expect(tab.get_by_text("What is known until then is shown.")).to_be_visible(timeout=60_000)


def test_two_models_side_by_side(server, page, trace) -> None:
    snapshot = next(name for name in cached.model_names() if name.startswith("snapshot"))
    other = trace_of(snapshot)
    tab = opened(page(), server, "attention", {"vs": ["model", snapshot]}, "&layer=5&head=3")
    root = tab.locator(f"{COMPARED}[data-ready]")
    hover(tab, root.locator(".scene canvas").first, 1, 2)
    one, there = pairs.attention_beside(trace, other, 4, 2, 7, 7)
    expect(root.locator(".facts dd").first).to_have_text("row 2, col 3 · #7")
    left, moved, change = (
        torch.tensor(root.evaluate("(root, name) => Array.from(root.compared[name])", name)) for name in ("left", "moved", "change")
    )
    assert (left[1:] - one).abs().max() <= 1e-3 and (moved - there).abs().max() <= 1e-3 and (change - (there - one)).abs().max() <= 2e-3
    canvas = root.locator(".scene canvas").nth(1)
    canvas.focus()
    with rerun(tab):
        canvas.press("End"), canvas.press("Enter")
    assert "token=16" in tab.url and view(tab)["vs"] == ["model", snapshot]
    assert root.locator("canvas:not([aria-label]):not([aria-hidden])").count() == 0


def test_two_settings_on_a_narrow_screen(server, page, trace) -> None:
    other = trace_of(size=96)
    tab = opened(page(viewport=(390, 844)), server, "", {"vs": ["setting", "96/16"], "third": "places"})
    root = tab.locator(f"{COMPARED}[data-ready]")
    expected = pairs.stream_similarity(trace, other).mean(dim=1)
    buttons = root.locator(".strip-of-layers button")
    assert [float(buttons.nth(i).get_attribute("title")) for i in range(13)] == pytest.approx(expected.tolist(), abs=2e-3)
    with rerun(tab):
        buttons.nth(4).click()
    assert view(tab)["stage"] == 4
    shown = torch.tensor(root.evaluate("root => Array.from(root.compared.change)"))
    assert (shown - pairs.stream_similarity(trace, other)[4]).abs().max() <= 2e-3
    expect(root.locator(".aside")).to_contain_text("The grids differ, 4 × 4 and 6 × 6")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_before_any_token_is_chosen_the_page_invites(server, page) -> None:
    tab = opened(page(), server, "experiments", {"exp": "tokens"})
    expect(tab.get_by_text("Click a patch of the picture, or drag over several.", exact=True)).to_be_visible()
    expect(tab.locator(".plotted")).to_be_hidden()
    expect(tab.get_by_text("What moves when tokens change")).to_be_visible()
    expect(tab.locator(".pair .colourbar")).to_be_empty()
