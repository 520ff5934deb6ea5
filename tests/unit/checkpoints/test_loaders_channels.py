"""Models that read one channel: mean and deviation of one number, from whatever lies beside the weights, and never guessed."""

import pytest
import torch

from tests.support.files.checkpoint_files import hf_folder, missing, timm_file, timm_folder
from tests.support.files.small_files import PIXELS, TIMM_CONFIG, hf_tensors
from vit_core import checkpoints
from vit_core.config import Preprocessing

GREY = {"patch_embed.proj.weight": torch.ones(12, 1, 4, 4)}
ASKED = "{} reads pictures of 1 channel, and mean and deviation are 3 numbers: give `preprocessing` with 1 of each."


def grey_hf(folder, **pixels):
    tensors = hf_tensors() | {"vit.embeddings.patch_embeddings.projection.weight": torch.ones(12, 1, 4, 4)}
    return hf_folder(folder, {"num_channels": 1}, PIXELS | pixels, tensors)


def grey_timm(folder, **pixels):
    cfg = TIMM_CONFIG["pretrained_cfg"] | {"input_size": [1, 16, 16]} | pixels
    return timm_folder(folder, GREY, model_args={"num_heads": 3, "in_chans": 1}, pretrained_cfg=cfg)


@pytest.mark.parametrize(
    ("make", "pixels", "mean", "std"),
    [
        (grey_hf, {"image_mean": [0.1307], "image_std": [0.3081]}, 0.1307, 0.3081),
        (grey_hf, {}, 0.5, 0.5),  # three equal numbers are one
        (grey_hf, {"do_normalize": False}, 0.0, 1.0),
        (grey_timm, {"mean": [0.2], "std": [0.4]}, 0.2, 0.4),
        (grey_timm, {}, 0.5, 0.5),
    ],
)
def test_one_number_from_the_files(make, pixels, mean, std, tmp_path):
    model = checkpoints.load(make(tmp_path, **pixels))
    assert (model.config.in_chans, model.config.preprocessing.mean, model.config.preprocessing.std) == (1, (mean,), (std,))
    assert model(torch.zeros(1, 1, 16, 16)).logits.shape == (1, 5)


@pytest.mark.parametrize(("make", "pixels"), [(grey_hf, {"image_mean": [0.4, 0.5, 0.6]}), (grey_timm, {"mean": [0.485, 0.456, 0.406]})])
def test_three_numbers_for_one_channel_are_asked_about(make, pixels, tmp_path):
    said, names = missing(make(tmp_path, **pixels))
    assert said == ASKED.format(tmp_path.name) and names == ("preprocessing",)
    grey = Preprocessing((0.3,), (0.2,))
    assert checkpoints.load(tmp_path, preprocessing=grey).config.preprocessing == grey


def test_a_family_says_one_number_only_where_its_three_are_equal(tmp_path):
    path = timm_file(tmp_path, GREY)
    assert checkpoints.load(path, family="vit", num_heads=3).config.preprocessing.mean == (0.5,)
    assert missing(path, family="deit", num_heads=3)[0] == ASKED.format("a.safetensors")
    said, _ = missing(timm_file(tmp_path, name="b.safetensors"), family="vit", num_heads=3, preprocessing=Preprocessing((0.5,), (0.5,)))
    assert said.endswith("reads pictures of 3 channels, and mean and deviation are 1 number: give `preprocessing` with 3 of each.")
