"""What the comparison is sent: both sides are their own traces, layers matched by relative depth."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from tests.support.answers import said
from tests.support.models.small import PLAIN, small_model
from tests.support.payload import unpack
from ui.compare import payload
from ui.compare.setting import second_of
from ui.state.selection import Selection
from ui.work import cached
from vit_core.study.representations import pairs


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return of("bundled", "coffee", 64, 8)


def of(model: str, picture: str, size: int, patch: int) -> cached.Analysis:
    return cached.analysis.__wrapped__(model, picture, size, patch, cached.gallery_picture(picture))


@pytest.mark.parametrize(("model", "size", "patch"), [("bundled", 96, 8), ("snapshot", 64, 8)])
def test_both_sides_of_attention_are_the_traces_own(analysis, model, size, patch):
    name = model if model == "bundled" else next(name for name in cached.model_names() if name.startswith(model))
    there = of(name, "chelsea", size, patch)
    header, arrays = unpack(payload.attention(analysis, there, 7, differs="model", titles=["a", "b"], said=[], sameRows=False))
    for side, one in (("left", analysis), ("right", there)):
        q, k = (torch.from_numpy(arrays[f"{side}_{part}"][0].astype(np.float32)).unflatten(1, (12, 16)).transpose(0, 1) for part in "qk")
        weights = (q @ k.transpose(1, 2) / 4).softmax(-1)
        assert_close(weights, one.trace.attn_weights(header[side]["layer"])[0], atol=2e-3, rtol=0)
        assert header[side]["layer"] == 7 and [label for label, *_ in header[side]["top"]] == [label for label, _ in said(one.trace, 5)]


def test_the_stream_is_sent_whole_or_thinned(analysis, monkeypatch):
    there = of("bundled", "chelsea", 64, 8)
    facts = {"differs": "picture", "titles": ["a", "b"], "said": [], "sameRows": True}
    header, arrays = unpack(payload.overview(analysis, there, 0, **facts))
    assert header["left"]["stages"] == list(range(13))
    assert_close(torch.from_numpy(arrays["right_stream"][5].astype(np.float32)), there.trace.resid(5)[0], atol=0.05, rtol=2e-3)
    monkeypatch.setattr(payload, "NUMBERS", 65 * 192 * 4)
    header, arrays = unpack(payload.overview(analysis, there, 0, **facts))
    assert header["left"]["stages"] == [0, 4, 8, 12] and arrays["left_stream"].shape == (4, 65, 192)


def test_another_depth_is_matched(analysis):
    small = small_model(embed_dim=24, depth=5, num_heads=3, image_size=16, patch_size=4)
    trace = small(torch.zeros(1, 3, 16, 16))
    there = replace(analysis, trace=trace)
    header, _ = unpack(payload.attention(analysis, there, 6, differs="model", titles=["a", "b"], said=[], sameRows=False))
    assert (header["left"]["layer"], header["right"]["layer"]) == (6, pairs.beside(6, 12, 5)) == (6, 2)
    header, arrays = unpack(payload.overview(analysis, there, 0, differs="model", titles=["a", "b"], said=[], sameRows=False))
    assert header["right"]["stages"] == [pairs.beside(stage, 13, 6) for stage in range(13)] and header["right"]["stages"][-1] == 5
    assert arrays["right_stream"].shape == (13, 17, 24)


@pytest.mark.parametrize(
    ("changes", "shown", "said"),
    [
        ({}, (224, 16), 1),  # trained at one patch size: shown with it
        ({"patch_sizes": (8, 16, 32)}, (224, 8), 0),  # takes any: compared at the same
        ({"patch_size": 8}, (224, 8), 0),
        ({"patch_size": 12, "image_size": 96}, (96, 12), 1),  # 12 px do not divide 224: at its own sizes
    ],
)
def test_another_model_is_shown_with_the_patch_size_it_was_trained_with(changes, shown, said, monkeypatch):
    config = PLAIN.replace(**{"image_size": 224, "patch_size": 16} | changes)
    monkeypatch.setattr(cached, "model", lambda name: SimpleNamespace(config=config))
    second = second_of("model", "other", Selection(image_size=224, patch_size=8))
    assert (second.image_size, second.patch_size) == shown
    assert len(second.said) == said
