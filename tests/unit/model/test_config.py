"""Configurations: what they refuse and in which words, what they derive, and their way to JSON and back."""

import dataclasses
import json

import pytest

from tests.support.models.small import PLAIN, VARIANTS, as_released
from vit_core.config import Preprocessing, ViTConfig, as_pair


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"embed_dim": 0}, "`embed_dim` must be at least 1; got 0."),
        ({"depth": 0}, "`depth` must be at least 1; got 0."),
        ({"mlp_hidden": -4}, "`mlp_hidden` must be at least 1; got -4."),
        ({"in_chans": 0}, "`in_chans` must be at least 1; got 0."),
        ({"kernel_size": 0}, "`kernel_size` must be at least 1; got 0."),
        ({"pos_grid": (0, 4)}, "`pos_grid` must be at least 1; got (0, 4)."),
        ({"patch_sizes": (8, 0)}, "`patch_sizes` must be at least 1; got (8, 0)."),
        ({"grid_range": (0, 4)}, "`grid_range` must be at least 1; got (0, 4)."),
        ({"grid_range": (9, 4)}, "`grid_range` must go from low to high; got 9 and 4."),
        ({"image_size": (16, 0), "pos_grid": (2, 2)}, "`image_size` must be at least 1; got (16, 0)."),
        ({"num_heads": 5}, "`embed_dim` must be divisible by `num_heads`; got 12 and 5."),
        ({"num_classes": -1}, "`num_classes` and `num_registers` cannot be negative; got -1 and 0."),
        ({"num_registers": -2}, "`num_classes` and `num_registers` cannot be negative; got 5 and -2."),
        ({"norm_eps": 0.0}, "`norm_eps` must lie between 0 and 1; got 0.0."),
        ({"temperature": 0.0}, "`temperature` must be positive; got 0.0."),
        ({"class_token": False}, '`pool` "cls" reads the class token, but `class_token` is False; use "mean".'),
        ({"pool": "cls_dist"}, '`pool` "cls_dist" reads the distillation token, but `distill_token` is False.'),
        ({"pool": "cls_mean", "num_classes": 0}, '`pool` "cls_mean" needs a head, and `norm_position` "before_pool".'),
        ({"pool": "cls_mean", "norm_position": "after_pool"}, '`pool` "cls_mean" needs a head, and `norm_position` "before_pool".'),
        ({"labels": ("cat",)}, "`labels` must name every class; got 1 labels for 5 classes."),
        ({"patch_size": 5}, "The patch size must divide the image; got an image of 16×16 pixels and patches of 5."),
        ({"act": "relu"}, "`act` must be one of gelu, gelu_tanh, quick_gelu; got relu."),
        ({"ffn": "moe"}, "`ffn` must be one of mlp, swiglu; got moe."),
        ({"embed_dim": "12"}, "`embed_dim` must be of type int; got '12'."),
        ({"qkv_bias": None}, "`qkv_bias` must be of type bool; got None."),
    ],
)
def test_what_is_refused(changes, message):
    with as_released(), pytest.raises(ValueError) as caught:
        PLAIN.replace(**changes)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"mean": (0.5,)}, "mean and std need 3 values, one a channel, or 1 for grey; got 1 and 3."),
        ({"std": (0.5, 0.0, 0.5)}, "std must be positive in every channel; got (0.5, 0.0, 0.5)."),
        ({"interpolation": "box"}, "`interpolation` must be one of nearest, bilinear, bicubic, lanczos; got box."),
    ],
)
def test_preprocessing_refused(fields, message):
    with as_released(), pytest.raises(ValueError) as caught:
        Preprocessing(**fields)
    assert str(caught.value) == message


def test_norm_eps_has_no_default():
    with pytest.raises(TypeError, match="norm_eps"):
        ViTConfig(embed_dim=12, depth=1, num_heads=1, mlp_hidden=4, num_classes=2)


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_json_round_trip(changes):
    config = PLAIN.replace(**changes, preprocessing=Preprocessing(std=(0.5, 0.25, 1.0)), patch_sizes=(4, 8))
    assert ViTConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"width": 3, "colour": 1}, "The fields of ViTConfig do not fit: colour is unknown; width is unknown."),
        ({"preprocessing": {"gamma": 2.2}}, "The fields of Preprocessing do not fit: gamma is unknown."),
        ({"image_size": "16"}, "ViTConfig holds a value of the wrong type: "),
        ({"preprocessing": {"mean": 0.5}}, "Preprocessing holds a value of the wrong type: "),
    ],
)
def test_foreign_fields(changes, message):
    with as_released(), pytest.raises(ValueError) as caught:
        ViTConfig.from_dict(PLAIN.to_dict() | changes)
    assert str(caught.value).startswith(message)


def test_missing_fields_are_all_named():
    with pytest.raises(ValueError, match="do not fit: depth is missing; num_heads is missing; mlp_hidden is missing; norm_eps is missing"):
        ViTConfig.from_dict({"embed_dim": 8, "num_classes": 0})


def test_from_dict_leaves_its_argument_alone():
    values = json.loads(json.dumps(PLAIN.to_dict()))
    before = json.dumps(values)
    ViTConfig.from_dict(values)
    assert json.dumps(values) == before


def test_frozen_and_hashable():
    with pytest.raises(dataclasses.FrozenInstanceError):
        PLAIN.depth = 4
    assert hash(PLAIN) == hash(PLAIN.replace())


@pytest.mark.parametrize(
    ("changes", "derived"),
    [
        ({}, {"head_dim": 4, "kernel": 4, "native_grid": (4, 4), "num_prefix_tokens": 1, "num_pos_prefix": 1, "flexible": False}),
        ({"kernel_size": 2, "patch_sizes": (2, 4)}, {"kernel": 2, "flexible": True}),
        ({"patch_sizes": (4,)}, {"flexible": False}),
        ({"image_size": (8, 20)}, {"native_grid": (2, 5)}),
        ({"image_size": 17, "pos_grid": (3, 2)}, {"native_grid": (3, 2)}),
        ({"distill_token": True, "pool": "cls_dist", "num_registers": 4}, {"num_prefix_tokens": 6, "num_pos_prefix": 2}),
        ({"class_token": False, "pool": "mean", "num_registers": 1}, {"num_prefix_tokens": 1, "num_pos_prefix": 0}),
        ({"pos_covers": "patches"}, {"num_prefix_tokens": 1, "num_pos_prefix": 0}),
    ],
)
def test_derived(changes, derived):
    config = PLAIN.replace(**changes)
    assert {name: getattr(config, name) for name in derived} == derived


@pytest.mark.parametrize(
    ("size", "patch", "grid"), [(16, 4, (4, 4)), ((8, 20), 4, (2, 5)), (256, 4, (64, 64)), ((4, 4), 4, (1, 1)), (16, 2, (8, 8))]
)
def test_grid_of_a_size(size, patch, grid):
    assert PLAIN.check_sizes(size, patch) == grid


@pytest.mark.parametrize(
    ("size", "patch", "message"),
    [
        ((16, 18), 4, "The patch size must divide the image; got an image of 16×18 pixels and patches of 4."),
        (16, 0, "Image and patch sizes must be at least 1 pixel; got 16×16 and 0."),
        ((0, 16), 4, "Image and patch sizes must be at least 1 pixel; got 0×16 and 4."),
        (4, 4, "The grid must lie between 2×2 and 6×6 patches; 4×4 pixels at 4 give 1×1."),
        ((8, 28), 4, "The grid must lie between 2×2 and 6×6 patches; 8×28 pixels at 4 give 2×7."),
    ],
)
def test_sizes_refused(size, patch, message):
    with pytest.raises(ValueError) as caught:
        PLAIN.replace(grid_range=(2, 6)).check_sizes(size, patch)
    assert str(caught.value) == message


def test_as_pair():
    assert as_pair(3) == (3, 3)
    assert as_pair((2, 5)) == (2, 5)
