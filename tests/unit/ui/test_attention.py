"""The attention page: its payloads, checks, script and exports, compared with the trace they come from."""

import numpy as np
import pytest

from tests.support.payload import unpack
from ui.attention import explained, payload
from ui.kit.places import ROOT
from ui.state import view
from ui.state.selection import Selection
from ui.work import cached
from vit_core.analysis import attention_distance, rollout
from vit_core.study.opening import opening
from vit_figures import curves


@pytest.fixture(scope="module")
def analysis_224() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 224, 16, cached.gallery_picture("coffee"))


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 64, 8, cached.gallery_picture("coffee"))


@pytest.mark.parametrize(("fusion", "residual", "discard"), [("mean", 0.5, 0.0), ("max", 0.2, 0.6), ("min", 0.0, 0.95)])
def test_rollout_rows_sum_to_one(analysis: cached.Analysis, fusion: str, residual: float, discard: float) -> None:
    header, arrays = unpack(payload.rolled_out(analysis, fusion, residual, discard))
    assert header["by"] == "token"
    np.testing.assert_allclose(arrays["maps"].astype(np.float64).sum(1), 1, atol=2e-3)
    np.testing.assert_allclose(arrays["maps"], rollout(analysis.trace, fusion, residual, discard)[0], atol=1e-3)


def test_heads_are_in_reading_order(analysis: cached.Analysis) -> None:
    header, arrays = unpack(payload.head_measures(analysis))
    np.testing.assert_allclose(arrays["distance"].reshape(12, 12), attention_distance(analysis.trace), rtol=1e-5)
    assert len(header["kinds"]) == 144


def test_norms_are_those_of_the_residual_stream(analysis: cached.Analysis) -> None:
    _, arrays = unpack(payload.lengths(analysis))
    assert arrays["maps"].shape == (13, 65) and arrays["flags"].shape == (13, 64)
    np.testing.assert_allclose(arrays["maps"][12], analysis.trace.resid(12)[0].norm(dim=-1), rtol=1e-5)


def test_the_occlusion_chart_draws_what_it_is_given() -> None:
    shares, most, least = np.array([0, 0.4, 0.8]), np.array([0.9, 0.5, 0.1]), np.array([0.9, 0.8, 0.3])
    random = np.array([[0.9, 0.7, 0.2], [0.9, 0.5, 0.4]])
    figure = curves.covered(shares, most, least, random, "probability of espresso")
    drawn = {trace.name: np.asarray(trace.y) for trace in figure.data if trace.name}
    np.testing.assert_allclose(drawn["random order, mean"], [0.9, 0.6, 0.3])
    np.testing.assert_allclose(drawn["most attended first"], most)
    assert figure.layout.yaxis.title.text == "probability of espresso"


def test_the_explorers_payload_holds_q_and_k_and_is_far_smaller_than_the_matrices(analysis_224: cached.Analysis) -> None:
    sent, trace = payload.explorer(analysis_224), analysis_224.trace
    header, arrays = unpack(sent)
    assert len(sent) <= 4_000_000 < sum(4 * trace.attn_weights(layer).numel() for layer in range(trace.depth)) / 5
    assert header["grid"] == [14, 14] and header["depth"] == 12 and header["heads"] == 12 and header["prefix"] == ["[CLS]"]
    found = opening(trace)
    assert header["opening"] == [found.layer, found.head] and header["text"] == [5, 2]
    for layer, head, query in [(0, 0, 0), (5, 2, 93), (11, 11, 196)]:
        cut = slice(16 * head, 16 * head + 16)
        scores = arrays["k"][layer, :, cut].astype(np.float64) @ arrays["q"][layer, query, cut].astype(np.float64) / 4
        weights = np.exp(scores - arrays["lse"][layer, head, query])
        np.testing.assert_allclose(weights, trace.attn_weights(layer)[0, head, query], rtol=2e-5)


@pytest.mark.parametrize("token", [0, 1, 196])
def test_checks_agree_with_the_trace(analysis_224: cached.Analysis, token: int) -> None:
    trace = analysis_224.trace
    asked = {"layer": 3, "head": 4, "query": token, "key": 7, "weight": float(trace.attn_weights(3)[0, 4, token, 7])}
    found = explained.checks(trace, Selection(token=token), asked)
    assert len(found) == 3
    for check in found:
        assert check.difference <= 1e-5 * max(1.0, abs(check.shown)), check


@pytest.mark.parametrize(
    "asked",
    [
        None,
        3,
        {},
        {"layer": 12, "head": 0, "query": 0, "key": 0, "weight": 0.1},
        {"layer": 0, "head": 0, "query": 0, "key": True, "weight": 0.1},
        {"layer": 0, "head": 0, "query": -1, "key": 0, "weight": 0.1},
        {"layer": 0, "head": 0, "query": 0, "key": 0, "weight": "x"},
    ],
)
def test_a_strange_message_from_the_browser_is_ignored(analysis_224: cached.Analysis, asked) -> None:
    assert not explained.valid(asked, analysis_224.trace)
    assert len(explained.checks(analysis_224.trace, Selection(), asked)) == 2


def test_the_script_on_the_page_prints_the_numbers_on_the_page(analysis_224: cached.Analysis, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    trace, selection = analysis_224.trace, Selection(picture="coffee", layer=5, head=2, token=93)
    exec(compile(explained.script(trace, selection), "attention", "exec"), {})
    printed = [line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines()]
    row = trace.attn_weights(5)[0, 2, 93].topk(5)
    expected = [(trace.layout.name(int(key)), float(weight)) for weight, key in zip(*row, strict=True)]
    assert [(name, float(value)) for name, value in printed] == [(name, pytest.approx(value, abs=1e-3)) for name, value in expected]


def test_exports_hold_the_tensors(analysis_224: cached.Analysis, tmp_path) -> None:
    trace, selection = analysis_224.trace, Selection(picture="coffee", layer=5, head=2, token=93)
    files = {export.file_name: export.make() for export in explained.exports(trace, selection)}
    row = [line.split(",") for line in files["coffee-224-16-layer6-head3-token93.csv"].splitlines()[1:]]
    np.testing.assert_allclose([float(line[-1]) for line in row], trace.attn_weights(5)[0, 2, 93], rtol=1e-4, atol=1e-7)
    (tmp_path / "x.npz").write_bytes(files["coffee-224-16-layer6-head3.npz"])
    with np.load(tmp_path / "x.npz") as data:
        np.testing.assert_array_equal(data["attn_weights"], trace.attn_weights(5)[0])
        assert sorted(data) == ["attn_weights", "k", "q", "v"]


def test_with_the_mean_of_the_heads_every_part_speaks_of_it(analysis_224: cached.Analysis, capsys, monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    trace = analysis_224.trace
    selection = Selection(picture="coffee", layer=5, head=2, token=93, view=view.changed("attention", "", {"average": True}))
    row = trace.attn_weights(5)[0, :, 93].mean(0)
    key = int(row.argmax())
    assert key != explained.strongest(trace, Selection(layer=5, head=2, token=93))  # a head of its own looks elsewhere
    assert any(f"= {float(row[key]):.4g}" in formula for _, formula in explained.formulas(trace, selection))
    check = explained.checks(trace, selection, None)[-1]
    assert check.name.startswith("weight, mean of 12 heads, layer 6") and check.difference <= 1e-6
    assert check.shown == pytest.approx(float(row[key]), rel=1e-6)
    written = explained.exports(trace, selection)[0].make().splitlines()[1:]
    np.testing.assert_allclose([float(line.rsplit(",", 1)[1]) for line in written], row, rtol=1e-6)
    exec(compile(explained.script(trace, selection), "attention", "exec"), {})
    printed = [line.rsplit(" ", 1) for line in capsys.readouterr().out.splitlines()]
    assert printed[0] == [trace.layout.name(key), f"{float(row[key]):.4g}"]
