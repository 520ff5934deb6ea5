"""The same weights under timm's, torchvision's and Google's names, in every container: computed as Hugging Face computes them."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import transformers
from safetensors.torch import save_file
from torch.testing import assert_close

from tests.support.files import parity_formats as formats
from tests.support.models.parity_families import CLASSES, CLOSE, PLAIN, assert_same, theirs
from tests.support.models.small import pictures, randomise
from vit_core import checkpoints
from vit_core.config import Preprocessing

PIXELS = Preprocessing((0.1, 0.2, 0.3), (0.4, 0.5, 0.6), "bicubic")
SAID = {"num_heads": 3, "preprocessing": PIXELS}


@pytest.fixture(scope="session")
def vit():
    """Epsilon and activation as timm and torchvision have them."""
    config = transformers.ViTConfig(**(PLAIN | CLASSES | {"layer_norm_eps": 1e-6}))
    return randomise(transformers.ViTForImageClassification(config), 3, spread=0.15).eval()


@pytest.fixture(scope="session")
def google_vit():
    """As Google's code has them: GELU by its tanh form."""
    config = transformers.ViTConfig(**(PLAIN | CLASSES | {"layer_norm_eps": 1e-6, "hidden_act": "gelu_new"}))
    return randomise(transformers.ViTForImageClassification(config), 4, spread=0.15).eval()


def write(tensors, path, wrapped: str | None = None):
    if path.suffix == ".safetensors":
        save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, path)
    else:
        torch.save(tensors if wrapped is None else {wrapped: tensors, "epoch": 3, "args": {"lr": 1e-3}}, path)
    return path


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth", "a.pt", "a.bin"])
def test_timm_names(name, vit, tmp_path):
    loaded = checkpoints.load(write(formats.timm(vit), tmp_path / name), family="vit", **SAID)
    assert_same(vit, loaded, pictures(2, 16))
    assert (loaded.config.preprocessing, loaded.config.name) == (PIXELS, "a")


@pytest.mark.parametrize("wrapped", ["model", "state_dict", "model_ema"])
def test_wrapped_state(wrapped, vit, tmp_path):
    assert_same(vit, checkpoints.load(write(formats.timm(vit), tmp_path / "a.pth", wrapped), family="vit", **SAID), pictures(2, 16))


@pytest.mark.parametrize("prefix", ["module.", "backbone.", "module.backbone."])
def test_prefixed_state(prefix, vit, tmp_path):
    tensors = {prefix + name: tensor for name, tensor in formats.timm(vit).items()}
    assert_same(vit, checkpoints.load(write(tensors, tmp_path / "a.pth"), family="vit", **SAID), pictures(2, 16))


def test_parameters_and_metadata_of_a_state_dict(vit, tmp_path):
    """A state dict with `_metadata`, parameters instead of tensors, and views of one storage, as training scripts save them."""
    model = checkpoints.load(write(formats.timm(vit), tmp_path / "a.pth"), family="vit", **SAID)
    state = model.state_dict(keep_vars=True)
    both = torch.stack([state["norm.weight"].detach(), state["norm.bias"].detach()])
    state["norm.weight"], state["norm.bias"] = both[0], both[1]
    torch.save(state, tmp_path / "b.pth")
    assert_same(vit, checkpoints.load(tmp_path / "b.pth", family="vit", **SAID), pictures(2, 16))


# DINO's and DINOv2's own files have timm's names; DINOv2 writes `register_tokens`, timm the SwiGLU as `fc1` and `fc2`.
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("family", ["DINO", "DINOv2", "DINOv2 gated", "DINOv2 with registers", "DINOv2 gated, with registers"])
def test_dino_files(family, suffix, tmp_path):
    tensors = formats.timm(theirs(family))
    for renamed in ({}, {"reg_token": "register_tokens"}, {"mlp.w12": "mlp.fc1", "mlp.w3": "mlp.fc2"}):
        written = {}
        for name, tensor in tensors.items():
            for old, new in renamed.items():
                name = name.replace(old, new)
            written[name] = tensor
        path = write(written, tmp_path / f"{len(renamed)}{suffix}")
        loaded = checkpoints.load(path, family="dino" if family == "DINO" else "dinov2", num_heads=3)
        assert_same(theirs(family), loaded, pictures(2, 16))
        assert_same(theirs(family), loaded, pictures(1, 8, 24), interpolate=True)


def test_distilled_deit(tmp_path):
    model = theirs("DeiT distilled")
    tensors = formats.timm(model)
    loaded = checkpoints.load(write(tensors, tmp_path / "deit.pth", "model"), family="deit", num_heads=3)
    loaded = checkpoints.with_weights(loaded.config.replace(norm_eps=1e-12), loaded.state_dict())  # Hugging Face's default, not DeiT's
    assert_same(model, loaded, pictures(2, 16))


def test_layer_scales_of_deit_3(tmp_path):
    tensors = formats.timm(theirs("DINOv2"))
    renamed = {name.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2"): tensor for name, tensor in tensors.items()}
    assert_same(theirs("DINOv2"), checkpoints.load(write(renamed, tmp_path / "a.pth"), family="deit", num_heads=3), pictures(2, 16))


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_torchvision_names(name, older, vit, tmp_path):
    loaded = checkpoints.load(write(formats.torchvision(vit, older), tmp_path / name), num_heads=3, family="torchvision")
    assert_same(vit, loaded, pictures(2, 16))
    assert_same(vit, loaded, pictures(1, 20, 12), interpolate=True)
    assert loaded.config.preprocessing == Preprocessing(interpolation="bilinear")


@pytest.mark.parametrize("write", [np.savez, np.savez_compressed])
def test_google_names(write, google_vit, tmp_path):
    write(tmp_path / "ViT.npz", **formats.google(google_vit))
    loaded = checkpoints.load(tmp_path / "ViT.npz", preprocessing=PIXELS)
    assert_same(google_vit, loaded, pictures(2, 16))
    assert checkpoints.load(tmp_path / "ViT.npz", family="google").config.preprocessing.mean == (0.5, 0.5, 0.5)


def test_google_arrays_in_other_layouts(google_vit, tmp_path):
    """Fortran order, float16 and float64 members hold the same numbers."""
    arrays = {name: np.asfortranarray(array).astype(np.float64) for name, array in formats.google(google_vit).items()}
    np.savez(tmp_path / "ViT.npz", **arrays)
    assert_same(google_vit, checkpoints.load(tmp_path / "ViT.npz", preprocessing=PIXELS), pictures(2, 16))


def test_files_without_head(google_vit, vit, tmp_path):
    np.savez(tmp_path / "a.npz", **{name: array for name, array in formats.google(google_vit).items() if not name.startswith("head/")})
    write({name: tensor for name, tensor in formats.timm(vit).items() if not name.startswith("head.")}, tmp_path / "a.pth")
    write({name: tensor for name, tensor in formats.torchvision(vit).items() if not name.startswith("heads.")}, tmp_path / "b.pth")
    for path, model in ((tmp_path / "a.npz", google_vit), (tmp_path / "a.pth", vit), (tmp_path / "b.pth", vit)):
        loaded = checkpoints.load(path, family="vit", num_heads=3, preprocessing=PIXELS)
        assert loaded.config.num_classes == 0
        assert_same(model.vit, loaded, pictures(2, 16))


# timm's folders: the architecture's name and pretrained_cfg say what the weights do not.


def timm_folder(folder, tensors, **values):
    cfg = {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "interpolation": "bicubic", "input_size": [3, 16, 16]}
    about = {
        "architecture": "vit_tiny_patch16_224",
        "num_classes": 7,
        "global_pool": "token",
        "pretrained_cfg": cfg,
        "model_args": {"num_heads": 3},
    }
    (folder / "config.json").write_text(json.dumps(about | values))
    write(tensors, folder / "model.safetensors")
    return folder


def test_timm_folder(vit, tmp_path):
    folder = timm_folder(tmp_path, formats.timm(vit), label_names=list("abcdefg"))
    loaded = checkpoints.load(folder)
    assert_same(vit, loaded, pictures(2, 16))
    assert (loaded.config.preprocessing, loaded.config.labels) == (PIXELS, tuple("abcdefg"))


@pytest.mark.parametrize("act", ["gelu", "quick_gelu", "gelu_tanh"])
def test_timm_arguments(act, tmp_path):
    config = transformers.ViTConfig(**(PLAIN | CLASSES | {"layer_norm_eps": 1e-6, "hidden_act": act.replace("gelu_tanh", "gelu_new")}))
    model = randomise(transformers.ViTForImageClassification(config), 5, spread=0.15).eval()
    folder = timm_folder(tmp_path, formats.timm(model), model_args={"num_heads": 3, "act_layer": act, "img_size": 16})
    assert_same(model, checkpoints.load(folder), pictures(2, 16))


def test_timm_clip(tmp_path):
    """A CLIP tower in timm's names: normed before the blocks, epsilon 1e-5, QuickGELU."""
    model = theirs("CLIP")
    given = {name.removeprefix("vision_model."): tensor for name, tensor in formats.body(model).items()}
    names = {"norm_pre": "pre_layrnorm", "norm": "post_layernorm"}
    tensors = {"patch_embed.proj.weight": given["embeddings.patch_embedding.weight"]}
    tensors |= {
        "cls_token": given["embeddings.class_embedding"][None, None],
        "pos_embed": given["embeddings.position_embedding.weight"][None],
    }
    for layer in range(3):
        here, there = f"blocks.{layer}.", f"encoder.layers.{layer}."
        names |= {
            here + "norm1": there + "layer_norm1",
            here + "norm2": there + "layer_norm2",
            here + "attn.proj": there + "self_attn.out_proj",
        }
        names |= {here + "mlp.fc1": there + "mlp.fc1", here + "mlp.fc2": there + "mlp.fc2"}
        for kind in ("weight", "bias"):
            tensors[f"{here}attn.qkv.{kind}"] = torch.cat([given[f"{there}self_attn.{part}_proj.{kind}"] for part in "qkv"])
    tensors |= {f"{ours}.{kind}": given[f"{their}.{kind}"] for ours, their in names.items() for kind in ("weight", "bias")}
    folder = timm_folder(tmp_path, tensors, architecture="vit_base_patch32_clip_quickgelu_224", num_classes=0)
    assert_same(model, checkpoints.load(folder), pictures(2, 16))
    (folder / "config.json").unlink()
    (folder / "model.safetensors").rename(folder / "tower.safetensors")
    assert_same(model, checkpoints.load(folder / "tower.safetensors", family="clip", num_heads=3), pictures(2, 16))


def test_mean_of_patches_then_norm(vit, tmp_path):
    """timm's `global_pool="avg"`: the last norm comes after pooling, under the name `fc_norm`."""
    tensors = {
        name.replace("norm.", "fc_norm.") if name.startswith("norm.") else name: tensor for name, tensor in formats.timm(vit).items()
    }
    loaded = checkpoints.load(timm_folder(tmp_path, tensors, global_pool="avg"))
    x = pictures(2, 16)
    with torch.no_grad():
        last = vit.vit(x, output_hidden_states=True).hidden_states[-1]
        expected = vit.classifier(F.layer_norm(last[:, 1:].mean(dim=1), (24,), vit.vit.layernorm.weight, vit.vit.layernorm.bias, 1e-6))
    assert_close(loaded(x).logits, expected, **CLOSE)


def test_positions_without_the_class_token(tmp_path):
    """timm's registers (`no_embed_class`): a table for patches alone, the class token's row added to it beforehand."""
    model = theirs("DINOv2 with registers")
    tensors = formats.timm(model)
    tensors.pop("mask_token")
    tensors["cls_token"] = tensors["cls_token"] + tensors["pos_embed"][:, :1]
    tensors["pos_embed"] = tensors["pos_embed"][:, 1:]
    folder = timm_folder(tmp_path, tensors, architecture="vit_small_patch14_reg4_dinov2", num_classes=0)
    loaded = checkpoints.load(folder)
    assert loaded.config.pos_covers == "patches"
    assert_same(model, loaded, pictures(2, 16))
    assert_same(model, loaded, pictures(1, 24, 12), interpolate=True)


def test_upload_of_several_files(vit, tmp_path):
    folder = timm_folder(tmp_path, formats.timm(vit))
    with (folder / "model.safetensors").open("rb") as weights:
        loaded = checkpoints.load_files(
            {"C:\\models\\config.json": (folder / "config.json").read_bytes(), "../../model.safetensors": weights}
        )
    assert_same(vit, loaded, pictures(2, 16))
    assert checkpoints.load_files({"x/ViT.safetensors": folder / "model.safetensors"}, family="vit", num_heads=3).config.name == "ViT"
