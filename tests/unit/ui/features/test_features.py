"""The features page's Python: what is sent, what is subtracted, colours that stay from layer to layer, and what stands under it."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.support.payload import unpack
from ui.features import explained, page, payload
from ui.features.payload import Setting
from ui.features.setting import setting, token_of
from ui.state import session
from ui.state.selection import Selection
from ui.work import cached
from vit_core.study.representations import features

CHOSEN = Selection(picture="chelsea", image_size=64, layer=3, token=5)
PICTURES = ("chelsea", "coffee", "rocket")


def analysis_of(picture: str, size: int = 64, patch: int = 16) -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", picture, size, patch, cached.gallery_picture(picture))


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return analysis_of("chelsea")


@pytest.fixture(scope="module")
def traces():
    return [analysis_of(picture).trace for picture in PICTURES]


def nowhere():
    raise AssertionError("No means are needed.")


def opened(**view) -> Selection:
    return Selection(picture="chelsea", image_size=64, layer=3, token=5, view=json.dumps(view))


def test_the_setting_is_read_from_the_link() -> None:
    assert setting(CHOSEN) == Setting("stream", False)
    assert setting(opened(rows="value", content=True)) == Setting("value", True)
    assert setting(opened(rows="everything", content="yes")) == Setting("stream", False)


def test_the_opening_patch_is_looked_at_until_a_token_is_chosen() -> None:
    assert token_of(Selection(), 9) == 9 and token_of(CHOSEN, 9) == 5
    assert token_of(Selection(view='{"front":true}'), 9) == 0


@pytest.mark.parametrize("rows", ["stream", "key", "update"])
def test_the_browser_is_sent_rows_at_length_one(analysis, rows) -> None:
    header, arrays = unpack(payload.likeness(analysis, "here", 9, 3, Setting(rows, False), nowhere, 12))
    sent = torch.from_numpy(arrays["rows"].astype(np.float32)).double()
    assert arrays["rows"].dtype == np.float16
    assert_close(sent.norm(dim=1), torch.ones(17, dtype=torch.float64), atol=1e-3, rtol=0)
    wanted = features.rows_of(analysis.trace, 3, rows)
    assert_close(features.alike(sent, sent), features.alike(wanted, wanted), atol=3e-4, rtol=0)
    assert (header["of"], header["layer"], header["rows"], header["content"]) == ("here", 3, rows, False) and header["subject"] == 9


def test_what_is_subtracted_is_the_mean_of_each_place(traces, analysis) -> None:
    means = payload.place_means(iter(traces), "key")
    every = torch.stack([features.rows_of(trace, 3, "key") for trace in traces])
    assert means.shape == (12, 17, 192)
    found = payload.rows_of(analysis.trace, 3, Setting("key", True), lambda: means)
    assert_close(found, features.content(every)[0], atol=1e-5, rtol=1e-5)


def test_colours_stay_from_layer_to_layer(analysis) -> None:
    where, shares = payload.in_directions(analysis.trace, Setting("stream", False), nowhere)
    assert where.shape == (12, 16, 3) and shares.shape == (12, 3)
    assert ((where[1:] * where[:-1]).sum(dim=1) >= 0).all()
    for layer in (0, 7):
        patches = features.rows_of(analysis.trace, layer, "stream")[1:]
        found = features.components(patches)
        assert_close(where[layer].abs(), found.of(patches).abs())
        assert_close(shares[layer], found.explained)


def test_patches_that_are_all_the_same_are_said(analysis, monkeypatch) -> None:
    monkeypatch.setattr(features, "rows_of", lambda *_: torch.ones(17, 192))
    header, arrays = unpack(payload.directions(analysis, 9, Setting("stream", False), nowhere))
    assert header["problem"] == "In a layer all patches are the same: they have no principal components."
    assert set(arrays) == {"picture"}


@pytest.mark.parametrize("view", [{}, {"rows": "query"}, {"content": True}])
def test_what_stands_under_the_page(analysis, traces, view, monkeypatch) -> None:
    chosen = opened(**view)
    monkeypatch.setattr(session, "current", lambda: chosen)
    monkeypatch.setattr(page, "places", lambda selection, here: payload.place_means(iter(traces), here.rows))
    monkeypatch.setattr(session, "macs", lambda: 1)
    if view.get("content"):
        assert len(explained.formulas(analysis.trace, chosen)) == 1 and not explained.checks(analysis.trace, chosen)
    monkeypatch.setattr(page, "runs", lambda selection, here: 0)
    assert all(check.difference < 1e-4 for check in explained.checks(analysis.trace, chosen))
    assert len(explained.checks(analysis.trace, chosen)) == 3
    assert [sentence.split("**")[1] for sentence, _ in explained.formulas(analysis.trace, chosen)] == [
        "How alike two tokens are.",
        "Principal components.",
        "Position removed.",
    ]
    cosines, tensors = (one.make() for one in explained.exports(analysis.trace, chosen))
    assert cosines.count("\n") == 18 and cosines.splitlines()[6].split(",")[-1].startswith(("1.0", "0.99999"))
    assert len(tensors) > 1000


def test_means_are_made_once_for_a_model_and_its_sizes(monkeypatch) -> None:
    made = []
    monkeypatch.setattr(page, "of_the_gallery", lambda chosen: made.append(chosen) or iter([analysis_of("coffee").trace]))
    here = Setting("value", True)
    one, other = (page.places(Selection(picture=name, image_size=64), here) for name in ("coffee", "rocket"))
    assert one is other and len(made) == 1
    assert partial(page.places, CHOSEN, here)().shape == (12, 17, 192)
