"""Edits of a forward pass: each changes its place and what follows, and nothing else."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.models.small import pictures, small_model
from vit_core.model import BLOCK_SITES, MODEL_SITES

# Edits.

PLACES = [*((None, site) for site in MODEL_SITES), *((1, site) for site in BLOCK_SITES)]


places = pytest.mark.parametrize("place", PLACES, ids=[site for _, site in PLACES])


def at(trace, place):
    layer, site = place
    return getattr(trace if layer is None else trace.block(layer), site)


@places
def test_an_edit_changes_its_place_and_what_follows(place):
    model, x = small_model(), pictures()
    before = model(x)
    after = model(x, edits={place: lambda value: value * 0.5})
    assert_close(at(after, place), at(before, place) * 0.5)
    assert not torch.allclose(after.logits, before.logits)
    if place[0] == 1:
        assert torch.equal(after.block(1).resid_pre, before.block(1).resid_pre)
    assert torch.equal(model(x).logits, before.logits)


@places
def test_an_edit_that_changes_nothing_changes_nothing(place):
    model, x = small_model(), pictures()
    assert_close(model(x, edits={place: lambda value: value}).logits, model(x).logits)


@places
def test_an_edit_in_place_leaves_the_model_alone(place):
    model, x = small_model(), pictures()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model(x, edits={place: lambda value: value.zero_()})
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_edited_values_go_on_to_what_is_derived():
    model, x = small_model(), pictures()
    block = model(x, edits={(0, "attn_weights"): lambda w: w.flip(-1), (0, "mlp_post_act"): torch.relu}).block(0)
    assert_close(block.head_out, block.attn_weights @ block.v)
    assert_close(block.attn_weights.flip(-1), block.attn_scores.softmax(dim=-1))
    assert_close(block.resid_mid, block.resid_pre + block.attn_out)
    assert_close(block.mlp_out, model.blocks[0].mlp.fc2(block.mlp_post_act))
    assert block.mlp_post_act.min() == 0


def test_activations_swapped_in_from_another_picture():
    model, one, other = small_model(), pictures(1, seed=1), pictures(1, seed=2)
    donor = model(other)
    patched = model(one, edits={(1, "resid_post"): lambda _: donor.block(1).resid_post})
    assert torch.equal(patched.logits, donor.logits)
    assert not torch.equal(patched.block(0).resid_post, donor.block(0).resid_post)
