"""The whole-model views of the attention page are the trace's own numbers."""

import numpy as np
import pytest

from tests.support.payload import unpack
from ui.attention import whole_model
from ui.kit import figures
from ui.work import cached
from vit_core.analysis import attention_distance, rollout


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return cached.analysis.__wrapped__("bundled", "coffee", 64, 8, cached.gallery_picture("coffee"))


@pytest.mark.parametrize(("fusion", "residual", "discard"), [("mean", 0.5, 0.0), ("max", 0.2, 0.6), ("min", 0.0, 0.95)])
def test_rollout_rows_sum_to_one(analysis: cached.Analysis, fusion: str, residual: float, discard: float) -> None:
    header, arrays = unpack(whole_model.rollout_payload(analysis, fusion, residual, discard))
    assert header["by"] == "token"
    np.testing.assert_allclose(arrays["maps"].astype(np.float64).sum(1), 1, atol=2e-3)
    np.testing.assert_allclose(arrays["maps"], rollout(analysis.trace, fusion, residual, discard)[0], atol=1e-3)


def test_heads_are_in_reading_order(analysis: cached.Analysis) -> None:
    header, arrays = unpack(whole_model.heads_payload(analysis))
    np.testing.assert_allclose(arrays["distance"].reshape(12, 12), attention_distance(analysis.trace), rtol=1e-5)
    assert len(header["kinds"]) == 144


def test_norms_are_those_of_the_residual_stream(analysis: cached.Analysis) -> None:
    _, arrays = unpack(whole_model.norms_payload(analysis))
    assert arrays["maps"].shape == (13, 65) and arrays["flags"].shape == (13, 64)
    np.testing.assert_allclose(arrays["maps"][12], analysis.trace.resid(12)[0].norm(dim=-1), rtol=1e-5)


def test_the_occlusion_chart_draws_what_it_is_given() -> None:
    shares, most, least = np.array([0, 0.4, 0.8]), np.array([0.9, 0.5, 0.1]), np.array([0.9, 0.8, 0.3])
    random = np.array([[0.9, 0.7, 0.2], [0.9, 0.5, 0.4]])
    figure = figures.occlusion(shares, most, least, random, "probability of espresso")
    drawn = {trace.name: np.asarray(trace.y) for trace in figure.data if trace.name}
    np.testing.assert_allclose(drawn["random order, mean"], [0.9, 0.6, 0.3])
    np.testing.assert_allclose(drawn["most attended first"], most)
    assert figure.layout.yaxis.title.text == "probability of espresso"
