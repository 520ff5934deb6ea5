"""Payloads, bundled scripts, and what the views are told: compared with the trace they come from."""

import re

import numpy as np
import pytest
import torch

import vit_core
from tests.support.payload import unpack
from ui import shell
from ui.attention import explained as attention
from ui.kit import components
from ui.kit.payload import pack
from ui.kit.places import ROOT
from ui.overview import explained as overview
from ui.state.selection import Selection
from ui.work import cached


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee"))


def test_pack_round_trip() -> None:
    arrays = {
        "a": np.arange(3, dtype=np.uint8),
        "b": np.linspace(0, 1, 6, dtype=np.float16).reshape(2, 3),
        "c": np.eye(2, dtype=np.float32),
    }
    header, back = unpack(pack(arrays, name="x"))
    assert header["name"] == "x"
    assert all(a["offset"] % 8 == 0 for a in header["arrays"].values())
    for name, array in arrays.items():
        np.testing.assert_array_equal(back[name], array)


def test_the_id_follows_the_content() -> None:
    one, same, other = (pack({"a": np.array(values, dtype=np.float32)}) for values in ([1, 2], [1, 2], [1, 3]))
    assert one == same
    assert unpack(one)[0]["id"] != unpack(other)[0]["id"]


@pytest.mark.parametrize("name", ["strip", "gallery", "overview", "attention"])
def test_a_bundled_script_is_one_module(name: str) -> None:
    text = components.script(name)
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert len(re.findall(r"^export ", text, re.MULTILINE)) == 1
    assert text.count("export function el(") == 0 and text.count("function el(") == 1


def test_attention_payload_holds_q_and_k_and_fits_in_two_megabytes(analysis: cached.Analysis) -> None:
    payload = components.attention_payload(analysis)
    header, arrays = unpack(payload)
    trace = analysis.trace
    assert len(payload) <= 2_000_000
    assert header["grid"] == [14, 14] and header["depth"] == 12 and header["heads"] == 12 and header["prefix"] == ["[CLS]"]
    for layer, head, query in [(0, 0, 0), (5, 2, 93), (11, 11, 196)]:
        cut = slice(16 * head, 16 * head + 16)
        scores = arrays["k"][layer, :, cut].astype(np.float64) @ arrays["q"][layer, query, cut].astype(np.float64) / 4
        weights = np.exp(scores - arrays["lse"][layer, head, query])
        np.testing.assert_allclose(weights, trace.attn_weights(layer)[0, head, query], atol=1e-3)


def test_overview_payload_is_the_trace(analysis: cached.Analysis) -> None:
    header, arrays = unpack(components.overview_payload(analysis))
    trace = analysis.trace
    assert [tuple(row) for row in header["top"]] == trace.top_k(5)
    np.testing.assert_array_equal(arrays["tokens"], trace.tokens[0].half())
    np.testing.assert_allclose(arrays["looks"][11], trace.attn_weights(11)[0, :, 0].mean(0), atol=1e-6)
    assert set(header["links"].values()) <= {spec.slug for spec in shell.PAGES}


@pytest.mark.parametrize("token", [0, 1, 196])
def test_checks_agree_with_the_trace(analysis: cached.Analysis, token: int) -> None:
    asked = {"layer": 3, "head": 4, "query": token, "key": 7, "weight": float(analysis.trace.attn_weights(3)[0, 4, token, 7])}
    found = [*overview.checks(analysis.trace, token), *attention.checks(analysis.trace, Selection(token=token), asked)]
    assert len(found) == 6
    for check in found:
        assert check.difference <= 1e-5 * max(1.0, abs(check.shown)), check


@pytest.mark.parametrize(
    "asked",
    [None, 3, {}, {"layer": 12, "head": 0, "query": 0, "key": 0, "weight": 0.1}, {"layer": 0, "head": 0, "query": 0, "key": True, "weight": 0.1},
     {"layer": 0, "head": 0, "query": -1, "key": 0, "weight": 0.1}, {"layer": 0, "head": 0, "query": 0, "key": 0, "weight": "x"}],
)  # fmt: skip
def test_a_strange_message_from_the_browser_is_ignored(analysis: cached.Analysis, asked) -> None:
    assert not attention.valid(asked, analysis.trace)
    assert len(attention.checks(analysis.trace, Selection(), asked)) == 2


@pytest.mark.parametrize("page", ["overview", "attention"])
def test_the_script_on_the_page_prints_the_numbers_on_the_page(analysis: cached.Analysis, page: str, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    selection = Selection(picture="coffee", layer=5, head=2, token=93)
    text = overview.script(selection) if page == "overview" else attention.script(analysis.trace, selection)
    exec(compile(text, page, "exec"), {})
    printed = [line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines()]
    if page == "overview":
        expected = [(label, probability) for label, probability in analysis.trace.top_k(5)]
    else:
        row = analysis.trace.attn_weights(5)[0, 2, 93].topk(5)
        expected = [(analysis.trace.layout.name(int(key)), float(weight)) for weight, key in zip(*row, strict=True)]
    assert [(name, float(value)) for name, value in printed] == [(name, pytest.approx(value, abs=1e-3)) for name, value in expected]


def test_exports_hold_the_tensors(analysis: cached.Analysis, tmp_path) -> None:
    selection = Selection(picture="coffee", layer=5, head=2, token=93)
    files = {
        export.file_name: export.make()
        for export in [*overview.exports(analysis.trace, selection), *attention.exports(analysis.trace, selection)]
    }
    row = [line.split(",") for line in files["coffee-224-16-layer6-head3-token93.csv"].splitlines()[1:]]
    weights = analysis.trace.attn_weights(5)[0, 2, 93]
    np.testing.assert_allclose([float(line[-1]) for line in row], weights, rtol=1e-4, atol=1e-7)
    (tmp_path / "x.npz").write_bytes(files["coffee-224-16-layer6-head3.npz"])
    with np.load(tmp_path / "x.npz") as data:
        np.testing.assert_array_equal(data["attn_weights"], analysis.trace.attn_weights(5)[0])
        assert sorted(data) == ["attn_weights", "k", "q", "v"]


def test_the_app_shows_what_a_notebook_gets(analysis: cached.Analysis) -> None:
    model = vit_core.load()
    trace = model(vit_core.preprocess(vit_core.open_image(cached.gallery()["coffee"].file), model, image_size=224), patch_size=16)
    torch.testing.assert_close(trace.logits, analysis.trace.logits)
