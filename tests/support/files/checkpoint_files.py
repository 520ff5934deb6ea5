"""Checkpoints on disk, right or with changes, for tests of the loaders; and what is said where one is refused."""

import json
import os

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from tests.support.files.small_files import HF_CONFIG, PIXELS, TIMM_CONFIG, google_arrays, hf_tensors, timm_tensors, torchvision_tensors
from tests.support.models.small import as_released
from vit_core import checkpoints
from vit_core.checkpoints.errors import CheckpointError, MissingFacts
from vit_core.config import Preprocessing

HALF = Preprocessing((0.5,) * 3, (0.5,) * 3, "bilinear")
FAMILY_LIST = "`family` (vit, google, deit, dino, dinov2, clip, openclip, torchvision)"
PLAIN_TIMM = "Of timm's architectures, plain vit_*, deit_* and deit3_* are supported;"


def refusal(source, **said) -> str:
    with as_released(), pytest.raises(CheckpointError) as caught:
        checkpoints.load(source, **said)
    return str(caught.value)


def hostile_refusal(path) -> str:
    """Why a file is refused of which all is said that can be said."""
    return refusal(path, family="vit", num_heads=3)


class Bomb:
    """What runs a command when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch /tmp/should-not-be",)


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
