"""Two pictures, and all pictures of the gallery: matches, nearest patches and components against their definitions."""

import csv
import io
import json
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from tests.support.payload import unpack
from ui.features import gallery, pair
from ui.features.payload import Setting
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from ui.work.jobs import jobs
from vit_core.study.representations import features

WHOLE, CONTENT = Setting("stream", False), Setting("stream", True)
NAMES = ("chelsea", "coffee", "rocket")
CHOSEN = Selection(picture="chelsea", image_size=64, layer=8, token=7, view=json.dumps({"look": "gallery"}))


def analysis_of(picture: str) -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", picture, 64, 16, cached.gallery_picture(picture))


@pytest.fixture
def few(monkeypatch) -> None:
    pictures = {name: cached.gallery()[name] for name in NAMES}
    monkeypatch.setattr(cached, "gallery", lambda: pictures)


def rows(picture: str, layer: int = 8) -> torch.Tensor:
    return features.rows_of(analysis_of(picture).trace, layer, "stream")[1:]


def test_matches_are_sent_both_ways() -> None:
    one, other = analysis_of("chelsea"), analysis_of("coffee")
    header, arrays = unpack(pair.payload(one, other, 7, 8, WHOLE, lambda: torch.zeros(0), ["Chelsea", "Coffee"]))
    cosines = F.cosine_similarity(rows("chelsea")[:, None], rows("coffee")[None], dim=-1)
    assert arrays["there"].tolist() == cosines.argmax(dim=1).tolist() and arrays["back"].tolist() == cosines.argmax(dim=0).tolist()
    assert_close(torch.from_numpy(arrays["cosines"].copy()), cosines.max(dim=1).values, atol=1e-5, rtol=0)
    assert (header["layer"], header["titles"], header["subject"]) == (8, ["Chelsea", "Coffee"], 7)
    sent = torch.from_numpy(arrays["rows"].astype(np.float32)) @ torch.from_numpy(arrays["others"].astype(np.float32)).T
    assert_close(sent, cosines, atol=2e-3, rtol=0)


def test_a_match_is_mutual_where_each_is_the_others_best() -> None:
    there, back = pair.matched(rows("chelsea"), rows("rocket"))
    found = pair.mutual(there, back).tolist()
    assert found == [int(back.index[match]) == patch for patch, match in enumerate(there.index.tolist())]
    same = pair.mutual(*pair.matched(rows("chelsea"), rows("chelsea")))
    assert same.all()


def test_nearest_patches_over_all_pictures(few) -> None:
    values = torch.cat(list(gallery.steps(CHOSEN, WHOLE, 8))).numpy()
    known, where, _ = gallery.parts(values, 16, 192)
    assert known.shape == (3, 16, 192) and where.shape == (3, 16, 3)
    every = torch.cat([rows(name) for name in NAMES])
    cosines = F.cosine_similarity(every, rows("chelsea")[6][None], dim=-1)
    cosines[6] = -2
    found = gallery.nearest(gallery.like(analysis_of("chelsea").trace, known, CHOSEN, WHOLE, 8))
    best = cosines.topk(gallery.NEAREST)
    assert [16 * picture + patch for picture, patch, _ in found] == best.indices.tolist()
    assert [value for *_, value in found] == pytest.approx(best.values.tolist(), abs=1e-5)


def test_components_over_all_pictures_are_those_of_all_rows(few) -> None:
    values = torch.cat(list(gallery.steps(CHOSEN, WHOLE, 8))).numpy()
    _, where, shares = gallery.parts(values, 16, 192)
    every = torch.cat([rows(name) for name in NAMES]).double()
    lengths = torch.linalg.svdvals(every - every.mean(dim=0)) ** 2
    assert_close(shares.double(), lengths[:3] / lengths.sum(), atol=1e-6, rtol=1e-5)
    assert_close(where.flatten(0, 1).double().square().sum(dim=0), lengths[:3], atol=1e-4, rtol=1e-4)


def test_place_is_taken_out_of_all_pictures(few) -> None:
    values = torch.cat(list(gallery.steps(CHOSEN, CONTENT, 8))).numpy()
    known, where, _ = gallery.parts(values, 16, 192)
    every = torch.stack([rows(name) for name in NAMES])
    left = every - every.mean(dim=0)
    assert_close(where.mean(dim=0), torch.zeros(16, 3), atol=1e-3, rtol=0)
    found = gallery.like(analysis_of("chelsea").trace, known, CHOSEN, CONTENT, 8)
    wanted = F.cosine_similarity(left, left[0, 6][None, None], dim=-1)
    wanted[0, 6] = -2
    assert_close(found, wanted, atol=1e-4, rtol=0)
    assert (gallery.like(analysis_of("chelsea").trace, known[:2], CHOSEN, CONTENT, 8) == -2).all()


def test_what_is_sent_while_the_pictures_are_run_and_after(few, monkeypatch) -> None:
    values = torch.cat(list(gallery.steps(CHOSEN, WHOLE, 8))).numpy()
    analysis, sent = analysis_of("chelsea"), partial(gallery.payload, subject=7, chosen=CHOSEN, here=WHOLE, layer=8)
    header, arrays = unpack(sent(analysis, values=values))
    assert (header["known"], header["patch"], len(header["nearest"])) == (3, 6, gallery.NEAREST) and len(header["explained"]) == 3
    assert {"picture0", "picture1", "picture2", "where"} <= arrays.keys()
    assert header["best"][1][0] == int(F.cosine_similarity(rows("coffee"), rows("chelsea")[6][None], dim=-1).argmax())
    part = values.copy()
    part[16 * 192 * 2 :] = np.nan
    header, _ = unpack(sent(analysis, values=part))
    assert header["known"] == 2 and header["explained"] is None and len(header["best"]) == 2
    header, _ = unpack(sent(analysis, values=np.full_like(values, np.nan)))
    assert header["known"] == 0 and header["nearest"] == []


def test_patches_that_are_all_the_same_have_no_components(few, monkeypatch) -> None:
    monkeypatch.setattr(features, "rows_of", lambda *_: torch.ones(17, 192))
    values = torch.cat(list(gallery.steps(CHOSEN, WHOLE, 8))).numpy()
    assert gallery.parts(values, 16, 192)[2].isnan().all()


def test_what_stands_under_the_page(few, monkeypatch) -> None:
    trace = analysis_of("chelsea").trace
    assert gallery.formulas(trace, CHOSEN, WHOLE)[0][1].endswith("}")
    assert not gallery.checks(trace, CHOSEN, WHOLE) and not gallery.exports(trace, CHOSEN, WHOLE)
    key = gallery.key_of(CHOSEN, WHOLE, 8)
    values = torch.cat(list(gallery.steps(CHOSEN, WHOLE, 8))).numpy()
    jobs.keep(key, values)
    try:
        told = gallery.formulas(trace, CHOSEN, WHOLE)
        assert f"= {float(values[-3]):.4g}" in told[1][1] and "48 patches together" in told[1][0]
        nearest, share = gallery.checks(trace, CHOSEN, WHOLE)
        assert nearest.difference < 1e-5 and share.difference < 1e-5 and f"= {nearest.shown:.4g}" in told[0][1]
        near, along = (list(csv.reader(io.StringIO(one.make()))) for one in gallery.exports(trace, CHOSEN, WHOLE))
        assert float(near[1][-1]) == pytest.approx(nearest.shown) and near[1][0] in nearest.name and len(near) == 1 + gallery.NEAREST
        assert len(along) == 1 + 48 and float(along[-1][-1]) == pytest.approx(float(values[-4]))
    finally:
        jobs.forget(key)
    monkeypatch.setattr(pair, "asked", lambda chosen: "coffee")
    monkeypatch.setattr(pair, "image_of", cached.gallery_picture)
    there = pair.matched(rows("chelsea"), rows("coffee"))[0]
    monkeypatch.setattr(session, "current", lambda: CHOSEN)
    with monkeypatch.context() as no_run:  # before the stage has them the page does not wait for the second picture's run
        no_run.setattr(pair, "other_analysis", None)
        ((said, latex),) = pair.formulas(trace, CHOSEN, WHOLE, lambda: torch.zeros(0))
        assert "=" in latex and latex.endswith("}") and "Here" not in said
    monkeypatch.setattr(pair, "drawn", lambda *_: True)
    ((said, latex),) = pair.formulas(trace, CHOSEN, WHOLE, lambda: torch.zeros(0))
    assert f"{float(there.cosine[6]):.4g}" in latex and "are mutual" in said and "Here of row 2, column 3" in said


def test_what_is_checked_and_taken_of_two_pictures(monkeypatch) -> None:
    trace, nothing = analysis_of("chelsea").trace, lambda: torch.zeros(0)
    monkeypatch.setattr(pair, "asked", lambda chosen: "coffee")
    monkeypatch.setattr(pair, "image_of", cached.gallery_picture)
    monkeypatch.setattr(session, "current", lambda: CHOSEN)
    assert not pair.checks(trace, CHOSEN, WHOLE, nothing) and not pair.exports(trace, CHOSEN, WHOLE, nothing)
    monkeypatch.setattr(pair, "drawn", lambda *_: True)
    there, back = pair.matched(rows("chelsea"), rows("coffee"))
    cosine, mutual, mean = pair.checks(trace, CHOSEN, WHOLE, nothing)
    assert max(check.difference for check in (cosine, mutual, mean)) < 1e-6
    assert cosine.shown == pytest.approx(float(there.cosine[6])) and mutual.shown == float(pair.mutual(there, back)[6])
    (table,) = pair.exports(trace, CHOSEN, WHOLE, nothing)
    found = list(csv.reader(io.StringIO(table.make())))
    assert len(found) == 17 and table.file_name == "chelsea-64-16-layer9-stream-and-coffee.csv"
    assert [float(row[4]) for row in found[1:]] == pytest.approx(there.cosine.tolist())
    assert [4 * (int(row[2]) - 1) + int(row[3]) - 1 for row in found[1:]] == there.index.tolist()
    assert sum(int(row[5]) for row in found[1:]) == int(pair.mutual(there, back).sum())


def test_what_is_checked_of_all_pictures_without_place(few) -> None:
    values, key = torch.cat(list(gallery.steps(CHOSEN, CONTENT, 8))).numpy(), gallery.key_of(CHOSEN, CONTENT, 8)
    jobs.keep(key, values)
    try:
        checks = gallery.checks(analysis_of("chelsea").trace, CHOSEN, CONTENT)
        assert len(checks) == 2 and all(check.difference < 1e-5 for check in checks)
    finally:
        jobs.forget(key)
