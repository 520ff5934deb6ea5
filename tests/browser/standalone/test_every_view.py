"""Every view as one file, opened from the disk: it is drawn without a request, and what it prints is the trace's."""

import csv
import re
from collections.abc import Callable

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

import vit_core
from tests.support.browser.saved_pages import opened
from tests.support.source import ROOT
from ui.lessons.payload import told_steps
from ui.lessons.steps import Seen
from ui.standalone.saved import Saved, show
from vit_core.study import perturbation
from vit_core.study.effect import Followed

Traces = dict[str, vit_core.ViTTrace]


def unit(shown: str) -> float:
    """One in the last place of a number as it is written."""
    digits, _, power = shown.replace("−", "-").partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2]))


def same(shown: str, true: float) -> None:
    assert abs(float(shown.replace("−", "-")) - true) <= 0.6 * unit(shown), (shown, true)


@pytest.fixture(scope="module")
def traces() -> Traces:
    model = vit_core.load()
    images = {name: vit_core.open_image(ROOT / "assets" / "images" / f"{name}.jpg") for name in ("coffee", "chelsea")}
    return {name: model(vit_core.preprocess(image, model, image_size=224), patch_size=16) for name, image in images.items()}


@pytest.fixture
def at(browser, tmp_path) -> Callable:
    """`at(saved, viewport)` opens a saved view, drawn."""

    def open_it(saved: Saved, **options):
        return opened(browser, saved.save(tmp_path / "view.html"), **options)

    return open_it


def ready(page: Page) -> None:
    expect(page.locator(".vit[data-ready]").first).to_be_visible()


def rows(page: Page, card: str) -> dict[str, str]:
    lines = page.locator("section.card", has_text=card).first.locator("dl.facts > div").all_inner_texts()
    return dict(line.split("\n", 1) for line in lines if "\n" in line)


def test_patches_follow_the_sliders_and_say_that_the_model_does_not(traces, at) -> None:
    trace = traces["coffee"]
    with at(show(trace, "patches", token=50)) as page:
        ready(page)
        levels = ((trace.patches[0, 49].view(256, 3)[0] * 0.5 + 0.5) * 255).round().int().tolist()
        expect(page.locator("body")).to_contain_text("row 4, col 8")
        assert trace.config.preprocessing.mean == (0.5, 0.5, 0.5)
        expect(page.get_by_text(", ".join(map(str, levels)))).to_be_visible()
        page.get_by_label("Patch size").fill("9")
        expect(page.locator(".counts")).not_to_contain_text("197 tokens")
        expect(page.locator("#said")).to_contain_text("asks the running model")
        expect(page.locator("table.history")).not_to_contain_text("running")


def test_embedding_prints_the_traces_dot_product(traces, at) -> None:
    trace = traces["coffee"]
    with at(show(trace, "embedding", token=31, dim=7)) as page:
        ready(page)
        value = float(trace.patch_embeddings[0, 30, 7])
        expect(page.locator(".vit")).to_contain_text(f"{value:.4g}".replace("-", "−"))


def test_positions_print_the_tables_similarities(traces, at) -> None:
    trace = traces["coffee"]
    table = trace.model.pos_embed[0].detach()
    with at(show(trace, "positions", token=46)) as page:
        ready(page)
        expect(page.locator(".vit[data-ready]")).to_have_count(2)
        found = rows(page, "Under the pointer")
        row, col = (int(part) for part in re.search(r"row (\d+), col (\d+)", found["position"]).groups())
        own = table[1 + (row - 1) * 14 + col - 1]
        same(found["length"], float(own.norm()))
        same(found["to [CLS]"], float((own @ table[0]) / own.norm() / table[0].norm()))
        expect(page.locator("body")).not_to_contain_text("measurements does not come with")


def test_two_traces_stand_side_by_side(traces, at) -> None:
    one, two = traces["coffee"], traces["chelsea"]
    with at(show(one, "compare", other=two, layer=8, head=4, token=70, picture=("Coffee", "Chelsea"))) as page:
        ready(page)
        expect(page.locator("body")).to_contain_text("layer 9, head 5")
        found = rows(page, "Under the pointer")
        for side, trace in (("left", one), ("right", two)):
            place, shown = found[f"most weight, {side}"].split(" · ")
            row = trace.attn_weights(8, 70)[0, 4, 0]
            same(shown, float(row.max()))
            assert place == trace.layout.name(int(row.argmax())).replace("column", "col")


def test_the_story_plays_and_its_answer_is_the_traces(traces, at) -> None:
    trace = traces["coffee"]
    with at(show(trace, "story", chapter=7)) as page:
        ready(page)
        label, share = trace.top_k(1)[0]
        expect(page.locator(".telling")).to_contain_text(re.compile(rf"{label.split(',')[0]}|{100 * share:.0f}%"))
        page.get_by_role("button", name="Patches", exact=True).click()
        expect(page.locator("#said")).to_be_empty()


@pytest.mark.parametrize("own", [False, True])
def test_memory_is_of_a_trace_or_of_a_configuration(own, traces, at) -> None:
    trace = traces["coffee"]
    asked = trace.config.replace(name="Twice as deep", depth=24) if own else trace
    config = asked if own else trace.config
    with at(show(asked, "memory", mem={"b": 2, "t": 0})) as page:
        ready(page)
        page.locator(".plotted-place[data-drawn]").first.wait_for()
        held = vit_core.cost.memory(config, 224, 16, batch=2, mode="inference", element_bytes=4, attention="explicit", keep_trace=False)
        assert f"{held.total:,} bytes" in page.locator(".vit").inner_html()
        assert not own or "Twice as deep" in page.locator(".vit").inner_html()


@pytest.mark.parametrize(("view", "known"), [("variants", "ViT-B/16"), ("performance", "ViT-H/14"), ("glossary", "[CLS]")])
def test_tables_of_what_is_published_are_views_too(view, known, traces, at) -> None:
    with at(show(traces["coffee"], view)) as page:
        ready(page)
        expect(page.locator(".vit").first).to_contain_text(known)


def numbers_in(text: str) -> list[str]:
    return re.findall(r"\d[\d,.]*\d|\d", text)


def test_lessons_answers_are_the_models(traces, at) -> None:
    trace = traces["coffee"]
    with at(show(trace, "lessons", layer=8, head=4, les="self")) as page:
        ready(page)
        told = told_steps(Seen(trace, 8, 4, "own", 32))
        shown = " ".join(page.locator(".vit").first.text_content().split())
        assert all(" ".join(one.answer.split()) in shown for one in told.values())
        assert sum(len(numbers_in(one.answer)) for one in told.values()) >= 20


def test_what_is_alike_is_the_traces(traces, at) -> None:
    trace = traces["coffee"]
    with at(show(trace, "features", layer=8, token=50)) as page:
        ready(page)
        expect(page.locator(".vit[data-ready]")).to_have_count(2)
        rows = trace.block(8).resid_post[0]
        cosines = torch.nn.functional.cosine_similarity(rows, rows[50:51])[1:]
        cosines[49] = -2
        best = 1 + int(cosines.argmax())
        expect(page.locator("body")).to_contain_text(trace.layout.name(best).replace("column", "col"))


def test_covered_patches_lose_what_the_model_loses(traces, at) -> None:
    trace = vit_core.load()(traces["coffee"].images[:, :, :64, :64].clone(), 16)
    drops = torch.cat(list(perturbation.occlusion_drops(trace, Followed.of(trace))))
    with at(show(trace, "experiments", token=6)) as page:
        ready(page)
        shown = dict(line.split("\n", 1) for line in page.locator("dl.facts > div").all_inner_texts() if "\n" in line)
        same(shown["drop"], float(drops[5]))


def test_the_walkthroughs_answer_and_the_guides_cards_are_the_traces(traces, at) -> None:
    trace = traces["coffee"]
    name, share = trace.top_k(1)[0]
    with at(show(trace, "walkthrough", step=9)) as page:
        ready(page)
        expect(page.locator(".vit").first).to_contain_text(name.split(",")[0])
        expect(page.locator(".vit").first).to_contain_text(f"{share:.4f}"[1:4])
    with at(show(trace, "choosing")) as page:
        ready(page)
        expect(page.locator(".vit[data-ready]")).to_have_count(2)
        expect(page.locator("body")).to_contain_text(name.split(",")[0])


def test_fewer_tokens_say_what_the_model_says(traces, at) -> None:
    trace = traces["coffee"]
    with at(show(trace, "practice", pr={"d": "tokens"})) as page:
        ready(page)
        expect(page.locator("body")).to_contain_text(trace.top_k(1)[0][0].split(",")[0])


@pytest.mark.parametrize(("tab", "name"), [("matrix", "the matrix"), ("compare", "two queries")])
def test_the_matrix_and_two_queries_can_be_taken(tab, name, traces, at, tmp_path) -> None:
    weights = traces["coffee"].attn_weights(8)[0, 4]
    with at(show(traces["coffee"], "attention", tab=tab, layer=8, head=4, token=79), viewport=(390, 844)) as page:
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_label(f"Take with you: {name}").click()
        with page.expect_download() as download:
            page.get_by_role("button", name="Numbers (CSV)").or_(page.get_by_role("menuitem", name="Numbers (CSV)")).click()
        download.value.save_as(tmp_path / "numbers.csv")
    rows = list(csv.reader((tmp_path / "numbers.csv").open(encoding="utf-8")))[1:]
    values = [row[1:] if tab == "matrix" else row[2] for row in rows]
    found = torch.tensor(np.array(values, dtype=np.float32))
    torch.testing.assert_close(found, weights if tab == "matrix" else weights[79, 1:], rtol=2e-4, atol=2e-5)


def test_of_a_configuration_there_is_memory_alone(traces) -> None:
    with pytest.raises(ValueError, match="is of a trace; of a configuration there is “memory”"):
        show(traces["coffee"].config, "attention")


def test_a_comparison_needs_a_second_trace(traces) -> None:
    with pytest.raises(ValueError, match="needs a second trace"):
        show(traces["coffee"], "compare")


@pytest.mark.parametrize("view", ["patches", "embedding", "positions", "story", "walkthrough", "features", "choosing", "lessons"])
def test_it_fits_a_phone_in_the_dark(view, traces, at) -> None:
    with at(show(traces["coffee"], view), viewport=(390, 844), scheme="dark") as page:
        ready(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
