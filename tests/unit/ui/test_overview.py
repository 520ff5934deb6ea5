"""The overview's payload, checks, script and exports: compared with the trace they come from."""

import csv
import io

import numpy as np
import pytest
import torch

import vit_core
from tests.support.answers import said
from tests.support.payload import unpack
from ui.kit import registry
from ui.kit.places import ROOT
from ui.overview import explained, payload, told
from ui.state.selection import Selection
from ui.work import cached
from vit_core.analysis import logit_lens
from vit_core.readout import probabilities


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee"))


def test_the_payload_is_the_trace(analysis: cached.Analysis) -> None:
    header, arrays = unpack(payload.stage(analysis))
    trace = analysis.trace
    assert [(name, p) for name, p, _ in header["top"]] == said(trace, 5)
    np.testing.assert_array_equal(arrays["tokens"], trace.tokens[0])
    np.testing.assert_allclose(arrays["looks"][11], trace.attn_weights(11)[0, :, 0].mean(0), atol=1e-6)
    assert set(header["links"].values()) <= {spec.slug for spec in registry.PAGES}


def test_the_story_is_the_trace(analysis: cached.Analysis) -> None:
    header, arrays = unpack(payload.story(analysis))
    trace = analysis.trace
    assert arrays["before"].shape == (196, payload.SHOWN) and arrays["after"].shape == (197, payload.SHOWN)
    np.testing.assert_array_equal(arrays["after"][:, -1], trace.tokens[0, :, -1].half())
    mean = trace.attn_weights(7)[0].mean(dim=0)
    np.testing.assert_array_equal(arrays["keys"][7, 93], mean[93].topk(payload.STRONGEST).indices)
    np.testing.assert_allclose(arrays["weights"][7, 93], mean[93].topk(payload.STRONGEST).values, rtol=1e-3)
    np.testing.assert_allclose(arrays["lens"][-1], [one[1] for one in header["top"]], rtol=1e-5)
    first = probabilities(trace.config, logit_lens(trace)[0, 0])
    np.testing.assert_allclose(arrays["lens"][0], first[trace.logits[0].topk(5).indices], rtol=1e-5)


def test_of_very_many_tokens_only_the_reader_is_followed(monkeypatch: pytest.MonkeyPatch, analysis: cached.Analysis) -> None:
    monkeypatch.setattr(payload, "MANY", 100)
    _, arrays = unpack(payload.story(analysis))
    assert "keys" not in arrays and arrays["looks"].shape == (12, 197)


@pytest.mark.parametrize("token", [0, 1, 196])
def test_checks_agree_with_the_trace(analysis: cached.Analysis, token: int) -> None:
    found = explained.checks(analysis.trace, token)
    assert len(found) == 5
    for check in found:
        assert check.difference <= 1e-5 * max(1.0, abs(check.shown)), check


def test_the_script_on_the_page_prints_the_numbers_on_the_page(analysis: cached.Analysis, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(explained.script(Selection(picture="coffee")), "overview", "exec"), {})
    printed = [line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines()]
    trace = analysis.trace
    seen = [(f"block 12: looks at {trace.layout.name(key)}", weight) for key, weight in told.beams(trace, 11, 0)]
    grown = [(f"after {block} blocks:", shares[0]) for block, shares in enumerate(told.grown(trace))]
    assert [(name, float(value)) for name, value in printed] == [
        (name, pytest.approx(value, abs=1e-3)) for name, value in [*trace.top_k(5), *seen, *grown]
    ]


def test_exports_hold_the_tensors(analysis: cached.Analysis, tmp_path) -> None:
    trace = analysis.trace
    table, beams, answers, tensors = (export.make() for export in explained.exports(trace, Selection(picture="coffee", token=93)))
    assert len(table.splitlines()) == 1 + trace.config.num_classes
    mean = trace.attn_weights(11)[0, :, 93].mean(0)
    widest = list(csv.DictReader(io.StringIO(beams)))[11 * payload.STRONGEST]
    assert (widest["block"], widest["token"], widest["looks at"]) == ("12", trace.layout.name(93), trace.layout.name(int(mean.argmax())))
    assert float(widest["weight"]) == pytest.approx(float(mean.max()), rel=1e-6)
    last = [float(share) for share in answers.splitlines()[-1].split(",")]
    assert last[0] == 12 and last[1:] == pytest.approx(trace.probs[0].tolist(), abs=1e-6)
    (tmp_path / "x.npz").write_bytes(tensors)
    with np.load(tmp_path / "x.npz") as data:
        np.testing.assert_array_equal(data["resid"][12], analysis.trace.resid(12)[0])
        assert sorted(data) == ["images", "logits", "patch_embeddings", "patches", "resid"]


def test_the_app_shows_what_a_notebook_gets(analysis: cached.Analysis) -> None:
    model = vit_core.load()
    trace = model(vit_core.preprocess(vit_core.open_image(cached.gallery()["coffee"].file), model, image_size=224), patch_size=16)
    torch.testing.assert_close(trace.logits, analysis.trace.logits)
