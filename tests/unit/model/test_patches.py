"""Patches and their kernel: order of values, round trips, equality with a convolution, FlexiViT's resizing."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from vit_core.patches import flatten_kernel, kernel_resize_matrix, patchify, resize_kernel, resize_matrix, unpatchify

sides = st.integers(1, 5)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_order_of_values_by_hand():
    image = torch.arange(2 * 2 * 4).float().reshape(1, 2, 2, 4)  # the first channel counts from 0, the second from 8
    assert patchify(image, 2).tolist() == [[[0, 8, 1, 9, 4, 12, 5, 13], [2, 10, 3, 11, 6, 14, 7, 15]]]


@given(batch=st.integers(1, 3), chans=st.integers(1, 4), rows=sides, cols=sides, patch=sides)
def test_round_trip(batch, chans, rows, cols, patch):
    image = noise(batch, chans, rows * patch, cols * patch)
    patches = patchify(image, patch)
    assert patches.shape == (batch, rows * cols, patch * patch * chans)
    assert torch.equal(unpatchify(patches, (rows, cols), chans), image)


@given(chans=st.integers(1, 4), rows=sides, cols=sides, patch=sides, dim=st.integers(1, 6))
def test_a_linear_layer_on_patches_is_a_strided_convolution(chans, rows, cols, patch, dim):
    image, kernel, bias = noise(2, chans, rows * patch, cols * patch), noise(dim, chans, patch, patch, seed=1), noise(dim, seed=2)
    linear = F.linear(patchify(image, patch), flatten_kernel(kernel), bias)
    convolved = F.conv2d(image, kernel, bias, stride=patch).flatten(2).transpose(1, 2)
    assert_close(linear, convolved, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(("size", "patch"), [((6, 8), 4), ((8, 6), 4), ((4, 4), 0)])
def test_patches_must_divide_the_picture(size, patch):
    with pytest.raises(ValueError) as caught:
        patchify(torch.zeros(1, 3, *size), patch)
    assert str(caught.value) == (
        f"The patch size must divide the image; got an image of {size[0]}×{size[1]} pixels and patches of {patch}."
    )


@pytest.mark.parametrize(
    ("shape", "grid", "message"),
    [
        ((1, 6, 12), (2, 2), "A grid of 2×2 needs 4 patches; got 6."),
        ((1, 4, 15), (2, 2), "A square patch of 3 channels has P·P·3 values; got 15."),
    ],
)
def test_patches_that_make_no_picture(shape, grid, message):
    with pytest.raises(ValueError) as caught:
        unpatchify(torch.zeros(shape), grid)
    assert str(caught.value) == message


def test_resizing_by_hand():
    # One side, 1 to 2 pixels: both take its value. 2 to 4 (centres at -0.25, 0.25, 0.75, 1.25 of the old): weights 1, 3/4, 1/4, 0.
    assert_close(resize_matrix(1, 2), torch.ones(4, 1).double())
    side = torch.tensor([[1, 0], [0.75, 0.25], [0.25, 0.75], [0, 1]], dtype=torch.float64)
    assert_close(resize_matrix(2, 4), torch.kron(side, side))
    assert_close(kernel_resize_matrix(1, 2), torch.full((4, 1), 0.25))  # so that the sum over four equal pixels is what it was


@given(old=st.integers(1, 9), new=st.integers(1, 12))
def test_the_matrix_is_the_resizing(old, new):
    squares = noise(3, 1, old, old).double()
    resized = F.interpolate(squares, size=(new, new), mode="bilinear", antialias=True, align_corners=False)
    assert_close(squares.reshape(3, -1) @ resize_matrix(old, new).T, resized.reshape(3, -1))


@given(old=st.integers(1, 8), larger=st.integers(0, 12))
def test_enlarging_patch_and_kernel_keeps_their_product(old, larger):
    new = old + larger
    patch, kernel = noise(old * old), noise(5, 3, old, old, seed=1)
    enlarged = resize_matrix(old, new).float() @ patch
    products = resize_kernel(kernel, new).reshape(15, -1) @ enlarged
    assert_close(products, kernel.reshape(15, -1) @ patch, atol=1e-4, rtol=1e-4)


@given(old=st.integers(2, 8), data=st.data())
def test_shrinking_is_the_least_squares_solution(old, data):
    new = data.draw(st.integers(1, old - 1))
    matrix, kernel = resize_matrix(old, new), noise(old * old).double()
    best = torch.linalg.lstsq(matrix.T, kernel[:, None]).solution[:, 0]
    assert_close(kernel_resize_matrix(old, new).double() @ kernel, best, atol=1e-4, rtol=1e-4)


def test_its_own_size_returns_the_kernel_itself():
    kernel = noise(2, 3, 4, 4)
    assert resize_kernel(kernel, 4) is kernel


def test_the_cache_serves_training_whoever_asked_first():
    resize_matrix.cache_clear(), kernel_resize_matrix.cache_clear()
    kernel = noise(2, 3, 4, 4).requires_grad_()
    with torch.inference_mode():
        resize_kernel(kernel, 6), resize_matrix(4, 6)
    resize_kernel(kernel, 6).sum().backward()
    assert kernel.grad.abs().sum() > 0
    assert not resize_matrix(4, 6).is_inference()
