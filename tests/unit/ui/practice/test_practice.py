"""The practice page's other half: its setting, what its stage is sent, its rows, words and scripts, compared with `vit_core`."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vit_core
from tests.support.answers import said
from tests.support.payload import unpack
from ui.practice import charts, explained, page, payload, runs, ways, words
from ui.practice.formulas import formulas
from ui.practice.setting import COMPARED, DEMOS, Place, read, stops
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from ui.work.jobs import jobs
from vit_core import cost
from vit_core.config import TokenLayout
from vit_core.study.efficiency import attention_variants, quantization, token_reduction
from vit_figures.efficiency import Setting

CONFIG = cached.model("bundled").config
LAYOUT = TokenLayout((6, 6))

LAST = ("same class", "mean cosine", "largest logit change", "time ratio", "peak bytes")


@pytest.fixture(autouse=True)
def selection(monkeypatch) -> Selection:
    """A session that looks at the coffee at 96 / 16, without a browser; a gallery of three pictures, and as few runs as can be."""
    pictures = dict(list(cached.gallery().items())[:3])
    monkeypatch.setattr(cached, "gallery", lambda: pictures)
    monkeypatch.setattr(runs, "REPEATS", 1)
    monkeypatch.setattr(runs, "TIMED", 5)
    chosen = Selection(picture="coffee", image_size=96)
    analysis = cached.analysis("bundled", "coffee", 96, 16, cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "current", lambda: chosen)
    monkeypatch.setattr(session, "analysis", lambda: analysis)
    monkeypatch.setattr(session, "picture", lambda: cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "picture_title", lambda: "Coffee")
    monkeypatch.setattr(session, "payload", lambda kind, build: build(analysis))
    return chosen


def stage(here: Place) -> bytes:
    """The bytes of the stage."""
    return payload.stage(here)[2](session.analysis())


def place(**values) -> Place:
    return read(json.dumps({"pr": values}), CONFIG, LAYOUT)


plain_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(plain_values, lambda inner: st.lists(inner, max_size=3), max_leaves=4)


@given(values=st.dictionaries(st.sampled_from(list("dkwhslmrbyxote")), json_values), rows=st.integers(1, 40), depth=st.integers(1, 40))
def test_any_view_becomes_a_setting_that_can_be_shown(values: dict, rows: int, depth: int) -> None:
    layout = TokenLayout((rows, rows))
    found = read(json.dumps({"pr": values}), CONFIG.replace(depth=depth), layout)
    assert found.demo in DEMOS and found.per_layer in stops(layout, depth)
    assert 1 <= found.layers <= depth and 0 <= found.layer < depth and 2 <= found.bits <= 8
    assert all(1 <= size <= rows for size in found.sizes.values())
    assert attention_variants.pairs(found.variant(), layout) <= layout.num_tokens**2


@pytest.mark.parametrize("text", ["", "null", "[]", "3", "{", '{"pr": 3}', '{"pr": [1]}', "[" * 299])
def test_a_view_that_is_something_else_is_the_start(text: str) -> None:
    assert read(text, CONFIG, LAYOUT) == place()


def test_a_longest_view_fits_in_a_link() -> None:
    from ui.state.schema import LONGEST_VIEW

    longest = {
        "d": "attention",
        "k": "neighbourhood",
        "w": 32,
        "h": 32,
        "s": 32,
        "l": 12,
        "m": "merge",
        "r": 85,
        "b": 8,
        "y": 11,
        "x": 3,
        "o": 767,
    }
    assert len(json.dumps({"pr": longest})) < LONGEST_VIEW / 2


def test_stops_reach_from_none_to_nearly_all() -> None:
    assert stops(TokenLayout((14, 14)), 12) == (0, 2, 4, 6, 8, 10, 12, 14, 16)
    assert stops(TokenLayout((4, 4)), 12) == (0, 1)


@pytest.mark.parametrize("demo", COMPARED)
def test_every_demonstration_has_ways_words_and_code(demo: str) -> None:
    here = place(d=demo)
    compared = ways.ways(here)
    assert len({way.id for way in compared}) == len(compared) >= 2
    assert sum(runs.is_now(way, here) for way in compared) == 1
    assert words.WHAT[demo] and words.READ[demo]
    assert all(item["parts"] and item["sources"] for item in words.published(demo))
    assert explained.CODE[demo]
    for check in explained.checks(here):
        assert check.difference <= 1e-5 * max(1, abs(check.shown)), check
    for sentence, latex in formulas(here):
        assert sentence and latex.count("{") == latex.count("}")


@pytest.mark.parametrize("demo", COMPARED)
def test_the_script_prints_the_row_of_the_page(demo: str, capsys) -> None:
    here = place(d=demo, b=3)
    _, way = explained.other_way(here)
    for _ in runs.plan([way])():
        pass
    (row,) = runs.rows(runs.outcomes([way]), here)
    exec(compile(explained.script(here), demo, "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    printed = {name: line.removeprefix(name) for line in lines for name in LAST if line.startswith(name)}
    same = sum(picture[1] for picture in row["pictures"])
    assert printed["same class"] == f" {same} of {len(row['pictures'])}"
    assert float(printed["mean cosine"]) == pytest.approx(row["cosine"], abs=1e-6)
    assert float(printed["largest logit change"]) == pytest.approx(row["difference"], rel=1e-4, abs=1e-4)
    assert int(printed["peak bytes"]) == row["peak"]


def test_the_script_of_teacher_and_student_runs(capsys) -> None:
    exec(compile(explained.script(place(d="distil")), "distil", "exec"), {})
    assert capsys.readouterr().out or "#" in explained.script(place(d="distil"))


@pytest.mark.parametrize("demo", ["attention", "tokens", "bits"])
def test_the_exports_hold_the_tensors(demo: str, tmp_path) -> None:
    table, tensors = explained.exports(place(d=demo))
    assert table.make().startswith("way,image size")
    (tmp_path / "x.npz").write_bytes(tensors.make())
    with np.load(tmp_path / "x.npz") as data:
        if demo == "attention":
            assert np.array_equal(data["mask"], attention_variants.mask(place(d=demo).variant(), LAYOUT).numpy())
        if demo == "tokens":
            assert sum(data["sizes12"]) == 37
        if demo == "bits":
            assert np.abs(data["weight"] - data["steps"] * data["scale"]).max() <= data["scale"].max() / 2 * 1.0001


@pytest.mark.parametrize("demo", ["patches", "sizes"])
def test_the_cards_hold_what_the_model_answers(demo: str) -> None:
    header, arrays = unpack(stage(place(d=demo)))
    model, picture = cached.model("bundled"), cached.gallery_picture("coffee")
    assert sum(card["now"] for card in header["cards"]) == 1
    for i, card in enumerate(header["cards"]):
        trace = model(vit_core.preprocess(picture, model, image_size=card["size"]), card["patch"])
        assert [name for name, _, _ in card["top"]] == [name for name, _ in said(trace, 3)]
        assert [p for _, p, _ in card["top"]] == pytest.approx([p for _, p in said(trace, 3)], abs=1e-4)
        assert (card["tokens"], card["macs"]) == (trace.layout.num_tokens, cost.macs(CONFIG, card["size"], card["patch"]).total)
        assert bytes(arrays[f"picture{i}"][:2]) == b"\xff\xd8"


@pytest.mark.parametrize("kind", attention_variants.KINDS)
def test_the_stage_of_attention_holds_its_answer(kind: str) -> None:
    here = place(d="attention", k=kind, w=2, l=5)
    header, _ = unpack(stage(here))
    trace = session.analysis().trace
    forward = next(way for way in ways.ways(here) if way.place["k"] == kind).make(trace.model)
    probs = (forward(trace.images)[1][0] / CONFIG.temperature).softmax(-1)
    assert header["ran"]["top"][0][1] == pytest.approx(float(probs.max()), abs=1e-4)
    assert header["ran"]["top"][0][2] == CONFIG.labels[int(probs.argmax())]


@pytest.mark.parametrize("method", token_reduction.METHODS)
def test_the_stage_of_tokens_holds_every_stop(method: str) -> None:
    header, arrays = unpack(stage(place(d="tokens", m=method)))
    trace = session.analysis().trace
    assert arrays["owners"].shape == (len(header["stops"]), 13, 36)
    for i, per_layer in enumerate(header["stops"]):
        done = token_reduction.reduce(trace.model, trace.images, 16, per_layer, method)
        assert np.array_equal(arrays["owners"][i], done.owners[:, 0].numpy())
        assert tuple(header["counts"][i]) == done.counts
        assert header["macs"][i] == token_reduction.macs(CONFIG, 96, 16, per_layer, method)
        assert header["tops"][i][0][0] == CONFIG.labels[int(done.logits.argmax())]


def test_the_stage_of_bits_holds_the_matrix() -> None:
    header, arrays = unpack(stage(place(d="bits", y=3, x=1)))
    assert np.array_equal(arrays["weight"], cached.model("bundled").blocks[3].attn.proj.weight.detach().numpy())
    assert (header["layer"], header["names"][header["matrix"]]) == (3, "attn.proj")


def run_all(here: Place) -> list[dict]:
    """The job's runs, one after the other; the rows of the table."""
    compared = ways.ways(here)
    done = sum(len(part) for part in runs.plan(compared)())
    assert done == len(cached.gallery()) + len(compared) * (len(cached.gallery()) + runs.TIMED)
    return runs.rows(runs.outcomes(compared), here)


def test_the_rows_are_the_same_on_every_run() -> None:
    here = place(d="tokens")
    found = []
    for _ in range(2):
        jobs.clear()
        found.append([(row["pictures"], row["cosine"], row["difference"], row["peak"]) for row in run_all(here)])
    assert found[0] == found[1]
    assert sum(picture[1] for picture in found[0][0][0]) == len(cached.gallery()), "no token lost: all answers are the model's own"


def test_known_rows_are_not_run_again(monkeypatch) -> None:
    here = place(d="patches")
    rows = run_all(here)
    assert all(row["ratio"] > 0 and row["peak"] > 0 and len(row["pictures"]) == 3 for row in rows)

    def never(*_):
        raise AssertionError("run again")

    monkeypatch.setattr(runs.strategies, "one_round", never)
    monkeypatch.setattr(runs.strategies, "agreement", never)
    assert json.dumps(run_all(here)) == json.dumps(rows)
    data = page.results_data(runs.outcomes(ways.ways(here)), here)
    assert data["itself"] == next(row["ratio"] for row in rows if row["now"])
    json.dumps(data)


def test_validation_accuracies_come_from_the_file() -> None:
    found = {source.id: source for source in cached.sources().values()}
    row = found["bundled"].accuracy(224, 16)
    assert (row["image_size"], row["patch_size"]) == (224, 16) and row["pictures"] >= 500
    assert found["bundled"].accuracy(224, 32)["grid"] == 7
    assert found["bundled"].accuracy(512, 16) is None
    assert all(source.accuracy(224, 16) is None for source in found.values() if source.kind != "bundled")


OTHERS = {
    "features alone": {"num_classes": 0},
    "no class token": {"class_token": False, "pool": "mean"},
    "distilled": {"distill_token": True, "pool": "cls_dist", "num_registers": 2},
}


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("demo", COMPARED)
def test_another_kind_of_model_is_shown(demo: str, kind: str, monkeypatch) -> None:
    from tests.support.models.small import small_model
    from vit_core.images import to_image

    model = small_model(image_size=56, patch_size=14, **OTHERS[kind])
    pixels = vit_core.preprocess(cached.gallery_picture("coffee"), model, image_size=56)
    trace = model(pixels, 14)
    analysis = cached.Analysis(trace, 0.01, to_image(pixels, model.config.preprocessing))
    monkeypatch.setattr(session, "analysis", lambda: analysis)
    monkeypatch.setattr(session, "current", lambda: Selection(model=f"own-{kind}", picture="coffee", image_size=56, patch_size=14))
    monkeypatch.setattr(session, "payload", lambda kind, build: build(analysis))
    monkeypatch.setattr(cached, "model", lambda name: model)
    here = replace(read("", model.config, trace.layout), demo=demo)
    header, _ = unpack(stage(here))
    assert header["hasHead"] is (model.config.num_classes > 0)
    rows = run_all(here)
    assert all((row["pictures"][0][1] is None) is (model.config.num_classes == 0) for row in rows)
    assert all(check.difference < 1e-4 for check in explained.checks(here))
    assert formulas(here)


def test_the_charts_draw_what_the_page_states() -> None:
    settings = [Setting("96 / 16", 37, cost.macs(CONFIG, 96, 16).total, own=True)]
    parts = {one.name: one for one in charts.compute(CONFIG, 16, settings).data}
    at = list(parts["attention, n²"].x).index(37)
    assert parts["attention, n²"].y[at] + parts["all else, n"].y[at] == cost.macs(CONFIG, 96, 16).total
    sizes = {"windows": 3, "neighbourhood": 1, "strided": 2}
    for line in charts.variants(CONFIG, 16, sizes).data:
        variant = attention_variants.Variant(line.name, sizes.get(line.name, 1))
        assert line.y[2] == attention_variants.core_macs(variant, CONFIG, LAYOUT) and line.x[2] == 96
    row = payload.matrix_layers(session.analysis().trace.model, 5)[3].weight[2].detach()
    steps, scale = quantization.quantise(row[None], 4)
    dots = charts.rounding(row.numpy(), 4).data[1]
    np.testing.assert_allclose(dots.y, (steps * scale)[0], rtol=1e-5)
