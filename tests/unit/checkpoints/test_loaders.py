"""What is asked for, what contradicts, what is refused by name: one sentence each. Parity is held in tests/parity."""

import json
import os
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.support.small import as_released, pictures, small_model
from tests.support.small_files import HF_CONFIG, PIXELS, TIMM_CONFIG, google_arrays, hf_tensors, timm_tensors, torchvision_tensors
from vit_core import checkpoints
from vit_core.checkpoints import facts
from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.checkpoints.families.published import FAMILIES
from vit_core.config import Preprocessing

HALF = Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear")
FAMILY_LIST = "`family` (vit, google, deit, dino, dinov2, clip, openclip, torchvision)"


PLAIN_TIMM = "Of timm's architectures, plain vit_*, deit_* and deit3_* are supported;"


def refusal(source, **said) -> str:
    with as_released(), pytest.raises(CheckpointError) as caught:
        checkpoints.load(source, **said)
    return str(caught.value)


def missing(source, **said) -> tuple[str, tuple[str, ...]]:
    with as_released(), pytest.raises(MissingFacts) as caught:
        checkpoints.load(source, **said)
    return str(caught.value), caught.value.names


def timm_file(tmp_path, changes=None, lost=(), name="a.safetensors"):
    tensors = {key: tensor for key, tensor in (timm_tensors() | (changes or {})).items() if key not in lost}
    if name.endswith(".safetensors"):
        save_file(tensors, tmp_path / name)
    else:
        torch.save(tensors, tmp_path / name)
    return tmp_path / name


def npz_file(tmp_path, changes=None, lost=()):
    np.savez(tmp_path / "a.npz", **{key: array for key, array in (google_arrays() | (changes or {})).items() if key not in lost})
    return tmp_path / "a.npz"


def torchvision_file(tmp_path):
    torch.save(torchvision_tensors(), tmp_path / "a.pth")
    return tmp_path / "a.pth"


def hf_folder(tmp_path, config=None, processor=PIXELS, tensors=None):
    (tmp_path / "config.json").write_text(json.dumps(HF_CONFIG | (config or {})))
    if processor is not None:
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor))
    save_file(tensors or hf_tensors(), tmp_path / "model.safetensors")
    return tmp_path


def timm_folder(tmp_path, changes=None, lost=(), **values):
    timm_file(tmp_path, changes, lost, "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(TIMM_CONFIG | values))
    return tmp_path


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
    wide = small_model(embed_dim=192, num_heads=3, depth=1)
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


# What is not a plain ViT is refused by name.


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ({"model_type": "siglip"}, "Models of `model_type` siglip are not supported: SigLIP pools its features by attention."),
        (
            {"model_type": "siglip_vision_model"},
            "Models of `model_type` siglip_vision_model are not supported: SigLIP pools its features by attention.",
        ),
        ({"model_type": "dinov3_vit"}, "Models of `model_type` dinov3_vit are not supported: DINOv3 rotates queries and keys by position."),
        ({"model_type": "swin"}, "Models of `model_type` swin are not supported: Swin attends within windows."),
        ({"model_type": "swinv2"}, "Models of `model_type` swinv2 are not supported: Swin attends within windows."),
        ({"model_type": "vitdet"}, "Models of `model_type` vitdet are not supported: ViTDet attends within windows."),
        ({"model_type": "sam"}, "Models of `model_type` sam are not supported: SAM attends within windows and has relative positions."),
        ({"model_type": "beit"}, "Models of `model_type` beit are not supported: BEiT has relative positions in its attention."),
        ({"model_type": "vit_mae"}, "Models of `model_type` vit_mae are not supported: MAE's pretraining model has a decoder."),
        ({"model_type": "convnext"}, "Models of `model_type` convnext are not supported: it is a convolutional network."),
        (
            {"model_type": ["vit"]},
            "Of Hugging Face's models, those of `model_type` vit, deit, vit_msn, dinov2, dinov2_with_registers, clip_vision_model and clip "
            "are supported; got ['vit'].",
        ),
    ],
)
def test_other_models_of_hugging_face(config, text, tmp_path):
    assert refusal(hf_folder(tmp_path, config)) == text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("attn_pool.latent", "pools its features by attention (SigLIP and others)"),
        ("vision_model.head.probe", "pools its features by attention (SigLIP and others)"),
        ("rope_embed.periods", "rotates queries and keys by position (DINOv3 and others)"),
        ("storage_tokens", "rotates queries and keys by position (DINOv3 and others)"),
        ("layers.0.blocks.0.attn.relative_position_bias_table", "has relative positions in its attention (Swin, BEiT and others)"),
        ("blocks.0.attn.rel_pos_h", "has relative positions in its attention (SAM, ViTDet and others)"),
        ("blocks.0.attn.q_norm.weight", "normalises queries and keys"),
        ("blocks.0.attn.q_bias", "is a BEiT or a Swin v2, not a plain ViT"),
        ("layers.1.downsample.norm.weight", "works at several resolutions (Swin and others)"),
        ("patch_embed.backbone.stem.conv.weight", "embeds patches by a convolutional network"),
        ("decoder_embed.weight", "has a decoder (MAE's pretraining)"),
        ("visual.conv1.weight", "has OpenAI's names of CLIP; the Hugging Face version of the same model is read"),
        ("visual.trunk.norm.weight", "has OpenCLIP's names; the Hugging Face or timm version of the same model is read"),
        ("pre_logits.fc.weight", "has a layer of its own between features and head (`pre_logits`)"),
        ("layer1.0.conv1.weight", "is a convolutional network"),
    ],
)
def test_other_models_by_their_names(name, reason, tmp_path):
    path = timm_file(tmp_path, {name: torch.zeros(2)})
    assert refusal(path, family="vit", num_heads=3) == f"a.safetensors {reason}, which is not supported: it has {name}."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("conv_root/kernel", "embeds patches by a convolutional network"),
        ("pre_logits/kernel", "has a layer of its own between features and head (`pre_logits`)"),
        ("params/img/MAPHead_0/probe", "pools its features by attention (SigLIP and others)"),
    ],
)
def test_other_models_of_google(name, reason, tmp_path):
    assert refusal(npz_file(tmp_path, {name: np.zeros(2)})) == f"a.npz {reason}, which is not supported: it has {name}."


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"architecture": "resnet50"}, f"{PLAIN_TIMM} got resnet50."),
        ({"architecture": "vit_base_patch16_siglip_224"}, f"{PLAIN_TIMM} got vit_base_patch16_siglip_224."),
        ({"architecture": "vit_small_patch16_rope_224"}, f"{PLAIN_TIMM} got vit_small_patch16_rope_224."),
        ({"model_args": {"qk_norm": True}}, "The `model_args` of timm's config.json name qk_norm, which is not supported."),
        ({"model_args": {"norm_layer": "rmsnorm"}}, "The `model_args` of timm's config.json name norm_layer, which is not supported."),
        ({"model_args": [1]}, "The `model_args` of timm's config.json name no table, which is not supported."),
        ({"model_args": {"act_layer": "relu"}}, "The activations gelu, gelu_tanh, quick_gelu, quickgelu are supported; got relu."),
        ({"global_pool": "map"}, "vit_tiny_patch16_224 pools its features by attention (SigLIP and others), which is not supported."),
        ({"global_pool": "avgmax"}, "vit_tiny_patch16_224 pools its features by avgmax, which is not supported."),
        (
            {"pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "random"}},
            "The filters nearest, lanczos, bilinear, bicubic are supported; got `interpolation` random.",
        ),
        (
            {"pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5, 0.5, 0], "interpolation": "bicubic"}},
            "`std` must be 3 positive numbers, one a channel; got [0.5, 0.5, 0].",
        ),
    ],
)
def test_timm_configurations_refused(values, text, tmp_path):
    assert refusal(timm_folder(tmp_path, **values)) == text


# Names and shapes.


@pytest.mark.parametrize(
    ("changes", "lost", "text"),
    [
        (
            {"patch_embed.proj.weight": torch.zeros(12, 3, 4, 5)},
            (),
            "a.safetensors has patches of 4×5 pixels; only square ones are supported.",
        ),
        (
            {"patch_embed.proj.weight": torch.zeros(12, 3)},
            (),
            "a.safetensors has patch_embed.proj.weight of shape [12, 3], where 4 sides above 0 are expected.",
        ),
        (
            {"pos_embed": torch.zeros(0, 17, 12)},
            (),
            "a.safetensors has pos_embed of shape [0, 17, 12], where 3 sides above 0 are expected.",
        ),
        ({}, ("pos_embed",), "a.safetensors has no pos_embed."),
        ({}, ("blocks.0.mlp.fc2.weight",), "a.safetensors has no blocks.0.mlp.fc2.weight."),
        ({}, ("norm.bias",), "The weights do not fit the configuration: norm.bias is missing."),
        ({"extra\n\x1b[31m": torch.zeros(2)}, (), "The weights do not fit the configuration: extra��[31m is unexpected."),
        ({"blocks.5.norm1.weight": torch.zeros(12)}, (), None),
        (
            {"norm.weight": torch.zeros(12, dtype=torch.int64)},
            (),
            "Weights must be of type float16, bfloat16, float32, float64; norm.weight is int64.",
        ),
        (
            {"cls_token": torch.zeros(1, 1, 13)},
            (),
            "The weights do not fit the configuration: cls_token has shape [1, 1, 13] where [1, 1, 12] is expected.",
        ),
    ],
)
def test_tensors_that_do_not_fit(changes, lost, text, tmp_path):
    got = refusal(timm_file(tmp_path, changes, lost), family="vit", num_heads=3)
    assert (
        got == text
        if text
        else got.startswith("The weights do not fit the configuration: blocks.1.norm1.weight is missing; ") and got.endswith("more.")
    )


def test_other_names(tmp_path):
    save_file({"a": torch.zeros(1), "b": torch.zeros(1)}, tmp_path / "a.safetensors")
    assert refusal(tmp_path / "a.safetensors") == (
        "a.safetensors is no Vision Transformer whose names are known (timm, Hugging Face, torchvision, Google); its tensors are a, b …"
    )
    save_file({}, tmp_path / "b.safetensors")
    assert refusal(tmp_path / "b.safetensors").endswith("its tensors are none …")
    save_file(hf_tensors(), tmp_path / "c.safetensors")
    assert refusal(tmp_path / "c.safetensors") == (
        "c.safetensors has Hugging Face's names: put the config.json that belongs to it beside it, under the name model.safetensors."
    )


def test_heads_of_google_that_do_not_share_the_width(tmp_path):
    path = npz_file(tmp_path, {"Transformer/encoderblock_0/MultiHeadDotProductAttention_1/query/kernel": np.zeros((12, 3, 5))})
    assert refusal(path, family="google") == "a.npz has 3 heads of 5, which do not share the width 12."


def test_torchvision_without_an_mlp(tmp_path):
    torch.save({name: tensor for name, tensor in torchvision_tensors().items() if ".mlp." not in name}, tmp_path / "a.pth")
    assert refusal(tmp_path / "a.pth") == "a.pth has no encoder.layers.encoder_layer_0.mlp.0.weight."


# Files and folders.


def test_a_path_that_is_none(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    assert refusal(tmp_path / "a.txt") == "a.txt does not end in .safetensors, .pth, .pt, .bin, .npz, so it is not known how to read it."
    assert refusal("x" * 5000) == f"{'x' * 80}… is no path that can be read."
    assert refusal(str(tmp_path / "none.pth")) == f"There is no file or folder {tmp_path / 'none.pth'}."


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = timm_file(tmp_path)

    def denied(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("vit_core.checkpoints.examine.open_source", denied)
    assert refusal(path) == "a.safetensors cannot be read: Permission denied."


def test_models_of_a_folder(tmp_path):
    home = tmp_path / "models"
    home.mkdir()
    for name in ("one", "two"):
        (home / name).mkdir()
        hf_folder(home / name)
    timm_file(home, name="plain.pth")
    (home / "notes.txt").write_text("x")
    (home / "empty").mkdir()
    (home / ".hidden.pth").write_bytes(b"")
    (tmp_path / "secret.pth").write_bytes(b"")
    os.symlink(tmp_path / "secret.pth", home / "link.pth")
    os.symlink(tmp_path, home / "linked")
    assert checkpoints.models_in(home) == {name: home / name for name in ("one", "plain.pth", "two")}
    with pytest.raises(CheckpointError, match="There is no folder"):
        checkpoints.models_in(tmp_path / "none")


def test_models_of_a_cache_of_hugging_faces(tmp_path):
    """Files lie in `blobs`; snapshots link to them."""
    cache, elsewhere = tmp_path / "hub", tmp_path / "elsewhere"
    elsewhere.mkdir()
    hf_folder(elsewhere)
    for repository, commits in (
        ("models--facebook--tiny-vit", ["a" * 40]),
        ("models--plain", ["b" * 40, "c" * 40]),
        ("models--without", []),
    ):
        blobs = cache / repository / "blobs"
        blobs.mkdir(parents=True)
        for commit in commits:
            snapshot = cache / repository / "snapshots" / commit
            snapshot.mkdir(parents=True)
            for file in elsewhere.iterdir():
                shutil.copy(file, blobs / f"{commit}{file.name}")
                os.symlink(f"../../blobs/{commit}{file.name}", snapshot / file.name)
    (cache / "models--plain" / "snapshots" / "out").symlink_to(elsewhere)
    (cache / "datasets--other").mkdir()
    found = checkpoints.models_in(cache)
    assert list(found) == ["facebook/tiny-vit", "plain@bbbbbbb", "plain@ccccccc"]
    for path in found.values():
        assert torch.equal(checkpoints.load(path).head.weight, checkpoints.load(elsewhere).head.weight)


def test_uploads(tmp_path):
    data = hf_folder(tmp_path)
    files = {path.name: path.read_bytes() for path in data.iterdir()}
    loaded = checkpoints.load_files(files | {"README.md": b"x"})
    assert loaded.config.num_heads == 3
    for given, count in (({}, 0), ({"a.txt": b""}, 0), ({"a.pth": b"", "b.npz": b""}, 2)):
        with pytest.raises(CheckpointError) as caught:
            checkpoints.load_files(given)
        assert str(caught.value) == f"An upload must hold one file of weights (.safetensors, .pth, .pt, .bin, .npz); it holds {count}."
    with pytest.raises(CheckpointError, match=r"^x\.pth is not a readable PyTorch file"):
        checkpoints.load_files({"/etc/../x.pth": b"no"})
    with pytest.raises(MissingFacts, match=r"^mine does not say"):
        checkpoints.load_files({"mine.safetensors": timm_file(tmp_path / "..").read_bytes()})
    assert not [path for path in tmp_path.parent.glob("vit-upload-*")]


def test_the_models_memory_is_its_own(tmp_path):
    """The file may be written over or removed while the model is used."""
    for path in (timm_file(tmp_path), timm_file(tmp_path, name="a.pth"), npz_file(tmp_path)):
        loaded = checkpoints.load(path, family="vit", num_heads=3)
        before = loaded(pictures(1)).logits.clone()
        path.write_bytes(bytes(path.stat().st_size))
        assert torch.equal(loaded(pictures(1)).logits, before)


@pytest.mark.parametrize(
    ("make", "options", "format_"),
    [
        (hf_folder, [], "safetensors, Hugging Face's names"),
        (timm_folder, [], "safetensors, timm's names"),
        (timm_file, ["--family", "vit", "--num-heads", "3", "--image-size", "16"], "safetensors, timm's names"),
        (torchvision_file, ["--family", "vit", "--num-heads", "3"], "PyTorch, torchvision's names"),
        (npz_file, ["--family", "google"], "npz, Google's names"),
        (lambda _: checkpoints.BUNDLED, [], "safetensors, vit_core's names"),
    ],
)
def test_what_a_file_is(make, options, format_, tmp_path, capsys):
    path = make(tmp_path)
    assert checkpoints.main([str(path), *options]) == 0
    first, rest = capsys.readouterr().out.split("\n", 1)
    assert first.startswith(f"{format_}; ") and first.endswith((", float32", ", float16"))
    assert json.loads(rest)["patch_size"] in (4, 16)


def test_what_a_file_is_not(tmp_path, capsys):
    assert checkpoints.main([str(tmp_path / "none.npz")]) == 1
    assert capsys.readouterr().err == f"There is no file or folder {tmp_path / 'none.npz'}.\n"
