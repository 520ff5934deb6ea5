"""The pictures that a training sees: read from folders and packed files, cut, turned, mixed and erased."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from tests.support.models.training import PLAIN, packed, pictures, seeded
from vit_core.config import Preprocessing
from vit_core.train.augment import Augmentation, erase, random_views, soft_targets
from vit_core.train.datasets import load_split
from vit_core.train.recipes import GPU_RECIPE


def write_folder(root, sizes=((80, 60), (60, 90))):
    for split, classes in (("train", "bca"), ("val", "cb")):
        for name in classes:
            (root / split / name).mkdir(parents=True)
            for index, size in enumerate(sizes):
                Image.new("RGB", size, ("abc".index(name) * 100, 0, index * 200)).save(root / split / name / f"{index}.png")


def test_folder_per_class(tmp_path):
    write_folder(tmp_path)
    found = load_split(tmp_path, "train", side=16)
    assert found.classes == ("a", "b", "c") and found.boxes is None
    assert found.labels.tolist() == [0, 0, 1, 1, 2, 2]
    assert found.images.shape == (6, 16, 16, 3)
    assert found.images[5, 3, 4].tolist() == [200, 0, 200]
    assert load_split(tmp_path, "val", side=16).labels.tolist() == [1, 1, 2, 2]


def test_folder_keeps_the_central_square(tmp_path):
    picture = np.zeros((40, 100, 3), dtype=np.uint8)
    picture[:, 20:80] = 250  # the square is columns 30 to 70, and the filter reaches 10 pixels beyond it
    (tmp_path / "train" / "x").mkdir(parents=True)
    Image.fromarray(picture).save(tmp_path / "train" / "x" / "0.png")
    assert load_split(tmp_path, "train", side=8).images.min() == 250


def test_folder_mistakes_are_named(tmp_path):
    with pytest.raises(ValueError, match="neither train"):
        load_split(tmp_path, "train")
    write_folder(tmp_path)
    (tmp_path / "val" / "zebra").mkdir()
    with pytest.raises(ValueError, match="classes that the training pictures lack: zebra"):
        load_split(tmp_path, "val")
    (tmp_path / "train" / "a" / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    with pytest.raises(ValueError, match=r"broken\.jpg"):
        load_split(tmp_path, "train")
    (tmp_path / "bare" / "train" / "a").mkdir(parents=True)
    with pytest.raises(ValueError, match="holds no pictures"):
        load_split(tmp_path / "bare", "train")


def test_packed_files(tmp_path):
    folder, images = packed(tmp_path)
    found = load_split(folder, "train")
    assert torch.equal(found.images, images[:20])
    assert found.classes == tuple("abcde") and found.labels.tolist() == [0, 1, 2, 3, 4] * 4
    assert found.boxes[:2].tolist() == [[0, 0, 64, 64], [8, 16, 24, 32]]
    assert torch.equal(load_split(folder, "train", files=["train-1.npz"]).images, images[10:20])
    assert torch.equal(found[torch.tensor([3, 1])].boxes, found.boxes[[3, 1]])
    with pytest.raises(ValueError, match=r"has no file train-7\.npz"):
        load_split(folder, "train", files=["train-7.npz"])
    (folder / "classes.json").write_text('[{"name": "a"}]')
    with pytest.raises(ValueError, match="names 1 classes; got labels from 0 to 4"):
        load_split(folder, "val")


STILL = Augmentation(min_crop=1.0, max_aspect=1.0, flip=0.0, label_smoothing=0.0)


@pytest.mark.parametrize("size", [64, 112, 224])
def test_an_augmentation_of_nothing_is_a_plain_resize(size):
    images = pictures(3)
    views = random_views(images, size, STILL, PLAIN, seeded(0))
    plain = F.interpolate(images.permute(0, 3, 1, 2).float() / 255, size=(size, size), mode="bilinear", align_corners=False)
    assert torch.allclose(views, plain, atol=1e-4)
    assert torch.allclose(random_views(images, size, replace(STILL, flip=1.0), PLAIN, seeded(0)), plain.flip(3), atol=1e-4)


def test_views_are_normalised():
    how = Preprocessing(mean=(0.2, 0.3, 0.4), std=(0.5, 0.6, 0.7))
    views = random_views(torch.full((1, 8, 8, 3), 255, dtype=torch.uint8), 8, STILL, how, seeded(0))
    assert views[0, :, 4, 4].tolist() == pytest.approx([0.8 / 0.5, 0.7 / 0.6, 0.6 / 0.7])


def test_turning_moves_what_is_not_round():
    """Inside the inscribed circle a picture of rings stays as it is; a gradient does not."""
    y, x = np.mgrid[:64, :64] - 31.5
    rings, slope = (np.cos(np.hypot(x, y) / 6) * 100 + 120), 120 + 3 * x
    images = torch.from_numpy(np.stack([rings, slope]).astype(np.uint8)).unsqueeze(-1).expand(2, 64, 64, 3)
    still, turned = (random_views(images, 64, replace(STILL, rotate=angle), PLAIN, seeded(3)) for angle in (0.0, 90.0))
    inside = torch.from_numpy(np.hypot(x, y) < 28)
    change = (turned - still).abs()[:, 0, inside].mean(dim=1)
    assert change[0] < 0.01 and change[1] > 0.05


def test_views_depend_on_the_generator_alone():
    images, how = pictures(6), GPU_RECIPE.augmentation
    first, again, other = (random_views(images, 48, how, PLAIN, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.isfinite().all() and first.shape == (6, 3, 48, 48)


def test_grey_pictures_have_equal_channels():
    views = random_views(pictures(2), 64, replace(STILL, grey=1.0), PLAIN, seeded(0))
    assert torch.allclose(views[:, 0], views[:, 2], atol=1e-6) and views.min() >= 0 and views.max() <= 1


def test_erasing_leaves_one_box():
    views = torch.full((40, 3, 32, 32), 7.0)
    assert torch.equal(erase(views, 0.0, seeded(0)), views)
    holes = (erase(views, 1.0, seeded(0)) != 7).any(dim=1)
    for hole in holes:
        rows, cols = hole.any(dim=1), hole.any(dim=0)
        assert torch.equal(hole, rows[:, None] & cols[None, :])
        assert 0 < hole.float().mean() <= 0.33
    assert 0.3 < (erase(views, 0.5, seeded(1)) != 7).any(dim=1).flatten(1).any(dim=1).float().mean() < 0.7


@pytest.mark.parametrize("mix", ["none", "mixup", "cutmix"])
def test_targets_say_what_is_in_the_picture(mix):
    """Four flat pictures with values 0…3: the mean of a mixed picture tells the shares that its targets must have."""
    views = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 20, 20)
    how = replace(STILL, mixup=float(mix == "mixup"), cutmix=float(mix == "cutmix"), label_smoothing=0.1)
    for seed in range(8):
        mixed, targets = soft_targets(views, torch.arange(4), 5, how, seeded(seed))
        assert targets.sum(dim=1).tolist() == pytest.approx([1] * 4)
        sharp = (targets - 0.02) / 0.9
        assert torch.allclose((sharp * torch.arange(5.0)).sum(dim=1), mixed.mean(dim=(1, 2, 3)), atol=1e-4)
        assert mix != "none" or torch.equal(mixed, views)
