"""One menu for each figure: PNG at three sizes, SVG whose words are words, and the numbers that are drawn; a figure of every page."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from xml.etree import ElementTree

import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser.looks.taken import finenesses, taken, watch_fineness
from tests.support.browser.server import open_app, rerun
from tests.support.browser.stages import view_query
from tests.support.modules import serve
from ui.features import payload
from ui.features.payload import Setting
from ui.work import cached
from vit_core import ViTTrace, cost
from vit_core.analysis import reader_attention, reader_rollout
from vit_core.study.efficiency.quantization import quantise
from vit_core.study.heads import head_profiles
from vit_core.study.representations import features

Rows = list[list[str]]
SVG = "{http://www.w3.org/2000/svg}"


def trace_of(size: int, patch: int = 16, picture: str = "coffee") -> ViTTrace:
    return cached.analysis.__wrapped__("bundled", picture, size, patch, cached.gallery_picture(picture)).trace


def near(found: list[str], true: torch.Tensor, places: float = 1e-4) -> None:
    """Numbers as they are drawn are those of the trace, but for float32 computed in another order."""
    torch.testing.assert_close(torch.tensor([float(one) for one in found]), true.detach().flatten().float(), rtol=places, atol=places)


def map_and_heads(rows: Rows) -> None:
    assert rows[0] == ["layer", "head", "query", "key", "weight"] and rows[1][:4] == ["9", "5", "row 6, col 9", "[CLS]"]
    near([row[-1] for row in rows[1:]], trace_of(224).attn_weights(8, 79)[0, 4, 0])


def like_the_token(rows: Rows) -> None:
    assert rows[0] == ["row", "column", "cosine"] and len(rows) == 1 + 196
    found = features.rows_of(trace_of(224), 8, "stream")
    near([row[-1] for row in rows[1:]], features.alike(found[79][None], found)[0, 1:], 1e-3)  # rows travel in half precision


def along_components(rows: Rows) -> None:
    assert rows[0] == ["row", "column", "first", "second", "third", "shown"] and {row[-1] for row in rows[1:]} == {"1"}
    where, _ = payload.in_directions(trace_of(224), Setting("stream", False), lambda: torch.zeros(0))
    near([value for row in rows[1:] for value in row[2:5]], where[8], 1e-3)


def all_heads(rows: Rows) -> None:
    near([row[-1] for row in rows[1:]], trace_of(224).attn_weights(8, 79)[0, :, 0])


def heads_by_distance(rows: Rows) -> None:
    distance = head_profiles(trace_of(64, 8)).distance.flatten().sort().values  # the points stand by their kind
    near(sorted((row[-1] for row in rows[1:]), key=float), distance, 2e-3)


def cut(rows: Rows) -> None:
    assert rows[1] == ["0", "[CLS]", "", "", "", ""] and len(rows) == 1 + 197
    assert rows[-1] == ["196", "patch", "14", "14", "208", "208"]


def embedded(rows: Rows) -> None:
    near([value for name, _, value in rows[1:] if name == "E"], trace_of(224).patch_embeddings[0, 78])


def similar_places(rows: Rows) -> None:
    table = torch.nn.functional.normalize(trace_of(224).model.pos_embed[0, 1:].detach(), dim=1)
    found = torch.tensor([float(row[-1]) for row in rows[1:]])
    near([row[-1] for row in rows[1:]], table @ table[int(found.argmax())])


def lengths(rows: Rows) -> None:
    near([row[3] for row in rows[1:]], trace_of(224).tokens[0].norm(dim=1))


def weights_of_the_step(rows: Rows) -> None:
    near([row[-1] for row in rows if row[0] == "weights"], trace_of(224).attn_weights(8)[0, 4])


def two_sides(rows: Rows) -> None:
    for side, picture in (("left", "coffee"), ("right", "chelsea")):
        near([row[-1] for row in rows if row[0] == side], trace_of(224, picture=picture).attn_weights(8, 79)[0, 4, 0, 1:])


def covered(rows: Rows) -> None:
    assert rows[0] == ["row", "column", "drop", "attention"] and len(rows) == 1 + 16
    near([row[-1] for row in rows[1:]], reader_attention(trace_of(64), 11)[0].mean(0)[1:])


def answers(rows: Rows) -> None:
    assert rows[0][2:] == ["approach", "model"] and len({tuple(row[:2]) for row in rows[1:]}) == len(rows) - 1 > 10


def looks(rows: Rows) -> None:
    trace = trace_of(224)
    near([row[-1] for row in rows[1:]], torch.stack([reader_attention(trace, layer)[0].mean(0) for layer in range(trace.depth)]))


def kept_and_broken(rows: Rows) -> None:
    table = torch.nn.functional.normalize(trace_of(224).model.pos_embed[0, 1:].detach(), dim=1)
    near([row[2 + rows[0][2:].index("kept")] for row in rows[1:]], table @ table[78])


def order(rows: Rows) -> None:
    assert [int(row[-1]) for row in rows[1:]] == list(range(1, 197))  # nothing is shuffled yet


def rounded_rows(rows: Rows) -> None:
    steps, scale = quantise(trace_of(64).model.blocks[5].mlp.fc1.weight.detach(), 3)
    near([value for row in rows[1:] for value in row[1:]], (steps * scale).T)


def seen(rows: Rows) -> None:
    assert [[int(row[-1]) for row in rows[1 + 4 * r :][:4]] for r in range(4)] == [[0] * 4, [0, 1, 1, 1], [0, 1, 1, 1], [0, 1, 1, 1]]


def tokens_left(rows: Rows) -> None:
    assert sum(row[-1] == "-1" for row in rows[1:]) > 0 and len(rows) == 1 + 16


def two_looks(rows: Rows) -> None:
    for side in ("teacher", "student"):
        found = [float(row[-1]) for row in rows[1:] if row[0] == side]
        assert len(found) > 10 and 0 < sum(found) <= 1 + 1e-5


def settings(rows: Rows) -> None:
    assert ["224", "16", "197", str(cost.macs(trace_of(224).config, 224, 16).total)] in rows


@dataclass(frozen=True)
class Figure:
    """A page's link, the figure's name in its menu, and what its numbers must be (of charts: what the table says)."""

    link: str
    name: str
    numbers: Callable[[Rows], None] | None = None
    opens: str = ""
    view: str = ""  # what stands in the view of this figure alone, where a page has several


CHART = "the chart"


def practice(**values: object) -> str:
    return f"/practice{view_query(pr=values)}"


FIGURES = {
    "attention": Figure("/attention?layer=9&head=5&token=79", "the map and the heads", map_and_heads),
    "attention-wall": Figure("/attention?layer=9&head=5&token=79", "the heads", all_heads),
    "attention-heads": Figure("/attention?size=64&patch=8", CHART, heads_by_distance, opens="Heads by depth"),
    "choosing": Figure("/choosing", "this map", answers),
    "compare": Figure(f"/attention{view_query(vs=['picture', 'chelsea'])}&layer=9&head=5&token=79", "the comparison", two_sides),
    "experiments": Figure(f"/experiments{view_query(exp='occlusion')}&size=64&layer=12", "both maps", covered),
    "features": Figure("/features?layer=9&token=79", "the similarity", like_the_token, view=":has(.likeness)"),
    "features-components": Figure("/features?layer=9&token=79", "principal components", along_components, view=":has(.components)"),
    "memory_scaling": Figure("/memory_scaling", CHART),
    "model_variants": Figure("/model_variants", CHART),
    "overview": Figure(f"/{view_query(all=True)}", "picture and patches", lengths),
    "patch_embedding": Figure("/patch_embedding?token=79", "the patch and its row", embedded),
    "patch_grid": Figure("/patch_grid", "the cut", cut),
    "performance": Figure("/performance", CHART),
    "positions-broken": Figure("/positional_encoding?token=79", "positions kept and broken", kept_and_broken),
    "positional_encoding": Figure("/positional_encoding?token=79", "the map of one position", similar_places),
    "patches-shuffled": Figure("/patch_grid", "the shuffled patches", order),
    "practice": Figure("/practice?size=96", CHART),
    "practice-bits": Figure(f"{practice(d='bits', x=2, b=3, y=5)}&size=64", "the matrix", rounded_rows),
    "practice-distil": Figure(f"{practice(d='distil')}&size=96", "teacher and student", two_looks),
    "practice-settings": Figure("/practice", "the settings side by side", settings),
    "practice-sight": Figure(f"{practice(d='attention', k='neighbourhood', h=1)}&size=64&token=11", "what a patch sees", seen),
    "practice-tokens": Figure(f"{practice(d='tokens', m='drop', r=1)}&size=64", "which patches share a token", tokens_left),
    "story": Figure(f"/{view_query(chapter=7)}", "this moment", looks),
    "twins": Figure("/positional_encoding?size=64", CHART),
    "walkthrough": Figure(f"/walkthrough{view_query(step=6)}&layer=9&head=5&token=79", "this step", weights_of_the_step),
}


IN_CELLS = {"attention-wall", "choosing", "positional_encoding"}  # figures whose canvases all have a pixel a cell


def drawn(tab: Page, figure: Figure, url: str) -> None:
    open_app(tab, url + figure.link)
    if figure.opens:
        with rerun(tab):
            tab.get_by_role("radio", name=figure.opens).click()
    expect(tab.get_by_role("button", name=f"Take with you: {figure.name}", exact=True).first).to_be_visible()
    tab.locator(".plotted-place[data-drawn]" if figure.name == CHART else f".vit[data-ready]{figure.view}").first.wait_for()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_taken_as_picture_drawing_and_numbers(name, server, page, tmp_path) -> None:
    figure = FIGURES[name]
    tab = page()
    drawn(tab, figure, server.url)
    before = len(page.requests)
    watch_fineness(tab)
    root = ElementTree.parse(taken(tab, figure.name, "SVG", tmp_path / "figure.svg")).getroot()
    for scale in (1, 2, 4):
        with Image.open(taken(tab, figure.name, f"PNG, {scale}×", tmp_path / "figure.png")) as picture:
            assert picture.format == "PNG"
            assert picture.size == (scale * int(root.get("width")), scale * int(root.get("height")))
            assert len(picture.convert("RGB").resize((96, 96)).getcolors(96 * 96)) > 12
    if figure.name != CHART and name not in IN_CELLS:
        assert finenesses(tab) >= {1, 2, 4}, "A canvas was stretched, not drawn as fine as its picture."
    said = ["".join(text.itertext()) for text in root.iter(f"{SVG}text")]
    assert any("Bundled ViT" in text and "Coffee" in text for text in said)
    assert f"{server.url}/" in "".join(said)
    assert len(said) >= 3 and said[0].strip()  # at least a title, of what it is, and the link
    rows = list(csv.reader(taken(tab, figure.name, "Numbers (CSV)", tmp_path / "figure.csv").open(encoding="utf-8", newline="")))
    assert all(len(row) == len(rows[0]) for row in rows)
    if figure.numbers:
        figure.numbers(rows)
    else:
        told(tab, rows)
    assert page.requests[before:] == [one for one in page.requests[before:] if one.startswith(("blob:", "data:"))]


def test_explanations_are_taken_once_they_are_made(server, page, tmp_path) -> None:
    tab = page()
    open_app(tab, f"{server.url}/experiments{view_query(exp='explain')}&size=64")
    expect(tab.get_by_text("attention rollout", exact=True).first).to_be_visible()
    expect(tab.locator(".explained")).not_to_contain_text("not run yet")
    rows = list(csv.reader(taken(tab, "all explanations", "Numbers (CSV)", tmp_path / "maps.csv").open(encoding="utf-8", newline="")))
    assert len(rows) == 1 + 16 and len(rows[0]) >= 2 + 10
    near([row[rows[0].index("attention rollout")] for row in rows[1:]], reader_rollout(trace_of(64))[0, 1:])


def told(tab: Page, rows: Rows) -> None:
    """A chart's numbers are those of its table, and where each point lies."""
    foot = tab.locator(".plotted-foot").first
    foot.get_by_text("Numbers as a table").click()
    texts = foot.locator("table").evaluate("(table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent))")
    assert [row[:-2] for row in rows] == texts and len(rows) > 5
    assert rows[0][-2:] == ["x", "y"] and all(row[-2] and row[-1] for row in rows[1:])


def test_a_picture_is_copied_and_one_that_cannot_be_is_said(server, page) -> None:
    tab = page(own=True)
    tab.add_init_script("navigator.clipboard.write = async (items) => { window.__copied = await items[0].getType('image/png'); };")
    drawn(tab, FIGURES["patch_grid"], server.url)
    tab.get_by_role("button", name="Take with you: the cut").click()
    tab.get_by_role("menuitem", name="Copy picture").click()
    expect(tab.get_by_text("Copied.", exact=True)).to_be_visible()
    assert tab.evaluate("window.__copied.type === 'image/png' && window.__copied.size > 10000")
    tab.evaluate("() => { navigator.clipboard.write = () => Promise.reject(new Error()); }")
    tab.get_by_role("button", name="Take with you: the cut").click()
    tab.get_by_role("menuitem", name="Copy picture").click()
    expect(tab.get_by_text("save it as PNG")).to_be_visible()


def test_escape_closes_the_menu_and_arrow_keys_go_through_it(server, page) -> None:
    tab = page(viewport=(390, 844))
    drawn(tab, FIGURES["patch_grid"], server.url)
    button = tab.get_by_role("button", name="Take with you: the cut")
    button.press("Enter")
    expect(tab.get_by_role("menuitem", name="PNG, 1×")).to_be_focused()
    tab.keyboard.press("ArrowUp")
    expect(tab.get_by_role("menuitem", name="Copy picture")).to_be_focused()
    box = tab.get_by_role("menu", name="Take with you: the cut").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    tab.keyboard.press("Escape")
    expect(button).to_be_focused()
    expect(tab.get_by_role("menu")).to_have_count(0)


def test_a_picture_shows_through_its_map_in_what_is_taken(server, page, tmp_path) -> None:
    figure = FIGURES["features"]
    tab = page(viewport=(1400, 1000))
    drawn(tab, figure, server.url)
    root = ElementTree.parse(taken(tab, figure.name, "SVG", tmp_path / "figure.svg")).getroot()
    base, cover = list(root.iter(f"{SVG}image"))[:2]
    shown = tab.locator(".vit:has(.likeness) .scene .map").evaluate("(map) => +getComputedStyle(map).opacity")
    assert base.get("opacity") is None and float(cover.get("opacity")) == shown < 1
    with Image.open(taken(tab, figure.name, "PNG, 1×", tmp_path / "figure.png")) as picture:
        place = [round(float(cover.get(name))) for name in ("x", "y", "width", "height")]
        crop = picture.convert("RGB").crop((place[0], place[1], place[0] + place[2], place[1] + place[3]))
    assert len(crop.getcolors(crop.width * crop.height)) > 1000  # of 196 patches in one colour each, the map alone has no more than 196


def test_words_that_the_page_cuts_are_cut_in_what_is_taken(page) -> None:
    tab, cut_style = page(own=True), "width:80px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap"
    script = """async ([file, style]) => {
      document.body.innerHTML = `<div><p style="${style}">hen-of-the-woods, a fungus</p><p style="${style}">short</p></div>`;
      return (await import(file)).drawnOf([document.querySelector("div")]).parts.map(({ text }) => text);
    }"""
    long, short = tab.evaluate(script, [f"{serve(tab)}/kit/take/sheet.js", cut_style])
    assert long.startswith("hen-") and long.endswith("…") and len(long) < 15 and short == "short"
