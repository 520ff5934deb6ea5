"""What tests of the training share: pictures, generators, packed files."""

import json

import numpy as np
import torch
from PIL import Image

from vit_core.config import Preprocessing

PLAIN = Preprocessing(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(count: int, side: int = 64) -> torch.Tensor:
    return torch.randint(0, 256, (count, side, side, 3), dtype=torch.uint8, generator=seeded(0))


def write_packed(folder, name, images, labels, boxes):
    """Pictures, labels and boxes in one file, as `vit_core.train.datasets` reads them."""
    pieces = []
    for image in images:
        file = folder / "one.webp"
        Image.fromarray(image.numpy()).save(file, lossless=True)
        pieces.append(np.frombuffer(file.read_bytes(), dtype=np.uint8))
    offsets = np.cumsum([0, *map(len, pieces)])
    label, box = np.array(labels, dtype=np.int16), np.array(boxes, dtype=np.uint8)
    np.savez(folder / name, webp=np.concatenate(pieces), offsets=offsets.astype(np.int64), label=label, box=box)


def packed(tmp_path):
    """A folder of packed files, two of training and one of validation pictures of five classes, and all the pictures."""
    folder = tmp_path / "packed"
    folder.mkdir()
    (folder / "classes.json").write_text(json.dumps([{"wnid": f"n{i}", "name": name} for i, name in enumerate("abcde")]))
    images = pictures(36)
    for start, name in ((0, "train-0"), (10, "train-1"), (20, "val")):
        count = 16 if name == "val" else 10
        boxes = [[0, 0, 63, 63], [8, 16, 23, 31]] * (count // 2)
        write_packed(folder, f"{name}.npz", images[start : start + count], [i % 5 for i in range(count)], boxes)
    return folder, images
