"""The example notebooks: they run, and saved and opened again without a kernel, their views are alive, several in one."""

import json

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from tests.support import notebooks
from tests.support.browser.saved_pages import opened
from tests.support.source import ROOT

EXAMPLES = {"own_picture_own_model": ["Attention", "Patch grid"], "an_experiment_with_edits": ["Two side by side", "Attention"]}

FITS = "(frame) => Math.abs(frame.clientHeight - frame.contentDocument.body.scrollHeight) < 40"


def frame(page: Page, place: int) -> FrameLocator:
    page.locator("iframe").nth(place).scroll_into_view_if_needed()
    return page.frame_locator("iframe").nth(place)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_notebook_is_alive_without_a_kernel(name, browser, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    file = ROOT / "examples" / f"{name}.ipynb"
    assert not [cell for cell in json.loads(file.read_text())["cells"] if cell.get("outputs")], "The example is kept without outputs."
    saved = tmp_path / "notebook.html"
    saved.write_text(notebooks.page(notebooks.run(file)), encoding="utf-8")
    with opened(browser, saved) as page:
        expect(page.locator("iframe")).to_have_count(len(EXAMPLES[name]))
        for place, title in enumerate(EXAMPLES[name]):
            view = frame(page, place)
            expect(view.locator("h1")).to_have_text(title)
            expect(view.locator(".vit[data-ready]").first).to_be_visible()
            page.wait_for_function(FITS, arg=page.locator("iframe").nth(place).element_handle())
        attention = frame(page, EXAMPLES[name].index("Attention"))
        before = attention.locator("section.card", has_text="Under the pointer").inner_text()
        attention.locator(".scene canvas").first.hover(position={"x": 60, "y": 200})
        expect(attention.locator("section.card", has_text="Under the pointer")).not_to_have_text(before, use_inner_text=True)


def test_what_the_experiment_says_is_what_it_finds(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    done = notebooks.run(ROOT / "examples" / "an_experiment_with_edits.ipynb")
    lines = [output["text"] for cell in done["cells"] for output in cell.get("outputs", []) if "text" in output][-1].splitlines()
    shares = [float(line.rsplit(" ", 1)[1].rstrip("%")) for line in lines]
    assert len(lines) == 3 and shares[0] > max(shares[1:])
