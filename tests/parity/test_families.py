"""Every family that is read: random small models, saved by Hugging Face, computed alike by us, at any size and proportion of the
picture."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.testing import assert_close

from tests.support.models.parity_families import CASES, CLOSE, assert_same, ours, saved, theirs
from tests.support.models.small import pictures
from vit_core import checkpoints
from vit_core.config import Preprocessing

families = pytest.mark.parametrize("family", CASES)


@pytest.fixture(scope="session")
def loaded(tmp_path_factory):
    """Each family's model as we load it, loaded once."""
    found = {}

    def load(family):
        if family not in found:
            found[family] = ours(theirs(family), tmp_path_factory.mktemp("model"))
        return found[family]

    return load


@families
def test_native_size(family, loaded):
    assert_same(theirs(family), loaded(family), pictures(2, 16))


@families
@pytest.mark.parametrize("size", [(24, 24), (8, 8), (8, 32), (20, 12), (4, 36)], ids=str)
def test_other_sizes(family, size, loaded):
    assert_same(theirs(family), loaded(family), pictures(1, *size), interpolate=True)


@families
def test_what_it_is(family, loaded):
    config, model = loaded(family).config, theirs(family)
    assert config.preprocessing == Preprocessing((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "bicubic")
    has_head = hasattr(model, "classifier") or hasattr(model, "cls_classifier")
    assert config.labels == (tuple(model.config.id2label[i] for i in range(7)) if has_head else ())
    assert config.distill_token == family.startswith("DeiT")
    assert config.num_registers == getattr(model.config, "num_register_tokens", 0)
    assert config.layer_scale == family.startswith("DINOv2")
    assert (config.ffn == "swiglu") == ("gated" in family)
    assert config.pre_norm == family.startswith("CLIP")


@families
def test_several_files(family, tmp_path, loaded):
    saved(theirs(family), tmp_path)
    theirs(family).save_pretrained(tmp_path, max_shard_size="10KB")
    (tmp_path / "model.safetensors").unlink(missing_ok=True)
    assert len(list(tmp_path.glob("*.safetensors"))) > 1
    again = checkpoints.load(tmp_path)
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in loaded(family).state_dict().items())


@families
def test_pytorch_file(family, tmp_path, loaded):
    """The same tensors as torch.save writes them."""
    saved(theirs(family), tmp_path)
    torch.save(load_file(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    again = checkpoints.load(tmp_path)
    assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in loaded(family).state_dict().items())


@pytest.mark.parametrize("family", ["DeiT distilled", "DINOv2 gated, with registers", "CLIP with text"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_other_types(family, dtype, tmp_path, loaded):
    """Half precision on disk is single in memory, and exactly what was written."""
    saved(theirs(family), tmp_path)
    tensors = {name: tensor.to(dtype) for name, tensor in load_file(tmp_path / "model.safetensors").items()}
    save_file(tensors, tmp_path / "model.safetensors")
    again = checkpoints.load(tmp_path)
    assert {tensor.dtype for tensor in again.state_dict().values()} == {torch.float32}
    for name, tensor in loaded(family).state_dict().items():
        assert torch.equal(tensor.to(dtype).float(), again.state_dict()[name])


@families
def test_names_of_the_hub(family, tmp_path, loaded):
    """Files on the hub have every tensor of the body behind the model's prefix, or none; both are the same model."""
    saved(theirs(family), tmp_path)
    base = {"ViT": "vit.", "DINO": "vit.", "DeiT": "deit.", "MSN": "vit.", "CLIP": "vision_model."}
    prefix = next((text for start, text in base.items() if family.split(" ")[0] == start), "dinov2.")
    prefix = "dinov2_with_registers." if "registers" in family else prefix
    outside = ("classifier", "cls_classifier", "distillation_classifier", "text_", "visual_projection", "logit_scale")
    tensors = load_file(tmp_path / "model.safetensors")
    for put in (prefix, ""):
        renamed = {name if name.startswith(outside) else put + name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
        save_file(renamed, tmp_path / "model.safetensors")
        again = checkpoints.load(tmp_path)
        assert all(torch.equal(tensor, again.state_dict()[name]) for name, tensor in loaded(family).state_dict().items())


def test_a_single_file_with_its_configuration_beside_it(tmp_path, loaded):
    saved(theirs("ViT"), tmp_path)
    assert checkpoints.load(tmp_path / "model.safetensors").config == loaded("ViT").config.replace(name="model")


def test_labels_of_the_file_replace_numbers(tmp_path, loaded):
    folder = saved(theirs("DINOv2 with classes"), tmp_path)
    values = json.loads((folder / "config.json").read_text()) | {"id2label": {str(i): f"kind {i}" for i in range(7)}}
    (folder / "config.json").write_text(json.dumps(values))
    assert checkpoints.load(folder).config.labels == tuple(f"kind {i}" for i in range(7))
    assert checkpoints.load(folder, labels=list("abcdefg")).config.labels == tuple("abcdefg")


def test_the_linear_classifier_reads_class_token_and_mean_of_patches(loaded):
    model, x = loaded("DINOv2 with registers and classes"), pictures(2, 16)
    trace = model(x)
    assert trace.pooled.shape == (2, 2, 24)
    assert_close(trace.pooled[:, 0], trace.norm_out[:, 0], **CLOSE)
    assert_close(trace.pooled[:, 1], trace.norm_out[:, 5:].mean(dim=1), **CLOSE)
