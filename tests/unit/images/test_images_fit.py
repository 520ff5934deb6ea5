"""Fitting a picture to a size, its tensor and the way back, and the bundled pictures."""

import inspect
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.support.files.image_files import BLUE, GALLERY, GREEN, PLAIN, RED, picture, pixels
from vit_core.config import Preprocessing, ViTConfig
from vit_core.images import fit, open_image, preprocess, to_image, to_tensor

# Fitting

STRIPES = picture([[RED, GREEN, GREEN, BLUE]] * 2)


def test_crop_keeps_the_centre():
    assert pixels(fit(STRIPES, (2, 2), "crop")) == [[GREEN, GREEN]] * 2
    tall = STRIPES.transpose(Image.Transpose.ROTATE_90)
    assert pixels(fit(tall, (2, 2))) == [[GREEN, GREEN]] * 2
    assert pixels(fit(STRIPES, (1, 1), "crop", "nearest")) == [[GREEN]]
    assert 21 - 97 / (97 / 21) < 0  # rounded: the cut would start outside the picture
    assert fit(Image.new("RGB", (21, 40)), (97, 97)).size == (97, 97)


def test_pad_keeps_everything_on_grey():
    grey = (128, 128, 128)
    assert pixels(fit(STRIPES, (4, 4), "pad")) == [[grey] * 4, *[[RED, GREEN, GREEN, BLUE]] * 2, [grey] * 4]
    assert pixels(fit(STRIPES, (2, 6), "pad")) == [[grey, RED, GREEN, GREEN, BLUE, grey]] * 2
    assert fit(Image.new("RGB", (400, 1)), (20, 20), "pad").getpixel((0, 9)) == (0, 0, 0)  # a hair is still there


def test_stretch_distorts():
    assert pixels(fit(STRIPES, (1, 8), "stretch", "nearest")) == [[RED, RED, GREEN, GREEN, GREEN, GREEN, BLUE, BLUE]]
    assert pixels(fit(STRIPES, (1, 2), "stretch", "bilinear"))[0][0] != RED


@pytest.mark.parametrize("how", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(1, 1), (224, 224), (97, 224), (1000, 3), (3, 1000)])
def test_every_shape_fits_every_size(how, size):
    for source in ((1, 1), (1, 100), (100, 1), (333, 777), (1023, 41)):
        image = fit(Image.new("RGB", source, (9, 8, 7)), size, how)
        assert image.size == size[::-1] and image.mode == "RGB"
        assert how == "pad" or set(image.get_flattened_data()) == {(9, 8, 7)}


def test_fit_refuses_what_makes_no_sense():
    with pytest.raises(ValueError, match=r"The image size must be at least 1 pixel each way; got 0×5\."):
        fit(STRIPES, (0, 5))
    with pytest.raises(ValueError, match=r'`how` must be "crop", "pad" or "stretch"; got "squeeze"\.'):
        inspect.unwrap(fit)(STRIPES, (5, 5), "squeeze")  # unwrapped: past the type check that the tests put around it


# Tensors


def test_to_tensor_by_hand():
    preprocessing = Preprocessing(mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    tensor = to_tensor(picture([[(255, 0, 51), (0, 255, 255)]]), preprocessing)
    assert tensor.dtype == torch.float32
    # (1 - 0.5) / 0.5 = 1, (0 - 0.25) / 0.25 = -1, (0.2 - 0) / 2 = 0.1, and so on
    expected = torch.tensor([[[[1.0, -1.0]], [[-1.0, 3.0]], [[0.1, 0.5]]]])
    torch.testing.assert_close(tensor, expected)


def test_grey_is_pillows_and_comes_back_as_three_equal_channels():
    preprocessing = Preprocessing(mean=(0.5,), std=(0.25,))
    tensor = to_tensor(picture([[(255, 0, 0), (0, 255, 0), (10, 20, 30)]]), preprocessing)
    levels = torch.tensor([76, 150, 18])  # 0.299, 0.587 and 0.114 of red, green and blue, in whole levels
    torch.testing.assert_close(tensor, ((levels / 255 - 0.5) / 0.25).view(1, 1, 1, 3))
    assert pixels(to_image(tensor, preprocessing)) == [[(76,) * 3, (150,) * 3, (18,) * 3]]


def test_round_trip_gives_every_level_back():
    ramp = Image.fromarray(np.stack([np.arange(256).reshape(16, 16)] * 3, axis=-1).astype(np.uint8))
    for preprocessing in (PLAIN, Preprocessing(), Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3)):
        assert pixels(to_image(to_tensor(ramp, preprocessing), preprocessing)) == pixels(ramp)


def test_to_image_clamps_and_rounds():
    tensor = torch.tensor([-0.5, 1.5, 100.4 / 255, 100.6 / 255]).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    assert [p[0] for p in pixels(to_image(tensor, PLAIN))[0]] == [0, 255, 100, 101]


def test_preprocess_uses_the_models_own_numbers():
    config = ViTConfig(
        embed_dim=8, depth=1, num_heads=1, mlp_hidden=8, num_classes=2, norm_eps=1e-6,
        preprocessing=Preprocessing(mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="nearest"),
    )  # fmt: skip
    expected = torch.tensor([-1.0, 1.0, 1.0, -1.0]).view(1, 1, 4)
    for model in (config, SimpleNamespace(config=config)):
        tensor = preprocess(STRIPES, model, image_size=(1, 4), fit="stretch")
        torch.testing.assert_close(tensor[:, 1], expected)
    assert preprocess(STRIPES, config).shape == (1, 3, 224, 224)
    assert preprocess(STRIPES, config, 7, "pad").shape == (1, 3, 7, 7)
    assert preprocess(STRIPES.convert("RGBA"), config, 7).shape == (1, 3, 7, 7)


def test_preprocess_wants_a_mean_for_each_channel():
    sizes = {"embed_dim": 8, "depth": 1, "num_heads": 1, "mlp_hidden": 8, "num_classes": 2, "norm_eps": 1e-6}
    grey = Preprocessing(mean=(0.5,), std=(0.5,))
    assert preprocess(STRIPES, ViTConfig(**sizes, in_chans=1, preprocessing=grey), 8).shape == (1, 1, 8, 8)
    for wrong in (ViTConfig(**sizes, in_chans=1), ViTConfig(**sizes, preprocessing=grey)):
        with pytest.raises(ValueError, match=r"reads \d channels, but has \d means"):
            preprocess(STRIPES, wrong, 8)


@pytest.mark.parametrize("size", [0, -3, (0, 4), (4, 0)])
def test_preprocess_refuses_an_empty_size(size):
    config = SimpleNamespace(preprocessing=PLAIN)
    with pytest.raises(ValueError, match="at least 1 pixel"):
        preprocess(STRIPES, config, image_size=size)


# The bundled pictures


def test_gallery_is_complete_and_credited():
    entries = json.loads((GALLERY / "gallery.json").read_text("utf-8"))
    credits_text = (GALLERY / "CREDITS.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|(.+)\|(.+)\|(.+)\|(.+)\|$", credits_text, flags=re.MULTILINE)
    files = {path.name for path in GALLERY.glob("*.jpg")}
    assert len(entries) >= 8 and len({entry["id"] for entry in entries}) == len(entries)
    assert {entry["file"] for entry in entries} == files == {row[0] for row in rows}
    assert all(re.search(r"CC0 1\.0|public domain|CC BY 2\.0", row[3]) for row in rows)
    for entry in entries:
        assert set(entry) == {"id", "file", "title", "alt", "classes"} and entry["file"] == entry["id"] + ".jpg"
        assert 30 <= len(entry["alt"]) <= 200 and entry["title"]
        image = open_image(GALLERY / entry["file"])
        assert max(image.size) <= 1024 and not Image.open(GALLERY / entry["file"]).getexif()
    assert sum(path.stat().st_size for path in GALLERY.iterdir()) < 3_000_000


def test_gallery_pictures_differ():
    small = [np.asarray(fit(open_image(path), (16, 16)), dtype=float) for path in sorted(GALLERY.glob("*.jpg"))]
    for index, one in enumerate(small):
        assert all(np.abs(one - other).mean() > 10 for other in small[:index])
