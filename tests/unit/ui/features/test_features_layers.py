"""Layers beside each other on the features page: the criterion over pictures, two models with different grids, what is sent and said."""

import csv
import io

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.support.payload import unpack
from ui.compare.setting import Second
from ui.features import layers
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from ui.work.jobs import jobs
from vit_core.study.representations import features

CHOSEN = Selection(picture="chelsea", image_size=64, layer=3, token=7)
NAMES = ("chelsea", "coffee", "rocket")


def analysis_of(picture: str, size: int = 64, patch: int = 16, model: str = "bundled") -> cached.Analysis:
    return cached.analysis.__wrapped__(model, picture, size, patch, cached.gallery_picture(picture))


@pytest.fixture
def few(monkeypatch) -> None:
    pictures = {name: cached.gallery()[name] for name in NAMES}
    monkeypatch.setattr(cached, "gallery", lambda: pictures)


def test_steps_give_the_criterion_of_each_picture(few) -> None:
    values = torch.cat(list(layers.steps([("bundled", 64, 16)], "key"))).numpy()
    assert values.shape == (3 * 12 * 12,)
    found, count = layers.matrix(values, 12)
    traces = [analysis_of(name).trace for name in NAMES]
    rows = [[features.rows_of(trace, layer, "key")[1:] for layer in (2, 9)] for trace in traces]
    mean = sum(features.hsic(pair) for pair in rows) / 3
    assert count == 3
    assert float(found[2, 9]) == pytest.approx(float(features.aligned(mean)[0, 1]), rel=1e-4)
    assert_close(found.diagonal(), torch.ones(12, dtype=torch.float64), atol=1e-6, rtol=0)


def test_what_is_known_of_it_by_now(few) -> None:
    values = torch.cat(list(layers.steps([("bundled", 64, 16)], "stream"))).numpy()
    part = values.copy()
    part[144 + 5 :] = np.nan  # the second picture has only begun
    found, count = layers.matrix(part, 12)
    assert count == 1
    assert_close(found, features.aligned(torch.from_numpy(values[:144]).double().reshape(12, 12)))
    nothing, none = layers.matrix(np.full_like(values, np.nan), 12)
    assert none == 0 and nothing.isnan().all()


def test_two_models_are_compared_at_the_same_places(few) -> None:
    values = torch.cat(list(layers.steps([("bundled", 64, 16), ("bundled", 64, 8)], "stream"))).numpy()
    found, _ = layers.matrix(values, 24)
    assert found.shape == (24, 24)
    one, other = (analysis_of("chelsea", 64, patch).trace for patch in (16, 8))
    places = [2 * (2 * row + 1) * 4 + 2 * col + 1 for row in range(4) for col in range(4)]  # the patch around the centre, of a grid of 8
    pair = [features.rows_of(one, 5, "stream")[1:], features.rows_of(other, 5, "stream")[1:][places]]
    criterion = torch.from_numpy(values[: 24 * 24]).reshape(24, 24)
    assert float(criterion[5, 17]) == pytest.approx(float(features.hsic(pair)[0, 1]), rel=1e-4)


def test_many_patches_are_thinned_out_evenly() -> None:
    assert layers.places(5).tolist() == [0, 1, 2, 3, 4]
    many = layers.places(4096)
    assert len(many) == layers.MOST and many[0] == 0 and many[-1] == 4095 and int(many.diff().max()) <= 9


def test_what_is_sent(few) -> None:
    here, there = analysis_of("chelsea"), analysis_of("chelsea", 64, 8)
    values = np.full(3 * 24 * 24, np.nan, dtype=np.float32)
    header, arrays = unpack(layers.payload(here, there, ["A", "B"], 7, "stream", values, subject=7, said=[]))
    assert (header["depths"], header["grids"], header["patch"]) == ([12, 12], [[4, 4], [8, 8]], 6)
    assert header["across"] == 8 * 3 + 5 and (header["pictures"], header["ofPictures"], header["patches"]) == (0, 3, 16)
    rows = features.rows_of(there.trace, 4, "stream")[1:]
    assert_close(torch.from_numpy(arrays["second"][4].copy()), features.alike(rows[[29]], rows)[0].float())
    alone, arrays = unpack(layers.payload(here, None, ["A"], 0, "value", values[: 3 * 144], subject=7, said=[]))
    assert alone["depths"] == [12] and "second" not in arrays and alone["patch"] == 0


def test_what_stands_under_the_page(few, monkeypatch) -> None:
    trace = analysis_of("chelsea").trace
    monkeypatch.setattr(layers, "options", lambda kind: {"other": "Other"})
    monkeypatch.setattr(layers, "second_of", lambda kind, name, chosen: Second(name, chosen.picture, 64, 16))
    monkeypatch.setattr(layers, "first_choice", lambda kind, found: next(iter(found)))
    monkeypatch.setattr(session, "current", lambda: CHOSEN)
    assert "layers 4" not in layers.formulas(trace, CHOSEN, "stream")[0][1]
    assert not layers.checks(trace, CHOSEN, "stream") and not layers.exports(trace, CHOSEN, "stream")
    key = layers.key_of(CHOSEN, Second("other", "chelsea", 64, 16), "stream")
    values = torch.cat(list(layers.steps([("bundled", 64, 16), ("bundled", 64, 16)], "stream"))).numpy()
    jobs.keep(key, values)
    try:
        told, cka = layers.formulas(trace, CHOSEN, "stream")[0][1], layers.matrix(values, 24)[0]
        assert f"{float(cka[3, 2]):.4g}" in told
        before, across, own = layers.checks(trace, CHOSEN, "stream")
        assert before.difference < 1e-9 and across.difference < 1e-9 and own.difference < 1e-5 * own.shown
        assert before.shown == pytest.approx(float(cka[3, 2])) and across.shown == pytest.approx(1)
        assert across.name == "CKA, layer 4 and layer 4 of the second model"
        assert own.name == "HSIC of this picture, layers 4 and 3"
        monkeypatch.setattr(cached, "model_names", lambda: {"bundled": "Bundled ViT", "other": "Other"})
        rows = list(csv.reader(io.StringIO(layers.exports(trace, CHOSEN, "stream")[0].make())))
        assert len(rows) == 1 + 2 * 144 and rows[1] == ["Bundled ViT", "1", "Bundled ViT", "1", rows[1][-1]]
        assert float(rows[1 + 144 + 12 * 3 + 5][-1]) == pytest.approx(float(cka[3, 17])) and rows[-1][2:4] == ["Other", "12"]
    finally:
        jobs.forget(key)
    assert "3 × 16 = 48" in layers.formulas(trace, CHOSEN, "stream")[1][0]


def test_the_double_sum_is_the_criterion() -> None:
    draw = torch.Generator().manual_seed(5)
    one, other = torch.randn(9, 4, generator=draw), torch.randn(9, 7, generator=draw)
    assert layers.double_sum(one, other) == pytest.approx(float(features.hsic([one, other])[0, 1]))


def test_a_model_that_cannot_be_read_is_none_beside(monkeypatch) -> None:
    def refuse(*_):
        raise ValueError("It cannot be read.")

    monkeypatch.setattr(layers, "options", lambda kind: {"other": "Other"})
    monkeypatch.setattr(layers, "first_choice", lambda kind, found: "other")
    monkeypatch.setattr(layers, "second_of", refuse)
    assert layers.chosen_second(CHOSEN) is None
    monkeypatch.setattr(layers, "options", lambda kind: {})
    assert layers.chosen_second(CHOSEN) is None
