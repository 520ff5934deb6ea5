"""What the experiments and the comparison send, check and say: compared with `vit_core`."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.answers import said
from tests.support.models.small import small_model
from ui.experiments import charts, payload, setting
from ui.work import cached
from vit_core.study import perturbation
from vit_core.study.effect import Followed
from vit_core.study.token_edits import stream_change, token_edits


@pytest.fixture(scope="module")
def analysis() -> cached.Analysis:
    return of("bundled", "coffee", 64, 8)


def of(model: str, picture: str, size: int, patch: int) -> cached.Analysis:
    return cached.analysis.__wrapped__(model, picture, size, patch, cached.gallery_picture(picture))


def test_curve_steps_use_the_drops_that_are_known():
    trace = of("bundled", "coffee", 64, 16).trace
    direct = torch.cat(list(payload.curve_steps(trace, 11, None)()))
    known = torch.cat(list(perturbation.occlusion_drops(trace, Followed.of(trace))))
    again = torch.cat(list(payload.curve_steps(trace, 11, known.numpy())()))
    assert torch.equal(direct, again) and torch.equal(direct[:16], known)
    curves = perturbation.curves_of(direct[16:], 16)
    assert curves.deletion.shape == (7, 15)
    assert_close(curves.deletion[:, 0], torch.full((7,), float(trace.probs.max())))


@pytest.mark.parametrize("text", [None, 3, "x", "-", "5-", "9-1", "99999999999", "1-999999", "3." * 90])
def test_any_text_in_a_link_names_tokens_or_none(text):
    assert all(0 <= token < 65 for token in setting.tokens_of(text, 65))


def test_tokens_of_a_link():
    assert setting.tokens_of("3.5-8.64-70", 65) == [3, 5, 6, 7, 8, 64]


def test_edited_tokens_are_those_of_the_model(analysis):
    trace = analysis.trace
    arrays, facts = payload.edited(trace, [3, 4, 9], "zero", 4)
    after = trace.model(trace.images, trace.patch_size, token_edits(trace.layout, 12, [3, 4, 9], "zero", 4))
    assert_close(torch.from_numpy(arrays["change"]), stream_change(trace, after))
    assert facts["left"] == pytest.approx(float(after.probs[0, trace.probs[0].argmax()]), abs=1e-6)
    assert {row[0]: row[2] for row in facts["answers"][1]} == pytest.approx(dict(said(after, 5)))
    assert payload.edited(trace, [3], "swap", 0)[1]["problem"] == "To swap, choose at least two tokens; got 1."


def test_a_model_without_a_head_is_followed_by_its_features():
    model = small_model(num_classes=0, num_registers=1)
    trace = model(torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(2)))
    arrays, facts = payload.edited(trace, [3, 4], "zero", 1)
    assert facts["answers"] == [] and facts["moved"] is None and facts["left"] < 1 and arrays["change"].shape == (4, 18)


def test_the_charts_draw_what_the_page_states(analysis):
    trace = of("bundled", "coffee", 64, 16).trace
    values = torch.linspace(0, 1, 2 * 7 * (perturbation.STEPS + 1))
    found = perturbation.curves_of(values, 16)
    drawn = charts.in_orders(trace, found)
    for name, figure in drawn.items():
        lines = {one.name: one for one in figure.data if one.customdata is not None}
        assert_close(torch.tensor(lines["attention"].y), getattr(found, name)[0])
        assert_close(torch.tensor(lines["random"].y), getattr(found, name)[2:].mean(0))
        assert figure.layout.yaxis.title.text == f"probability of {said(trace)[0][0]}"
    arrays, _ = payload.edited(analysis.trace, [3, 4, 9], "zero", 4)
    lines = {one.name: one.y for one in charts.moved(analysis.trace.layout, arrays["change"], [3, 4, 9]).data}
    change = torch.from_numpy(arrays["change"])
    assert list(lines) == ["chosen tokens, mean", "other patches, mean", "[CLS]"]
    assert_close(torch.tensor(lines["chosen tokens, mean"]), change[:, [3, 4, 9]].mean(1))
    assert_close(torch.tensor(lines["[CLS]"]), change[:, 0])
    everything = charts.moved(analysis.trace.layout, arrays["change"], range(65)).data
    assert all(torch.tensor(one.y).isnan().all() for one in everything[1:])
