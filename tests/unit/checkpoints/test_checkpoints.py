"""Loading and saving: what goes in comes out, and a file that is wrong is refused in one sentence that says all that is wrong."""

import json

import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.small_files import HF_CONFIG, hf_tensors
from tests.support.models.small import PLAIN, VARIANTS, as_released, pictures, small_model
from vit_core import checkpoints
from vit_core.config import Preprocessing
from vit_core.presets import presets


def refusal(source) -> str:
    with as_released(), pytest.raises(ValueError) as caught:
        checkpoints.load(source)
    return str(caught.value)


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_round_trip(changes, tmp_path):
    model = small_model(**changes, preprocessing=Preprocessing(interpolation="bilinear"), temperature=1.25)
    checkpoints.save(model.state_dict(), model.config, tmp_path / "deep" / "model.safetensors", dtype=torch.float32)
    loaded = checkpoints.load(str(tmp_path / "deep" / "model.safetensors"))
    assert loaded.config == model.config
    assert torch.equal(loaded(pictures()).logits, model(pictures()).logits)
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model.safetensors"]


def test_half_precision_on_disk_and_single_in_memory(tmp_path):
    model, file = small_model(), tmp_path / "model.safetensors"
    checkpoints.save(model.state_dict(), model.config, file)
    loaded = checkpoints.load(file)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    assert all(torch.equal(tensor, model.state_dict()[name].half().float()) for name, tensor in loaded.state_dict().items())
    assert file.stat().st_size < 2 * sum(p.numel() for p in model.parameters()) + 10_000


def test_one_error_lists_all_that_is_wrong(tmp_path):
    tensors = small_model().state_dict()
    del tensors["norm.bias"], tensors["blocks.2.attn.qkv.weight"]
    tensors |= {"rope.freqs": torch.zeros(2), "cls_token": torch.zeros(1, 12), "head.bias": torch.zeros(6)}
    checkpoints.save(tensors, PLAIN, tmp_path / "model.safetensors")
    assert refusal(tmp_path / "model.safetensors") == (
        "The weights do not fit the configuration: blocks.2.attn.qkv.weight is missing; norm.bias is missing; rope.freqs is unexpected; "
        "cls_token has shape [1, 12] where [1, 1, 12] is expected; head.bias has shape [6] where [5] is expected."
    )


def write(tmp_path, text: str | None):
    save_file(small_model().state_dict(), tmp_path / "odd.safetensors", metadata=None if text is None else {"vit_config": text})
    return tmp_path / "odd.safetensors"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            None,
            "odd.safetensors does not say how many heads it has nor how pixels are normalised nor the activation and epsilon it was "
            "trained with: give `family` (vit, google, deit, dino, dinov2, clip, openclip, torchvision) and, where that does not settle "
            "it, `num_heads` and `preprocessing`.",
        ),
        ("{", "The `vit_config` of odd.safetensors is not a JSON object."),
        ("[1, 2]", "The `vit_config` of odd.safetensors is not a JSON object."),
        (json.dumps(PLAIN.to_dict() | {"colour": 1}), "The fields of ViTConfig do not fit: colour is unknown."),
        (json.dumps(PLAIN.to_dict() | {"num_heads": 5}), "`embed_dim` must be divisible by `num_heads`; got 12 and 5."),
        (json.dumps(PLAIN.to_dict() | {"depth": 2.5}), "`depth` must be of type int; got 2.5."),
    ],
)
def test_foreign_metadata(tmp_path, text, message):
    assert refusal(write(tmp_path, text)) == message


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"version 1\n", bytes(range(256)) * 9])
def test_not_a_safetensors_file(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    assert refusal(tmp_path / "model.safetensors").startswith("model.safetensors is not a readable safetensors file: ")


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.999])
def test_truncated(tmp_path, share):
    file = tmp_path / "model.safetensors"
    checkpoints.save(small_model().state_dict(), PLAIN, file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(share * len(whole))])
    assert refusal(file).startswith("model.safetensors is not a readable safetensors file: ")


def test_nothing_there(tmp_path):
    assert refusal(tmp_path / "absent.safetensors") == f"There is no file or folder {tmp_path / 'absent.safetensors'}."


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    def full(tensors, path, metadata):
        path.write_bytes(b"half")
        raise OSError("No space left on device")

    file = tmp_path / "model.safetensors"
    checkpoints.save(small_model().state_dict(), PLAIN, file)
    before = file.read_bytes()
    monkeypatch.setattr(checkpoints, "save_file", full)
    with pytest.raises(OSError, match="No space"):
        checkpoints.save(small_model(seed=1).state_dict(), PLAIN, file)
    assert file.read_bytes() == before


# Folders in Hugging Face's format. That they compute the same is held in tests/parity.

# What may be left out, because `transformers` has a default, is left out.
LABELLED = {name: value for name, value in HF_CONFIG.items() if name not in ("hidden_act", "layer_norm_eps", "qkv_bias")}
LABELLED["id2label"] = {"0": "ant", "1": "bee"}


def hf_folder(tmp_path, config: dict | None = None, processor: dict | None = None, tensors: dict | None = None):
    (tmp_path / "config.json").write_text(json.dumps(LABELLED | (config or {})))
    if processor != {}:
        (tmp_path / "preprocessor_config.json").write_text(json.dumps(processor or {"image_processor_type": "ViTImageProcessor"}))
    save_file(tensors or hf_tensors(classes=2), tmp_path / "model.safetensors", metadata={"format": "pt"})
    return tmp_path


def test_labels_name_and_defaults(tmp_path):
    config = checkpoints.load(hf_folder(tmp_path)).config
    assert (config.labels, config.num_classes, config.name, config.norm_eps) == (("ant", "bee"), 2, tmp_path.name, 1e-12)
    assert config.preprocessing == Preprocessing((0.5, 0.5, 0.5), (0.5, 0.5, 0.5), "bilinear")


@pytest.mark.parametrize(
    ("processor", "expected"),
    [
        ({"image_processor_type": "ViTImageProcessorFast"}, Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear")),
        ({"feature_extractor_type": "CLIPFeatureExtractor"}, presets["CLIP-B/16"].preprocessing),
        ({"image_processor_type": "DeiTImageProcessor", "image_mean": [0.25] * 3}, Preprocessing((0.25,) * 3, (0.5,) * 3, "bicubic")),
        (
            {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6], "resample": 3},
            Preprocessing((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "bicubic"),
        ),
        (
            {"image_processor_type": "ViTFeatureExtractor", "image_std": [0.25] * 3, "resample": 0},
            Preprocessing((0.5,) * 3, (0.25,) * 3, "nearest"),
        ),
        ({"do_normalize": False, "image_mean": [0.1] * 3, "resample": 1}, Preprocessing((0.0,) * 3, (1.0,) * 3, "lanczos")),
        (
            {"image_processor_type": "ViTImageProcessor", "rescale_factor": 0.00392156862745098, "size": 224},
            Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear"),
        ),
        (
            {"image_processor_type": "BitImageProcessor", "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "resample": 2},
            Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear"),
        ),
    ],
)
def test_preprocessing(tmp_path, processor, expected):
    assert checkpoints.load(hf_folder(tmp_path, processor=processor)).config.preprocessing == expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"model_type": "yolos"},
            "Of Hugging Face's models, those of `model_type` vit, deit, vit_msn, dinov2, dinov2_with_registers, clip_vision_model and clip "
            "are supported; got yolos.",
        ),
        (
            {"architectures": ["ViTForMaskedImageModeling"]},
            "The architectures ViTForImageClassification, ViTModel are supported; got ViTForMaskedImageModeling.",
        ),
        ({"quantization_config": {"bits": 8}}, "Quantised weights are not supported; the configuration has a `quantization_config`."),
        ({"hidden_act": "relu"}, "The activations gelu, gelu_new, gelu_pytorch_tanh, quick_gelu are supported; got relu."),
        ({"patch_size": [4, 8]}, "Patches must be square; got 4×8 pixels."),
        ({"head_dim": 8}, "Heads must share the width; got 3 of 8 for 12."),
        ({"id2label": {"0": "ant", "2": "bee"}}, "`id2label` must number its 2 classes from 0 without gaps; got 0, 2 …"),
        ({"image_size": 18}, "The patch size must divide the image; got an image of 18×18 pixels and patches of 4."),
        ({"layer_norm_eps": "tiny"}, "`norm_eps` must be of type float; got 'tiny'."),
        ({"hidden_size": None}, "`embed_dim` must be of type int; got None."),
    ],
)
def test_configurations_refused(tmp_path, config, message):
    assert refusal(hf_folder(tmp_path, config)) == message


@pytest.mark.parametrize(
    ("processor", "message"),
    [
        ({"resample": 4}, "The filters nearest, lanczos, bilinear, bicubic are supported; got `resample` 4."),
        ({"do_rescale": False}, "Pixels must be rescaled to 0…1; the preprocessing has another `do_rescale` or `rescale_factor`."),
        ({"rescale_factor": 1 / 127.5}, "Pixels must be rescaled to 0…1; the preprocessing has another `do_rescale` or `rescale_factor`."),
        (
            {"image_mean": [0.5, 0.5], "image_std": [0.5, 0.5]},
            "`image_mean` must be 3 numbers, one a channel, or 1 for grey; got [0.5, 0.5].",
        ),
        (
            {"image_mean": [0.5], "image_std": [0.5] * 3, "resample": 2},
            "Mean and deviation must be of as many channels; got 1 and 3 numbers.",
        ),
        (
            {"image_processor_type": "SiglipImageProcessor", "image_mean": [0.5] * 3},
            "The defaults of SiglipImageProcessor are not known here; its configuration leaves out image_std, resample.",
        ),
    ],
)
def test_preprocessing_refused(tmp_path, processor, message):
    assert refusal(hf_folder(tmp_path, processor=processor)) == message


def test_one_error_lists_all_in_their_names(tmp_path):
    tensors = hf_tensors(classes=2)
    del tensors["vit.encoder.layer.0.attention.attention.key.bias"], tensors["classifier.weight"]
    tensors |= {"vit.layernorm.weight": torch.zeros(13), "decoder.0.bias": torch.zeros(2)}
    tensors["vit.encoder.layer.0.attention.attention.value.weight"] = torch.zeros(12, 11)
    layer = "vit.encoder.layer.0.attention.attention"
    assert refusal(hf_folder(tmp_path, tensors=tensors)) == (
        f"The weights do not fit the configuration: {layer}.key.bias is missing; classifier.weight is missing; decoder.0.bias is "
        f"unexpected; {layer}.value.weight has shape [12, 11] where [12, 12] is expected; vit.layernorm.weight has shape [13] where [12] "
        f"is expected."
    )


@pytest.mark.parametrize(
    ("present", "message"),
    [
        ([], "The folder model must hold one file of weights (.safetensors, .pth, .pt, .bin, .npz); it holds none."),
        (
            ["a.pth", "b.npz"],
            "The folder model must hold one file of weights (.safetensors, .pth, .pt, .bin, .npz); it holds 2: a.pth, b.npz.",
        ),
        (["config.json", "pytorch_model.bin"], "pytorch_model.bin is not a readable PyTorch file: it is no zip file, or cut short."),
        (
            ["config.json", "model.safetensors"],
            "model.safetensors is not a readable safetensors file: it has 2 bytes, fewer than its header needs.",
        ),
    ],
)
def test_incomplete_folders(tmp_path, present, message):
    (tmp_path / "model").mkdir()
    for name in present:
        (tmp_path / "model" / name).write_bytes(b"\xff\xfe")
    assert refusal(tmp_path / "model") == message
