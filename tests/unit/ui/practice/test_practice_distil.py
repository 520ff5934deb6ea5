"""Distillation on the practice page: teacher and student are the models', numbers and scripts hold."""

import json

import numpy as np
import pytest

import vit_core
from tests.support.answers import said
from tests.support.models.small import small_model
from tests.support.payload import unpack
from ui.practice import charts, distil, explained, payload
from ui.practice.course import curves
from ui.practice.formulas import formulas
from ui.practice.setting import Place, read
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached, models
from vit_core import cost
from vit_core.data import bundled
from vit_core.study import distillation


@pytest.fixture(autouse=True)
def selection(monkeypatch) -> Selection:
    """A session that looks at the coffee at 64 / 16, without a browser, and a gallery of two pictures."""
    pictures = dict(list(cached.gallery().items())[:2])
    monkeypatch.setattr(cached, "gallery", lambda: pictures)
    monkeypatch.setattr(cached, "sources", lambda: {source.id: source for source in models.shipped()})
    chosen = Selection(picture="coffee", image_size=64)
    analysis = cached.analysis("bundled", "coffee", 64, 16, cached.gallery_picture("coffee"))
    monkeypatch.setattr(session, "current", lambda: chosen)
    monkeypatch.setattr(session, "analysis", lambda: analysis)
    monkeypatch.setattr(session, "picture", lambda: cached.gallery_picture("coffee"))
    return chosen


def place(**values) -> Place:
    trace = session.analysis().trace
    return read(json.dumps({"pr": {"d": "distil", **values}}), trace.config, trace.layout)


def moment() -> str:
    """A model that is another than the current one."""
    return next(name for name in cached.sources() if name.startswith("snapshot-"))


def test_the_teacher_is_the_links_or_another_bundled_model_or_the_latest_moment() -> None:
    assert distil.teacher_of(place(t=moment())) == moment()
    usual = distil.teacher_of(place(t="nobody"))
    others = [row.name for row in bundled.bundled()[1:]]
    assert usual == (others[0] if others else list(cached.sources())[-1]) and "bundled" not in distil.teachers()


def test_the_stage_holds_both_answers_and_what_they_cost() -> None:
    for name in (moment(), "bundled"):  # other tests may have dropped the models, and how fast they were
        model = cached.model(name)
        cached.forward(model, vit_core.preprocess(cached.gallery_picture("coffee"), model, image_size=64), 16)
    here = place(t=moment())
    _, macs, build = payload.stage(here)
    header, arrays = unpack(build(session.analysis()))
    teacher, student = (cached.analysis(name, "coffee", 64, 16, cached.gallery_picture("coffee")).trace for name in (moment(), "bundled"))
    assert macs == 2 * 3 * cost.macs(teacher.config, 64, 16).total
    for name, trace, side in (("teacher", teacher, header["sides"][0]), ("student", student, header["sides"][1])):
        np.testing.assert_array_equal(arrays[f"{name}Logits"], trace.logits[0].numpy())
        np.testing.assert_allclose(arrays[f"{name}Looks"], trace.attn_weights(trace.depth - 1, 0)[0, :, 0, 1:].mean(0), atol=1e-6)
        assert side["says"][:2] == pytest.approx(list(said(trace)[0])) and side["parameters"] == cost.parameters(trace.config).total
        assert 0 < side["seconds"] < 60 and side["macs"] == cost.macs(trace.config, 64, 16).total
    assert header["common"] == len(header["names"]) == student.config.num_classes
    for (title, theirs, mine, same), picture in zip(header["gallery"], cached.gallery().values(), strict=True):
        assert title == picture.title and same == (theirs == mine)
    first = header["gallery"][0]
    assert (first[1], first[2]) == (said(teacher)[0][0], said(student)[0][0])
    drawn = charts.course(curves(cached.sources()["bundled"].bundled.curves))
    assert [one["layout"]["meta"]["title"] for one in header["figures"]] == [one.layout.meta["title"] for one in drawn]
    assert all(list(line.x) == sorted(line.x) and len(line.x) > 1 for one in drawn for line in one.data)


def test_the_curves_tell_the_phases_of_a_distillation(tmp_path) -> None:
    row = bundled.Bundled("made", "Made", tmp_path)
    row.curves.write_text("pictures,phase,loss,divergence,agreement\n10,layers,3,2,\n20,streams,2,1,0.25\n30,streams,1,0.5,0.5\n")
    found = curves(row.curves)
    assert found is not None and (found["across"], found["xs"]) == ("pictures", [10, 20, 30])
    assert [chart["lines"] for chart in found["charts"]] == [[["divergence", [2, 1, 0.5]]], [["agreement", [None, 0.25, 0.5]]]]
    assert found["phases"] == [(10, "layer by layer"), (20, "with its own stream")]
    divergence, agreement = charts.course(found)
    assert (list(divergence.data[0].x), list(divergence.data[0].y)) == ([10, 20, 30], [2, 1, 0.5])
    assert (list(agreement.data[0].x), list(agreement.data[0].y)) == ([20, 30], [0.25, 0.5])
    assert [one.text for one in divergence.layout.annotations] == ["layer by layer", "with its own stream"]


def test_formulas_checks_exports_and_script_hold(capsys, tmp_path) -> None:
    here = place(t=moment(), e=3)
    teacher, student, names, _ = distil.logits_of(here)
    apart = float(distillation.divergence(teacher, student, 3.0))
    text = " ".join(sentence + latex for sentence, latex in formulas(here))
    assert f"{apart:.4g}" in text and text.count("{") == text.count("}")
    found = explained.checks(here)
    assert len(found) == 2 and all(check.difference <= 1e-6 for check in found)
    table, tensors = (export.make() for export in explained.exports(here))
    rows = table.splitlines()
    assert rows[0] == "class,teacher at T = 3,student at T = 3" and len(rows) == 1 + len(names)
    (tmp_path / "x.npz").write_bytes(tensors)
    with np.load(tmp_path / "x.npz") as data:
        np.testing.assert_array_equal(data["teacher"], teacher.numpy())
    exec(compile(explained.script(here), "distil", "exec"), {})
    assert f"{apart:.4f}"[:6] in capsys.readouterr().out


def test_a_pair_that_cannot_be_is_a_sentence(monkeypatch) -> None:
    model = small_model(num_classes=0, image_size=64, patch_size=16)
    own = cached.model
    monkeypatch.setattr(cached, "model", lambda name: model if name == moment() else own(name))
    with pytest.raises(ValueError, match="names no classes"):
        distil.sides(place(t=moment()))
    assert "names no classes" in formulas(place(t=moment()))[0][0]
    assert explained.checks(place(t=moment())) == [] == explained.exports(place(t=moment()))
    assert "names no classes" in explained.script(place(t=moment()))
    monkeypatch.setattr(cached, "sources", lambda: {"bundled": models.shipped()[0]})
    with pytest.raises(ValueError, match="There is no other model here"):
        distil.sides(place())
