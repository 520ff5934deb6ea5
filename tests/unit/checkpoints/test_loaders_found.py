"""A Vision Transformer is found wherever it stands in a file; of several, the caller is asked which; names are checked before facts."""

import pytest
import torch
from torch.testing import assert_close

from tests.support.files.checkpoint_files import missing, npz_file, refusal, timm_file, timm_folder, torchvision_file
from tests.support.files.small_files import SMALL, clip_tensors, timm_tensors, torchvision_tensors
from tests.support.models.small import pictures, small_model
from vit_core import checkpoints

SAID = {"family": "vit", "num_heads": 3}
DINO_HEAD = {
    "head.mlp.0.weight": (8, 12),
    "head.mlp.0.bias": (8,),
    "head.last_layer.weight_g": (20, 1),
    "head.last_layer.weight_v": (20, 8),
}


def under(before, tensors):
    return {before + name: tensor for name, tensor in tensors.items()}


def without_head(tensors):
    return {name: tensor for name, tensor in tensors.items() if not name.startswith(("head.", "heads."))}


def saved(tmp_path, tensors):
    torch.save(tensors, tmp_path / "a.pth")
    return tmp_path / "a.pth"


@pytest.mark.parametrize("before", ["net.", "vit.", "pretrained.", "image_encoder.", "module.backbone.", "model.visual.trunk.", "a.b.c."])
@pytest.mark.parametrize("make", [timm_tensors, torchvision_tensors])
def test_under_any_prefix(before, make, tmp_path):
    path = saved(tmp_path, under(before, make()))
    same = checkpoints.load(saved(tmp_path, make()), **SAID).state_dict()
    path = saved(tmp_path, under(before, make()))
    assert all(torch.equal(tensor, same[name]) for name, tensor in checkpoints.load(path, **SAID).state_dict().items())
    assert f"names under {before}" in checkpoints.inspect(path, **SAID).format


def test_beside_the_head_of_a_training_without_labels(tmp_path):
    tensors = under("backbone.", without_head(timm_tensors())) | {name: torch.zeros(shape) for name, shape in DINO_HEAD.items()}
    path = saved(tmp_path, tensors)
    assert checkpoints.load(path, **SAID).config.num_classes == 0
    assert checkpoints.inspect(path, **SAID).format == "PyTorch, timm's names under backbone., 4 other tensors left out"


@pytest.mark.parametrize("make", [timm_tensors, torchvision_tensors])
@pytest.mark.parametrize("biased", [True, False])
def test_a_classifier_beside_the_body(make, biased, tmp_path):
    head = {"fc.weight": torch.randn(7, 12)} | ({"fc.bias": torch.randn(7)} if biased else {})
    path = saved(tmp_path, under("backbone.", without_head(make())) | head)
    loaded = checkpoints.load(path, **SAID)
    assert torch.equal(loaded.head.weight, head["fc.weight"]) and (loaded.head.bias is not None) == biased
    assert checkpoints.inspect(path, **SAID).format.endswith("names under backbone., fc as its classifier")


def test_of_several_the_caller_says_which(tmp_path):
    student, teacher = timm_tensors(), small_model(**SMALL, num_classes=9).state_dict()
    path = saved(tmp_path, {"student": under("module.backbone.", student), "teacher": under("backbone.", teacher), "epoch": 3})
    assert refusal(path, **SAID) == (
        "a.pth holds 2 Vision Transformers, `student.module.backbone.`, `teacher.backbone.`: say which as `part`, or save that one alone."
    )
    assert checkpoints.load(path, part="teacher.backbone", **SAID).config.num_classes == 9
    assert checkpoints.load(path, part="student.module.backbone.", **SAID).config.num_classes == 5
    assert refusal(path, part="teacher", **SAID).endswith("in a.pth, `student.module.backbone.`, `teacher.backbone.`; got teacher.")


def test_one_of_several_tables_that_alone_is_a_model(tmp_path):
    path = saved(tmp_path, {"model": timm_tensors(), "loss": {"center": torch.zeros(1, 8)}})
    assert checkpoints.load(path, **SAID).config.num_classes == 5


# OpenAI's names of CLIP.


@pytest.mark.parametrize("family", ["clip", "openclip"])
def test_clip_under_openais_names(family, tmp_path):
    model, tensors = clip_tensors()
    loaded = checkpoints.load(saved(tmp_path, tensors), family=family, num_heads=3)
    config = model.config.replace(act=loaded.config.act, norm_eps=1e-5)
    x = pictures(2, 16)
    assert_close(loaded(x).logits, checkpoints.with_weights(config, model.state_dict())(x).logits)
    assert loaded.config.act == ("quick_gelu" if family == "clip" else "gelu")
    told = checkpoints.inspect(tmp_path / "a.pth", family=family, num_heads=3).format
    assert told == "PyTorch, OpenAI's names under visual., 4 other tensors left out"
    assert "activation" in missing(tmp_path / "a.pth", num_heads=3)[0]


# Names before facts; families that contradict the tensors.


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (lambda folder: timm_file(folder, {"odd": torch.zeros(2)}), "odd is unexpected."),
        (lambda folder: timm_file(folder, {"odd": torch.zeros(2), "pos_embed": torch.zeros(1, 13, 12)}), "odd is unexpected."),
        (lambda folder: timm_folder(folder, {"odd": torch.zeros(2)}, pretrained_cfg={}), "odd is unexpected."),
        (lambda folder: npz_file(folder, lost=("cls",)), "has 17 positions, which make no square: give `image_size` (height, width)."),
        (lambda folder: torchvision_file(folder), None),
    ],
)
def test_names_are_checked_before_facts_are_asked_for(path, text, tmp_path):
    said = refusal(path(tmp_path))
    assert said.endswith(text) if text else said.startswith("a.pth does not say how many heads")


@pytest.mark.parametrize(
    ("family", "parts", "text"),
    [
        ("clip", {}, "which has a norm before its first block: it has none."),
        ("openclip", {}, "which has a norm before its first block: it has none."),
        ("vit", {"pre_norm": True}, "which has no norm before its first block: it has one."),
        ("dinov2", {}, "which has a layer scale in its blocks: it has none."),
        ("dino", {"layer_scale": True}, "which has no layer scale in its blocks: it has one."),
    ],
)
def test_a_family_that_the_weights_contradict(family, parts, text, tmp_path):
    path = saved(tmp_path, {name: tensor.clone() for name, tensor in small_model(**SMALL, **parts).state_dict().items()})
    assert refusal(path, family=family, num_heads=3) == f"a.pth is no model of the family {family}, {text}"


def test_positions_of_registers(tmp_path):
    changes = {"pos_embed": torch.zeros(1, 20, 12), "reg_token": torch.zeros(1, 3, 12)}
    path = timm_file(tmp_path, changes)
    assert refusal(path, **SAID) == "a.safetensors has 20 positions, of which 3 are its registers', which is not supported."
