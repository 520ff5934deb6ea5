"""The walkthrough in a real browser: its numbers against `vit_core`, the nine steps by keyboard, on a phone, in both
themes.
"""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, TimeoutError, expect

from tests.support.browser.apps.walkthrough_app import analysed
from tests.support.browser.server import rerun, wait_for_run
from tests.support.browser.walkthrough_page import at, everything_has_come, jump, opened
from tests.support.browser.walkthrough_truth import Truth, strongest
from ui.kit.export import shipped_file
from ui.walkthrough import forward
from ui.walkthrough.words import SLUGS, TITLES
from ui.work import cached
from vit_core.data.bundled import default


def numbers_of(walk: Locator) -> list[tuple[str, str, str]]:
    """Key, exact value and text of every number that the stage shows."""
    return walk.evaluate(
        "(root) => [...root.querySelectorAll('.walk-stage [data-key]')].filter((n) => n.offsetParent).map((n) => [n.dataset.key, n.title, "
        "n.textContent])"
    )


def read_all(walk: Locator) -> list[tuple[str, str, str]]:
    """Every number that the stage shows, with the pointer in each of its matrices."""
    for matrix in walk.locator(".matrix canvas:visible").all():
        box = matrix.bounding_box()
        matrix.dispatch_event("pointermove", {"clientX": box["x"] + 0.3 * box["width"], "clientY": box["y"] + 0.6 * box["height"]})
    walk.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return numbers_of(walk)


@pytest.mark.parametrize(("picture", "token", "layer", "head"), [("chelsea", 90, 4, 3), ("coffee", 0, 12, 1), ("rocket", 150, 1, 12)])
def test_every_number_equals_the_trace(picture: str, token: int, layer: int, head: int, server, page) -> None:
    trace = cached.analysis.__wrapped__("bundled", picture, 224, 16, cached.gallery_picture(picture)).trace
    truth, tab = Truth(trace), page(viewport=(1400, 1600))
    walk = opened(tab, server, picture=picture, token=token, layer=layer, head=head)
    everything_has_come(walk)
    found: dict[str, tuple[str, str]] = {}
    for step in range(1, 10):
        jump(walk, step)
        shown = []
        for other in (None, "A common mistake", "Out of the MLP"):
            if other is None or walk.get_by_role("radio", name=other).is_visible():
                if other:
                    walk.get_by_role("radio", name=other).click()
                shown += read_all(walk)
        assert shown, f"step {step} shows no number"
        found |= {key: (exact, text) for key, exact, text in shown}
    checked = 0
    for key, (exact, text) in found.items():
        if key.startswith("drive:") and not key.endswith(":0"):
            continue
        expected = strongest(key) if key.startswith("drive:") else truth(key)
        assert float(exact) == pytest.approx(expected, rel=2e-4, abs=2e-5), key
        assert float(text.replace("−", "-")) == pytest.approx(float(exact), rel=6e-4), key
        checked += 1
    assert checked >= 140
    assert len({key.split(":")[0] for key in found}) >= 35, "some steps show nothing that could be wrong"


CUT = """
(root) => [...root.querySelectorAll(".scale, .caption, .lens th")]
  .filter((node) => node.offsetParent && node.scrollWidth > node.clientWidth)
  .map((node) => node.textContent)
"""


@pytest.mark.parametrize("width", [390, 1400])
def test_no_colour_bar_caption_or_row_heading_is_cut(width: int, server, page) -> None:
    walk = opened(page(viewport=(width, 1200)), server)
    everything_has_come(walk)
    for step in range(1, 10):
        jump(walk, step)
        assert walk.evaluate(CUT) == [], step


VARIANTS = ("clip", "dinov2", "distilled", "mean of patches", "no class token")


def test_nine_steps_with_any_model(fresh_server, page) -> None:
    """Gated, head-less, without [CLS], with registers or two heads: each step is drawn, and its numbers are the trace's."""
    script = Path(__file__).parents[2] / "support" / "browser" / "apps" / "walkthrough_app.py"
    server = fresh_server(script=script, options=("--browser.gatherUsageStats=false",))
    for variant in VARIANTS:
        trace = analysed(variant).trace
        truth = Truth(trace)
        tab = page(viewport=(1400, 900))
        walk = opened(tab, server, path="/", variant=variant)
        for step in range(1, 10):
            jump(walk, step)
            assert walk.locator("> [role=status]").inner_text()
            for picker in walk.locator(".walk-stage .picker canvas[tabindex='0']").all()[:1]:
                picker.press("End")
            shown = numbers_of(walk)
            assert len(shown) >= 2, (variant, step)
            for key, exact, _ in shown:
                if key is not None:
                    assert float(exact) == pytest.approx(truth(key), rel=2e-4, abs=2e-5), (variant, key)
        tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_step_fits_one_screen(scheme: str, server, page) -> None:
    """At 1400 × 900: the sentence, the picture and the controls of a step, without scrolling."""
    tab = page(viewport=(1400, 900), color_scheme=scheme)
    walk = opened(tab, server, token=90, layer=5, head=4)
    everything_has_come(walk)
    for step in range(1, 10):
        jump(walk, step)
        top, bottom = walk.evaluate(
            "(root) => [root.querySelector('.look').getBoundingClientRect().top, "
            "root.querySelector('.walk-stage').getBoundingClientRect().bottom]"
        )
        assert top > 0 and bottom <= 900, f"step {step} ends at {bottom:.0f} px"


FOCUSED = """
(root) => {
  const node = root.getRootNode().activeElement;
  const stage = root.querySelector('.walk-stage');
  if (!node || !stage.contains(node)) return null;
  return [node.tagName, node.getAttribute('aria-label') ?? node.dataset.id ?? node.textContent, node.getAttribute('role')];
}
"""
SAID = """
(root) => {
  const node = root.getRootNode().activeElement;
  return [root.querySelector(':scope > [role=status]').textContent, node?.getAttribute('aria-label') ?? '', node?.value ?? ''].join('|');
}
"""
CONTROLS = """
(root) => [...root.querySelectorAll('.walk-stage :is(canvas[tabindex="0"], input, button)')]
  .filter((n) => n.tabIndex >= 0 && n.offsetParent).length
"""


def changes(tab: Page, walk: Locator, key: str, before: str) -> bool:
    """Whether a key changes what is said."""
    tab.keyboard.press(key)
    try:
        tab.wait_for_function(f"([root, before]) => ({SAID})(root) !== before", arg=[walk.element_handle(), before], timeout=1500)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("steps", [(1, 2, 3, 4, 5), (6, 7), (8, 9)])
def test_every_control_by_keyboard_alone(steps: tuple[int, ...], server, page) -> None:
    """Tab reaches each control of a step; a key changes what it says, and what the step says in words where the whole step follows."""
    tab = page(viewport=(1400, 900))
    walk = opened(tab, server, token=90, layer=5, head=4)
    everything_has_come(walk)
    for step in steps:
        jump(walk, step)
        wait_for_run(tab)
        walk.get_by_role("button", name="Take with you: this step").focus()
        reached, summaries, expected = [], set(), walk.evaluate(CONTROLS)
        while True:
            wait_for_run(tab)  # what a key changed is in the link, and the page is run for it
            tab.keyboard.press("Tab")
            focused = walk.evaluate(FOCUSED)
            if focused is None:
                break
            reached.append(focused[1])
            before = walk.evaluate(SAID)
            keys = ("Enter",) if focused[0] == "BUTTON" and focused[2] is None else ("ArrowRight", "ArrowLeft")
            assert any(changes(tab, walk, key, before) for key in keys), f"step {step}: {focused} does nothing"
            if focused[1].startswith("Enlarge"):
                tab.keyboard.press("Escape")
                expect(walk.get_by_role("button", name=focused[1], exact=True).and_(walk.locator(":focus"))).to_be_visible()
            summaries.add(walk.locator("> [role=status]").inner_text())
            assert walk.evaluate(FOCUSED) is not None, f"step {step}: {focused} lost the focus"
            assert walk.get_attribute("data-step") == str(step)
        went_to = tab.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert len(reached) >= expected, f"step {step}: of {expected} controls these were reached: {reached}; then {went_to}"
        assert len(summaries) >= 2


def test_a_cell_opens_its_dot_product(server, page) -> None:
    trace = cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace
    truth, tab = Truth(trace), page(viewport=(1400, 1600))
    walk = opened(tab, server, step=6, layer=5, head=4, token=30)
    expect(walk.locator(".pipeline .matrix")).to_have_count(12)
    for i in range(12):
        matrix = walk.locator(".pipeline .matrix canvas").nth(i)
        matrix.focus()
        for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
            tab.keyboard.press(key)
        total = walk.locator(".walk-stage .total")
        expect(total).to_contain_text("the model holds")
        key, exact = total.locator("[data-key]").last.evaluate("(node) => [node.dataset.key, node.title]")
        assert float(exact) == pytest.approx(truth(key), rel=2e-4, abs=2e-5)
        difference = float(total.inner_text().rsplit("difference ", 1)[1].rstrip(".").replace("−", "-"))
        assert difference <= 1e-4


def test_a_link_opens_its_step_and_the_flow_leads_there(server, page) -> None:
    tab = page()
    walk = opened(tab, server, step=7)
    expect(walk.locator(".step-title")).to_have_text(f"Step 7: {TITLES[6]}")
    with rerun(tab):
        walk.locator(".walk-flow button", has_text="Embedding").click()
    at(tab, 3)
    expect(walk.locator("[aria-current=step]")).to_have_count(1)  # one bar says where one is
    expect(walk.locator("[aria-current=step]")).to_contain_text("Embedding")
    assert "step" in tab.evaluate("decodeURIComponent(location.search)")
    with rerun(tab):
        walk.get_by_role("button", name="Previous").click()
    expect(walk.locator(".step-title")).to_have_text(f"Step 2: {TITLES[1]}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nine_steps_on_a_phone_by_keyboard_alone(scheme: str, server, page) -> None:
    tab = page(viewport=(390, 844), color_scheme=scheme)
    walk = opened(tab, server)
    walk.locator(".walk-flow button").first.focus()
    summaries = set()
    for step in range(1, len(SLUGS) + 1):
        at(tab, step)
        expect(walk.locator(".step-title")).to_have_text(f"Step {step}: {TITLES[step - 1]}")
        expect(walk.locator(".learned")).not_to_be_empty()
        summaries.add(walk.locator("> [role=status]").inner_text())
        wide = walk.evaluate(
            """(root) => [...root.querySelectorAll('*')]
              .filter((n) => n.clientWidth && !n.closest('.visually-hidden') && n.getBoundingClientRect().right > innerWidth + 1)
              .map((n) => n.className)"""
        )
        assert not wide
        assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
        unnamed = walk.evaluate(
            "(root) => [...root.querySelectorAll('canvas[tabindex=\"0\"]')].filter((n) => n.offsetParent && "
            "!n.getAttribute('aria-label')).length"
        )
        assert unnamed == 0
        if step < len(SLUGS):
            with rerun(tab):
                tab.keyboard.press("ArrowRight")
    assert len(summaries) == len(SLUGS) and all(summaries)


def test_the_program_on_the_page_is_the_one_that_is_tested(server, page) -> None:
    tab = page(viewport=(1400, 1200))
    opened(tab, server)
    tab.get_by_text("The whole forward pass as one program").click()
    trace = cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace
    code = tab.locator('[data-testid="stExpander"] pre')
    expect(code).to_be_visible()
    assert code.inner_text().split() == forward.program(trace, shipped_file(default().weights)).split()


def test_a_step_is_saved_as_a_picture(server, page, tmp_path) -> None:
    tab = page()
    walk = opened(tab, server, step=3)
    walk.get_by_role("button", name="Take with you: this step").click()
    with tab.expect_download() as download:
        walk.get_by_role("menuitem", name="PNG, 2×").click()
    download.value.save_as(tmp_path / "step.png")
    with Image.open(tmp_path / "step.png") as saved:
        assert saved.format == "PNG" and min(saved.size) > 500
        assert len(saved.convert("RGB").resize((64, 64)).getcolors(4096)) > 50
