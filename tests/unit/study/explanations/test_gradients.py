"""Explanations by gradients against differences of runs in float64, and against what each of them promises."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.models.small import VARIANTS, pictures, small_model
from vit_core.patches import patchify
from vit_core.study.explanations import gradients
from vit_core.study.explanations.gradients import Question, asked

CLASSED = [name for name in VARIANTS if small_model(**VARIANTS[name]).config.num_classes]


def traced(seed: int = 0, **changes):
    return small_model(seed=seed, **changes).double()(pictures(1).double())


@pytest.mark.parametrize("variant", CLASSED)
def test_the_gradient_is_a_difference_of_two_runs(variant):
    trace = traced(**VARIANTS[variant])
    question = asked(trace)
    _, slope = gradients.with_gradient(trace.model, trace.images, trace.patch_size, question)
    for place in ((0, 0, 0), (trace.config.in_chans - 1, 7, 9)):
        moved = torch.zeros_like(trace.images)
        moved[(0, *place)] = 1e-5
        up, down = (float(question.score(trace.model(trace.images + sign * moved).logits)) for sign in (1, -1))
        assert float(slope[(0, *place)]) == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-8)
    cut = patchify(slope, trace.patch_size)[0]
    assert_close(gradients.gradient(trace, question), cut.norm(dim=1))
    assert_close(gradients.gradient_times_input(trace, question), (cut * trace.patches[0]).sum(1))


def test_the_difference_of_two_classes_is_the_difference_of_their_maps():
    trace = traced()
    first, second, both = Question(2), Question(4), Question(2, 4)
    one, other, difference = (gradients.gradient_times_input(trace, question) for question in (first, second, both))
    assert_close(difference, one - other)
    again, back = (gradients.integrated_gradients(trace, question).patches for question in (both, Question(4, 2)))
    assert_close(again, -back)


@pytest.mark.parametrize("variant", CLASSED)
def test_integrated_gradients_leave_nothing_over(variant):
    trace = traced(**VARIANTS[variant])
    question = asked(trace)
    few, many = (gradients.integrated_gradients(trace, question, steps) for steps in (2, 64))
    scale = abs(many.score - many.baseline)
    assert abs(many.gap) < 1e-5 * scale and abs(many.gap) <= abs(few.gap)
    plain = trace.images.mean(dim=(2, 3), keepdim=True).expand_as(trace.images)
    assert many.score == pytest.approx(float(question.score(trace.logits)))
    assert many.baseline == pytest.approx(float(question.score(trace.model(plain).logits)))


def test_integrated_gradients_are_nil_where_the_picture_is_the_baseline():
    images = pictures(1).double()
    colour = images.mean(dim=(2, 3), keepdim=True)
    images[:, :, :4, :4] = colour  # the first patch has the mean colour, and the mean stays what it is
    images[:, :, 4:] += (colour - images.mean(dim=(2, 3), keepdim=True)) * 16 / 12
    trace = small_model().double()(images)
    found = gradients.integrated_gradients(trace, asked(trace)).patches
    assert abs(float(found[0])) < 1e-12 and (found[1:].abs() > 1e-9).all()


def test_the_quadrature_is_exact_for_polynomials():
    places, shares = gradients.gauss_legendre(5)
    for power in range(10):
        assert float((shares * places**power).sum()) == pytest.approx(1 / (power + 1), rel=1e-12)


def test_smoothed_without_noise_is_the_gradient_and_with_noise_is_repeatable():
    trace = traced()
    question = asked(trace)
    assert_close(gradients.smooth_gradient(trace, question, draws=3, noise=0.0), gradients.gradient(trace, question))
    one, again, other = (gradients.smooth_gradient(trace, question, 5, seed=seed) for seed in (0, 0, 1))
    assert_close(one, again)
    assert not torch.allclose(one, other)
    assert_close(gradients.smooth_gradient(trace, question, 5, batch=2), one)


@pytest.mark.parametrize("variant", CLASSED)
def test_what_is_kept_inside_the_model_is_what_the_trace_says(variant):
    trace = traced(**VARIANTS[variant])
    question = asked(trace)
    (weights, stream), (_, slope) = gradients.kept(trace, question, [(1, "attn_weights"), (0, "resid_post")])
    assert_close(weights, trace.attn_weights(1))
    assert_close(stream, trace.block(0).resid_post)
    step = torch.zeros_like(stream)
    step[0, -1, 3] = 1e-5
    up, down = (
        float(question.score(trace.model(trace.images, edits={(0, "resid_post"): lambda x, s=sign: x + s * step}).logits))
        for sign in (1, -1)
    )
    assert float(slope[0, -1, 3]) == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-8)


def test_the_map_of_tokens_is_its_definition():
    trace = traced()
    question, patches = asked(trace), trace.layout.patches
    (value,), (slope,) = gradients.kept(trace, question, [(1, "resid_post")])
    by_hand = [max(0.0, float(sum(value[0, t, d] * slope[0, patches, d].mean() for d in range(value.shape[2])))) for t in range(1, 17)]
    assert_close(gradients.token_cam(trace, question, 1), torch.tensor(by_hand, dtype=torch.float64))
    with pytest.raises(ValueError, match="After block 3, the last one"):
        gradients.token_cam(trace, question, 2)
    averaged = traced(pool="mean")
    assert gradients.token_cam(averaged, asked(averaged), 2).shape == (16,)


@pytest.mark.parametrize("variant", CLASSED)
def test_attention_weighted_by_its_gradient_is_its_definition(variant):
    trace = traced(**VARIANTS[variant])
    question = asked(trace)
    sites = [(layer, "attn_weights") for layer in range(trace.depth)]
    by_hand = torch.eye(trace.layout.num_tokens, dtype=torch.float64)
    for weight, slope in zip(*gradients.kept(trace, question, sites), strict=True):
        positive = torch.stack([(a * g).relu() for a, g in zip(weight[0], slope[0], strict=True)])
        by_hand = by_hand + positive.sum(0) / len(positive) @ by_hand
    found = gradients.weighted_rollout(trace, question)
    assert_close(found, by_hand)
    assert (found >= 0).all() and (found.diagonal() >= 1).all()
    assert gradients.what_reads(trace, found).shape == (trace.layout.num_patches,)


def test_a_model_drawn_anew_is_another_and_the_first_stays():
    model = small_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    said, seen = [], []
    for name, other in gradients.randomised(model, 2):
        said.append(name)
        seen.append({key for key, value in other.state_dict().items() if not torch.equal(value, before[key])})
    assert said == ["classifier", "block 3", "block 2"]
    assert seen[0] == {"head.weight"} and all(name.startswith(("head.", "blocks.1.", "blocks.2.")) for name in seen[2])
    assert {name.split(".")[1] for name in seen[2] if name.startswith("blocks.")} == {"1", "2"}
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_what_cannot_be_asked_is_said():
    with pytest.raises(ValueError, match="no classes, so there is no answer to explain"):
        asked(small_model(num_classes=0)(pictures(1)))
    trace = traced()
    assert asked(trace).label == int(trace.logits[0].argmax())
    with pytest.raises(ValueError, match=r"classes 0 to \d+; got 999"):
        asked(trace, 999)
    with pytest.raises(ValueError, match=r"got -1"):
        asked(trace, 0, -1)
