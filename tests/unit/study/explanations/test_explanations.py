"""Methods by fixed gates and by masks, the list of all, and their tests: conservation, symmetry, sensitivity, and closed loops."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from tests.support.models.small import VARIANTS, pictures, small_model
from tests.support.relevance_rules import Achtibat, Chefer, walked
from vit_core.model import VisionTransformer
from vit_core.patches import patchify, unpatchify
from vit_core.study.explanations import gradients
from vit_core.study.explanations.gradients import Question, asked
from vit_core.study.explanations.masks import kept_pictures, masks, occluded, rise
from vit_core.study.explanations.methods import FACTS, METHODS, explained, passes
from vit_core.study.explanations.propagation import propagated, relevance_rollout
from vit_core.study.explanations.relevance import GAMMA, AttentionRules, FixedGates, relevance
from vit_core.study.occlusion import cover

CLASSED = [name for name in VARIANTS if small_model(**VARIANTS[name]).config.num_classes]
SEEDS = st.integers(0, 1000)


def traced(seed: int = 0, **changes):
    return small_model(seed=seed, **changes).double()(pictures(1).double())


def whole(parts) -> torch.Tensor:
    return [part for part in parts if len(part)][-1]


@pytest.mark.parametrize("variant", [*CLASSED, "gated"])
def test_what_tokens_and_biases_have_is_all_of_the_score(variant):
    """The biases' relevance is their value times their gradient, by autograd over the parameters."""
    trace = traced(**({"ffn": "swiglu"} if variant == "gated" else VARIANTS[variant]))
    question, model = asked(trace), trace.model
    found = relevance(trace, question)
    assert found.score == pytest.approx(float(question.score(trace.logits)))
    biases = [
        p.requires_grad_() for name, p in model.named_parameters() if name.endswith("bias") and not name.startswith(("patch", "norm_pre"))
    ]
    edits = {(layer, "attn_weights"): torch.Tensor.detach for layer in range(trace.depth)}
    with torch.enable_grad(), FixedGates():
        score = question.score(model(trace.images.clone().requires_grad_(), trace.patch_size, edits).logits)
        slopes = torch.autograd.grad(score.sum(), biases, allow_unused=True)
    theirs = sum(float((bias * slope).sum().detach()) for bias, slope in zip(biases, slopes, strict=True) if slope is not None)
    assert found.biases == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_without_biases_the_tokens_have_all():
    model = small_model().double()
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.zero_()
    found = relevance(trace := model(pictures(1).double()), asked(trace))
    assert abs(found.biases) < 1e-10 * found.tokens.abs().sum()


WALKED = {"plain": {}, "gated": {"ffn": "swiglu"}, "scaled": {"layer_scale": True}}


@pytest.mark.parametrize("variant", WALKED)
def test_relevance_weighted_attention_is_that_of_a_second_walk(variant):
    trace, question = traced(**WALKED[variant]), Question(2, 4)
    head = trace.model.head.weight.detach()
    tokens, attention = walked(trace, Chefer(), (head[2] - head[4])[None], None, torch.ones(1, 1).double())
    found = propagated(trace, question)
    assert_close(found.tokens, tokens, rtol=1e-6, atol=1e-9)
    _, slopes = gradients.kept(trace, question, [(layer, "attn_weights") for layer in range(trace.depth)])
    by_hand = torch.eye(trace.layout.num_tokens, dtype=torch.float64)
    for own, theirs, slope in zip(found.attention, attention, slopes, strict=True):
        assert_close(own, theirs, rtol=1e-6, atol=1e-9)
        positive = torch.stack([(g * r).relu() for g, r in zip(slope[0], theirs, strict=True)])
        by_hand = (torch.eye(len(by_hand)).double() + positive.mean(0)) @ by_hand
    assert_close(relevance_rollout(trace, question), by_hand, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("variant", [*CLASSED, "gated"])
def test_what_is_handed_back_is_all_of_the_score(variant):
    """Conserved from the head to the first block, and by halves where attention weights meet values."""
    trace = traced(**({"ffn": "swiglu"} if variant == "gated" else VARIANTS[variant]))
    found = propagated(trace, asked(trace))
    assert float(found.tokens.sum()) == pytest.approx(1, rel=1e-6)
    assert all(part.shape == (trace.config.num_heads, *(2 * [trace.layout.num_tokens])) for part in found.attention)
    assert (relevance_rollout(trace, asked(trace)).diagonal() >= 1).all()


@pytest.mark.parametrize("variant", WALKED)
def test_relevance_through_attention_is_that_of_a_second_walk(variant):
    """And what tokens do not have lies on biases and in the softmaxes."""
    trace, rules = traced(**WALKED[variant]), Achtibat(GAMMA)
    head, start = trace.model.head, torch.zeros_like(trace.logits)
    start[0, 2], start[0, 4] = trace.logits[0, 2], -trace.logits[0, 4]
    tokens, _ = walked(trace, rules, head.weight, head.bias, start)
    found = relevance(trace, Question(2, 4), AttentionRules)
    assert_close(found.tokens, tokens.sum(1), rtol=1e-6, atol=1e-9)
    assert found.biases == pytest.approx(rules.lost, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("variant", [*CLASSED, "gated"])
def test_rules_change_no_value(variant):
    trace = traced(**({"ffn": "swiglu"} if variant == "gated" else VARIANTS[variant]))
    for rules in (FixedGates, AttentionRules):
        assert relevance(trace, asked(trace), rules).score == pytest.approx(float(asked(trace).score(trace.logits)), rel=1e-12)


@given(SEEDS, st.permutations(range(16)))
@settings(max_examples=8, deadline=None)
def test_a_model_without_positions_gives_moved_patches_their_numbers(seed, order):
    """Symmetry: patches trade places, and their numbers with them."""
    model = small_model(seed=seed).double()
    model.pos_embed.data[:] = model.pos_embed.data[:, :1]
    images = pictures(1, seed=seed).double()
    moved = patchify(images, 4)[:, list(order)]
    one, other = model(images), model(unpatchify(moved, (4, 4), 3))
    question = asked(one)
    for method in METHODS:
        if method.id != "smooth" and method.id != "rise":  # what chance adds has a place
            first, second = (whole(method.run(trace, question))[:16] for trace in (one, other))
            assert_close(second, first[list(order)], rtol=1e-6, atol=1e-9, msg=method.id)


@given(SEEDS, st.integers(0, 15))
@settings(max_examples=8, deadline=None)
def test_a_patch_that_the_model_does_not_see_has_nothing(seed, blind):
    """Sensitivity: a model to which one patch is nothing, whatever it shows."""
    trace = traced(seed)
    question, model = asked(trace), trace.model

    def unseen(tokens):
        kept = tokens.clone()
        kept[:, 1 + blind] = 0
        return kept

    straight = model.forward
    model.forward = lambda images, patch_size=None, edits=None: straight(images, patch_size, {(None, "tokens"): unseen} | dict(edits or {}))
    again = model(trace.images)
    for method in METHODS:
        if method.id in ("gradient", "product", "integrated", "smooth", "occlusion"):
            assert abs(float(whole(method.run(again, question))[blind])) < 1e-9, method.id


@given(SEEDS)
@settings(max_examples=6, deadline=None)
def test_integrated_gradients_are_complete(seed):
    trace = traced(seed)
    found = gradients.integrated_gradients(trace, asked(trace), 96)
    assert abs(found.gap) < 1e-4 * (abs(found.score) + abs(found.baseline))


def test_masks_are_what_they_say():
    kept = masks((14, 14), 400)
    assert kept.shape == (400, 196) and kept.min() >= 0 and kept.max() <= 1
    assert float(kept.mean()) == pytest.approx(0.5, abs=0.03)
    assert_close(kept, masks((14, 14), 400))
    assert not torch.equal(kept, masks((14, 14), 400, seed=1))
    trace = traced()
    nothing, everything = kept_pictures(trace, torch.stack([torch.zeros(16), torch.ones(16)]))
    assert_close(everything, trace.images)
    assert_close(nothing, trace.images.mean(dim=(2, 3), keepdim=True).expand_as(trace.images))


def test_means_over_masks_are_their_definition():
    trace = traced()
    question, kept = asked(trace), masks((4, 4), 20, seed=3).double()
    said = torch.tensor([float(question.score(trace.model(picture).logits)) for picture in kept_pictures(trace, kept)])
    by_hand = [float((said * kept[:, i]).sum() / kept[:, i].sum() - said.mean()) for i in range(16)]
    assert_close(whole(rise(trace, question, 20, seed=3)), torch.tensor(by_hand, dtype=torch.float64), rtol=1e-5, atol=1e-6)


def test_occlusion_of_a_score_is_a_drop_of_it():
    trace = traced()
    question = Question(2, 4)
    without = trace.model(cover(trace.images, 4, (4, 4), torch.tensor([6])))
    drop = float(question.score(trace.logits) - question.score(without.logits))
    assert float(whole(occluded(trace, question))[6]) == pytest.approx(drop)


@pytest.mark.parametrize("variant", CLASSED)
def test_every_method_has_its_map_and_says_what_it_took(variant):
    trace = small_model(**VARIANTS[variant])(pictures(1))
    count = trace.layout.num_patches
    found = torch.cat(list(explained(trace, asked(trace)))).reshape(len(METHODS), count + FACTS)
    assert found[:, :count].isfinite().all() and (found[:, count] >= 0).all()
    for method, row in zip(METHODS, found, strict=True):
        assert bool(row[-1].isnan()) != bool(method.leaves)
        assert method.signed or (row[:count] >= 0).all()
    ig = gradients.integrated_gradients(trace, asked(trace))
    assert float(found[2, -1]) == pytest.approx(ig.gap, abs=1e-6)
    assert passes(count)[1] == sum(method.backward for method in METHODS)


def test_passes_are_those_that_run(monkeypatch):
    trace = small_model()(pictures(1))
    ran = []
    straight = VisionTransformer.forward

    def forward(model, images, patch_size=None, edits=None):
        ran.append(len(images))
        return straight(model, images, patch_size, edits)

    monkeypatch.setattr(VisionTransformer, "forward", forward)
    for method in METHODS:
        ran.clear()
        list(method.run(trace, asked(trace)))
        assert sum(ran) == method.passes(16)[0], method.id
