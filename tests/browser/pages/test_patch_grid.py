"""The patch grid in a real browser, compared with `vit_core` and not with itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.answers import said
from tests.support.browser.server import rerun, wait_for_run
from tests.support.browser.stages import digits, drag, opened, settled, slider, view_query
from ui.patch_grid.setting import patches_of
from ui.state.selection import Sizes
from ui.work import cached
from vit_core import cost


@pytest.fixture(scope="module")
def trace():
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee")).trace


def test_counts_follow_both_sliders_before_release_and_the_model_answers_after(server, page) -> None:
    tab = page(viewport=(1400, 1000))
    root = opened(tab, server, "patch_grid")
    counts = root.locator(".counts")
    expect(counts).to_have_text("224 / 16 → 14 × 14 = 196 patches + [CLS] = 197 tokens")
    for name, shares in (("Resolution", [0.9, 0.2, 0.05]), ("Patch size", [0.1, 0.35])):
        settled(tab)
        before = tab.evaluate("window.__runs.finished")
        drag(tab, slider(root, name), shares)
        tab.wait_for_function("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
        size, patch, rows, cols, patches, tokens = digits(counts.inner_text())
        assert (size, patch) != (224, 16)
        assert size % patch == 0 and rows == cols == size // patch and patches == rows * cols
        assert tokens == cost.tokens(cached.model("bundled").config, size, patch)
        assert tab.evaluate("window.__runs.finished") == before
        tab.mouse.up()
        expect(root.locator(".history tr.now td").first).to_have_text(f"{size} / {patch}", timeout=30_000)
        answer = cached.run.__wrapped__("bundled", "coffee", (size, size), patch, "crop", cached.gallery_picture("coffee")).top[0]
        now = root.locator(".history tr.now")
        expect(now).to_contain_text(answer[0], timeout=30_000)
        expect(now).to_contain_text(f"{100 * answer[1]:.0f}%")
        assert digits(root.locator(".history tr.now td").nth(1).inner_text()) == [patches]
    assert root.locator(".history tbody tr").count() == 3


def test_the_app_follows_a_setting_that_it_can_show(server, page) -> None:
    tab = page()
    root = opened(tab, server, "patch_grid")
    with rerun(tab):
        slider(root, "Resolution").evaluate(
            "(i) => { i.value = 96; for (const k of ['input', 'change']) i.dispatchEvent(new Event(k, { bubbles: true })); }"
        )
    expect(tab.locator(".strip")).to_contain_text("96 / 16")
    assert "size=96" in tab.url and "view" not in tab.url


@pytest.mark.parametrize("patch", [0, 57, 195])
def test_the_flattened_patch_is_the_models(server, page, trace, patch: int) -> None:
    tab = page()
    root = opened(tab, server, "patch_grid", f"?token={patch + 1}")
    levels = root.evaluate("root => Array.from(root.grid.levels())")
    mean, std = trace.config.preprocessing.mean, trace.config.preprocessing.std
    read = [(v / 255 - mean[i % 3]) / std[i % 3] for i, v in enumerate(levels)]
    assert max(abs(a - float(b)) for a, b in zip(read, trace.patches[0, patch], strict=True)) < 1e-5
    expect(root.locator(".rail dd").nth(1)).to_have_text(f"{patch + 1} of 196")
    bars = root.locator(".bars")
    bars.focus()
    for _ in range(4):
        tab.keyboard.press("ArrowRight")
    expect(root.locator(".detail dd").first).to_have_text("row 1, col 2")
    expect(root.locator(".detail dd").nth(1)).to_have_text(", ".join(str(v) for v in levels[3:6]))
    expect(bars).to_have_attribute("aria-label", re.compile("768 values of the flattened patch as bars; number 5 is G"))


def test_a_picture_that_keeps_its_shape_is_cut_as_the_server_cuts_it(server, page) -> None:
    tab = page()
    root = opened(tab, server, "patch_grid", view_query(grid=[640, 32, "keep"], over=[224, 16]))
    run = cached.run.__wrapped__("bundled", "coffee", (416, 640), 32, "stretch", cached.gallery_picture("coffee"))
    expect(root.locator(".counts")).to_have_text(f"416×640 / 32 → 13 × 20 = 260 patches + [CLS] = {run.layout.num_tokens} tokens")
    expect(root.locator(".history tr.now")).to_contain_text(run.top[0][0])
    expect(root).to_contain_text("A setting of this page alone: the other pages stay at 224 / 16.")


@pytest.mark.parametrize(
    ("query", "sentence", "counts"),
    [
        ("?size=225&patch=17", "225 pixels with patches of 17 cannot be shown; the nearest that can is 224 / 16.", "224 / 16"),
        (
            view_query(grid=[1000, 16, "crop"], over=[224, 16]),
            "1000 pixels cannot be cut into patches of 16 here; the nearest that can is 992 / 16.",
            "992 / 16",
        ),
    ],
)
def test_a_pair_that_does_not_divide_is_said_once(server, page, query: str, sentence: str, counts: str) -> None:
    tab = page()
    root = opened(tab, server, "patch_grid", query)
    expect(tab.get_by_role("alert")).to_have_count(1)
    expect(tab.get_by_role("alert")).to_contain_text(sentence)
    expect(root.locator(".counts strong").first).to_have_text(counts)


def test_no_position_of_the_sliders_is_a_pair_that_does_not_divide(server, page) -> None:
    tab = page()
    root = opened(tab, server, "patch_grid")
    seen = root.evaluate(
        """async (root) => {
          const [size, patch] = ["Resolution", "Patch size"].map((name) => root.querySelector(`input[aria-label="${name}"]`));
          const set = async (input, value) => {
            input.value = value;
            input.dispatchEvent(new Event("input", { bubbles: true }));
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
          };
          const seen = [];
          for (let i = 0; i <= +patch.max; i++) {
            await set(patch, i);
            for (const share of [0, 0.31, 0.77, 1]) {
              await set(size, +size.min + share * (size.max - size.min));
              const { height, width, patch: side, grid } = root.grid.counts();
              seen.push([height, width, side, ...grid]);
            }
          }
          return seen;
        }"""
    )
    assert len({side for _, _, side, *_ in seen}) == 15
    assert {(h, w) for h, w, *_ in seen} >= {(32, 32), (1024, 1024)}
    assert all(h % side == 0 and rows == h // side and cols == w // side and 2 <= rows <= 64 for h, w, side, rows, cols in seen)


def test_patches_go_into_the_sequence(server, page) -> None:
    tab = page(reduced_motion="no-preference")
    root = opened(tab, server, "patch_grid")
    time = slider(root, "Progress of the patches into the sequence")
    said = root.locator(".progress")
    counts = []
    for value in (0, 300, 600, 1000):
        time.evaluate("(i, v) => { i.value = v; i.dispatchEvent(new Event('input', { bubbles: true })); }", value)
        expect(time).to_have_value(str(value))
        tab.wait_for_function("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
        counts.append(said.inner_text())
    assert counts[0] == "0 of 196" and counts[-1] == "196 patches + [CLS]"
    assert 0 < digits(counts[1])[0] < digits(counts[2])[0] < 196
    root.get_by_role("button", name="Play").click()
    root.get_by_role("button", name="Pause").click()
    assert digits(said.inner_text())[0] < 196


def test_no_motion_where_less_is_asked_for(server, page) -> None:
    tab = page(reduced_motion="reduce")
    root = opened(tab, server, "patch_grid")
    expect(root.get_by_role("button", name="Play")).to_be_disabled()
    slider(root, "Progress of the patches into the sequence").evaluate(
        "(i) => { i.value = 500; i.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(root.locator(".progress")).to_have_text(re.compile(r"^\d+ of 196$"))


def test_shuffled_patches_are_another_picture_only_with_positions(server, page, trace) -> None:
    tab = page()
    opened(tab, server, "patch_grid")
    with rerun(tab):
        tab.get_by_role("button", name="Shuffle and run").click()
    table = tab.locator(".answers")
    expect(table.locator("tr")).to_have_count(3)
    label, probability = said(trace)[0]
    expect(table.locator("tr").nth(1).locator("td").first).to_have_text(f"{label} {100 * probability:.1f}%")
    blind = table.locator("tr").nth(2).locator("td").all_inner_texts()
    assert blind[0] == blind[1]
    before = table.locator("tr").nth(1).locator("td").nth(1).get_attribute("title")
    with rerun(tab):
        tab.get_by_role("button", name="Shuffle again").click()
    expect(table.locator("tr").nth(1).locator("td").nth(1)).not_to_have_attribute("title", before)


def test_a_kept_patch_keeps_its_place_when_the_picture_is_cut_anew(server, page) -> None:
    tab = page()
    root = opened(tab, server, "patch_grid", f"?token={1 + 9 * 14 + 4}")
    place = root.locator(".rail dd").first
    expect(place).to_have_text("10, 5")
    move = "(i, value) => { i.value = value; i.dispatchEvent(new Event('input', { bubbles: true })); }"
    release = "(i) => i.dispatchEvent(new Event('change', { bubbles: true }))"
    slider(root, "Resolution").evaluate(move, 112)
    expect(place).to_have_text("5, 3")  # while the slider moves
    with rerun(tab):
        slider(root, "Resolution").evaluate(release)
    expect(tab.locator(".strip")).to_contain_text("112 / 16")
    expect(place).to_have_text("5, 3")
    assert f"token={1 + 4 * 7 + 2}" in tab.url
    with rerun(tab):
        slider(root, "Patch size").evaluate(move, patches_of(Sizes()).index(8))
        slider(root, "Patch size").evaluate(release)
    expect(tab.locator(".strip")).to_contain_text("112 / 8")
    expect(place).to_have_text("10, 6")


def test_in_a_cut_of_its_own_all_parts_speak_of_one_patch(server, page) -> None:
    """The rest of the app has no 27 × 27 patches: the patch that is chosen in them stands in the link too."""
    tab = page(viewport=(1400, 900))
    cut = {"grid": [648, 24, "crop"], "over": [224, 16]}
    root = opened(tab, server, "patch_grid", f"{view_query(**cut)}&token={1 + 9 * 14 + 4}")
    place, formulas = root.locator(".rail dd").first, tab.get_by_role("tabpanel").first
    expect(place).to_have_text("19, 9")
    expect(formulas).to_contain_text(f"this patch has index {1 + 18 * 27 + 8}")
    scene = root.locator("canvas.scene")
    with rerun(tab):
        scene.focus()
        tab.keyboard.press("ArrowRight")
    expect(place).to_have_text("19, 10")
    expect(formulas).to_contain_text(f"this patch has index {1 + 18 * 27 + 9}")
    tab.reload()
    wait_for_run(tab)
    expect(place).to_have_text("19, 10")
    expect(formulas).to_contain_text(f"this patch has index {1 + 18 * 27 + 9}")
