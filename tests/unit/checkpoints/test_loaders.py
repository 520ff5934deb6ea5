"""What is asked for, what contradicts, what is refused by name: one sentence each. Parity is held in tests/parity."""

import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.checkpoint_files import (
    FAMILY_LIST,
    HALF,
    hf_folder,
    missing,
    npz_file,
    refusal,
    timm_file,
    timm_folder,
    torchvision_file,
)
from tests.support.models.small import pictures, small_model
from vit_core import checkpoints
from vit_core.checkpoints import facts
from vit_core.checkpoints.families.published import FAMILIES

# What a file does not say is asked for by name.


@pytest.mark.parametrize(
    ("make", "said", "names", "text"),
    [
        (
            timm_file,
            {},
            ("num_heads", "preprocessing", "family"),
            "a.safetensors does not say how many heads it has nor how pixels are normalised nor the activation and epsilon it was trained "
            f"with: give {FAMILY_LIST} and, where that does not settle it, `num_heads` and `preprocessing`.",
        ),
        (
            timm_file,
            {"num_heads": 3, "preprocessing": HALF},
            ("family",),
            f"a.safetensors does not say the activation and epsilon it was trained with: give {FAMILY_LIST}.",
        ),
        (
            timm_file,
            {"family": "vit"},
            ("num_heads", "family"),
            f"a.safetensors does not say how many heads it has: give `num_heads`, or, for published weights, {FAMILY_LIST}.",
        ),
        (
            torchvision_file,
            {},
            ("num_heads", "preprocessing", "family"),
            "a.pth does not say how many heads it has nor how pixels are normalised: give `num_heads` and `preprocessing`, or, for "
            f"published weights, {FAMILY_LIST}.",
        ),
        (
            npz_file,
            {},
            ("preprocessing", "family"),
            f"a.npz does not say how pixels are normalised: give `preprocessing`, or, for published weights, {FAMILY_LIST}.",
        ),
        (
            lambda folder: hf_folder(folder, processor=None) / "model.safetensors",
            {},
            ("preprocessing", "family"),
            f"model.safetensors does not say how pixels are normalised: give `preprocessing`, or, for published weights, {FAMILY_LIST}.",
        ),
        (
            lambda folder: hf_folder(folder, processor={"image_mean": [0.5] * 3}) / "model.safetensors",
            {},
            ("preprocessing", "family"),
            f"model.safetensors does not say how pixels are normalised: give `preprocessing`, or, for published weights, {FAMILY_LIST}.",
        ),
        (
            lambda folder: timm_folder(folder, pretrained_cfg={"mean": [0.5] * 3}) / "model.safetensors",
            {},
            ("preprocessing", "family"),
            f"model.safetensors does not say how pixels are normalised: give `preprocessing`, or, for published weights, {FAMILY_LIST}.",
        ),
        (
            lambda folder: timm_folder(folder, model_args={}) / "model.safetensors",
            {},
            ("num_heads", "family"),
            f"model.safetensors does not say how many heads it has: give `num_heads`, or, for published weights, {FAMILY_LIST}.",
        ),
        (
            lambda folder: timm_file(folder, {"pos_embed": torch.zeros(1, 13, 12)}),
            {"family": "vit"},
            ("image_size",),
            "a.safetensors has 13 positions, which make no square: give `image_size` (height, width).",
        ),
    ],
)
def test_asked_for_by_name(make, said, names, text, tmp_path):
    assert missing(make(tmp_path), **said) == (text, names)


def test_what_is_said_is_used(tmp_path):
    path = timm_file(tmp_path, {"pos_embed": torch.zeros(1, 13, 12)})
    loaded = checkpoints.load(path, family="dino", num_heads=2, image_size=(12, 16), labels=list("abcde"), preprocessing=HALF)
    config = loaded.config
    assert (config.num_heads, config.native_grid, config.labels, config.preprocessing) == (2, (3, 4), tuple("abcde"), HALF)
    assert (config.norm_eps, config.act, config.pos_interpolation) == (1e-6, "gelu", "bicubic")
    assert loaded(pictures(1, 12, 16)).logits.shape == (1, 5)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_settles_a_published_width(family, tmp_path):
    parts = {"pre_norm": FAMILIES[family].pre_norm, "layer_scale": bool(FAMILIES[family].layer_scale)}
    wide = small_model(embed_dim=192, num_heads=3, depth=1, **parts)
    save_file({name: tensor.clone() for name, tensor in wide.state_dict().items()}, tmp_path / "a.safetensors")
    config = checkpoints.load(tmp_path / "a.safetensors", family=family).config
    expected = FAMILIES[family]
    assert (config.num_heads, config.norm_eps, config.act) == (3, expected.norm_eps, expected.act)
    assert (config.preprocessing, config.pos_interpolation) == (expected.preprocessing, expected.pos_interpolation)


# What contradicts the files, or makes no sense.


@pytest.mark.parametrize(
    ("make", "said", "text"),
    [
        (hf_folder, {"num_heads": 4}, "`num_heads` is 3 in NAME; got 4."),
        (hf_folder, {"image_size": 32}, "`image_size` is 16 in NAME; got 32."),
        (hf_folder, {"patch_size": 8}, "`patch_size` is 4 in NAME; got 8."),
        (npz_file, {"family": "google", "num_heads": 2}, "`num_heads` is 3 in a.npz; got 2."),
        (npz_file, {"family": "google", "image_size": 20}, "a.npz has 17 positions, which do not fit 20×20 pixels in patches of 4."),
        (hf_folder, {"family": "resnet"}, f"`family` must be one of {', '.join(FAMILIES)}; got resnet."),
        (hf_folder, {"num_heads": 0}, "`num_heads` must be a whole number from 1 to 16,384; got 0."),
        (hf_folder, {"image_size": (16, -1)}, "`image_size` must be a whole number from 1 to 16,384; got (16, -1)."),
        (hf_folder, {"labels": ["a"]}, "`labels` must name every class; got 1 labels for 5 classes."),
        (timm_file, {"family": "vit", "num_heads": 5}, "`embed_dim` must be divisible by `num_heads`; got 12 and 5."),
    ],
)
def test_contradictions(make, said, text, tmp_path):
    assert refusal(make(tmp_path), **said) == text.replace("NAME", tmp_path.name)


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"num_hidden_layers": 10**9}, "`depth` may be at most 128; got 1,000,000,000."),
        ({"hidden_size": 3 * 10**9}, "`embed_dim` may be at most 8,192; got 3,000,000,000."),
        ({"num_attention_heads": 10**6}, "`num_heads` may be at most 256; got 1,000,000."),
        ({"intermediate_size": 10**6}, "`mlp_hidden` may be at most 65,536; got 1,000,000."),
        ({"image_size": 10**8}, "`image_size` may be at most 16,384; got 100000000."),
        ({"image_size": [16, 16, 16]}, "`image_size` must be one whole number or two; got [16, 16, 16]."),
        ({"image_size": "16"}, "`image_size` must be one whole number or two; got 16."),
        ({"patch_size": [4, 8]}, "Patches must be square; got 4×8 pixels."),
        ({"id2label": None, "num_labels": 10**12}, "`num_labels` may be from 0 to 200,000; got 1,000,000,000,000."),
        ({"id2label": None, "num_labels": "5"}, "`num_labels` must be a whole number; got 5."),
        ({"id2label": [1]}, "`id2label` must map the number of each class to its name."),
        ({"head_dim": "4"}, "`head_dim` must be a whole number; got 4."),
        ({"layer_norm_eps": 2}, "`norm_eps` must lie between 0 and 1; got 2."),
        ({"architectures": "ViT"}, "The architectures ViTForImageClassification, ViTModel are supported; got ViT."),
        (
            {"model_type": "dinov2", "architectures": None, "intermediate_size": None, "mlp_ratio": 1e300},
            "`mlp_ratio` must be a number from 0 to 100; got 1e+300.",
        ),
        ({"quantization_config": {}}, "Quantised weights are not supported; the configuration has a `quantization_config`."),
        ({"num_hidden_layers": 100}, "The configuration has 100 layers, and the file 24 tensors."),
    ],
)
def test_configurations_out_of_bounds(config, text, tmp_path):
    assert refusal(hf_folder(tmp_path, config)) == text


def test_a_table_of_more_positions_than_any(tmp_path):
    text = refusal(hf_folder(tmp_path, {"image_size": 16_384}))
    assert text.startswith(f"{tmp_path.name} would have ")
    assert text.endswith(" parameters and 16,777,216 patches; at most 3,000,000,000 and 65,536 are read.")


def test_a_model_of_a_hundred_billion_parameters_is_refused_from_its_shapes(tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "MAX_PARAMETERS", 1000)
    assert refusal(timm_file(tmp_path), family="vit", num_heads=3).endswith("parameters and 16 patches; at most 1,000 and 65,536 are read.")
