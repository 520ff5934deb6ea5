"""The patch embedding looked at from all sides: terms, convolution, pseudo-inverse, components, similarity, order."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from tests.support.models.small import pictures, small_model
from vit_core.patches import patchify
from vit_core.study.embedding import (
    convolution,
    filter_components,
    patch_errors,
    projection,
    pseudo_inverse,
    reading_edits,
    reconstruct,
    similarity,
    terms,
)


def traced(side: int = 4, **changes):
    model = small_model(**changes)
    return model(pictures(batch=1, height=16, width=24), side)


def test_terms_by_hand() -> None:
    model = small_model(embed_dim=3, patch_size=2, image_size=4, depth=1, num_heads=1)
    with torch.no_grad():
        model.patch_embed.proj.weight.zero_()
        model.patch_embed.proj.weight[1, 2, 0, 1] = 5.0  # output 1 reads the blue of the top right pixel
        model.patch_embed.proj.bias[:] = torch.tensor([0.0, 0.5, 0.0])
    x = torch.zeros(1, 3, 4, 4)
    x[0, 2, 0, 3] = 2.0  # in the top right patch
    trace = model(x, 2)
    products = terms(trace, patch=1, dim=1)
    assert products.tolist() == [0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0]
    assert float(trace.patch_embeddings[0, 1, 1]) == 10.5


@given(patch=st.integers(0, 23), dim=st.integers(0, 11), bias=st.booleans(), kernel=st.sampled_from([None, 3, 8]))
def test_terms_and_bias_are_the_embedding(patch: int, dim: int, bias: bool, kernel: int | None) -> None:
    trace = traced(patch_bias=bias, kernel_size=kernel)
    total = float(terms(trace, patch, dim).sum() + projection(trace)[1][dim])
    assert total == pytest.approx(float(trace.patch_embeddings[0, patch, dim]), abs=1e-5)


def test_places_that_do_not_exist_are_named() -> None:
    trace = traced()
    with pytest.raises(IndexError, match="`patch` goes from 0 to 23; got 24"):
        terms(trace, 24, 0)
    with pytest.raises(IndexError, match="`dim` goes from 0 to 11; got -1"):
        terms(trace, 0, -1)
    with pytest.raises(IndexError, match="`patch` goes from 0 to 23; got 30"):
        similarity(trace, 30)


@pytest.mark.parametrize("patch_size", [2, 4, 8])
def test_linear_and_convolution_agree(patch_size: int) -> None:
    trace = traced(patch_size, kernel_size=4)
    assert (convolution(trace) - trace.patch_embeddings).abs().max() < 1e-5


@pytest.mark.parametrize("shape", [(5, 12), (12, 5), (6, 6)])
def test_pseudo_inverse_is_the_moore_penrose_one(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert torch.allclose(pseudo_inverse(matrix), torch.linalg.pinv(matrix), atol=1e-9)
    matrix[-1] = matrix[0]  # a direction less
    assert torch.allclose(pseudo_inverse(matrix), torch.linalg.pinv(matrix), atol=1e-7)


def test_what_is_rebuilt_has_the_same_embedding_and_no_larger_norm() -> None:
    trace = traced()  # 48 values, 12 numbers
    rebuilt = reconstruct(trace)
    weight, bias = projection(trace)
    again = patchify(rebuilt, 4).double() @ weight.T + bias
    assert torch.allclose(again, trace.patch_embeddings.double(), atol=1e-4)
    assert (patchify(rebuilt, 4).norm(dim=-1) <= trace.patches.norm(dim=-1) + 1e-4).all()
    assert (rebuilt - trace.images).abs().max() > 0.1


def test_nothing_is_lost_where_there_are_as_many_numbers_as_values() -> None:
    trace = traced(2, embed_dim=12, patch_size=2, image_size=16)  # 12 values, 12 numbers
    rebuilt = reconstruct(trace)
    assert torch.allclose(rebuilt, trace.images, atol=1e-3)
    assert patch_errors(trace, rebuilt).max() < 0.1


def test_errors_by_hand() -> None:
    trace = traced()
    std = trace.config.preprocessing.std
    shifted = trace.images.clone()
    shifted[0, 1, :4, 4:8] += 2.0  # green of patch 2 of the first row
    errors = patch_errors(trace, shifted)[0]
    assert float(errors[1]) == pytest.approx((((2.0 * std[1] * 255) ** 2) / 3) ** 0.5, rel=1e-5)
    assert errors.sum() == pytest.approx(float(errors[1]))


def test_components_are_orthonormal_directions_of_the_filters() -> None:
    weight = torch.randn(12, 3, 4, 4, generator=torch.Generator().manual_seed(5))
    components, shares = filter_components(weight, 11)
    rows = components.flatten(1)
    assert torch.allclose(rows @ rows.T, torch.eye(11), atol=1e-5)
    assert (shares.diff() <= 1e-6).all()
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-5)  # 12 filters less their mean lie in 11 directions
    centred = weight.flatten(1) - weight.flatten(1).mean(dim=0)
    assert torch.allclose(centred @ rows.T @ rows, centred, atol=1e-4)
    assert (rows.gather(1, rows.abs().argmax(dim=1, keepdim=True)) > 0).all()
    assert len(filter_components(weight)[1]) == 12


@pytest.mark.parametrize("placed", [False, True])
def test_similarity_is_the_cosine(placed: bool) -> None:
    trace = traced(num_registers=2)
    rows = trace.tokens[0, trace.layout.patches] if placed else trace.patch_embeddings[0]
    found = similarity(trace, 5, placed)
    assert torch.allclose(found, F.cosine_similarity(rows, rows[5:6]), atol=1e-5)
    assert float(found[5]) == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("changes", [{}, {"num_registers": 3}, {"pool": "mean"}, {"pos_covers": "patches", "num_registers": 1}])
def test_without_positions_order_does_not_matter(changes: dict) -> None:
    model = small_model(**changes)
    x = pictures(batch=1, height=16, width=24)
    order = torch.randperm(24, generator=torch.Generator().manual_seed(11))
    plain, mixed, blind, both = (
        model(x, 4, edits=reading_edits(model.config, place, placed))
        for place, placed in [(None, True), (order, True), (None, False), (order, False)]
    )
    assert torch.equal(plain.logits, model(x, 4).logits)
    assert torch.equal(mixed.patch_embeddings, plain.patch_embeddings[:, order])
    assert (plain.logits - mixed.logits).abs().max() > 1e-3
    assert (blind.logits - both.logits).abs().max() < 1e-4
    prefix = model.config.num_pos_prefix
    assert torch.equal(blind.pos_embedding[:, :prefix], plain.pos_embedding[:, :prefix])
    assert not blind.pos_embedding[:, prefix:].any()
