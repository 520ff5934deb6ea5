"""Several sizes on the practice page: the answers are the model's at each size, and formulas, checks, exports and script hold."""

import csv
import io
import itertools
import json

import numpy as np
import pytest
import torch

import vit_core
from tests.support.models.small import small_model
from tests.support.payload import unpack
from ui.practice import explained, payload, scales, scales_explained
from ui.practice.formulas import formulas
from ui.practice.setting import SCALED, Place, read
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from vit_core import cost
from vit_core.study.efficiency import scales as core

NUMBERS = itertools.count()
"""So that no test finds what another has kept."""


@pytest.fixture(autouse=True)
def selection(monkeypatch) -> Selection:
    """A session that looks at the coffee at 128 / 16, without a browser, and a gallery of two pictures."""
    pictures = dict(list(cached.gallery().items())[:2])
    monkeypatch.setattr(cached, "gallery", lambda: pictures)
    chosen = Selection(picture="coffee", image_size=128)
    analysis = cached.analysis("bundled", "coffee", 128, 16, cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "current", lambda: chosen)
    monkeypatch.setattr(session, "analysis", lambda: analysis)
    monkeypatch.setattr(session, "picture", lambda: cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "picture_title", lambda: "Coffee")
    here = next(NUMBERS)
    monkeypatch.setattr(session, "payload_key", lambda kind: (f"{kind} {here}", "bundled", "coffee", 128, 16))
    return chosen


def place(**values) -> Place:
    trace = session.analysis().trace
    return read(json.dumps({"pr": values}), trace.config, trace.layout)


def own_probs() -> torch.Tensor:
    """The model's own answers at the sizes, the open picture in front."""
    model = cached.model("bundled")
    pictures = [cached.gallery_picture("coffee"), *(cached.gallery_picture(name) for name in cached.gallery())]
    found = [[model(vit_core.preprocess(p, model, image_size=size), 16).probs[0] for p in pictures] for size in scales.chosen_sizes()]
    return torch.stack([torch.stack(row) for row in found]).double()


def test_sizes_are_the_apps_own_with_smaller_and_larger_ones() -> None:
    config = cached.model("bundled").config
    assert scales.sizes(config, 224, 16) == [128, 160, 192, 224, 256]
    assert scales.sizes(config, 96, 16) == [96, 128, 160, 192, 224]
    assert 384 in scales.sizes(config, 384, 16) and len(scales.sizes(config, 384, 16)) == scales.MOST


@pytest.mark.parametrize("demo", SCALED)
def test_the_stage_holds_every_answer_and_what_it_costs(demo: str) -> None:
    name, macs, build = payload.stage(place(d=demo))
    header, arrays = unpack(build(session.analysis()))
    config, sizes = cached.model("bundled").config, scales.chosen_sizes()
    assert (name, header["demo"]) == (f"practice {demo}", demo)
    assert [size["size"] for size in header["sizes"]] == sizes and [size["now"] for size in header["sizes"]].count(True) == 1
    assert [size["macs"] for size in header["sizes"]] == [cost.macs(config, size, 16).total for size in sizes]
    assert macs == 3 * sum(size["macs"] for size in header["sizes"]) and all(size["seconds"] > 0 for size in header["sizes"])
    assert arrays["logits"].shape == (len(sizes), 3, config.num_classes) and len(header["gallery"]) == 2
    probs = core.answers(torch.from_numpy(arrays["logits"].copy()), header["temperature"])
    torch.testing.assert_close(probs, own_probs(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("values", [{"d": "scales"}, {"d": "scales", "n": 5}, {"d": "adapt", "c": 0.5}, {"d": "adapt", "c": 1}])
def test_formulas_and_checks_hold(values: dict) -> None:
    here = place(**values)
    assert "when every size has been run" in formulas(here)[0][0] and explained.checks(here) == []
    scales.answers()
    text = " ".join(sentence + latex for sentence, latex in formulas(here))
    assert text.count("{") == text.count("}") and "nan" not in text
    found = explained.checks(here)
    assert found and all(check.difference <= 1e-6 * max(1, abs(check.shown)) for check in found)
    assert explained.CODE[here.demo] is scales_explained.CODE
    if here.demo == "scales":
        mean = own_probs()[scales_explained.counted(here, 5), 0].mean(dim=0)
        assert f"= {float(mean.max()):.4g}"[:7] in text


def test_exports_and_script_give_the_pages_numbers(capsys, tmp_path) -> None:
    probs = own_probs()
    table, tensors = (export.make() for export in explained.exports(place(d="adapt", c=0.5)))
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) == 4 and rows[1][0] == "Coffee" and int(rows[1][-2]) in scales.chosen_sizes()
    (tmp_path / "x.npz").write_bytes(tensors)
    with np.load(tmp_path / "x.npz") as data:
        assert data["logits"].shape == (5, 3, probs.shape[-1]) and data["sizes"].tolist() == scales.chosen_sizes()
    macs = scales.costs(scales.chosen_sizes())
    exec(compile(explained.script(place(d="adapt", c=0.5)), "adapt", "exec"), {})
    sure = core.sure(probs, 0.5).tolist()
    said = capsys.readouterr().out
    assert f"mean MACs {sum(core.spent(macs, i) for i in sure[1:]) / 2}" in said
    assert f"same class {core.agreement(core.kept(probs[:, 1:], 0.5), probs[-1, 1:])} of 2" in said
    exec(compile(explained.script(place(d="scales", n=3)), "scales", "exec"), {})
    said = capsys.readouterr().out
    assert f"MACs {sum(macs[:2])}\n" in said
    assert float(said.split()[2]) == pytest.approx(float(probs[:2, 0].mean(dim=0).max()), rel=1e-4)


def test_a_model_that_names_nothing_or_takes_one_size_is_a_sentence(monkeypatch) -> None:
    model = small_model(num_classes=0, image_size=128, patch_size=16)
    monkeypatch.setattr(cached, "model", lambda name: model)
    with pytest.raises(ValueError, match="names no classes"):
        payload.stage(place(d="adapt"))
    assert "names no classes" in formulas(place(d="scales"))[0][0]
    assert explained.checks(place(d="scales")) == [] == explained.exports(place(d="scales"))
    assert "names no classes" in explained.script(place(d="adapt"))
    with pytest.raises(ValueError, match="takes no other size"):
        scales.sizes(cached.analysis("bundled", "coffee", 128, 16, session.picture()).trace.config.replace(grid_range=(8, 8)), 128, 16)
